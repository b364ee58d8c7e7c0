/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an operation will do, step by step. Plans are computed without reading
 * anything (plan-*.c), carried out by apply and printed by --dry-run, the log
 * and the unit tests. */
#pragma once

#include <stddef.h>

#include "core/attrs.h"
#include "core/mdev-uuid.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

enum plan_step_kind {
	PLAN_ASK,              /* callouts, event pre */
	PLAN_ASK_LIVE,         /* callouts, event live */
	PLAN_FETCH_ATTRIBUTES, /* callouts, event get */
	PLAN_CREATE,           /* write the UUID to the type's create */
	PLAN_SET_ATTRIBUTE,
	PLAN_REMOVE, /* write 1 to the device's remove */
	PLAN_WRITE_DEFINITION,
	PLAN_DELETE_DEFINITION,
	PLAN_NOTIFY, /* callouts, event post, and notifiers */
};

struct plan_step {
	enum plan_step_kind kind;
	struct mdev_uuid uuid;
	char *parent; /* may be NULL for REMOVE of a foreign device */
	char *type;   /* CREATE */
	char *word;   /* ASK*, NOTIFY: the action's name; SET_ATTRIBUTE: the attribute's */
	char *value;  /* SET_ATTRIBUTE: value_len bytes; WRITE_DEFINITION: the new text */
	size_t value_len;
	char *old_text; /* WRITE_, DELETE_DEFINITION: the text now, NULL if there is none */
	char *path;     /* file that is written, as the user knows it */
};

struct plan {
	struct plan_step *steps;
	size_t n;
	size_t size;
};

/** Releases all; the plan is empty afterwards. */
void plan_done(struct plan *p);

/** Appends the plan as text: one line a step, files as a unified diff, "would ask
 * SCRIPT" for callouts given in `scripts` (one path a line, may be empty). */
void plan_format(const struct plan *p, const char *scripts, struct strbuf *out);
