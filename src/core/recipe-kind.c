/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of recipes, and the plans that they make. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/recipe-kind.h"

/* By type; a type without a row has no kind. */
static const struct recipe_kind *const kinds[_RECIPE_TYPE_MAX] = {
	[RECIPE_VFIO_AP] = &recipe_kind_vfio_ap,
	[RECIPE_VFIO_CCW] = &recipe_kind_vfio_ccw,
};

const struct recipe_kind *recipe_kind(enum recipe_type type)
{
	return kinds[type];
}

static const char *const state_names[_RECIPE_STATE_MAX] = {
	[RECIPE_ABSENT] = "absent",   [RECIPE_HIDDEN] = "hidden", [RECIPE_HOST] = "host",
	[RECIPE_PARTIAL] = "partial", [RECIPE_READY] = "ready",   [RECIPE_IN_USE] = "in-use",
	[RECIPE_FOREIGN] = "foreign", [RECIPE_FAILED] = "failed",
};

const char *recipe_state_name(enum recipe_state state)
{
	return state_names[state];
}

int recipe_state_parse(const char *name, enum recipe_state *ret)
{
	for (unsigned i = 0; i < _RECIPE_STATE_MAX; i++)
		if (strcmp(state_names[i], name) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

void recipe_look_done(struct recipe_look *look)
{
	if (look->facts && look->free_facts)
		look->free_facts(look->facts);
	free(look->parent);
	free(look->left);
	free(look->reason);
	free(look->advice);
	*look = (struct recipe_look){ 0 };
}

/* ---- plans ------------------------------------------------------------------------------ */

static void step_done(const struct recipe_step *step)
{
	free((char *)step->target);
	free((char *)step->value);
	free((char *)step->what);
}

void recipe_plan_done(struct recipe_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	free(plan->remarks);
	*plan = (struct recipe_plan){ 0 };
}

/* False when out of memory. */
static bool copy_text(const char *text, const char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return !text || *ret;
}

static int grow(struct recipe_plan *plan)
{
	size_t size = plan->size ? plan->size * 2 : 8;
	struct recipe_step *steps;

	if (plan->n < plan->size)
		return 0;
	steps = reallocarray(plan->steps, size, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	plan->steps = steps;
	plan->size = size;
	return 0;
}

int recipe_plan_add(struct recipe_plan *plan, const struct recipe_step *step)
{
	struct recipe_step copy = *step;
	bool is_whole;

	if (grow(plan) < 0)
		return -ENOMEM;
	is_whole = copy_text(step->target, &copy.target);
	is_whole = copy_text(step->value, &copy.value) && is_whole;
	is_whole = copy_text(step->what, &copy.what) && is_whole;
	if (!is_whole) {
		step_done(&copy);
		return -ENOMEM;
	}
	plan->steps[plan->n++] = copy;
	return 0;
}

static void format_step(const struct recipe_step *step, struct strbuf *out)
{
	strbuf_add_str(out, step->what);
	switch (step->kind) {
	case RECIPE_STEP_WRITE:
	case RECIPE_STEP_WRITE_PROC:
		strbuf_addf(out, ": write '%.*s' to /%s/%s", (int)strcspn(step->value, "\n"),
		            step->value, step->kind == RECIPE_STEP_WRITE ? "sys" : "proc",
		            step->target);
		break;
	case RECIPE_STEP_MODULE:
	case RECIPE_STEP_WAIT:
	case RECIPE_STEP_SETTLE:
		break;
	}
	strbuf_add_char(out, '\n');
}

void recipe_plan_format(const struct recipe_plan *plan, struct strbuf *out)
{
	if (plan->remarks)
		strbuf_addf(out, "%s\n", plan->remarks);
	for (size_t i = 0; i < plan->n; i++)
		format_step(&plan->steps[i], out);
	if (plan->is_partial)
		strbuf_add_str(out, "look again and go on from there\n");
}
