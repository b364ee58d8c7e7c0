/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for crypto queues: the steps, and when each has reached its goal. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/recipe-ap-private.h"

/* Where the host's drivers never get all of their queues, we go on. */
#define SETTLE_MS 30000
#define WRITE_MS  30000
#define MODULE_MS 60000
#define BOUND_MS  30000

/* Queues that a remark names. */
#define QUEUES_MAX 32

/* ---- remarks --------------------------------------------------------------------------------- */

/* What the host has now and loses by these masks. */
static size_t add_lost(const struct ap_recipe_facts *f, struct strbuf *out)
{
	const struct ap_masks left = {
		ap_set_minus(&f->bus.masks.adapters, &f->take.adapters),
		ap_set_minus(&f->bus.masks.domains, &f->take.domains),
	};
	size_t n = 0;

	for (size_t i = 0; i < f->bus.n; i++) {
		const struct ap_queue *queue = &f->bus.queues[i].queue;
		char name[AP_QUEUE_TEXT_MAX];

		if (!ap_masks_have(&f->bus.masks, queue) || ap_masks_have(&left, queue))
			continue;
		ap_queue_format(queue, name);
		if (n++ < QUEUES_MAX)
			strbuf_addf(out, " %s", name);
	}
	if (n > QUEUES_MAX)
		strbuf_addf(out, " and %zu more", n - QUEUES_MAX);
	return n;
}

static int remark_loss(const struct ap_recipe_facts *f, struct recipe_plan *plan)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, queues = STRBUF_INIT;

	if (ap_masks_are_empty(&f->take))
		return 0;
	strbuf_add_str(&text, "the host loses ");
	ap_masks_describe(&f->take, &text);
	strbuf_addf(&text, ", each with all its %s",
	            ap_set_is_empty(&f->take.domains)    ? "domains"
	            : ap_set_is_empty(&f->take.adapters) ? "adapters"
	                                                 : "queues");
	if (add_lost(f, &queues) > 0)
		strbuf_addf(&text, "; of those that are there:%s", strbuf_str(&queues));
	plan->remarks = strbuf_take(&text);
	return plan->remarks ? 0 : -ENOMEM;
}

/* ---- steps ------------------------------------------------------------------------------------- */

static int add_wait(struct recipe_plan *plan, enum ap_goal goal, unsigned limit_ms,
                    const char *what)
{
	const struct recipe_step step = { .kind = RECIPE_STEP_WAIT,
		                          .what = what,
		                          .goal = goal,
		                          .limit_ms = limit_ms,
		                          .go_on = true };

	return recipe_plan_add(plan, &step);
}

static int add_mask(struct recipe_plan *plan, const struct ap_set *set, bool of_domains, bool give)
{
	_cleanup_(strbuf_done) struct strbuf value = STRBUF_INIT, what = STRBUF_INIT;
	struct ap_masks masks = { 0 };
	struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
		                    .target = of_domains ? AP_BUS_AQMASK : AP_BUS_APMASK,
		                    .goal = give ? AP_GOAL_GIVEN : AP_GOAL_TAKEN,
		                    .limit_ms = WRITE_MS,
		                    .retry_on_again = true };

	if (ap_set_is_empty(set))
		return 0;
	*(of_domains ? &masks.domains : &masks.adapters) = *set;
	ap_set_print_relative(set, give ? '+' : '-', &value);
	strbuf_add_str(&what, give ? "give " : "take ");
	ap_masks_describe(&masks, &what);
	strbuf_add_str(&what, give ? " back to the host" : " from the host");
	if (strbuf_error(&value) < 0 || strbuf_error(&what) < 0)
		return -ENOMEM;
	step.value = strbuf_str(&value);
	step.what = strbuf_str(&what);
	return recipe_plan_add(plan, &step);
}

static int add_module(struct recipe_plan *plan)
{
	const struct recipe_step step = { .kind = RECIPE_STEP_MODULE,
		                          .target = AP_PASSTHROUGH_DRIVER,
		                          .what = "load the module " AP_PASSTHROUGH_DRIVER,
		                          .goal = AP_GOAL_MATRIX,
		                          .limit_ms = MODULE_MS };

	return recipe_plan_add(plan, &step);
}

static int plan_steps(const struct ap_recipe_facts *f, struct recipe_plan *plan)
{
	int r = remark_loss(f, plan);

	if (r == 0 && !ap_masks_are_empty(&f->take) && !ap_bus_is_settled(&f->bus))
		r = add_wait(plan, AP_GOAL_SETTLED, SETTLE_MS,
		             "wait until the host's drivers have their queues");
	if (r == 0)
		r = add_mask(plan, &f->take.adapters, false, false);
	if (r == 0)
		r = add_mask(plan, &f->take.domains, true, false);
	if (r == 0 && !f->bus.has_matrix)
		r = add_module(plan);
	/* Only then can these queues be bound to anything. */
	if (r == 0 && plan->n > 0)
		r = add_wait(plan, AP_GOAL_BOUND, BOUND_MS,
		             "wait until vfio_ap has the queues that are reserved");
	return r;
}

