/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing a running device: by its driver (core/driver.h) if it can, else by a callout of its
 * vendor that offers it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-lock.h"
#include "core/driver.h"
#include "core/ops-private.h"

struct live {
	struct ops *ops;
	const struct modify_request *req;
	struct snapshot active;
	struct definition *definition; /* as it shall be; NULL: the request changes what it is */
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

static const struct driver *live_driver(const struct live *l)
{
	return driver_for_type(snapshot_type(&l->active, &l->active.devices[0]));
}

static int check_request(const struct live *l, struct error *err)
{
	const struct modify_request *req = l->req;

	if (req->json.bytes)
		return 0;
	if (!req->set_auto && !req->set_manual && (req->ap || req->attr != MODIFY_ATTR_NONE) &&
	    live_driver(l)->live)
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
	if (r == 0 && l->req->json.bytes)
		r = ops_parse_source(&l->req->json, &l->definition, err);
	if (r < 0)
		return r;
	d = &l->active.devices[0];
	type = snapshot_type(&l->active, d);
	if (l->definition && strcmp(l->definition->type, type) != 0)
		return error_set(err, -EINVAL, "'type' cannot be changed on active mdev");
	return l->req->defined ? check_definition(l, snapshot_parent(&l->active, d), type, err) : 0;
}

/* ---- by the driver ----------------------------------------------------------------------- */

static int open_device(const struct live *l, struct driver_device *ret, char name[], int *ret_fd,
                       struct error *err)
{
	char path[128];

	mdev_uuid_format(l->req->uuid, name);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", name);
	*ret_fd = sysfs_open_dir(l->ops->sysfs, path);
	if (*ret_fd < 0)
		return error_set_errno(err, *ret_fd, "Cannot look at device %s", name);
	*ret = (struct driver_device){ .env = l->ops->env,
		                       .sysfs = l->ops->sysfs,
		                       .writer = l->ops->writer,
		                       .limit_ms = l->ops->create_ms,
		                       .fd = *ret_fd,
		                       .name = name };
	return 0;
}

/* Without --jsonfile: what the device has now, with the change asked for. */
static int compute_wanted(struct live *l, const struct driver *driver,
                          const struct driver_device *device, struct error *err)
{
	struct definition *d;
	int r;

	if (l->definition)
		return 0;
	r = definition_new(&l->definition);
	if (r < 0)
		return ops_result(r, err);
	d = l->definition;
	d->type = strdup(driver->type);
	if (!d->type)
		return ops_result(-ENOMEM, err);
	r = driver->read_attrs(device->fd, &d->attrs);
	if (r < 0)
		return ops_attrs_failed(r, device->name, err);
	if (l->req->ap && driver->set_matrix)
		return ops_result(driver->set_matrix(l->req->ap, &d->attrs, err), err);
	return ops_change_attrs(l->req, &d->attrs, err);
}

/* May it have that? As for a start: what it has now is its own. */
static int check_by_driver(const struct live *l, const struct driver *driver, struct error *err)
{
	const struct driver_change change = {
		.env = l->ops->env,
		.sysfs = l->ops->sysfs,
		.store = l->ops->store,
		.uuid = l->req->uuid,
		.parent = snapshot_parent(&l->active, &l->active.devices[0]),
		.definition = l->definition,
		.is_start = true,
		.force = l->req->options.force,
	};

	return driver->check ? ops_result(driver->check(&change, err), err) : 0;
}

static int plan_by_driver(struct live *l, const struct driver *driver,
                          const struct driver_device *device, struct plan *plan, struct error *err)
{
	const char *parent = snapshot_parent(&l->active, &l->active.devices[0]);
	_cleanup_(attrs_done) struct attrs writes = { 0 };
	int r = driver->plan_live(device, &l->definition->attrs, &writes, err);

	for (size_t i = 0; r == 0 && i < writes.n; i++) {
		const struct plan_step step = { .kind = PLAN_SET_ATTRIBUTE,
			                        .uuid = *l->req->uuid,
			                        .parent = parent,
			                        .word = writes.items[i].name,
			                        .value = writes.items[i].value,
			                        .value_len = writes.items[i].value_len };

		r = ops_result(plan_add(plan, &step), err);
	}
	return r;
}

static int change_by_driver(struct live *l, const struct driver *driver, struct plan *ret_plan,
                            struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct driver_device device;
	char name[MDEV_UUID_TEXT_MAX];
	int r = open_device(l, &device, name, &fd, err);

	if (r == 0)
		r = compute_wanted(l, driver, &device, err);
	if (r == 0)
		r = check_by_driver(l, driver, err);
	if (r < 0)
		return r;
	if (l->req->options.dry_run)
		return plan_by_driver(l, driver, &device, ret_plan, err);
	return driver->live(&device, &l->definition->attrs, err);
}

static int with_ap_lock(struct live *l, const struct driver *driver, struct error *err)
{
	int taken = driver->has_ap_lock ? ap_lock_take(l->ops->env, AP_LOCK_WAIT_MS, err) : 0, r;

	if (taken < 0)
		return taken;
	r = change_by_driver(l, driver, NULL, err);
	if (taken > 0)
		ap_lock_release(l->ops->env);
	return r;
}

static void notify(struct live *l)
{
	const struct callout_subject subject = {
		.uuid = l->req->uuid,
		.parent = snapshot_parent(&l->active, &l->active.devices[0]),
		.type = snapshot_type(&l->active, &l->active.devices[0]),
		.definition = l->definition,
	};
	_cleanup_(conversation_freep) struct conversation *talk = NULL;

	if (l->definition &&
	    conversation_new(l->ops->callouts, CALLOUT_MODIFY, &subject, &talk) == 0)
		conversation_notify(talk, CALLOUT_NONE);
}

/* What a callout would say does not matter: the kernel's own answer does. */
static int live_by_driver(struct live *l, const struct driver *driver, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = lock_device(l->ops->env, l->req->uuid, &lock, err);

	if (r < 0)
		return r;
	r = with_ap_lock(l, driver, err);
	lock_free(TAKE_PTR(lock));
	notify(l);
	return r;
}

static int live_run_driver(struct live *l, const struct driver *driver, struct plan *ret_plan,
                           struct error *err)
{
	int r;

