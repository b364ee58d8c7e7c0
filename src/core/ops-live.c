/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing a running device: by a callout of its vendor that offers it. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"

struct live {
	struct ops *ops;
	const struct modify_request *req;
	struct snapshot active;
	struct definition *definition;
};

static void live_done(struct live *l)
{
	snapshot_done(&l->active);
	definition_free(l->definition);
}

static int find_active(struct live *l, struct error *err)
{
	const struct modify_request *req = l->req;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = ops_find_active(l->ops, req->uuid, false, &l->active, err);

	if (r < 0)
		return r;
	if (l->active.n == 1 &&
	    (!req->parent ||
	     strcmp(req->parent, snapshot_parent(&l->active, &l->active.devices[0])) == 0))
		return 0;
	mdev_uuid_format(req->uuid, uuid);
	return error_set(err, -ENODEV, "Mediated device %s%s%s is not active",
	                 req->parent ? req->parent : "", req->parent ? "/" : "", uuid);
}

static int check_request(const struct live *l, struct error *err)
{
	const struct modify_request *req = l->req;

	if (req->json.bytes)
		return 0;
	if (req->set_auto || req->set_manual)
		return error_set(err, -EINVAL, "'%s' cannot be changed on active mdev",
		                 req->set_auto ? "auto" : "manual");
	return error_set(err, -EINVAL, "'live' option must be used with 'jsonfile' option");
}

static int check_definition(struct live *l, const char *parent, const char *type, struct error *err)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = store_find(l->ops->store, l->req->uuid, parent, &hits);

	if (r < 0)
		return ops_result(r, err);
	mdev_uuid_format(l->req->uuid, uuid);
	if (hits.n == 0)
		return error_set(err, -ENOENT, "Mediated device %s/%s is not defined", parent,
		                 uuid);
	r = ops_read_hit(l->ops, &hits.items[0], &d, err);
	if (r == 0 && strcmp(d->type, type) != 0)
		r = error_set(err, -EINVAL, "'type' of active and defined mdev does not match");
	return r;
}

static int live_prepare(struct live *l, struct error *err)
{
	const struct device *d;
	const char *type;
	int r;

	/* auto and manual are refused whatever the device does: as in mdevctl */
	if (l->req->set_auto || l->req->set_manual)
		return check_request(l, err);
	r = find_active(l, err);
	if (r == 0)
		r = check_request(l, err);
	if (r == 0)
		r = ops_parse_source(&l->req->json, &l->definition, err);
	if (r < 0)
		return r;
	d = &l->active.devices[0];
	type = snapshot_type(&l->active, d);
	if (strcmp(l->definition->type, type) != 0)
		return error_set(err, -EINVAL, "'type' cannot be changed on active mdev");
	return l->req->defined ? check_definition(l, snapshot_parent(&l->active, d), type, err) : 0;
}

static int live_apply(struct live *l, const struct callout_subject *subject, struct error *err)
{
	_cleanup_(conversation_freep) struct conversation *talk = NULL;
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = lock_device(l->ops->env, l->req->uuid, &lock, err);

	if (r < 0)
		return r;
	r = conversation_new(l->ops->callouts, CALLOUT_MODIFY, subject, &talk);
	if (r < 0)
		return ops_result(r, err);
	r = conversation_live(talk, err);
	lock_free(TAKE_PTR(lock));
	/* mdevctl's notifiers hear of it with state none, whatever the outcome, but not
	 * where no script could be asked. */
	if (r != -EOPNOTSUPP)
		conversation_notify(talk, CALLOUT_NONE);
	return r;
}

int ops_modify_live(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
                    struct error *err)
{
	_cleanup_(live_done) struct live l = { .ops = ops, .req = req };
	struct modify_request stored = *req;
	struct callout_subject subject;
	int r = live_prepare(&l, err);

	if (r < 0)
		return r;
	subject = (struct callout_subject){
		.uuid = req->uuid,
		.parent = snapshot_parent(&l.active, &l.active.devices[0]),
		.type = l.definition->type,
		.definition = l.definition,
	};
	if (req->options.dry_run)
		r = ops_result(ops_plan_callouts(ret_plan, PLAN_ASK_LIVE, req->uuid, subject.parent,
		                                 CALLOUT_MODIFY),
		               err);
	else
		r = live_apply(&l, &subject, err);
	if (r < 0 || !req->defined)
		return r;
	stored.live = false;
	stored.parent = subject.parent;
	return ops_modify_stored(ops, &stored, ret_plan, err);
}
