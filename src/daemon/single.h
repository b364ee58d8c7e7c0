/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One daemon at a time. */
#pragma once

#include "core/env.h"
#include "shared/error.h"
#include "shared/macro.h"

/** Takes the daemon's place: makes /run/mdevmgr if it is not there, marks this process as
 * the daemon (core/running.h). *ret_fd holds the place until it is closed. -EBUSY if another
 * one runs. */
int single_begin(const struct env *env, int *ret_fd, struct error *err) _must_check_;

/** Takes the mark away and leaves the place. */
void single_end(const struct env *env, int fd);
