/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One step of a campaign: a try to start its device, or the end of what was left half made.
 *
 * The record says "creating" before anything is written, and what came of it after the post
 * callout: whoever dies between leaves a device that the next try finishes, and none makes
 * a second one. Where a device is whole as soon as it is there, the first is left out. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/ops-try-private.h"
#include "core/presence.h"
#include "core/registration.h"

static void try_done(struct try *t)
{
	start_done(&t->start);
	survey_entry_done(&t->entry);
	record_done(&t->record);
	free(t->refusal);
}

/* ---- records ---------------------------------------------------------------------------- */

static int put_text(char **text, const char *now, struct error *err)
{
	char *copy = now ? strdup(now) : NULL;

	if (now && !copy)
		return ops_result(-ENOMEM, err);
	free(*text);
	*text = copy;
	return 0;
}

int try_write(struct try *t, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = site_write_record(t->site, &t->entry.uuid, &t->record, t->entry.is_private);

	mdev_uuid_format(&t->entry.uuid, uuid);
	return r < 0 ? error_set_errno(err, r, "Cannot write down in %s what becomes of device %s",
	                               RECORD_DIR, uuid)
	             : 0;
}

int try_turn(struct try *t, enum campaign_phase phase, const char *reason, struct error *err)
{
	t->record.phase = phase;
	t->record.written = 0;
	t->record.registration = t->req->registration;
	t->record.since = record_now();
	t->record.next = 0;
	t->record.pid = 0;
	t->record.pid_start = 0;
	t->record.other_registration = 0;
	put_text(&t->record.other, NULL, err);
	return put_text(&t->record.reason, reason, err);
}

/* What of the record lives on, as the survey found it a moment ago. */
static void try_begin(struct try *t)
{
	t->record.attempts = t->entry.attempts;
	t->record.errnum = t->entry.errnum;
	t->record.definition = t->entry.definition;
}

/* ---- who has the UUID ------------------------------------------------------------------- */

/* Names the parent whose device it is, if there is one. */
static void record_other(struct try *t)
{
	enum presence presence;

	if (!t->record.other &&
	    presence_elsewhere(t->ops->sysfs, &t->entry.uuid, &presence, &t->record.other) < 0)
		return;
	if (!t->record.other)
		return;
	if (registration_read(t->ops->sysfs, t->record.other, &t->record.other_registration) < 0)
		t->record.other_registration = 0;
}

/* The same parent and type: somebody else has made just this device, mdevctl's udev rule
 * perhaps. */
static bool is_made_by_another(struct try *t)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };

	return ops_find_active(t->ops, &t->start.uuid, true, &s, NULL) == 0 && s.n == 1 &&
	       strcmp(snapshot_parent(&s, &s.devices[0]), t->start.parent) == 0 &&
	       strcmp(snapshot_type(&s, &s.devices[0]), t->start.definition->type) == 0;
}

/* ---- half made -------------------------------------------------------------------------- */

static void add_text(struct strbuf *out, const struct error *err)
{
	error_format(err, out);
}

/* The device, by this try or by an earlier one. */
static bool is_there(const struct try *t)
{
	return t->start.is_half_made || t->start.result.is_made;
}

/* ---- writing down what came of it ------------------------------------------------------- */

/* It may heal. The writer of a worker that died is about to make it: half made, then; and
 * so is what a writer that died itself has perhaps made. */
static enum campaign_phase phase_of_failure(const struct try *t, int r)
{
	if (is_there(t))
		return CAMPAIGN_HALF_MADE;
	return r == -ECHILD || (r == -EEXIST && t->entry.was_left) ? CAMPAIGN_CREATING
	                                                           : CAMPAIGN_RETRY;
}

