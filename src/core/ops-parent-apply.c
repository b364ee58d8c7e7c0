/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes applied and released, and what is remembered of that. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-parent-private.h"
#include "core/recipe-follow.h"

/* ---- what is remembered ------------------------------------------------------------------- */

/* Where there is no place to remember, that is so. */
static void remember(struct ops *ops, const char *name, const struct recipe_record *record)
{
	int r = recipe_record_write(ops->records, name, record);

	if (r < 0 && r != -ENOENT)
		log_debug(env_log(ops->env), "Cannot remember the outcome of recipe %s: %s", name,
		          strerror(-r));
}

void ops_parent_forget(struct ops *ops, const char *name)
{
	int r = recipe_record_remove(ops->records, name);

	if (r < 0)
		log_debug(env_log(ops->env), "Cannot forget the outcome of recipe %s: %s", name,
		          strerror(-r));
}

/* Nobody's failure: hardware that comes and goes, a user who changed his mind. */
static bool is_no_failure(int r)
{
	return r >= 0 || r == -ENODEV || r == -EINTR;
}

static void note_state(struct ops *ops, const struct recipe *recipe, struct recipe_record *record)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };

	if (recipe_look(ops, recipe, &look, NULL) < 0)
		return;
	record->has_state = true;
	record->state = look.state;
	record->parent = TAKE_PTR(look.parent);
	record->reason = TAKE_PTR(look.reason);
}

static void note_failure(struct ops *ops, unsigned attempts, int r, const struct error *why,
                         struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	free(record->reason);
	record->reason = strbuf_take(&text);
	record->attempts = attempts + 1;
	record->errnum = -r;
	record->next = campaign_next_try(&ops->retry, record->attempts, record->since);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* But for the time. */
static bool is_same(const struct recipe_record *a, const struct recipe_record *b)
{
	return a->is_paused == b->is_paused && a->is_armed == b->is_armed &&
	       a->attempts == b->attempts && a->errnum == b->errnum &&
	       a->has_state == b->has_state && a->state == b->state &&
	       is_same_text(a->parent, b->parent) && is_same_text(a->reason, b->reason);
}

/* recipe NULL: its file cannot be used. */
static void remember_outcome(struct ops *ops, const char *name, const struct recipe *recipe, int r,
                             const struct error *why)
{
	_cleanup_(recipe_record_done) struct recipe_record before = { 0 }, record = { 0 };

	if (r == -EINTR || recipe_record_read(ops->records, name, &before) < 0)
		return;
	record.since = record_now();
	record.is_armed = recipe || before.is_armed;
	if (recipe)
		note_state(ops, recipe, &record);
	/* What went away meanwhile is waited for. */
	if (!is_no_failure(r) && !(record.has_state && record.state == RECIPE_ABSENT))
		note_failure(ops, before.attempts, r, why, &record);
	/* Nothing but the file heals it, and that is watched. */
	if (!recipe)
		record.next = 0;
	if (!is_same(&before, &record))
		remember(ops, name, &record);
}

int ops_parent_apply_one(struct ops *ops, const struct recipe *recipe, const char *name,
                         struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r = recipe_carry_out(ops, recipe, false, NULL, &why);

	remember_outcome(ops, name, recipe, r, &why);
	return r < 0 ? error_move(&why, err) : 0;
}

/* ---- apply ---------------------------------------------------------------------------------- */

static int apply_named(struct ops *ops, const char *name, bool dry_run, struct strbuf *ret_plan,
                       struct error *err)
{
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;
	int r = recipe_read(ops->env, name, &recipe, err);

	if (r < 0)
		return r;
	return dry_run ? recipe_plan_text(ops, recipe, false, ret_plan, err)
	               : ops_parent_apply_one(ops, recipe, name, err);
}

static bool is_paused(struct ops *ops, const char *name)
{
	_cleanup_(recipe_record_done) struct recipe_record record = { 0 };

	return recipe_record_read(ops->records, name, &record) == 0 && record.is_paused;
}

/* True if it is to be told as failed. */
static bool apply_entry(struct ops *ops, const struct recipe_entry *e, bool dry_run,
                        struct strbuf *ret_plan)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r;

	/* A broken one was warned about when it was read. */
	if (!e->recipe)
		return true;
	if (is_paused(ops, e->name))
		return false;
	r = dry_run ? recipe_plan_text(ops, e->recipe, false, ret_plan, &why)
	            : ops_parent_apply_one(ops, e->recipe, e->name, &why);
	if (r >= 0)
		return false;
	error_format(&why, &text);
	if (is_no_failure(r))
		log_info(env_log(ops->env), "%s", strbuf_str(&text));
	else
		log_warn(env_log(ops->env), "%s", strbuf_str(&text));
	return !is_no_failure(r);
}

