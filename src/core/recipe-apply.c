/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Carrying recipes out. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/ap-lock.h"
#include "core/module.h"
#include "core/ops-private.h"
#include "core/recipe-apply.h"
#include "shared/clock.h"

/* Looks and plans; hardware that comes step by step (hidden, offline, on another driver)
 * needs three. */
#define ROUNDS_MAX 8

/* Between two looks whether a step has reached its goal, or two tries of a write. */
#define PAUSE_MIN_MS 10
#define PAUSE_MAX_MS 250

struct work {
	struct ops *ops;
	const struct recipe *recipe;
	const struct recipe_kind *kind;
	char name[BUSID_TEXT_MAX];
};

static void pause_ms(unsigned *ms)
{
	const struct timespec t = { .tv_nsec = (long)*ms * 1000000 };

	nanosleep(&t, NULL);
	*ms = *ms * 2 < PAUSE_MAX_MS ? *ms * 2 : PAUSE_MAX_MS;
}

static int step_failed(const struct work *w, const struct recipe_step *step, int r,
                       struct error *err)
{
	const char *advice = w->kind->explain ? w->kind->explain(step, r) : NULL;

	error_set(err, r, "Parent %s: failed to %s", w->name, step->what);
	error_set_cause(err, "%s", strerror(-r));
	if (advice)
		error_set_advice(err, "%s", advice);
	return r;
}

/* ---- writes ---------------------------------------------------------------------------- */

/* Opens the directory of a target; *ret_file is what stands after it. */
static int open_dir_of(const struct work *w, const struct recipe_step *step, const char **ret_file)
{
	const char *slash = strrchr(step->target, '/');
	_cleanup_(freep) char *dir = strndup(step->target, slash ? slash - step->target : 0);
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;

	*ret_file = slash ? slash + 1 : step->target;
	if (!dir)
		return -ENOMEM;
	if (step->kind == RECIPE_STEP_WRITE)
		return sysfs_open_dir(w->ops->sysfs, dir);
	strbuf_addf(&path, "/proc%s%s", *dir ? "/" : "", dir);
	return strbuf_error(&path) < 0 ? -ENOMEM : env_open_dir(w->ops->env, strbuf_str(&path));
}

/* One write, in the child that a driver may keep. */
static int write_once(const struct work *w, const struct recipe_step *step, unsigned limit_ms,
                      pid_t *ret_pid)
{
	const char *file;
	_cleanup_(closep) int fd = open_dir_of(w, step, &file);

	*ret_pid = 0;
	if (fd < 0)
		return fd;
	return writer_write(w->ops->writer, w->ops->env, fd, file, step->value, strlen(step->value),
	                    limit_ms, ret_pid);
}

static bool is_worth_another(const struct recipe_step *step, int r)
{
	return (r == -EAGAIN && step->retry_on_again) || (r == -EBUSY && step->retry_on_busy);
}

static unsigned time_left(int64_t end)
{
	int64_t left = end - clock_ms();

	return left <= 0 ? 0 : left > UINT_MAX ? UINT_MAX : (unsigned)left;
}

static int look_at_goal(const struct work *w, const struct recipe_step *step, struct error *err)
{
	return step->goal < 0 ? 0 : w->kind->is_done(w->ops, w->recipe, step, err);
}

static int write_step(const struct work *w, const struct recipe_step *step, int64_t end,
                      struct error *err)
{
	unsigned ms = PAUSE_MIN_MS, left;
	pid_t pid = 0;
	int r;

	do {
		/* It may have become wrong, or needless, while we waited. */
		r = ms > PAUSE_MIN_MS ? look_at_goal(w, step, err) : 0;
		if (r != 0)
			return r < 0 ? r : 0;
		left = time_left(end);
		/* 0 would be no limit. */
		r = write_once(w, step, left ? left : 1, &pid);
		if (!is_worth_another(step, r))
			break;
		if (env_is_interrupted(w->ops->env))
			return error_set(err, -EINTR, "Interrupted");
		pause_ms(&ms);
	} while (time_left(end) > 0);
	if (r >= 0)
		return 0;
	step_failed(w, step, r, err);
	if (pid > 0)
		error_set_advice(err, "process %d is still inside the kernel and is left to itself",
		                 pid);
	return r;
}