/* What it means, by the error; a UUID that nobody can be named for may be free soon. */
static void judge_failure(struct try *t, int r, const struct error *err)
{
	enum campaign_phase phase = campaign_classify(r, err);

	if (t->start.result.pid > 0)
		phase = CAMPAIGN_STUCK;
	else if (phase == CAMPAIGN_STUCK)
		phase = CAMPAIGN_RETRY;
	if (phase == CAMPAIGN_BLOCKED)
		record_other(t);
	if (phase == CAMPAIGN_BLOCKED && !t->record.other)
		phase = CAMPAIGN_RETRY;
	if (phase == CAMPAIGN_RETRY)
		phase = phase_of_failure(t, r);
	t->record.phase = phase;
	t->record.pid = t->start.result.pid;
	if (phase == CAMPAIGN_HALF_MADE)
		t->record.written = t->start.n_written + t->start.result.n_written;
	if (phase == CAMPAIGN_RETRY || phase == CAMPAIGN_HALF_MADE ||
	    (phase == CAMPAIGN_NO_INSTANCE &&
	     site_has_instances(t->site, t->start.definition->type)))
		t->record.next = campaign_next_try(t->req->policy, t->record.attempts,
		                                   t->record.since);
}

static void settle_failure(struct try *t, int r, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	enum campaign_phase phase = campaign_classify(r, err);

	add_text(&text, err);
	t->record.errnum = -r;
	if (phase == CAMPAIGN_FAILED && is_there(t)) {
		phase = try_remove_half_made(t, &text);
		try_turn(t, phase, strbuf_str(&text), NULL);
		return;
	}
	if (try_turn(t, CAMPAIGN_RETRY, strbuf_str(&text), NULL) == 0)
		judge_failure(t, r, err);
}

static void settle_success(struct try *t)
{
	if (try_turn(t, t->refusal ? CAMPAIGN_DEGRADED : CAMPAIGN_DONE, t->refusal, NULL) == 0)
		t->record.errnum = 0;
}

/* Without memory nobody is told, who then looks. */
static void tell_made(const struct try *t)
{
	struct try_made *made = t->req->made;

	if (!made || t->record.phase != CAMPAIGN_DONE)
		return;
	*made = (struct try_made){ .type = strdup(t->start.definition->type),
		                   .attempts = t->record.attempts,
		                   .since = t->record.since };
}

void try_made_done(struct try_made *made)
{
	free(made->type);
	*made = (struct try_made){ .type = NULL };
}

static void try_settle(struct operation *op, int r, const struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct try *t = op->userdata;

	/* Whatever this was, it was in another life of the parent, or is none of its doing. */
	if (r == -ESTALE)
		return;
	/* Still half made, and recorded as that: armed, it would be taken for complete. */
	if (r == -EINTR && t->start.is_half_made && t->start.result.pid == 0)
		return;
	if (r == 0)
		settle_success(t);
	else if (r == -EINTR && t->start.result.pid == 0 && !is_there(t))
		try_turn(t, CAMPAIGN_ARMED, NULL, NULL);
	else
		settle_failure(t, r, err);
	if (try_write(t, &why) < 0) {
		error_format(&why, &text);
		log_warn(env_log(t->ops->env), "%s", strbuf_str(&text));
	} else if (r == 0) {
		tell_made(t);
	}
	if (r == 0 || t->record.phase == CAMPAIGN_DEGRADED)
		site_tell_ready(t->site, &t->start.uuid, &t->start.result);
}

/* ---- trying --------------------------------------------------------------------------------- */

/* A driver that refuses what it took, or would have taken, when the device was new: the
 * device is there and stays. */
static int finish_body(struct operation *op, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct try *t = op->userdata;
	int r = start_apply(&t->start, err);

	if (r == 0 || r == -EINTR || t->start.result.pid > 0)
		return r;
	add_text(&text, err);
	t->refusal = strbuf_take(&text);
	if (!t->refusal)
		return r;
	error_done(err);
	return 0;
}

static int try_body(struct operation *op, struct error *err)
{
	struct try *t = op->userdata;
	int r = operation_check(op, err);

	if (r < 0)
		return r;
	r = start_apply(&t->start, err);
	if (r != -EEXIST || is_there(t) || !is_made_by_another(t))
		return r;
	error_done(err);
	if (!t->entry.was_left)
		return 0;
	/* The writer that outlived the worker which was to set the attributes. */
	t->start.is_half_made = true;
	return finish_body(op, err);
}

