/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing a new definition. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/ops-private.h"
#include "core/start.h"

/* What define works out before it changes anything. */
struct define {
	struct ops *ops;
	const struct define_request *req;
	struct mdev_uuid uuid;
	char *parent;
	struct definition *definition;
	struct snapshot active; /* the device, if it is running */
	bool fetch_attrs;       /* from the running device */
};

static void define_done(struct define *d)
{
	free(d->parent);
	definition_free(d->definition);
	snapshot_done(&d->active);
}

static int check_parent_name(const char *parent, struct error *err)
{
	const char *problem = store_parent_problem(parent);

	if (!problem)
		return 0;
	return error_set(err, -EINVAL, "Invalid parent name '%s': %s", parent, problem);
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* A parent that is registered under this name but for upper and lower case is meant. */
static int correct_parent(struct ops *ops, const char *parent, char **ret, struct error *err)
{
	_cleanup_(names_done) struct names parents = { 0 };
	_cleanup_(freep) char *similar = NULL;

	if (types_list_parents(ops->sysfs, &parents) == 0 && !has_name(&parents, parent) &&
	    types_find_similar_parent(ops->sysfs, parent, &similar) == 0)
		log_warn(env_log(ops->env), "Parent '%s' is called %s here, which is used", parent,
		         similar);
	*ret = similar ? TAKE_PTR(similar) : strdup(parent);
	return *ret ? 0 : ops_result(-ENOMEM, err);
}

/* Parent and type as asked for, or those of the running device. */
static int define_from_options(struct define *d, struct error *err)
{
	const struct define_request *req = d->req;
	const struct device *active = d->active.n ? &d->active.devices[0] : NULL;
	const char *type = req->type;
	int r;

	if (!req->parent && (!active || req->type))
		return error_set(err, -EINVAL, "No parent specified");
	if (!type && active)
		type = snapshot_type(&d->active, active);
	if (!type)
		return error_set(err, -EINVAL, "No type specified");
	r = check_parent_name(req->parent ? req->parent : snapshot_parent(&d->active, active), err);
	if (r < 0)
		return r;
	r = correct_parent(d->ops, req->parent ? req->parent : snapshot_parent(&d->active, active),
	                   &d->parent, err);
	if (r == 0)
		r = ops_result(definition_new(&d->definition), err);
	if (r == 0 && req->type)
		r = ops_resolve_type(d->ops, d->parent, type, &d->definition->type, err);
	else if (r == 0)
		r = (d->definition->type = strdup(type)) ? 0 : ops_result(-ENOMEM, err);
	if (r == 0 && req->attrs)
		r = ops_result(attrs_copy(req->attrs, &d->definition->attrs), err);
	if (r < 0)
		return r;
	d->definition->autostart = req->autostart;
	d->fetch_attrs = active && d->definition->attrs.n == 0;
	return 0;
}

static int define_check_attrs(const struct define *d, struct error *err)
{
	for (size_t i = 0; d->req->attrs && i < d->req->attrs->n; i++) {
		const char *problem = plan_attr_name_problem(d->req->attrs->items[i].name);

		if (!problem)
			continue;
		error_set(err, -EINVAL, "Invalid attribute '%s'", d->req->attrs->items[i].name);
		error_set_cause(err, "%s", problem);
		return -EINVAL;
	}
	return 0;
}

/* Anything of that name keeps a definition from being written. */
static int check_not_defined(const struct define *d, struct error *err)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = store_open_parent_for(d->ops->store, d->parent, &d->uuid, &p);

	if (r < 0)
		return ops_result(r, err);
	mdev_uuid_format(&d->uuid, uuid);
	if (p.n == 0 && (p.fd < 0 || faccessat(p.fd, uuid, F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return 0;
	if (d->req->json.bytes)
		return error_set(err, -EEXIST,
		                 "Cowardly refusing to overwrite existing config for %s/%s",
		                 d->parent, uuid);
	error_set(err, -EEXIST, "Device %s on %s already defined", uuid, d->parent);
	error_set_advice(err, "change it with 'mdevmgr modify', or undefine it first");
	return -EEXIST;
}

static int define_from_json(struct define *d, struct error *err)
{
	const struct define_request *req = d->req;
	int r;

	if (!req->parent)
		return error_set(err, -EINVAL, "Parent device required to define device via \"%s\"",
		                 req->json.name);
	r = check_parent_name(req->parent, err);
	if (r == 0)
		r = correct_parent(d->ops, req->parent, &d->parent, err);
	if (r == 0)
		r = check_not_defined(d, err);
	return r == 0 ? ops_parse_source(&req->json, &d->definition, err) : r;
}

static int define_prepare(struct define *d, struct error *err)
{
	const struct define_request *req = d->req;
	int r;

	if (req->uuid)
		d->uuid = *req->uuid;
	else
		mdev_uuid_generate(&d->uuid);
	if (req->json.bytes)
		return define_from_json(d, err);
	if (req->uuid) {
		r = ops_find_active(d->ops, req->uuid, req->options.force, &d->active, err);
		if (r < 0)
			return r;
	}
	r = define_from_options(d, err);
	if (r == 0)
		r = define_check_attrs(d, err);
	return r == 0 ? check_not_defined(d, err) : r;
}

static int define_fetch_attrs(struct define *d, struct error *err)
{
	const struct device *active = d->active.n ? &d->active.devices[0] : NULL;

	if (!d->fetch_attrs || !active)
		return 0;
	return ops_read_attrs(d->ops, &d->uuid, snapshot_parent(&d->active, active),
	                      snapshot_type(&d->active, active), false, &d->definition->attrs, err);
}

/* Once it has a definition its unit waits for the word of whoever started it, who has
 * gone: so it gets that first. */
static void tell_active_ready(const struct define *d)
{
	_cleanup_(apply_result_done) struct apply_result result = APPLY_RESULT_INIT;
	_cleanup_(snapshot_done) struct snapshot active = { 0 };

	if (ops_find_active(d->ops, &d->uuid, false, &active, NULL) == 0 && active.n == 1 &&
	    strcmp(snapshot_parent(&active, &active.devices[0]), d->parent) == 0)
		ops_tell_ready(d->ops, &d->uuid, &result);
}

static void warn_of_rival(const struct define *d, const struct store_hit *hit)
{
	_cleanup_(definition_freep) struct definition *other = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];

	if (strcmp(hit->parent, d->parent) == 0 || ops_read_hit(d->ops, hit, &other, NULL) < 0 ||
	    !other->autostart)
		return;
	mdev_uuid_format(&d->uuid, uuid);
	log_warn(env_log(d->ops->env),
	         "Device %s is to be started automatically on parent %s too: only one of them can "
	         "have it",
	         uuid, hit->parent);
}

static void warn_of_rivals(const struct define *d)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };

	if (!d->definition->autostart || !d->req->uuid ||
	    store_find(d->ops->store, &d->uuid, NULL, &hits) < 0)
		return;
	for (size_t i = 0; i < hits.n; i++)
		warn_of_rival(d, &hits.items[i]);
}

