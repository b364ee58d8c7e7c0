/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a device: one by its UUID, or all auto devices of a parent. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/apply.h"
#include "core/ops-private.h"

struct start {
	struct ops *ops;
	struct mdev_uuid uuid;
	char *parent;
	struct definition *definition;
};

static void start_done(struct start *s)
{
	free(s->parent);
	definition_free(s->definition);
}

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

/* ---- what sysfs says ------------------------------------------------------------------- */

struct facts {
	struct start_facts view; /* points into the others */
	struct snapshot active;
	char *similar_parent;
};

static void facts_done(struct facts *f)
{
	snapshot_done(&f->active);
	free(f->similar_parent);
}

/* Running short of something ourselves tells nothing about the parent. */
static bool is_our_shortage(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

static int look_for_parent(const struct sysfs *sysfs, const char *parent, bool *ret)
{
	_cleanup_(closep) int fd = sysfs_open_parent(sysfs, parent);

	if (is_our_shortage(fd))
		return fd;
	*ret = fd >= 0;
	return 0;
}

static void read_available(int type_fd, struct start_facts *view)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = sysfs_read(type_fd, "available_instances", &text);

	if (r == 0) {
		strbuf_trim(&text);
		r = types_parse_instances(strbuf_str(&text), &view->available,
		                          &view->available_reason);
	}
	if (r < 0)
		view->available_error = r;
}

static void read_type(const struct sysfs *sysfs, const char *parent, const char *type,
                      struct start_facts *view)
{
	_cleanup_(closep) int types_fd = types_open(sysfs, parent);
	_cleanup_(closep) int type_fd = -1;

	view->has_types = types_fd >= 0;
	if (types_fd >= 0 && sysfs_name_is_plain(type))
		type_fd = sysfs_open_dir_beneath(types_fd, type);
	view->has_type = type_fd >= 0;
	if (type_fd >= 0)
		read_available(type_fd, view);
}

static int facts_read(const struct start *s, struct facts *ret, struct error *err)
{
	const struct sysfs *sysfs = s->ops->sysfs;
	struct start_facts *view = &ret->view;
	int r;

	/* What cannot be looked up is left to the kernel's verdict. */
	r = ops_find_active(s->ops, &s->uuid, true, &ret->active, err);
	if (r < 0)
		return r;
	view->is_active = ret->active.n == 1;
	if (view->is_active) {
		view->active_parent = snapshot_parent(&ret->active, &ret->active.devices[0]);
		view->active_type = snapshot_type(&ret->active, &ret->active.devices[0]);
	}
	r = look_for_parent(sysfs, s->parent, &view->has_parent);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look at parent %s", s->parent);
	if (view->has_parent)
		read_type(sysfs, s->parent, s->definition->type, view);
	else if (types_find_similar_parent(sysfs, s->parent, &ret->similar_parent) == 0)
		view->similar_parent = ret->similar_parent;
	return 0;
}

/* ---- doing it ---------------------------------------------------------------------------- */

static int start_compute(const struct start *s, struct plan *plan, struct error *err)
{
	_cleanup_(facts_done) struct facts facts = { 0 };
	int r = facts_read(s, &facts, err);

	return r < 0 ? r : plan_start(&s->uuid, s->parent, s->definition, &facts.view, plan, err);
}

static int start_apply(struct operation *op, struct error *err)
{
	_cleanup_(plan_done) struct plan plan = { 0 };
	struct start *s = op->userdata;
	int r = start_compute(s, &plan, err);

	return r < 0 ? r : apply_start(s->ops->env, s->ops->sysfs, &plan, err);
}

static int start_plan(const struct start *s, struct plan *plan, struct error *err)
{
	int r = ops_plan_callouts(plan, PLAN_ASK, &s->uuid, s->parent, CALLOUT_START);

	if (r == 0)
		r = start_compute(s, plan, err);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, &s->uuid, s->parent, CALLOUT_START);
	return ops_result(r, err);
}

static int start_run(struct start *s, const struct change_options *options, struct plan *ret_plan,
                     struct error *err)
{
	struct operation op = { .ops = s->ops,
		                .action = CALLOUT_START,
		                .force = options->force,
		                .body = start_apply,
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
	_cleanup_(start_done) struct start s = { .ops = ops };
	int r = start_prepare(&s, req, err);

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
	_cleanup_(start_done) struct start s = { .ops = ops, .uuid = e->uuid };
	int r = store_read(ops->store, p, e, &s.definition, err);

	if (r < 0 || !s.definition->autostart)
		return r;
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
