/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a user asks of parents: to define their recipes, to apply and to release them. Prints
 * nothing. A parent is named "matrix", or by a device number: "ccw:0.0.0100", the subchannel
 * that it is on, "css:0.0.0313", or a bare number that is not both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ops.h"
#include "core/recipe-kind.h"
#include "core/recipe-store.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct parent_define_request {
	const char *parent;
	const char *driver;     /* of a device's subchannel; NULL: not given */
	const char *subchannel; /* of a device that is not visible; NULL: not given */
	const char *adapters;   /* of matrix: lists as ap_set_parse() reads them; NULL: not given */
	const char *domains;
	bool now; /* apply it at once */
	struct change_options options;
};

/** Writes a recipe, or changes what is given of one that is there, after it was checked;
 * hardware is touched with now only. With dry_run nothing is done, and the plan is appended to
 * ret_plan (which may be NULL without). -EINVAL, with ERROR_USAGE for options that are not for
 * this kind of parent. */
int ops_parent_define(struct ops *ops, const struct parent_define_request *req,
                      struct strbuf *ret_plan, struct error *err) _must_check_;

/** Removes a recipe; the hardware stays as it is. Broken ones go, too. */
int ops_parent_undefine(struct ops *ops, const char *parent, const struct change_options *options,
                        struct strbuf *ret_plan, struct error *err) _must_check_;

/** Applies a recipe, also a paused one, which is paused no longer. parent NULL: all that are
 * not paused; one that fails is warned about, the others are applied, and hardware that is not
 * there is no failure. How it went is remembered. */
int ops_parent_apply(struct ops *ops, const char *parent, const struct change_options *options,
                     struct strbuf *ret_plan, struct error *err) _must_check_;

/** Gives the hardware back to the host, and pauses the recipe until it is applied, or until
 * the next boot. Refused with ERROR_IN_USE while devices are active on the parent. */
int ops_parent_release(struct ops *ops, const char *parent, const struct change_options *options,
                       struct strbuf *ret_plan, struct error *err) _must_check_;

/* Why somebody who watches looks at a recipe; the later, the more is done. */
enum parent_try {
	PARENT_TRY_TIME,    /* it is time for the next try of one that has failed */
	PARENT_TRY_EVENT,   /* hardware came or changed */
	PARENT_TRY_CHANGED, /* its file did */
	PARENT_TRY_BOOT,    /* the system comes up */
};

/** Applies the recipe of this name (that of its file) for somebody who watches, if it is armed
 * and not paused: by the boot, by an apply before, or because hardware has come that was not
 * there at the last look. A recipe that somebody has just defined is not, and only looked at.
 * One that has failed waits for its time, unless something happened that may help, and not just
 * now. Judged under the lock; how it stands is remembered. 0 also if nothing was to be done. */
int ops_parent_try(struct ops *ops, const char *name, enum parent_try why,
                   struct error *err) _must_check_;

/** Before a device is started whose definition is below this parent: where a recipe binds the
 * device, its definition follows its disk, and the recipe is applied unless that is done, or it
 * is paused. 0 also where none binds it. */
int ops_parent_prepare(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       struct error *err) _must_check_;

/** ops_parent_try() for all recipes. What fails is logged at this level, and is no failure: its
 * record tells. */
int ops_parent_try_all(struct ops *ops, enum parent_try why, enum log_level level,
                       struct error *err) _must_check_;

/* How it stands with a recipe. Lives during the call that tells of it. */
struct parent_info {
	const char *name;
	const struct recipe *recipe; /* NULL: broken */
	const char *state;           /* recipe_state_name(), "broken", "paused", "unknown" */
	const char *parent;          /* the parent now, NULL: there is none */
	const char *reason;          /* why it is not ready, one line, or NULL */
	const char *advice;          /* or NULL */
	bool is_bad;                 /* somebody has to do something about it */
	struct recipe_record record;
};

/** Calls each() for every recipe in the order of their names, or only for that of parent. A
 * negative return of each() ends it and is returned. -ENOENT: parent has none. */
int ops_parent_list(struct ops *ops, const char *parent,
                    int (*each)(void *userdata, const struct parent_info *info), void *userdata,
                    struct error *err) _must_check_;