/* ---- steps ------------------------------------------------------------------------------ */

/* Trees of plain files keep what is written and do no more: there the write is all. */
static bool has_goal(const struct work *w, const struct recipe_step *step)
{
	return step->goal >= 0 && sysfs_is_live(w->ops->sysfs);
}

static int wait_for_goal(const struct work *w, const struct recipe_step *step, int64_t end,
                         struct error *err)
{
	unsigned ms = PAUSE_MIN_MS;

	for (;;) {
		int r = look_at_goal(w, step, err);

		if (r != 0)
			return r < 0 ? r : 0;
		if (env_is_interrupted(w->ops->env))
			return error_set(err, -EINTR, "Interrupted");
		if (time_left(end) == 0)
			return -ETIMEDOUT;
		pause_ms(&ms);
	}
}

static int act(const struct work *w, const struct recipe_step *step, int64_t end, struct error *err)
{
	switch (step->kind) {
	case RECIPE_STEP_WRITE:
	case RECIPE_STEP_WRITE_PROC:
		return write_step(w, step, end, err);
	case RECIPE_STEP_MODULE:
		return module_load(w->ops->env, step->target, step->limit_ms, err);
	case RECIPE_STEP_WAIT:
	case RECIPE_STEP_SETTLE:
		break;
	}
	return 0;
}

static bool writes(const struct recipe_step *step)
{
	return step->kind != RECIPE_STEP_WAIT && step->kind != RECIPE_STEP_SETTLE;
}

/* 1: carried out, 0: it was done already. What settled is 1 in either case: it was not so
 * when it was planned. */
static int do_step(const struct work *w, const struct recipe_step *step, unsigned *steps,
                   struct error *err)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	int64_t end = clock_ms() + step->limit_ms;
	int r = look_at_goal(w, step, err);

	if (r != 0)
		return r < 0 ? r : step->kind == RECIPE_STEP_SETTLE;
	log_debug(env_log(w->ops->env), "Parent %s: %s", w->name, step->what);
	r = act(w, step, end, &reason);
	/* Somebody else may have done it meanwhile, or systemd loaded what we may not. */
	if (r < 0 && look_at_goal(w, step, NULL) == 1)
		return 1;
	if (r < 0)
		return error_move(&reason, err);
	*steps += writes(step);
	if (!has_goal(w, step))
		return 1;
	r = wait_for_goal(w, step, end, err);
	if (r == -ETIMEDOUT && step->kind == RECIPE_STEP_SETTLE)
		return 0;
	if (r == -ETIMEDOUT && step->go_on) {
		log_warn(env_log(w->ops->env), "Parent %s: tried for %u s to %s, going on", w->name,
		         step->limit_ms / 1000, step->what);
		return 1;
	}
	if (r == -ETIMEDOUT && !error_is_set(err))
		step_failed(w, step, r, err);
	return r < 0 ? r : 1;
}

static int do_plan(const struct work *w, const struct recipe_plan *plan, unsigned *steps,
                   struct error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		int r = do_step(w, &plan->steps[i], steps, err);

		if (r < 0)
			return r;
		if (r > 0 && plan->steps[i].kind == RECIPE_STEP_SETTLE &&
		    sysfs_is_live(w->ops->sysfs))
			return 0;
	}
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------- */

static int not_ready(const struct work *w, const struct recipe_look *look, struct error *err)
{
	error_set(err, -EIO, "Parent %s is not ready", w->name);
	error_set_cause(err, "%s", look->reason ? look->reason : recipe_state_name(look->state));
	if (look->advice)
		error_set_advice(err, "%s", look->advice);
	return -EIO;
}

struct round {
	struct recipe_look look;
	struct recipe_plan plan;
};

static void round_done(struct round *round)
{
	recipe_look_done(&round->look);
	recipe_plan_done(&round->plan);
}

static int round_plan(const struct work *w, bool release, struct round *round, struct error *err)
{
	int r;

	round_done(round);
	r = w->kind->look(w->ops, w->recipe, &round->look, err);
	return r < 0 ? r : w->kind->plan(w->recipe, &round->look, release, &round->plan, err);
}

