/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of a campaign's step share. */
#pragma once

#include "core/campaign.h"
#include "core/ops-private.h"
#include "core/site.h"
#include "core/start.h"
#include "core/survey.h"

struct
try {
	struct ops *ops;
	struct site *site;
	const struct try_request *req;
	struct survey_entry entry; /* what was judged, under the lock */
	struct start start;
	struct record record; /* as it shall be */
	char *refusal;        /* the device is there, and not as defined: why */
};

/** The record as the next phase begins: not written yet. reason may be NULL. -ENOMEM. */
int try_turn(struct try *t, enum campaign_phase phase, const char *reason, struct error *err);

/** Writes the record down. Negative errno, told. */
int try_write(struct try *t, struct error *err);

/** Removes the half-made device for the reason in why, which is recorded before: whoever dies
 * between has not stopped it. CAMPAIGN_FAILED: it has gone; CAMPAIGN_DEGRADED: it stays, why
 * says so too; CAMPAIGN_HALF_MADE: it is on its way. */
enum campaign_phase try_remove_half_made(struct try *t, struct strbuf *why);

/** Removes a device that has come in spite of a stop, and writes down that its campaign is
 * over; or that the device stays, since somebody uses it, or it cannot be removed. */
int try_remove_stopped(struct try *t, struct error *err);
