/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One look at all parents, for verbs that tell states. */
#pragma once

#include <stddef.h>

#include "core/mdev-uuid.h"
#include "core/survey.h"
#include "shared/log.h"
#include "shared/macro.h"

/* A definition that is started automatically. */
struct overview_auto {
	const struct mdev_uuid *uuid;
	size_t survey; /* index */
};

struct overview {
	struct survey *surveys; /* in order of parents */
	size_t n;
	size_t size;
	struct overview_auto *autos; /* in order of UUID and parent */
	size_t n_autos;
};

/** Looks. A parent that cannot be looked at is warned about, and left out. -ENOMEM, or
 * what listing the parents gives. */
int overview_take(struct ops *ops, const struct log *log, struct overview *ret) _must_check_;

/** Releases all; empty afterwards. */
void overview_done(struct overview *overview);

/** Calls each() for every two neighbours among the parents that have an automatic
 * definition of the same UUID: only one of them can have the device. */
void overview_each_rivalry(const struct overview *overview,
                           void (*each)(void *userdata, const struct mdev_uuid *uuid,
                                        const char *first, const char *second),
                           void *userdata);