static int apply_all(struct ops *ops, bool dry_run, struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	size_t failed = 0;
	int r = recipes_load(ops->env, &recipes);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipes in %s", RECIPE_DIR);
	for (size_t i = 0; i < recipes.n; i++) {
		if (env_is_interrupted(ops->env))
			return error_set(err, -EINTR, "Interrupted");
		failed += apply_entry(ops, &recipes.items[i], dry_run, ret_plan);
	}
	if (failed == 0)
		return 0;
	error_set(err, -EIO, "%zu of %zu recipes cannot be applied", failed, recipes.n);
	error_set_cause(err, "the warnings above say why");
	return -EIO;
}

int ops_parent_apply(struct ops *ops, const char *parent, const struct change_options *options,
                     struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	char name[BUSID_TEXT_MAX];
	int r = 0;

	if (parent)
		r = ops_parent_name(ops, parent, name, err);
	if (r == 0 && !options->dry_run)
		r = lock_recipes(ops->env, &lock, err);
	/* First: so they are there when their parents register. */
	if (r == 0 && !options->dry_run)
		r = recipes_follow(ops, NULL, err);
	if (r < 0)
		return r;
	return parent ? apply_named(ops, name, options->dry_run, ret_plan, err)
	              : apply_all(ops, options->dry_run, ret_plan, err);
}

/* ---- for who watches ------------------------------------------------------------------------ */

/* Its own steps send events, too: what failed just now is not tried again because of them. */
#define HURRY_US INT64_C(5000000)

static bool is_due(const struct recipe_record *record, enum parent_try why, int64_t now)
{
	if (record->errnum == 0 || why >= PARENT_TRY_CHANGED)
		return true;
	if (why == PARENT_TRY_EVENT && record->since + HURRY_US <= now)
		return true;
	return record->next != 0 && record->next <= now;
}

/* Hardware that was not there at the last look. */
static bool has_come(const struct recipe_record *record, enum recipe_state state)
{
	return record->has_state && record->state == RECIPE_ABSENT && state != RECIPE_ABSENT;
}

static int try_recipe(struct ops *ops, const char *name, const struct recipe *recipe,
                      const struct recipe_record *before, enum parent_try why, struct error *err)
{
	_cleanup_(recipe_record_done) struct recipe_record now = { 0 };

	note_state(ops, recipe, &now);
	now.is_armed = before->is_armed || why == PARENT_TRY_BOOT ||
	               (now.has_state && has_come(before, now.state));
	if (now.is_armed && !(now.has_state && now.state == RECIPE_READY))
		return is_due(before, why, record_now())
		               ? ops_parent_apply_one(ops, recipe, name, err)
		               : 0;
	now.since = record_now();
	if (!is_same(before, &now))
		remember(ops, name, &now);
	return 0;
}

static int try_locked(struct ops *ops, const char *name, enum parent_try reason, struct error *err)
{
	_cleanup_(recipe_record_done) struct recipe_record before = { 0 };
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r = recipe_record_read(ops->records, name, &before);

	if (r < 0 || before.is_paused)
		return ops_result(r, err);
	r = recipe_read(ops->env, name, &recipe, &why);
	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		return try_recipe(ops, name, recipe, &before, reason, err);
	if (is_due(&before, reason, record_now()))
		remember_outcome(ops, name, NULL, r, &why);
	return error_move(&why, err);
}

/* Before recipes are tried, and once for all of them. What cannot follow is no reason not to
 * try them: nothing is started on another disk. */
static void follow(struct ops *ops)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = lock_recipes(ops->env, &lock, &why);

	if (r == 0)
		r = recipes_follow(ops, NULL, &why);
	if (r == 0)
		return;
	error_format(&why, &text);
	log_warn(env_log(ops->env), "%s", strbuf_str(&text));
}

static int try_one(struct ops *ops, const char *name, enum parent_try why, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = lock_recipes(ops->env, &lock, err);

	return r < 0 ? r : try_locked(ops, name, why, err);
}

int ops_parent_try(struct ops *ops, const char *name, enum parent_try why, struct error *err)
{
	follow(ops);
	return try_one(ops, name, why, err);
}

int ops_parent_try_all(struct ops *ops, enum parent_try why, enum log_level level,
                       struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	int r = recipes_load(ops->env, &recipes);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipes in %s", RECIPE_DIR);
	if (recipes.n > 0)
		follow(ops);
	for (size_t i = 0; i < recipes.n; i++) {
		_cleanup_(error_done) struct error reason = ERROR_INIT;
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

		if (env_is_interrupted(ops->env))
			return error_set(err, -EINTR, "Interrupted");
		if (try_one(ops, recipes.items[i].name, why, &reason) >= 0)
			continue;
		error_format(&reason, &text);
		log_message(env_log(ops->env), level, "%s", strbuf_str(&text));
	}
	return 0;
}

/* ---- for a start -------------------------------------------------------------------------- */

/* True if the recipe's hardware is this parent. */
static bool is_ready(struct ops *ops, const struct recipe *recipe, const char *parent)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };

	return recipe_look(ops, recipe, &look, NULL) == 0 && look.state == RECIPE_READY &&
	       look.parent && strcmp(look.parent, parent) == 0;
}

