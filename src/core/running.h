/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is the daemon running? It says so in /run/mdevmgr/daemon, a file with its pid, which
 * mdevmgr-parent@.service looks for too. */
#pragma once

#include <sys/types.h>

#include "core/env.h"
#include "shared/macro.h"

#define RUNNING_FILE "/run/mdevmgr/daemon"

/** Marks this process as the daemon, for which /run/mdevmgr must be there. Negative errno. */
int running_mark(const struct env *env) _must_check_;

/** Takes the mark away. */
void running_unmark(const struct env *env);

/** The daemon's pid; 0 if it is not running: there is no mark, or the one of a process that
 * is gone. */
pid_t running_pid(const struct env *env);
