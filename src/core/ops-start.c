/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a device: one by its UUID, or all auto devices of a parent. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/busid.h"
#include "core/ops-parent.h"
#include "core/ops-private.h"
#include "core/site.h"
#include "core/start.h"
#include "core/survey.h"

/* ---- which device ------------------------------------------------------------------ */

static int start_from_hit(struct start *s, const struct start_request *req,
                          const struct store_hit *hit, struct error *err)
{
	_cleanup_(freep) char *type = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = ops_read_hit(s->ops, hit, &s->definition, err);

	if (r < 0)
		return r;
	s->is_defined = true;
	s->parent = strdup(hit->parent);
	if (!s->parent)
		return ops_result(-ENOMEM, err);
	if (!req->type)
		return 0;
	r = ops_resolve_type(s->ops, s->parent, req->type, &type, err);
	if (r < 0 || strcmp(type, s->definition->type) == 0)
		return r;
	mdev_uuid_format(&s->uuid, uuid);
	return error_set(err, -EEXIST, "Device %s already exists on parent %s with type %s", uuid,
	                 s->parent, s->definition->type);
}

static int start_transient(struct start *s, const struct start_request *req, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(&s->uuid, uuid);
	if (!req->parent && req->type)
		return error_set(err, -EINVAL, "can't provide type without parent");
	if (!req->parent || !req->type) {
		error_set(err, -EINVAL, "Device is insufficiently specified");
		error_set_advice(
			err, "%s is not defined; a parent and a type start it all the same", uuid);
		return -EINVAL;
	}
	s->parent = strdup(req->parent);
	r = s->parent ? definition_new(&s->definition) : -ENOMEM;
	if (r < 0)
		return ops_result(r, err);
	return ops_resolve_type(s->ops, req->parent, req->type, &s->definition->type, err);
}

/* A definition of the device is there too, or not: its own unit waits for us then. */
static int look_for_definition(struct start *s)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	int r = store_find(s->ops->store, &s->uuid, s->parent, &hits);

	s->is_defined = r == 0 && hits.n > 0;
	return r;
}

static int start_from_json(struct start *s, const struct start_request *req, struct error *err)
{
	int r = ops_parse_source(&req->json, &s->definition, err);

	if (r < 0)
		return r;
	if (!req->parent)
		return error_set(err, -EINVAL,
		                 "Parent device required to start device via json file");
	s->parent = strdup(req->parent);
	return ops_result(s->parent ? look_for_definition(s) : -ENOMEM, err);
}

/* Finds the definition of the device. That on a subchannel is looked for again when its disk was
 * got ready, which it may have followed. */
static int find_definition(struct start *s, const struct start_request *req, struct store_hits *ret,
                           struct error *err)
{
	int r = store_find(s->ops->store, req->uuid, req->parent, ret);

	if (r < 0)
		return ops_result(r, err);
	if (req->options.dry_run || req->parent || ret->n != 1 ||
	    !busid_is_canonical(ret->items[0].parent))
		return 0;
	r = ops_parent_prepare(s->ops, ret->items[0].parent, req->uuid, err);
	if (r < 0)
		return r;
	store_hits_done(ret);
	return ops_result(store_find(s->ops->store, req->uuid, NULL, ret), err);
}

static int start_by_uuid(struct start *s, const struct start_request *req, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = find_definition(s, req, &hits, err);

	if (r < 0)
		return r;
	mdev_uuid_format(req->uuid, uuid);
	if (hits.n > 1)
		return error_set(
			err, -ENOTUNIQ,
			"Multiple definitions found for device %s. Please specify a parent.", uuid);
	return hits.n == 1 ? start_from_hit(s, req, &hits.items[0], err)
	                   : start_transient(s, req, err);
}

static int start_prepare(struct start *s, const struct start_request *req, struct error *err)
{
	if (req->uuid)
		s->uuid = *req->uuid;
	else
		mdev_uuid_generate(&s->uuid);
	if (req->json.bytes)
		return start_from_json(s, req, err);
	return req->uuid ? start_by_uuid(s, req, err) : start_transient(s, req, err);
}

/* ---- doing it ---------------------------------------------------------------------------- */

struct work {
	struct start *start;
	struct memory memory;
};

static int work_body(struct operation *op, struct error *err)
{
	struct work *w = op->userdata;
	int r = operation_check(op, err);

	return r < 0 ? r : start_apply(w->start, err);
}

static void work_settle(struct operation *op, int r, const struct error *err _unused_)
{
	struct work *w = op->userdata;
	struct start *s = w->start;

	if (!s->is_defined)
		return;
	memory_end(&w->memory, s->ops, s->parent, &s->uuid, r, s->result.pid);
	if (r == 0)
		ops_tell_ready(s->ops, &s->uuid, &s->result);
}

static int start_run(struct start *s, const struct change_options *options, struct plan *ret_plan,
                     struct error *err)
{
	struct work w = { .start = s };
	struct operation op = { .ops = s->ops,
		                .action = CALLOUT_START,
		                .force = options->force,
		                .body = work_body,
		                .settle = work_settle,
		                .userdata = &w,
		                .holds_parent = true };
	int r;