	if (!l->req->options.dry_run)
		return live_by_driver(l, driver, err);
	r = change_by_driver(l, driver, ret_plan, err);
	if (r < 0)
		return r;
	return ops_result(ops_plan_callouts(ret_plan, PLAN_NOTIFY, l->req->uuid,
	                                    snapshot_parent(&l->active, &l->active.devices[0]),
	                                    CALLOUT_MODIFY),
	                  err);
}

/* ---- by a callout ------------------------------------------------------------------------ */

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

static int live_run_callout(struct live *l, struct plan *ret_plan, struct error *err)
{
	const struct callout_subject subject = {
		.uuid = l->req->uuid,
		.parent = snapshot_parent(&l->active, &l->active.devices[0]),
		.type = l->definition->type,
		.definition = l->definition,
	};

	if (!l->req->options.dry_run)
		return live_apply(l, &subject, err);
	return ops_result(ops_plan_callouts(ret_plan, PLAN_ASK_LIVE, l->req->uuid, subject.parent,
	                                    CALLOUT_MODIFY),
	                  err);
}

int ops_modify_live(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
                    struct error *err)
{
	_cleanup_(live_done) struct live l = { .ops = ops, .req = req };
	struct modify_request stored = *req;
	const struct driver *driver;
	int r = live_prepare(&l, err);

	if (r < 0)
		return r;
	driver = live_driver(&l);
	stored.live = false;
	stored.parent = snapshot_parent(&l.active, &l.active.devices[0]);
	/* What would be refused afterwards must not be found when the device is changed. */
	if (req->defined && !req->options.dry_run)
		r = ops_modify_check(ops, &stored, err);
	if (r < 0)
		return r;
	r = driver->live ? live_run_driver(&l, driver, ret_plan, err)
	                 : live_run_callout(&l, ret_plan, err);
	if (r < 0 || !req->defined)
		return r;
	r = ops_modify_stored(ops, &stored, ret_plan, err);
	if (r < 0 && !req->options.dry_run)
		error_add_cause(err, "the running device has been changed, its definition has not");
	return r;
}
