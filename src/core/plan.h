/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an operation will do, step by step. Plans are computed without reading
 * anything, carried out by apply (devices) and by the operations (definitions,
 * callouts), and printed by --dry-run, the log and the unit tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attrs.h"
#include "core/definition.h"
#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

enum plan_step_kind {
	PLAN_ASK,              /* callouts, event pre */
	PLAN_ASK_LIVE,         /* callouts, event live */
	PLAN_FETCH_ATTRIBUTES, /* the running device's, by its driver or callouts */
	PLAN_CREATE,           /* write the UUID to the type's create */
	PLAN_SET_ATTRIBUTE,
	PLAN_REMOVE, /* write 1 to the device's remove */
	PLAN_WRITE_DEFINITION,
	PLAN_DELETE_DEFINITION,
	PLAN_NOTIFY, /* callouts, event post, and notifiers */
};

/* In a plan everything is owned by it; in a template for plan_add() nothing is. */
struct plan_step {
	enum plan_step_kind kind;
	struct mdev_uuid uuid;
	const char *parent;
	const char *type;     /* CREATE */
	const char *word;     /* ASK, NOTIFY: the action; SET_ATTRIBUTE: the attribute's name */
	const char *value;    /* SET_ATTRIBUTE: the value; WRITE_DEFINITION: the new text */
	size_t value_len;     /* bytes */
	const char *old_text; /* WRITE_, DELETE_DEFINITION: the text now, NULL: no file */
	const char *path;     /* the file that is written */
};

struct plan {
	struct plan_step *steps;
	size_t n;
	size_t size;
};

/** Releases all; the plan is empty afterwards. */
void plan_done(struct plan *p);

/** Appends a copy of a step. -ENOMEM. */
int plan_add(struct plan *p, const struct plan_step *step) _must_check_;

/** Appends the plan as text: a line a step, files as a unified diff. Each line of
 * scripts ("would ask PATH", may be empty) follows every step that runs callouts; lines
 * "would notify PATH" follow PLAN_NOTIFY only. */
void plan_format(const struct plan *p, const char *scripts, struct strbuf *out);

/* ---- planning a start -------------------------------------------------------------- */

/* What sysfs says of the device to start, its parent and its type. */
struct start_facts {
	bool is_active; /* the UUID is an active device: */
	const char *active_parent;
	const char *active_type;
	bool has_parent;              /* the parent is registered with the mdev core */
	const char *similar_parent;   /* a parent that differs in upper and lower case, or NULL */
	bool has_types;               /* ... and offers types */
	bool has_type;                /* this one among them */
	int available_error;          /* negative errno of reading available_instances, 0 if read */
	const char *available_reason; /* what is wrong with its text, or NULL */
	int32_t available;
};

/** Why an attribute's name is not written, NULL if it may be: empty, absolute, a part
 * "." or "..", control characters; "remove" and "uevent" are the kernel's. */
const char *plan_attr_name_problem(const char *name);

/** Appends the steps that create the device as defined, or refuses with mdevctl's
 * messages (-EEXIST, -ENODEV, -ENOENT, -ENOSPC, -EINVAL). */
int plan_start(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
               const struct start_facts *facts, struct plan *ret, struct error *err) _must_check_;

/** Appends the steps that write the attributes of a device that is there, but for the first
 * n_written of them. -EINVAL. */
int plan_finish(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
                unsigned n_written, struct plan *ret, struct error *err) _must_check_;
