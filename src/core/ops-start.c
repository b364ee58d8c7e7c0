/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a device: one by its UUID, or all auto devices of a parent. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/start.h"

/* ---- which device ------------------------------------------------------------------ */

static int start_from_hit(struct start *s, const struct start_request *req,
                          const struct store_hit *hit, struct error *err)
{
	_cleanup_(freep) char *type = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = ops_read_hit(s->ops, hit, &s->definition, err);

	if (r < 0)
		return r;
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

static int start_from_json(struct start *s, const struct start_request *req, struct error *err)
{
	int r = ops_parse_source(&req->json, &s->definition, err);

	if (r < 0)
		return r;
	if (!req->parent)
		return error_set(err, -EINVAL,
		                 "Parent device required to start device via json file");
	s->parent = strdup(req->parent);
	return s->parent ? 0 : ops_result(-ENOMEM, err);
}

static int start_by_uuid(struct start *s, const struct start_request *req, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = store_find(s->ops->store, req->uuid, req->parent, &hits);

	if (r < 0)
		return ops_result(r, err);
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

static int start_body(struct operation *op, struct error *err)
{
	return start_apply(op->userdata, err);
}

static int start_run(struct start *s, const struct change_options *options, struct plan *ret_plan,
                     struct error *err)
{
	struct operation op = { .ops = s->ops,
		                .action = CALLOUT_START,
		                .force = options->force,
		                .body = start_body,
		                .userdata = s,
		                .holds_parent = true };
	int r;

	if (options->dry_run)
		return start_plan(s, ret_plan, err);
	r = lock_parent(s->ops->env, s->parent, &s->uuid, &op.lock, err);
	if (r < 0)
		return r;
	op.subject = (struct callout_subject){ .uuid = &s->uuid,
		                               .parent = s->parent,
		                               .type = s->definition->type,
		                               .definition = s->definition };
	return operation_run(&op, err);
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
	s.parent = strdup(p->name);
	return s.parent ? start_run(&s, options, ret_plan, err) : ops_result(-ENOMEM, err);
}

int ops_start_parent(struct ops *ops, const char *parent, const struct change_options *options,
                     struct plan *ret_plan, struct error *err)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = store_open_parent(ops->store, parent, &p);

	if (r < 0)
		return ops_result(r, err);
	for (size_t i = 0; i < p.n && !env_is_interrupted(ops->env); i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
		_cleanup_(error_done) struct error why = ERROR_INIT;
		char uuid[MDEV_UUID_TEXT_MAX];

		if (start_entry(ops, &p, &p.entries[i], options, ret_plan, &why) >= 0)
			continue;
		mdev_uuid_format(&p.entries[i].uuid, uuid);
		error_format(&why, &text);
		log_warn(env_log(ops->env), "Cannot start device %s on parent %s: %s", uuid, parent,
		         strbuf_str(&text));
	}
	return env_is_interrupted(ops->env) ? error_set(err, -EINTR, "Interrupted") : 0;
}
