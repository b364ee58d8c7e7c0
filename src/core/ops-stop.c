/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stopping a device, unless somebody uses it. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/ops-private.h"
#include "core/running.h"
#include "core/users.h"

/* Nobody is known to use the device, so the kernel should not wait; somebody may have
 * come meanwhile, or not be visible to us. */
#define REMOVE_LIMIT_MS 30000
#define USERS_POLL_NS   200000000 /* 200 ms */

struct stop {
	struct ops *ops;
	const struct stop_request *req;
	struct snapshot active;
	pid_t pid; /* who goes on removing it */
	/* Of what is not there: */
	bool has_ended;                 /* ... a campaign was given up */
	struct stopped_campaign ending; /* ... of which the device may come */
};

static int stop_find(struct stop *s, struct error *err)
{
	_cleanup_(freep) char *leftover = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];
	bool is_coming;
	int r = ops_find_active(s->ops, s->req->uuid, s->req->options.force, &s->active, err);

	if (r < 0 || s->active.n == 1)
		return r;
	mdev_uuid_format(s->req->uuid, uuid);
	error_set(err, -ENODEV, "Device %s is not an active mdev", uuid);
	if (snapshot_find_leftover(s->ops->sysfs, s->req->uuid, &leftover, &is_coming) < 0)
		error_set_advice(err, "'mdevmgr list' lists those that are");
	else if (is_coming)
		error_set_advice(err, "it is being created on parent %s; try again", leftover);
	else
		error_set_advice(err,
		                 "it is being removed from parent %s and waits for its last user",
		                 leftover);
	return -ENODEV;
}

static void warn_unsure(struct ops *ops, const char *uuid, const struct users *users)
{
	for (size_t i = 0; i < users->n; i++) {
		_cleanup_(strbuf_done) struct strbuf who = STRBUF_INIT;

		if (users->items[i].is_sure)
			continue;
		user_format(&users->items[i], &who);
		log_warn(env_log(ops->env), "%s may use device %s: it holds some VFIO device",
		         strbuf_str(&who), uuid);
	}
}

static int in_use(const char *uuid, const struct users *users, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf who = STRBUF_INIT;

	for (size_t i = 0; i < users->n; i++) {
		if (!users->items[i].is_sure)
			continue;
		if (who.len > 0)
			strbuf_add_str(&who, "; ");
		user_format(&users->items[i], &who);
	}
	error_set(err, -EBUSY, "Device %s is in use", uuid);
	error_set_cause(err, "%s", strbuf_str(&who));
	error_set_advice(err,
	                 "end the user first, wait for it with --wait, or remove the device in "
	                 "spite of it with --in-use");
	error_set_kind(err, ERROR_IN_USE);
	return -EBUSY;
}

static int check_users(struct stop *s, bool is_first, struct error *err)
{
	_cleanup_(users_done) struct users users = { 0 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = users_find(s->ops->env, s->ops->sysfs, s->req->uuid, &users);

	if (r < 0)
		return ops_result(r, err);
	mdev_uuid_format(s->req->uuid, uuid);
	if (is_first)
		warn_unsure(s->ops, uuid, &users);
	return users.n_sure > 0 ? in_use(uuid, &users, err) : 0;
}

/* Returns when nobody uses the device any more, or the wait is over. */
static int wait_for_users(struct stop *s, struct error *err)
{
	const struct timespec pause = { .tv_nsec = USERS_POLL_NS };
	struct timespec start, now;
	bool is_first = true;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		error_done(err);
		r = check_users(s, is_first, err);
		is_first = false;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (r != -EBUSY || !s->req->wait)
			return r;
		if (s->req->wait_seconds > 0 && now.tv_sec - start.tv_sec >= s->req->wait_seconds)
			return r;
		if (env_is_interrupted(s->ops->env))
			return error_set(err, -EINTR,
			                 "Interrupted while waiting for the device's users");
		nanosleep(&pause, NULL);
	}
}

static int stop_remove(struct operation *op, struct error *err)
{
	struct stop *s = op->userdata;
	struct apply apply = ops_apply(s->ops, REMOVE_LIMIT_MS);

	return apply_remove(&apply, s->req->uuid, &s->pid, err);
}

/* With the process that goes on, where it does not end: the device is on its way out. */
static void stop_settle(struct operation *op, int r, const struct error *err _unused_)
{
	struct stop *s = op->userdata;

	if (r == 0 || s->pid > 0)
		ops_remember_stop(s->ops, op->subject.parent, s->req->uuid, s->pid);
}

static int stop_plan(const struct stop *s, struct plan *plan, struct error *err)
{
	const char *parent = snapshot_parent(&s->active, &s->active.devices[0]);
	const struct plan_step step = { .kind = PLAN_REMOVE,
		                        .uuid = *s->req->uuid,
		                        .parent = parent };
	int r = ops_plan_callouts(plan, PLAN_ASK, s->req->uuid, parent, CALLOUT_STOP);

	if (r == 0)
		r = plan_add(plan, &step);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, s->req->uuid, parent, CALLOUT_STOP);
	return ops_result(r, err);
}