static int round_do(const struct work *w, const struct round *round, unsigned *steps,
                    struct error *err)
{
	const char *remarks = round->plan.remarks;

	if (round->plan.n > 0 && remarks)
		log_info(env_log(w->ops->env), "Parent %s: %s", w->name, remarks);
	return do_plan(w, &round->plan, steps, err);
}

/* Whoever had the lock while we waited for it may have changed what the plan is made of. */
static int round_do_locked(const struct work *w, bool release, struct round *round, unsigned *steps,
                           struct error *err)
{
	const struct env *env = w->ops->env;
	int taken = w->kind->has_ap_lock ? ap_lock_take(env, AP_LOCK_WAIT_MS, err) : 0, r = 0;

	if (taken < 0)
		return taken;
	if (taken > 0)
		r = round_plan(w, release, round, err);
	if (r == 0)
		r = round_do(w, round, steps, err);
	if (taken > 0)
		ap_lock_release(env);
	return r;
}

/* 1: another round may be needed. */
static int do_round(const struct work *w, bool release, unsigned *steps, struct error *err)
{
	_cleanup_(round_done) struct round round = { .plan = { 0 } };
	int r = round_plan(w, release, &round, err);

	if (r < 0)
		return r;
	if (round.plan.n == 0)
		return release || round.look.state == RECIPE_READY ? 0
		                                                   : not_ready(w, &round.look, err);
	r = round_do_locked(w, release, &round, steps, err);
	if (r < 0)
		return r;
	return sysfs_is_live(w->ops->sysfs);
}

static int work_init(struct work *w, struct ops *ops, const struct recipe *recipe,
                     struct error *err)
{
	*w = (struct work){ .ops = ops, .recipe = recipe, .kind = recipe_kind(recipe->type) };
	recipe_name(recipe, w->name);
	return w->kind ? 0
	               : error_set(err, -EOPNOTSUPP,
	                           "Parent %s: recipes of kind %s are not supported", w->name,
	                           recipe_type_name(recipe->type));
}

int recipe_look(struct ops *ops, const struct recipe *recipe, struct recipe_look *ret,
                struct error *err)
{
	struct work w;
	int r = work_init(&w, ops, recipe, err);

	return r < 0 ? r : ops_result(w.kind->look(ops, recipe, ret, err), err);
}

int recipe_plan_text(struct ops *ops, const struct recipe *recipe, bool release, struct strbuf *out,
                     struct error *err)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };
	_cleanup_(recipe_plan_done) struct recipe_plan plan = { 0 };
	struct work w;
	int r = work_init(&w, ops, recipe, err);

	if (r == 0)
		r = w.kind->look(ops, recipe, &look, err);
	if (r >= 0)
		r = w.kind->plan(recipe, &look, release, &plan, err);
	if (r < 0)
		return ops_result(r, err);
	if (plan.n == 0 && !release && look.state != RECIPE_READY)
		return not_ready(&w, &look, err);
	recipe_plan_format(&plan, out);
	return 0;
}

int recipe_carry_out_by(struct ops *ops, const struct recipe_kind *kind,
                        const struct recipe *recipe, bool release, unsigned *ret_steps,
                        struct error *err)
{
	struct work w = { .ops = ops, .recipe = recipe, .kind = kind };
	unsigned steps = 0;
	int r = 1;

	recipe_name(recipe, w.name);
	for (unsigned i = 0; r > 0 && i < ROUNDS_MAX; i++)
		r = do_round(&w, release, &steps, err);
	if (ret_steps)
		*ret_steps = steps;
	if (r > 0)
		return error_set(err, -EIO, "Parent %s changes again and again while it is set up",
		                 w.name);
	return ops_result(r, err);
}

int recipe_carry_out(struct ops *ops, const struct recipe *recipe, bool release,
                     unsigned *ret_steps, struct error *err)
{
	struct work w;
	int r = work_init(&w, ops, recipe, err);

	return r < 0 ? r : recipe_carry_out_by(ops, w.kind, recipe, release, ret_steps, err);
}