static int try_prepare(struct try *t, struct error *err)
{
	struct start *s = &t->start;

	s->ops = t->ops;
	s->site = t->site;
	s->uuid = t->entry.uuid;
	s->is_defined = true;
	s->is_kept = t->req->comes_back;
	s->parent = strdup(t->req->parent);
	return s->parent ? 0 : ops_result(-ENOMEM, err);
}

static int try_run(struct try *t, struct operation *op, struct error *err)
{
	op->ops = t->ops;
	op->action = CALLOUT_START;
	op->settle = try_settle;
	op->userdata = t;
	op->holds_parent = true;
	op->is_quiet = true;
	op->subject = (struct callout_subject){ .uuid = &t->start.uuid,
		                                .parent = t->start.parent,
		                                .type = t->start.definition->type,
		                                .definition = t->start.definition };
	return operation_run(op, err);
}

/* A device without attributes, of which no script is told: created it is whole. Who dies before
 * its record is written leaves a campaign that is armed as it was, of a device that is not there,
 * or is and then counts as started. What an earlier try has come to must not be taken for how
 * it is now. */
static bool leaves_nothing_half_made(const struct try *t)
{
	const struct survey_entry *e = &t->entry;

	return t->start.definition->attrs.n == 0 && e->attempts == 0 && e->errnum == 0 &&
	       !e->was_left && !ops_has_scripts(t->ops);
}

static int try_start(struct try *t, struct lock **lock, struct error *err)
{
	struct operation op = { .body = try_body };
	int r = try_turn(t, CAMPAIGN_CREATING, NULL, err);

	if (r < 0)
		return r;
	t->record.attempts++;
	r = leaves_nothing_half_made(t) ? 0 : try_write(t, err);
	if (r < 0)
		return r;
	op.lock = TAKE_PTR(*lock);
	return try_run(t, &op, err);
}

/* Of one who died, who had leave from the callouts. */
static int try_finish_left(struct try *t, struct lock **lock, struct error *err)
{
	struct operation op = { .body = finish_body, .is_resumed = true };

	op.lock = TAKE_PTR(*lock);
	return try_run(t, &op, err);
}

/* Of one who failed, and told the callouts so. */
static int try_finish(struct try *t, struct lock **lock, struct error *err)
{
	struct operation op = { .body = try_body };

	t->start.is_half_made = true;
	if (!t->entry.is_half_made)
		return try_finish_left(t, lock, err);
	if (t->entry.written <= t->start.definition->attrs.n)
		t->start.n_written = t->entry.written;
	t->record.attempts++;
	op.lock = TAKE_PTR(*lock);
	return try_run(t, &op, err);
}

/* By another definition, of which something may be left on the device. */
static int try_remake(struct try *t, struct lock **lock, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf why = STRBUF_INIT;
	enum campaign_phase phase;
	int r;

	strbuf_add_str(&why, "its definition was changed when it was half made");
	t->start.is_half_made = true;
	t->record.definition = t->entry.tried;
	phase = try_remove_half_made(t, &why);
	t->record.definition = t->entry.definition;
	if (phase == CAMPAIGN_HALF_MADE)
		return error_set(err, -EBUSY, "The half-made device is not removed yet");
	if (phase == CAMPAIGN_FAILED && t->entry.is_auto) {
		t->record.attempts = 0;
		return try_start(t, lock, err);
	}
	r = phase == CAMPAIGN_DEGRADED ? try_turn(t, phase, strbuf_str(&why), err)
	                               : try_turn(t, CAMPAIGN_DONE, "it is manual now", err);
	return r < 0 ? r : try_write(t, err);
}

/* ---- what is only written down ---------------------------------------------------------------- */

