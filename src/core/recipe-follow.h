/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions follow their disks: mdevs of a subchannel are filed under its number, which the
 * hardware may give to another disk. */
#pragma once

#include <stddef.h>

#include "shared/error.h"
#include "shared/macro.h"

struct ops;

/** Files every definition that a recipe binds to a device number under the subchannel that
 * carries the device now; where none does, or several say so, it stays. One step over all
 * recipes, so that disks may swap. What moves is logged, and its campaign begins anew. Recipes
 * note where their devices are. A definition that cannot move is warned about. The caller holds
 * lock_recipes(). *ret_n (may be NULL) counts what has moved. */
int recipes_follow(struct ops *ops, size_t *ret_n, struct error *err) _must_check_;
