/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The start of one device, whoever asks for it: what ops-start.c and ops-campaign.c have
 * in common. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/apply.h"
#include "core/definition.h"
#include "core/mdev-uuid.h"
#include "core/ops.h"
#include "core/plan.h"
#include "core/site.h"
#include "shared/error.h"
#include "shared/macro.h"

struct start {
	struct ops *ops; /* borrowed */
	struct mdev_uuid uuid;
	char *parent;
	struct definition *definition;
	bool is_defined;    /* there is a definition of it below this parent */
	struct site *site;  /* in this life of the parent only; borrowed. NULL: in any */
	bool is_half_made;  /* the device is there, its attributes may not be as defined */
	unsigned n_written; /* ... but for the first ones */
	bool is_kept;       /* half made, it stays: whoever starts it comes back */
	struct apply_result result;
};

#define START_INIT ((struct start){ .result = APPLY_RESULT_INIT })

/** Releases all; as after START_INIT. */
void start_done(struct start *s);

/** Looks, plans and writes; asks nobody. s->result tells what remains. Errors as
 * plan_start() and apply_start(). */
int start_apply(struct start *s, struct error *err) _must_check_;

/** Removes what a start has left half made. A failure is added to err as a cause. */
int start_undo(struct start *s, struct error *err) _must_check_;

/** Appends what a start would do, for --dry-run. */
int start_plan(struct start *s, struct plan *plan, struct error *err) _must_check_;

/** Tells udev, and so whatever waits for the device's unit, that the device is as defined.
 * *result is that of its start, or as after APPLY_RESULT_INIT. A failure is a debug message:
 * without our udev rules nobody waits. */
void ops_tell_ready(struct ops *ops, const struct mdev_uuid *uuid, struct apply_result *result);

/** As ops_tell_ready(), of a device of a site. */
void site_tell_ready(struct site *site, const struct mdev_uuid *uuid, struct apply_result *result);
