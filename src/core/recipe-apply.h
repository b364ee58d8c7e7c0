/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Carries the plans of recipes out: the only one who writes for them. Decides nothing: what
 * is to be done, and whether it is done, the recipe's kind says. */
#pragma once

#include <stdbool.h>

#include "core/ops.h"
#include "core/recipe-kind.h"
#include "core/recipe.h"
#include "shared/error.h"
#include "shared/macro.h"

/** How it stands with a recipe: its kind's look(). -EOPNOTSUPP: no kind. */
int recipe_look(struct ops *ops, const struct recipe *r, struct recipe_look *ret,
                struct error *err) _must_check_;

/** Appends what recipe_carry_out() would do, as text; nothing if there is nothing to do. */
int recipe_plan_text(struct ops *ops, const struct recipe *r, bool release, struct strbuf *out,
                     struct error *err) _must_check_;

/** Looks, plans and carries out until the parent is there as the recipe says, or with release
 * the host has its hardware back. Each step is looked at before (what is done is left out) and
 * after. The caller holds lock_recipes(). 0: it is so, also if nothing was to be done; *ret_steps
 * (may be NULL) counts the steps that were carried out, in any case. Refused, or failed:
 * negative errno with the step, the cause and advice in err. Time is bounded by the limits of
 * the steps. */
int recipe_carry_out(struct ops *ops, const struct recipe *r, bool release, unsigned *ret_steps,
                     struct error *err) _must_check_;

/** As recipe_carry_out(), by a kind that is given: unit tests have one of their own. */
int recipe_carry_out_by(struct ops *ops, const struct recipe_kind *kind, const struct recipe *r,
                        bool release, unsigned *ret_steps, struct error *err) _must_check_;