static int define_write(struct operation *op, struct error *err)
{
	struct define *d = op->userdata;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r;

	r = define_fetch_attrs(d, err);
	if (r == 0)
		r = definition_print_file(d->definition, &text, err);
	if (r == 0)
		r = ops_lock_definitions(d->ops, "write", &d->uuid, &lock, err);
	if (r == 0)
		r = check_not_defined(d, err);
	if (r == 0)
		r = operation_check(op, err);
	if (r < 0)
		return ops_result(r, err);
	tell_active_ready(d);
	return store_create(d->ops->store, d->parent, &d->uuid, text.data, text.len, err);
}

static int define_plan(struct define *d, struct plan *plan, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	const struct store_entry entry = { .uuid = d->uuid };
	struct plan_step step = { .kind = PLAN_WRITE_DEFINITION, .uuid = d->uuid };
	int r;

	r = definition_print_file(d->definition, &text, err);
	if (r < 0)
		return r;
	store_add_path(d->ops->store, d->parent, &entry, &path);
	step.path = strbuf_str(&path);
	step.parent = d->parent;
	step.value = text.data;
	step.value_len = text.len;
	r = ops_plan_callouts(plan, PLAN_ASK, &d->uuid, d->parent, CALLOUT_DEFINE);
	if (r == 0 && d->fetch_attrs)
		r = ops_plan_callouts(plan, PLAN_FETCH_ATTRIBUTES, &d->uuid, d->parent,
		                      CALLOUT_DEFINE);
	if (r == 0)
		r = plan_add(plan, &step);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, &d->uuid, d->parent, CALLOUT_DEFINE);
	return ops_result(r, err);
}

int ops_define(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
               struct plan *ret_plan, struct error *err)
{
	_cleanup_(define_done) struct define d = { .ops = ops, .req = req };
	struct operation op = { .ops = ops,
		                .action = CALLOUT_DEFINE,
		                .force = req->options.force,
		                .recipe = req->recipe,
		                .body = define_write,
		                .userdata = &d };
	int r;

	if (req->ap)
		return ops_define_ap(ops, req, ret_uuid, ret_plan, err);
	if (req->ccw)
		return ops_define_ccw(ops, req, ret_uuid, ret_plan, err);
	r = define_prepare(&d, err);
	if (r < 0)
		return r;
	op.subject = (struct callout_subject){ .uuid = &d.uuid,
		                               .parent = d.parent,
		                               .type = d.definition->type,
		                               .definition = d.definition };
	if (!req->options.dry_run)
		r = operation_run(&op, err);
	else if ((r = operation_check(&op, err)) == 0)
		r = define_plan(&d, ret_plan, err);
	if (r < 0)
		return r;
	warn_of_rivals(&d);
	*ret_uuid = d.uuid;
	return 0;
}
