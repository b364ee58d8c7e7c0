/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Carries out the steps of a plan that touch devices. Decides nothing, plans nothing,
 * knows no definition. */
#pragma once

#include "core/env.h"
#include "core/plan.h"
#include "core/sysfs.h"
#include "shared/error.h"
#include "shared/macro.h"

/** Creates and configures devices (CREATE, SET_ATTRIBUTE); other steps are passed
 * over. The kernel's answer is the verdict. When an attribute fails, or the user
 * interrupts, the device is removed again; the message carries both errors if that
 * fails too. */
int apply_start(const struct env *env, const struct sysfs *sysfs, const struct plan *plan,
                struct error *err) _must_check_;

/** Removes an active device. The write happens in a child of ours, since the kernel
 * holds the writer until the last user is gone, at the end uninterruptibly: after
 * limit_ms (0: none) or an interrupt the child is left to itself and -ETIMEDOUT or
 * -EINTR returned, with its pid in the message. */
int apply_remove(const struct env *env, const struct sysfs *sysfs, const struct mdev_uuid *uuid,
                 unsigned limit_ms, struct error *err) _must_check_;
