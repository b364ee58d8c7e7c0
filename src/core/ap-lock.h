/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lock of s390-tools on the configuration of crypto adapters, which chzdev and ap-check
 * take too: the file /run/lock/s390apconfig.lock with its holder's pid. (s390-tools 2.43,
 * libap/ap.c) ap-check takes and releases it in the name of its parent process, so whether
 * we hold it is a matter of what the file says, not of what we did. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/env.h"
#include "shared/error.h"
#include "shared/macro.h"

/* As long as the others wait: 3000 tries of some 32 ms. */
#define AP_LOCK_WAIT_MS 95000

/** Takes it for this process. 1 if it does so, 0 if the file carries our pid already, or if
 * there is no /run/lock, so that nobody can lock. What a dead process, or a user who is not
 * root, has left there is taken over. -ETIMEDOUT after wait_ms, with the holder named;
 * -EINTR when the user wants to stop. */
int ap_lock_take(const struct env *env, unsigned wait_ms, struct error *err) _must_check_;

/** True if the file carries our pid. */
bool ap_lock_is_own(const struct env *env);

/** Releases it if the file carries our pid, whoever wrote that. */
void ap_lock_release(const struct env *env);

/** Reads what such a file says: 1 and the pid; 0 if there is no number yet; -ESRCH for a
 * number that no process can have. Exported for the fuzz target. */
int ap_lock_parse(const char *text, pid_t *ret) _must_check_;
