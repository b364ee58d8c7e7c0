/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading a kernel module. */
#pragma once

#include "core/env.h"
#include "shared/error.h"
#include "shared/macro.h"

/** Asks modprobe for a module, or where we must not load one (the sandbox of our units), or it
 * fails, systemd for modprobe@NAME.service. name is of ours. Waits at most limit_ms for each.
 * Success tells that somebody was asked: whether the module is there its own files tell.
 * -EINTR, -ETIMEDOUT, -ENOENT (no modprobe). Below MDEVCTL_ENV_ROOT the modprobe of that root
 * is taken. */
int module_load(const struct env *env, const char *name, unsigned limit_ms,
                struct error *err) _must_check_;