	op.subject = (struct callout_subject){ .uuid = &s->uuid,
		                               .parent = s->parent,
		                               .type = s->definition->type,
		                               .definition = s->definition };
	if (options->dry_run) {
		r = operation_check(&op, err);
		return r < 0 ? r : start_plan(s, ret_plan, err);
	}
	r = lock_parent(s->ops->env, s->parent, &s->uuid, &op.lock, err);
	if (r < 0)
		return r;
	if (s->is_defined)
		memory_begin(&w.memory, s->ops, s->parent, &s->uuid);
	r = operation_run(&op, err);
	memory_done(&w.memory);
	return r;
}

int ops_start(struct ops *ops, const struct start_request *req, struct mdev_uuid *ret_uuid,
              struct plan *ret_plan, struct error *err)
{
	_cleanup_(start_done) struct start s = START_INIT;
	int r;

	s.ops = ops;
	r = start_prepare(&s, req, err);
	if (r == 0)
		r = start_run(&s, &req->options, ret_plan, err);
	if (r == 0)
		*ret_uuid = s.uuid;
	return r;
}

/* ---- all of a parent ------------------------------------------------------------------------ */

static int start_entry(struct ops *ops, const struct store_parent *p, const struct store_entry *e,
                       const struct change_options *options, struct plan *ret_plan,
                       struct error *err)
{
	_cleanup_(start_done) struct start s = START_INIT;
	int r = store_read(ops->store, p, e, &s.definition, err);

	if (r < 0 || !s.definition->autostart)
		return r;
	s.ops = ops;
	s.uuid = e->uuid;
	s.is_defined = true;
	s.parent = strdup(p->name);
	return s.parent ? start_run(&s, options, ret_plan, err) : ops_result(-ENOMEM, err);
}

static void warn_not_started(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                             const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char device[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, device);
	error_format(why, &text);
	log_warn(env_log(ops->env), "Cannot start device %s on parent %s: %s", device, parent,
	         strbuf_str(&text));
}

static int start_all(struct ops *ops, const char *parent, const struct change_options *options,
                     struct plan *ret_plan, struct error *err)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = store_open_parent(ops->store, parent, &p);

	if (r < 0)
		return ops_result(r, err);
	for (size_t i = 0; i < p.n && !env_is_interrupted(ops->env); i++) {
		_cleanup_(error_done) struct error why = ERROR_INIT;

		if (start_entry(ops, &p, &p.entries[i], options, ret_plan, &why) < 0)
			warn_not_started(ops, parent, &p.entries[i].uuid, &why);
	}
	return 0;
}

/* Only who is to wait needs to be told again for whom. */
static struct try_request request_of(const struct ops *ops, const struct survey *s,
                                     struct site *site, const struct survey_entry *e)
{
	return (struct try_request){ .parent = s->parent,
		                     .site = site,
		                     .registration = s->registration,
		                     .policy = &ops->retry,
		                     .rival = e->action == CAMPAIGN_BLOCK ? NULL
		                                                          : survey_no_rival };
}

static int start_due_entry(struct ops *ops, const struct survey *s, struct site *site,
                           const struct survey_entry *e, struct error *err)
{
	struct try_request req = request_of(ops, s, site, e);

	if (e->is_broken)
		return error_set(err, -EINVAL, "%s", e->reason);
	return e->action == CAMPAIGN_REST ? 0 : ops_try(ops, &req, &e->uuid, err);
}

/* Once in each registration, whoever else is at it: udev may call for one parent several
 * times, and mdevctl's own rule may still be there. */
static int start_due(struct ops *ops, const struct survey *s)
{
	_cleanup_(site_freep) struct site *site = NULL;

	/* Where that fails each try fails by itself. */
	if (site_new(ops, s->parent, &site) < 0)
		site = NULL;
	for (size_t i = 0; i < s->n && !env_is_interrupted(ops->env); i++) {
		_cleanup_(error_done) struct error why = ERROR_INIT;

		if (start_due_entry(ops, s, site, &s->entries[i], &why) < 0)
			warn_not_started(ops, s->parent, &s->entries[i].uuid, &why);
	}
	return 0;
}

static int start_campaigns(struct ops *ops, const char *parent,
                           const struct change_options *options, struct error *err)
{
	_cleanup_(survey_done) struct survey s = { 0 };
	int r = ops_note_registration(ops, parent, true, err);

	if (r == 0)
		r = ops_result(survey_parent(ops, parent, NULL, &s), err);
	if (r < 0)
		return r;
	/* That it is not there is told as ever. */
	return s.registration ? start_due(ops, &s) : start_all(ops, parent, options, NULL, err);
}

int ops_start_parent(struct ops *ops, const char *parent, const struct change_options *options,
                     struct plan *ret_plan, struct error *err)
{
	int r = !options->dry_run && records_exist(ops->records)
	                ? start_campaigns(ops, parent, options, err)
	                : start_all(ops, parent, options, ret_plan, err);

	if (r < 0)
		return r;
	return env_is_interrupted(ops->env) ? error_set(err, -EINTR, "Interrupted") : 0;
}
