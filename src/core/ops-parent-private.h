/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the operations on parents share. */
#pragma once

#include "core/ops-parent.h"
#include "core/ops-private.h"
#include "core/recipe-apply.h"

/* States of a recipe beside those of its hardware (recipe_state_name()). */
#define PARENT_STATE_BROKEN  "broken"  /* its file cannot be used */
#define PARENT_STATE_PAUSED  "paused"  /* released */
#define PARENT_STATE_UNKNOWN "unknown" /* the hardware cannot be looked at */

/** From what a user says to the name of a recipe. */
int ops_parent_name(struct ops *ops, const char *text, char ret[static BUSID_TEXT_MAX],
                    struct error *err) _must_check_;

/** -ENOENT with a message if there is no recipe of this name. */
int ops_parent_must_exist(struct ops *ops, const char *name, struct error *err) _must_check_;

/** Reads the recipe, or makes one with defaults if there is none; broken ones are failures. */
int ops_parent_read_or_new(struct ops *ops, enum recipe_type type, const char *name,
                           struct recipe **ret, struct error *err) _must_check_;

/** Appends how the file will change; recipe NULL: it is removed. -ENOMEM. */
int ops_parent_plan_file(struct ops *ops, const char *name, const struct recipe *recipe,
                         struct strbuf *out) _must_check_;

/** Removes what is remembered of a recipe. */
void ops_parent_forget(struct ops *ops, const char *name);

/** Applies a recipe and remembers how it went. The caller holds lock_recipes(). */
int ops_parent_apply_one(struct ops *ops, const struct recipe *recipe, const char *name,
                         struct error *err) _must_check_;