/* Callouts hear of the device as it runs: manual, without attributes. */
static int stop_subject(const struct stop *s, struct definition *d, struct callout_subject *ret)
{
	d->type = strdup(snapshot_type(&s->active, &s->active.devices[0]));
	if (!d->type)
		return -ENOMEM;
	*ret = (struct callout_subject){
		.uuid = s->req->uuid,
		.parent = snapshot_parent(&s->active, &s->active.devices[0]),
		.type = d->type,
		.definition = d,
	};
	return 0;
}

/* Who had the lock before may have stopped the device, or started it elsewhere. */
static int stop_find_again(struct stop *s, struct error *err)
{
	snapshot_done(&s->active);
	return stop_find(s, err);
}

static int stop_run(struct stop *s, struct error *err)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	struct operation op = { .ops = s->ops,
		                .action = CALLOUT_STOP,
		                .force = s->req->options.force,
		                .body = stop_remove,
		                .settle = stop_settle,
		                .userdata = s };
	int r = lock_device(s->ops->env, s->req->uuid, &op.lock, err);

	if (r < 0)
		return r;
	r = stop_find_again(s, err);
	if (r == 0)
		r = ops_result(definition_new(&d), err);
	if (r == 0)
		r = ops_result(stop_subject(s, d, &op.subject), err);
	if (r < 0) {
		lock_free(op.lock);
		return r;
	}
	return operation_run(&op, err);
}

/* By a try that was under way until now. */
static bool is_there(struct stop *s)
{
	_cleanup_(snapshot_done) struct snapshot active = { 0 };

	return ops_find_active(s->ops, s->req->uuid, true, &active, NULL) == 0 && active.n == 1;
}

/* Under the parent's lock, so that no try is under way. */
static int stop_campaign(struct stop *s, const char *parent, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	struct stopped_campaign ending;
	int r = lock_parent(s->ops->env, parent, s->req->uuid, &lock, err);

	if (r < 0 || is_there(s) || !ops_stop_campaign(s->ops, parent, s->req->uuid, &ending))
		return r;
	s->has_ended = true;
	if (ending.may_come)
		s->ending = ending;
	return 0;
}

/* What waits for its next try is given up, and what is being made is not wanted any more: else
 * a device that was told to stop would come. */
static int stop_campaigns(struct stop *s, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };

	if (store_find(s->ops->store, s->req->uuid, NULL, &hits) < 0)
		return 0;
	for (size_t i = 0; i < hits.n; i++) {
		int r = stop_campaign(s, hits.items[i].parent, err);

		/* Somebody is about to make it. Who may not lock stops nothing anyway. */
		if (r == -ETIMEDOUT || r == -EINTR)
			return r;
	}
	return 0;
}

/* The device is not there, and will not be made again; what is made already may come. */
static void explain_ending(const struct stop *s, struct error *err)
{
	static const char over[] = "it is not started automatically any more until its parent "
				   "registers again";

	if (s->ending.pid > 0)
		error_set_cause(err, "process %d is inside the driver, to make it",
		                (int)s->ending.pid);
	if (!s->ending.may_come)
		error_set_advice(err, "%s", over);
	else if (running_pid(s->ops->env) > 0)
		error_set_advice(err, "%s; if it comes all the same mdevmgrd removes it", over);
	else
		error_set_advice(err,
		                 "%s; if it comes all the same stop it again, since mdevmgrd "
		                 "is not running",
		                 over);
}

/* Looks again for what a try has brought meanwhile. */
static int stop_inactive(struct stop *s, struct error *err)
{
	int r;

	error_done(err);
	r = stop_campaigns(s, err);
	if (r < 0)
		return r;
	error_done(err);
	r = stop_find(s, err);
	if (r == -ENODEV && s->has_ended)
		explain_ending(s, err);
	return r;
}

static void stop_done(struct stop *s)
{
	snapshot_done(&s->active);
}

int ops_stop(struct ops *ops, const struct stop_request *req, struct plan *ret_plan,
             struct error *err)
{
	_cleanup_(stop_done) struct stop s = { .ops = ops, .req = req };
	int r = stop_find(&s, err);

	if (r == -ENODEV && !req->options.dry_run && records_exist(ops->records))
		r = stop_inactive(&s, err);
	if (r == 0 && !req->in_use)
		r = wait_for_users(&s, err);
	if (r < 0)
		return r;
	return req->options.dry_run ? stop_plan(&s, ret_plan, err) : stop_run(&s, err);
}

int ops_parent_devices(struct ops *ops, const char *parent,
                       int (*each)(void *userdata, const struct mdev_uuid *uuid), void *userdata,
                       struct error *err)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };
	int r = snapshot_scan(ops->sysfs, env_log(ops->env), NULL, parent, &s);

	for (size_t i = 0; r >= 0 && i < s.n; i++)
		r = each(userdata, &s.devices[i].uuid);
	return ops_result(r, err);
}