/* 1 and the recipe, owned by recipes; 0: the device has none. */
static int find_recipe(struct ops *ops, const struct mdev_uuid *uuid, struct recipes *recipes,
                       const struct recipe **ret, struct error *err)
{
	int r = recipes_load(ops->env, recipes);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipes in %s", RECIPE_DIR);
	*ret = recipes_find_uuid(recipes, uuid);
	return *ret != NULL;
}

/* Whoever had the lock before may have undefined or released it. */
static int prepare_locked(struct ops *ops, const struct mdev_uuid *uuid, struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	const struct recipe *recipe = NULL;
	char name[BUSID_TEXT_MAX];
	int r = recipes_follow(ops, NULL, err);

	if (r == 0)
		r = find_recipe(ops, uuid, &recipes, &recipe, err);
	if (r <= 0)
		return r;
	recipe_name(recipe, name);
	return is_paused(ops, name) ? 0 : ops_parent_apply_one(ops, recipe, name, err);
}

int ops_parent_prepare(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	_cleanup_(lock_freep) struct lock *lock = NULL;
	const struct recipe *recipe = NULL;
	int r = find_recipe(ops, uuid, &recipes, &recipe, err);

	if (r <= 0 || is_ready(ops, recipe, parent))
		return r < 0 ? r : 0;
	r = lock_recipes(ops->env, &lock, err);
	return r < 0 ? r : prepare_locked(ops, uuid, err);
}

/* ---- release ---------------------------------------------------------------------------------- */

static int refuse_active(const char *name, const struct snapshot *active, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&active->devices[0].uuid, uuid);
	error_set(err, -EBUSY, "Cannot release parent %s", name);
	if (active->n == 1)
		error_set_cause(err, "device %s is active on it", uuid);
	else
		error_set_cause(err, "%zu devices are active on it, %s among them", active->n,
		                uuid);
	error_set_advice(err, "mdevmgr stop -p %s stops what is there",
	                 snapshot_parent(active, &active->devices[0]));
	error_set_kind(err, ERROR_IN_USE);
	return -EBUSY;
}

/* Unbinding a parent takes its devices away, whoever uses them. */
static int check_nothing_is_active(struct ops *ops, const struct recipe *recipe, const char *name,
                                   struct error *err)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };
	_cleanup_(snapshot_done) struct snapshot active = { 0 };
	int r = recipe_look(ops, recipe, &look, err);

	if (r < 0 || !look.parent)
		return r;
	r = snapshot_scan(ops->sysfs, env_log(ops->env), NULL, look.parent, &active);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look at the devices of parent %s",
		                       look.parent);
	return active.n > 0 ? refuse_active(name, &active, err) : 0;
}

/* Released, but not all of it: neither the recipe nor the host has it. */
static void remember_half(struct ops *ops, const char *name, const struct recipe_record *paused,
                          int r, const struct error *why)
{
	_cleanup_(recipe_record_done) struct recipe_record record = *paused;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	record.reason = strbuf_take(&text);
	record.errnum = -r;
	remember(ops, name, &record);
}

static int release_locked(struct ops *ops, const struct recipe *recipe, const char *name,
                          struct error *err)
{
	_cleanup_(recipe_record_done) struct recipe_record before = { 0 };
	_cleanup_(error_done) struct error why = ERROR_INIT;
	const struct recipe_record paused = { .is_paused = true, .since = record_now() };
	unsigned steps = 0;
	int r = recipe_record_read(ops->records, name, &before);

	if (r < 0)
		return ops_result(r, err);
	/* First: whoever watches must not take it back at the first event. */
	remember(ops, name, &paused);
	r = recipe_carry_out(ops, recipe, true, &steps, &why);
	if (r >= 0)
		return r;
	if (steps == 0)
		remember(ops, name, &before);
	else
		remember_half(ops, name, &paused, r, &why);
	return error_move(&why, err);
}

/* Nothing is started on it until it is released. */
static int lock_starts(struct ops *ops, const struct recipe *recipe, struct lock **ret,
                       struct error *err)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };
	int r = recipe_look(ops, recipe, &look, err);
	const char *parent = look.parent ? look.parent : look.left;

	return r < 0 || !parent ? r : lock_parent(ops->env, parent, NULL, ret, err);
}

int ops_parent_release(struct ops *ops, const char *parent, const struct change_options *options,
                       struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;
	_cleanup_(lock_freep) struct lock *lock = NULL, *starts = NULL;
	char name[BUSID_TEXT_MAX];
	int r = ops_parent_name(ops, parent, name, err);

	if (r == 0 && !options->dry_run)
		r = lock_recipes(ops->env, &lock, err);
	if (r == 0)
		r = recipe_read(ops->env, name, &recipe, err);
	if (r == 0 && !options->dry_run)
		r = lock_starts(ops, recipe, &starts, err);
	if (r == 0)
		r = check_nothing_is_active(ops, recipe, name, err);
	if (r < 0)
		return r;
	return options->dry_run ? recipe_plan_text(ops, recipe, true, ret_plan, err)
	                        : release_locked(ops, recipe, name, err);
}
