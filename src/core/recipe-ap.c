/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for crypto queues: adapters and domains are taken from the host by the masks of the AP
 * bus, then vfio_ap gets them. (Documentation/arch/s390/vfio-ap.rst, Linux 6.1) */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ap-rule.h"
#include "core/ops-private.h"
#include "core/ap-guard.h"
#include "core/recipe-ap-private.h"
#include "shared/file.h"

static void free_facts(void *facts)
{
	struct ap_recipe_facts *f = facts;

	if (!f)
		return;
	ap_bus_done(&f->bus);
	free(f->user);
	free(f);
}

static int say(char **ret, const char *fmt, ...) _printf_(2, 3);
static int say(char **ret, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(ret, fmt, args);
	va_end(args);
	if (n >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

/* ---- chzdev's rule ------------------------------------------------------------------------- */

/* One that cannot be read sets nothing that we could go by. */
static void read_rule(const struct env *env, struct ap_recipe_facts *f)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(freep) char *path = env_path(env, AP_RULE_FILE);
	_cleanup_(closep) int fd = path ? file_open_regular(AT_FDCWD, path) : -ENOMEM;
	struct ap_rule rule = { 0 };
	unsigned line;

	if (fd < 0 || file_read(fd, AP_RULE_SIZE_MAX, &text) < 0 ||
	    ap_rule_parse(strbuf_str(&text), text.len, &rule, &line) < 0)
		return;
	f->has_rule = rule.has_adapters || rule.has_domains;
	if (rule.has_adapters)
		f->rule_host.adapters = rule.masks.adapters;
	if (rule.has_domains)
		f->rule_host.domains = rule.masks.domains;
	f->rule_reserved.adapters = ap_set_all();
	f->rule_reserved.domains = ap_set_all();
	f->rule_reserved.adapters = rule.has_adapters ? ap_set_minus(&f->rule_reserved.adapters,
	                                                             &rule.masks.adapters)
	                                              : (struct ap_set){ { 0 } };
	f->rule_reserved.domains = rule.has_domains ? ap_set_minus(&f->rule_reserved.domains,
	                                                           &rule.masks.domains)
	                                            : (struct ap_set){ { 0 } };
}

/* ---- facts --------------------------------------------------------------------------------- */

/* Who keeps the host from getting back what is reserved. */
static int find_user(struct ops *ops, struct ap_recipe_facts *f, struct error *err)
{
	const struct ap_world world = { ops->env, ops->sysfs, ops->store };
	_cleanup_(ap_conflicts_done) struct ap_conflicts conflicts = { 0 };
	_cleanup_(ap_facts_done) struct ap_facts facts = { 0 };
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const struct ap_conflict *first;
	char queue[AP_QUEUE_TEXT_MAX];
	struct ap_masks to = { ap_set_union(&f->bus.masks.adapters, &f->give.adapters),
		               ap_set_union(&f->bus.masks.domains, &f->give.domains) };
	int r = ap_facts_read(&world, RECIPE_MATRIX, &facts, err);

	if (r == 0)
		r = ap_conflicts_find_of_masks(&f->bus.masks, &to, true, false, &facts, &conflicts);
	first = r == 0 ? ap_conflicts_first_refused(&conflicts) : NULL;
	if (!first)
		return r;
	ap_queue_format(&first->queue, queue);
	strbuf_addf(&text, "queue %s is ", queue);
	ap_conflict_describe(first, &text);
	if (conflicts.n_refused > 1)
		strbuf_addf(&text, ", and %zu more", conflicts.n_refused - 1);
	f->user = strbuf_take(&text);
	return f->user ? 0 : -ENOMEM;
}

/* What is to be taken from the host, and what it would get back: what chzdev reserves, too,
 * stays reserved. */
static void compare(const struct recipe *r, struct ap_recipe_facts *f)
{
	const struct ap_masks *now = &f->bus.masks;

	f->take.adapters = ap_set_intersect(&r->ap.adapters, &now->adapters);
	f->take.domains = ap_set_intersect(&r->ap.domains, &now->domains);
	f->give.adapters = ap_set_minus(&r->ap.adapters, &now->adapters);
	f->give.adapters = ap_set_minus(&f->give.adapters, &f->rule_reserved.adapters);
	f->give.domains = ap_set_minus(&r->ap.domains, &now->domains);
	f->give.domains = ap_set_minus(&f->give.domains, &f->rule_reserved.domains);
}

static int read_facts(struct ops *ops, const struct recipe *r, struct ap_recipe_facts *f,
                      struct error *err)
{
	int r2 = ap_bus_read(ops->sysfs, &f->bus);

	if (r2 == -ENOENT)
		return 0;
	if (r2 < 0)
		return error_set_errno(err, r2, "Cannot look at the AP bus");
	f->has_bus = true;
	read_rule(ops->env, f);
	compare(r, f);
	return ap_masks_are_empty(&f->give) ? 0 : ops_result(find_user(ops, f, err), err);
}

/* ---- what that is called --------------------------------------------------------------------- */

bool ap_masks_are_empty(const struct ap_masks *masks)
{
	return ap_set_is_empty(&masks->adapters) && ap_set_is_empty(&masks->domains);
}

void ap_masks_describe(const struct ap_masks *masks, struct strbuf *out)
{
	if (!ap_set_is_empty(&masks->adapters)) {
		strbuf_add_str(out, ap_set_count(&masks->adapters) > 1 ? "adapters " : "adapter ");
		ap_set_print_list(&masks->adapters, out);
	}
	if (ap_set_is_empty(&masks->domains))
		return;
	strbuf_add_str(out, ap_set_is_empty(&masks->adapters) ? "" : " and ");
	strbuf_add_str(out, ap_set_count(&masks->domains) > 1 ? "domains " : "domain ");
	ap_set_print_list(&masks->domains, out);
}

/* chzdev gives the host what we are to take: at the next boot, if not now, both would write
 * the masks. */
static bool is_foreign(const struct recipe *r, const struct ap_recipe_facts *f,
                       struct ap_masks *ret)
{
	ret->adapters = ap_set_intersect(&r->ap.adapters, &f->rule_host.adapters);
	ret->domains = ap_set_intersect(&r->ap.domains, &f->rule_host.domains);
	return f->has_rule && !ap_masks_are_empty(ret);
}

static int say_foreign(const struct ap_masks *theirs, char **ret_reason, char **ret_advice)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r;

	ap_masks_describe(theirs, &text);
	r = say(ret_reason, "chzdev gives %s to the host, in %s", strbuf_str(&text), AP_RULE_FILE);
	return r < 0 ? r
	             : say(ret_advice,
	                   "reserve them there as well, with 'chzdev -t ap', or remove the file");
}

