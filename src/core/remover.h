/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child that writes "remove". */
#pragma once

#include <sys/types.h>

#include "core/env.h"
#include "core/sysfs.h"
#include "shared/macro.h"

/** Writes 1 to remove below device_fd in a child process that holds no descriptor but
 * that one, not even our stdout and stderr. Returns the kernel's answer; -ETIMEDOUT after
 * limit_ms (0: no limit), -EINTR when the user interrupts (env NULL: that is not looked
 * at). The child goes on then, since killing it would only make its sleep uninterruptible,
 * and its pid is in *ret_pid (else 0). */
int remover_run(const struct env *env, const struct sysfs *sysfs, int device_fd, unsigned limit_ms,
                pid_t *ret_pid) _must_check_;
