/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the recipes for crypto queues share. */
#pragma once

#include "core/ap-bus.h"
#include "core/ap-facts.h"
#include "core/recipe-kind.h"

/* What a look found. */
struct ap_recipe_facts {
	bool has_bus;
	struct ap_bus bus;
	/* What the host has, and the recipe reserves; and what is reserved by the recipe alone,
	 * so that the host gets it back. */
	struct ap_masks take;
	struct ap_masks give;
	char *user;    /* who keeps the host from getting that, in words; NULL: nobody */
	bool has_rule; /* chzdev's, and what it gives to the host or not */
	struct ap_masks rule_host;
	struct ap_masks rule_reserved;
};

/* What a step is to reach. */
enum ap_goal {
	AP_GOAL_SETTLED, /* the host's drivers have their queues */
	AP_GOAL_TAKEN,   /* the host has none of the recipe's adapters, or domains, any more */
	AP_GOAL_GIVEN,   /* it has those of the step's value again */
	AP_GOAL_MATRIX,  /* vfio_ap has registered its parent */
	AP_GOAL_BOUND,   /* every queue that is reserved has its driver */
};

/** No adapter and no domain. */
bool ap_masks_are_empty(const struct ap_masks *masks);

/** Appends "adapters 5,6 and domain 71". */
void ap_masks_describe(const struct ap_masks *masks, struct strbuf *out);

/** struct recipe_kind's, of vfio-ap: recipe-ap-plan.c. */
int ap_recipe_plan(const struct recipe *r, const struct recipe_look *look, bool release,
                   struct recipe_plan *ret, struct error *err) _must_check_;
int ap_recipe_is_done(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                      struct error *err) _must_check_;
const char *ap_recipe_explain(const struct recipe_step *step, int error);