static int judge_masks(const struct recipe *r, const struct ap_recipe_facts *f,
                       struct recipe_look *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	bool has_none = ap_set_equal(&f->take.adapters, &r->ap.adapters) &&
	                ap_set_equal(&f->take.domains, &r->ap.domains);
	struct ap_masks theirs;

	if (is_foreign(r, f, &theirs)) {
		ret->state = RECIPE_FOREIGN;
		return say_foreign(&theirs, &ret->reason, &ret->advice);
	}
	ret->state = has_none ? RECIPE_HOST : RECIPE_PARTIAL;
	ap_masks_describe(&f->take, &text);
	return say(&ret->reason, "the host has %s", strbuf_str(&text));
}

static int judge(const struct recipe *r, const struct ap_recipe_facts *f, struct recipe_look *ret)
{
	if (!f->has_bus) {
		ret->state = RECIPE_ABSENT;
		return say(&ret->reason, "there is no AP bus with masks on this machine");
	}
	if (f->bus.has_matrix && say(&ret->parent, RECIPE_MATRIX) < 0)
		return -ENOMEM;
	if (!ap_masks_are_empty(&f->take))
		return judge_masks(r, f, ret);
	if (f->bus.has_matrix) {
		ret->state = RECIPE_READY;
		return 0;
	}
	ret->state = RECIPE_PARTIAL;
	return say(&ret->reason, "%s",
	           f->bus.has_driver ? "vfio_ap is loaded, but has no matrix"
	                             : "vfio_ap is not loaded");
}

static int ap_look(struct ops *ops, const struct recipe *r, struct recipe_look *ret,
                   struct error *err)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { .free_facts = free_facts };
	struct ap_recipe_facts *f = calloc(1, sizeof(*f));
	int r2;

	if (!f)
		return ops_result(-ENOMEM, err);
	look.facts = f;
	r2 = read_facts(ops, r, f, err);
	if (r2 == 0)
		r2 = judge(r, f, &look);
	if (r2 < 0)
		return ops_result(r2, err);
	*ret = look;
	look = (struct recipe_look){ 0 };
	return 0;
}

/* ---- before it is written --------------------------------------------------------------------- */

static int check_numbers(struct ops *ops, const struct ap_set *set, bool of_domains, bool force,
                         struct error *err)
{
	const char *what = of_domains ? "domain" : "adapter";
	unsigned max, last = AP_NUMBERS;

	AP_SET_FOREACH(number, set)
	last = number;
	if (last == AP_NUMBERS || ap_bus_max(ops->sysfs, of_domains, &max) < 0 || last <= max)
		return 0;
	if (force) {
		log_warn(env_log(ops->env), "The highest %s of this machine is %u, and not %u",
		         what, max, last);
		return 0;
	}
	error_set(err, -ENODEV, "This machine has no %s %u", what, last);
	error_set_advice(err, "the highest is %u; --force writes the recipe all the same", max);
	return -ENODEV;
}

static void warn_of_rule(struct ops *ops, const struct recipe *r)
{
	_cleanup_(freep) char *reason = NULL, *advice = NULL;
	struct ap_recipe_facts f = { 0 };
	struct ap_masks theirs;

	read_rule(ops->env, &f);
	if (!f.has_rule)
		return;
	if (is_foreign(r, &f, &theirs) && say_foreign(&theirs, &reason, &advice) == 0)
		log_warn(env_log(ops->env), "Recipe %s cannot be applied: %s (%s)", RECIPE_MATRIX,
		         reason, advice);
	else
		log_warn(env_log(ops->env), "chzdev sets the masks of the AP bus, too, in %s",
		         AP_RULE_FILE);
}

static int ap_check(struct ops *ops, struct recipe *r, bool force, struct error *err)
{
	const struct ap_world world = { ops->env, ops->sysfs, ops->store, r };
	int r2 = check_numbers(ops, &r->ap.adapters, false, force, err);

	if (r2 == 0)
		r2 = check_numbers(ops, &r->ap.domains, true, force, err);
	if (r2 == 0)
		r2 = ap_guard_recipe(&world, RECIPE_MATRIX, force, err);
	if (r2 == 0)
		warn_of_rule(ops, r);
	return r2;
}

const struct recipe_kind recipe_kind_vfio_ap = {
	.type = RECIPE_VFIO_AP,
	.has_ap_lock = true,
	.look = ap_look,
	.plan = ap_recipe_plan,
	.is_done = ap_recipe_is_done,
	.explain = ap_recipe_explain,
	.check = ap_check,
};