static int refuse(const struct recipe_look *look, int r, struct error *err)
{
	error_set(err, r, "Parent %s cannot be set up", RECIPE_MATRIX);
	error_set_cause(err, "%s", look->reason ? look->reason : recipe_state_name(look->state));
	if (look->advice)
		error_set_advice(err, "%s", look->advice);
	return r;
}

static int plan_release(const struct ap_recipe_facts *f, struct recipe_plan *plan,
                        struct error *err)
{
	int r;

	if (!f->has_bus)
		return 0;
	if (f->user) {
		error_set(err, -EBUSY, "The host cannot have the queues of parent %s back",
		          RECIPE_MATRIX);
		error_set_cause(err, "%s", f->user);
		error_set_advice(err, "stop that device, or take the queue from it, first");
		error_set_kind(err, ERROR_IN_USE);
		return -EBUSY;
	}
	r = add_mask(plan, &f->give.adapters, false, true);
	return r == 0 ? add_mask(plan, &f->give.domains, true, true) : r;
}

int ap_recipe_plan(const struct recipe *recipe _unused_, const struct recipe_look *look,
                   bool release, struct recipe_plan *ret, struct error *err)
{
	_cleanup_(recipe_plan_done) struct recipe_plan plan = { 0 };
	const struct ap_recipe_facts *f = look->facts;
	int r;

	if (!release && look->state == RECIPE_ABSENT)
		return refuse(look, -ENODEV, err);
	if (!release && look->state == RECIPE_FOREIGN)
		return refuse(look, -EPERM, err);
	if (!release && look->state == RECIPE_READY)
		return 0;
	r = release ? plan_release(f, &plan, err) : plan_steps(f, &plan);
	if (r < 0)
		return ops_result(r, err);
	*ret = plan;
	plan = (struct recipe_plan){ 0 };
	return 0;
}

/* ---- is it so? ----------------------------------------------------------------------------------- */

static bool is_of_domains(const struct recipe_step *step)
{
	return strcmp(step->target, AP_BUS_AQMASK) == 0;
}

static bool is_taken(const struct recipe *r, const struct ap_bus *bus,
                     const struct recipe_step *step)
{
	bool of_domains = is_of_domains(step);
	struct ap_set left = ap_set_intersect(of_domains ? &r->ap.domains : &r->ap.adapters,
	                                      of_domains ? &bus->masks.domains
	                                                 : &bus->masks.adapters);

	return ap_set_is_empty(&left);
}

/* By the numbers that the step writes: others of the recipe may stay reserved, by chzdev. */
static bool is_given(const struct ap_bus *bus, const struct recipe_step *step)
{
	const struct ap_set *now = is_of_domains(step) ? &bus->masks.domains : &bus->masks.adapters;
	_cleanup_(strbuf_done) struct strbuf list = STRBUF_INIT;
	struct ap_set wanted;

	for (const char *p = step->value; *p; p++)
		if (*p != '+')
			strbuf_add_char(&list, *p);
	if (strbuf_error(&list) < 0 || ap_set_parse(strbuf_str(&list), &wanted, NULL) < 0)
		return false;
	wanted = ap_set_minus(&wanted, now);
	return ap_set_is_empty(&wanted);
}

static bool has_reached(const struct recipe *r, const struct ap_bus *bus,
                        const struct recipe_step *step)
{
	switch ((enum ap_goal)step->goal) {
	case AP_GOAL_SETTLED:
		return ap_bus_is_settled(bus);
	case AP_GOAL_TAKEN:
		return is_taken(r, bus, step);
	case AP_GOAL_GIVEN:
		return is_given(bus, step);
	case AP_GOAL_MATRIX:
		return bus->has_matrix;
	case AP_GOAL_BOUND:
		return ap_bus_is_reserved_bound(bus);
	}
	return false;
}

int ap_recipe_is_done(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                      struct error *err)
{
	_cleanup_(ap_bus_done) struct ap_bus bus = { .queues = NULL };
	int r2 = ap_bus_read(ops->sysfs, &bus);

	if (r2 < 0)
		return error_set_errno(err, r2, "Cannot look at the AP bus");
	return has_reached(r, &bus, step);
}

const char *ap_recipe_explain(const struct recipe_step *step, int error)
{
	/* -EBUSY, "Userspace may not re-assign queue" (ap_bus.c, __verify_queue_reservations());
	 * -EINVAL since Linux 6.19, commit 46030379f13c. */
	switch (-error) {
	case EBUSY:
		return step->goal == AP_GOAL_GIVEN
		               ? "a matrix device has one of these queues; the kernel's log names it"
		               : "somebody else is changing the masks";
	case EINVAL:
		return "a queue has a driver_override, which keeps the masks from being changed";
	case ENOENT:
		return "is the module there? It is in the kernel's own package";
	default:
		return NULL;
	}
}