static int try_note(struct try *t, enum campaign_phase phase, struct error *err)
{
	int r = try_turn(t, phase, t->entry.reason, err);

	if (r == 0)
		r = put_text(&t->record.other, t->entry.other, err);
	if (r == 0 && phase == CAMPAIGN_BLOCKED && !t->entry.is_rivalled)
		record_other(t);
	return r < 0 ? r : try_write(t, err);
}

/* Somebody else has made the device, who does not know of those that wait for it. */
static int try_retire(struct try *t, struct error *err)
{
	int r = try_note(t, CAMPAIGN_DONE, err);

	if (t->entry.state == DEVICE_ACTIVE || t->entry.state == DEVICE_DEGRADED)
		site_tell_ready(t->site, &t->entry.uuid, &t->start.result);
	return r;
}

/* Told to who tries, each time that it is written down. */
static int try_note_failure(struct try *t, enum campaign_phase phase, int errnum, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	t->record.errnum = errnum;
	r = try_note(t, phase, err);
	if (r < 0)
		return r;
	mdev_uuid_format(&t->entry.uuid, uuid);
	error_set(err, -errnum, "Device %s cannot be started now", uuid);
	if (t->entry.reason)
		error_set_cause(err, "%s", t->entry.reason);
	return -errnum;
}

static int try_act(struct try *t, struct lock **lock, struct error *err)
{
	int r;

	try_begin(t);
	switch (t->entry.action) {
	case CAMPAIGN_REST:
		break;
	case CAMPAIGN_START:
		r = try_prepare(t, err);
		return r < 0 ? r : try_start(t, lock, err);
	case CAMPAIGN_FINISH:
		r = try_prepare(t, err);
		return r < 0 ? r : try_finish(t, lock, err);
	case CAMPAIGN_REMAKE:
		r = try_prepare(t, err);
		return r < 0 ? r : try_remake(t, lock, err);
	case CAMPAIGN_REMOVE:
		r = try_prepare(t, err);
		return r < 0 ? r : try_remove_stopped(t, err);
	case CAMPAIGN_RETIRE:
		return try_retire(t, err);
	case CAMPAIGN_BLOCK:
		return try_note_failure(t, CAMPAIGN_BLOCKED, EEXIST, err);
	case CAMPAIGN_MISS:
		return try_note_failure(t, CAMPAIGN_NO_TYPE, ENOENT, err);
	}
	return 0;
}

static int is_over(const struct try_request *req, struct error *err)
{
	error_set(err, -ESTALE, "Parent %s has gone, or registered anew, meanwhile", req->parent);
	return -ESTALE;
}

static int try_locked(struct try *t, const struct mdev_uuid *uuid, struct lock **lock,
                      struct error *err)
{
	const struct try_request *req = t->req;
	const struct survey_hints hints = { .is_freed = req->is_freed,
		                            .seen = req->was_seen ? uuid : NULL,
		                            .n_seen = req->was_seen,
		                            .rival = req->rival,
		                            .userdata = req->userdata };
	int r = survey_device_at(t->site, uuid, &hints, &t->entry, &t->start.definition);

	if (r == -ESTALE || t->site->registration != req->registration)
		return is_over(req, err);
	return r > 0 ? try_act(t, lock, err) : ops_result(r, err);
}

static int try_at(struct site *site, const struct try_request *req, const struct mdev_uuid *uuid,
                  struct error *err)
{
	_cleanup_(try_done) struct try t = {
		.ops = site->ops, .site = site, .req = req, .start = START_INIT
	};
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = lock_parent_by(&site->ops->lock, site->ops->env, req->parent, uuid, &lock, err);

	return r < 0 ? r : try_locked(&t, uuid, &lock, err);
}

int ops_try(struct ops *ops, const struct try_request *req, const struct mdev_uuid *uuid,
            struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(site_freep) struct site *own = NULL;
	int r = req->site ? 0 : site_new(ops, req->parent, &own);

	if (r < 0)
		ops_result(r, &why);
	else
		r = try_at(req->site ? req->site : own, req, uuid, &why);
	return r < 0 ? error_move(&why, err) : r;
}
