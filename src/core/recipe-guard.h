/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Never the wrong disk: a device that a recipe binds to a device number is started there and
 * nowhere else, whoever starts it. */
#pragma once

#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/macro.h"

struct ops;

/** May this UUID be started on this parent? Asked by every start, under the parent's lock. Looks
 * only at parents that are subchannels. Where the recipe of another device number binds the
 * UUID, or cannot be read and so may bind it: negative errno with message, cause, advice. */
int recipe_guard(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                 struct error *err) _must_check_;
