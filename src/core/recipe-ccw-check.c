/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for subchannels: has a step done its work, may a device be started, may a recipe be
 * written? */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ccw-tools.h"
#include "core/ops-private.h"
#include "core/recipe-ccw-private.h"
#include "core/types.h"

/* ---- steps -------------------------------------------------------------------------------- */

/* The subchannel that a step is about; false for those that name the device. */
static bool step_subchannel(const struct recipe_step *step, struct busid *ret)
{
	const char *prefix = CCW_SUBCHANNELS "/";
	char text[BUSID_TEXT_MAX];
	size_t n;

	if (step->value && busid_parse(step->value, ret) == 0)
		return true;
	if (!step->target || strncmp(step->target, prefix, strlen(prefix)) != 0)
		return false;
	n = strcspn(step->target + strlen(prefix), "/");
	if (n >= sizeof(text))
		return false;
	memcpy(text, step->target + strlen(prefix), n);
	text[n] = '\0';
	return busid_parse(text, ret) == 0;
}

/* A number may be given to another device while we work: then nothing may be written to it. */
static int check_place(const struct recipe *r, const struct recipe_step *step,
                       const struct busid *now, struct error *err)
{
	char device[BUSID_TEXT_MAX], text[BUSID_TEXT_MAX];
	struct busid planned;

	if (!step_subchannel(step, &planned) || busid_compare(&planned, now) == 0)
		return 0;
	busid_format(&r->ccw.device, device);
	busid_format(now, text);
	return error_set(err, -ESTALE, "Device %s has moved to subchannel %s meanwhile", device,
	                 text);
}

static bool is_parent(const struct sysfs *sysfs, const struct busid *subchannel)
{
	char name[BUSID_TEXT_MAX];
	_cleanup_(closep) int fd = -1;

	busid_format(subchannel, name);
	fd = types_open(sysfs, name);
	return fd >= 0;
}

static int is_there(const struct sysfs *sysfs, const struct busid *device)
{
	_cleanup_(ccw_device_done) struct ccw_device d = { 0 };
	int r = ccw_device_read(sysfs, device, &d);

	return r < 0 ? r : d.is_there;
}

static int is_offline(const struct sysfs *sysfs, const struct busid *device)
{
	_cleanup_(ccw_device_done) struct ccw_device d = { 0 };
	int r = ccw_device_read(sysfs, device, &d);

	return r < 0 ? r : !d.is_there || d.online == 0;
}

static int is_online(const struct sysfs *sysfs, const struct busid *device)
{
	_cleanup_(ccw_device_done) struct ccw_device d = { 0 };
	int r = ccw_device_read(sysfs, device, &d);

	return r < 0 ? r : !d.is_there || d.online == 1;
}

/* ---- before the host loses it ---------------------------------------------------------------- */

static int refuse(const struct recipe *r, int errnum, const char *why, struct error *err)
{
	char device[BUSID_TEXT_MAX];

	busid_format(&r->ccw.device, device);
	error_set(err, errnum, "Parent %s cannot be set up", device);
	error_set_cause(err, "%s", why);
	return errnum;
}

/* The last look, right before it is set offline: for all that was asked earlier, somebody may
 * have mounted it since. */
static int check_unused(struct ops *ops, const struct recipe *r, const struct busid *subchannel,
                        struct error *err)
{
	const struct ccw_use_request req = { .env = ops->env,
		                             .sysfs = ops->sysfs,
		                             .subchannel = *subchannel,
		                             .device = r->ccw.device,
		                             .claims = true };
	_cleanup_(freep) char *reason = NULL;
	char device[BUSID_TEXT_MAX];
	enum ccw_use use;
	int r2 = ccw_use_find(&req, &use, &reason);

	busid_format(&r->ccw.device, device);
	if (r2 < 0)
		return error_set_errno(err, r2, "Cannot tell whether the host uses device %s",
		                       device);
	if (use == CCW_UNUSED)
		return 0;
	r2 = refuse(r, -EBUSY, reason, err);
	error_set_advice(
		err, use == CCW_USED ? "end that use first"
				     : "set the device offline by 'chccwdev -d' if nobody uses it");
	if (use == CCW_USED)
		error_set_kind(err, ERROR_IN_USE);
	return r2;
}

/* io_subchannel's remove takes an online device away, whoever uses it. */
static int check_offline(struct ops *ops, const struct recipe *r, struct error *err)
{
	char device[BUSID_TEXT_MAX];
	int r2 = is_offline(ops->sysfs, &r->ccw.device);

	busid_format(&r->ccw.device, device);
	if (r2 == 0)
		return refuse(r, -EBUSY, "somebody has set the device online meanwhile", err);
	return r2 < 0 ? error_set_errno(err, r2, "Cannot look at device %s", device) : 0;
}

/* What may not be done any more. */
static int check_step(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                      const struct busid *subchannel, struct error *err)
{
	if (step->goal == CCW_GOAL_OFFLINE)
		return check_unused(ops, r, subchannel, err);
	return step->goal == CCW_GOAL_LEFT_HOST ? check_offline(ops, r, err) : 0;
}

/* ---- goals ------------------------------------------------------------------------------------- */

static bool has_driver(const struct sysfs *sysfs, const char *driver)
{
	char path[sizeof("bus/css/drivers/") + RECIPE_DRIVER_MAX];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "bus/css/drivers/%s", driver);
	fd = sysfs_open_dir(sysfs, path);
	return fd >= 0;
}

static int is_reached(struct ops *ops, const struct recipe *r, const struct ccw_subchannel *s,
                      enum ccw_goal goal)
{
	const char *driver = r->ccw.driver;

	switch (goal) {
	case CCW_GOAL_VISIBLE:
		return 1;
	case CCW_GOAL_MODULE:
		return has_driver(ops->sysfs, driver);
	case CCW_GOAL_THERE:
		return is_there(ops->sysfs, &r->ccw.device);
	case CCW_GOAL_ONLINE:
		return is_online(ops->sysfs, &r->ccw.device);
	case CCW_GOAL_OFFLINE:
		return is_offline(ops->sysfs, &r->ccw.device);
	case CCW_GOAL_OVERRIDE:
		return ccw_is_driver(s->override, driver);
	case CCW_GOAL_LEFT_HOST:
		return !s->driver || ccw_is_driver(s->driver, driver);
	case CCW_GOAL_READY:
		return ccw_is_driver(s->driver, driver) && is_parent(ops->sysfs, &s->id);
	case CCW_GOAL_NO_OVERRIDE:
		return !ccw_is_driver(s->override, driver);
	case CCW_GOAL_LEFT_DRIVER:
		return !ccw_is_driver(s->driver, driver);
	case CCW_GOAL_HOST:
		return s->driver && !ccw_is_driver(s->driver, driver);
	}
	return -EINVAL;
}

static bool is_of_release(int goal)
{
	return goal == CCW_GOAL_NO_OVERRIDE || goal == CCW_GOAL_LEFT_DRIVER ||
	       goal == CCW_GOAL_HOST;
}

int ccw_is_done(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                struct error *err)
{
	_cleanup_(ccw_subchannel_done) struct ccw_subchannel s = { 0 };
	char device[BUSID_TEXT_MAX];
	struct busid id;
	int r2 = ccw_find(ops->sysfs, &r->ccw.device, &id);

	if (r2 == -ENOENT && step->goal == CCW_GOAL_VISIBLE)
		return 0;
	/* A device that has gone may have left its subchannel behind, which goes, too, once
	 * vfio_ccw has let go of it. */
	if (r2 == -ENOENT && is_of_release(step->goal) && step_subchannel(step, &id))
		r2 = 0;
	if (r2 == 0)
		r2 = ccw_subchannel_read(ops->sysfs, &id, &s);
	if (r2 == -ENOENT && is_of_release(step->goal))
		return 1;
	busid_format(&r->ccw.device, device);
	if (r2 < 0)
		return error_set_errno(err, r2 == -ENOENT ? -ENODEV : r2,
		                       "Cannot find the subchannel of device %s", device);
	r2 = check_place(r, step, &id, err);
	if (r2 < 0)
		return r2;
	r2 = is_reached(ops, r, &s, (enum ccw_goal)step->goal);
	if (r2 < 0)
		return error_set_errno(err, r2, "Cannot look at device %s", device);
	return r2 > 0 ? 1 : check_step(ops, r, step, &id, err);
}

/* From ccw_device_set_offline() and online_store() in drivers/s390/cio/device.c,
 * dasd_generic_set_offline(), and vfio_ccw_sch_probe(), Linux 6.12. */
const char *ccw_explain(const struct recipe_step *step, int error)
{
	if (step->goal == CCW_GOAL_OFFLINE && error == -EBUSY)
		return "the host still uses the disk: unmount it, or take it from swap, LVM or MD";
	if (step->goal == CCW_GOAL_OFFLINE && error == -EAGAIN)
		return "the device is busy with something else, as recovery of its paths; try "
		       "again later";
	if (step->goal == CCW_GOAL_OFFLINE && error == -EINVAL)
		return "the device is not in a state from which it can be set offline";
	/* Of a driver that refuses, the kernel says nothing to who has asked for the probe. */
	if (step->goal == CCW_GOAL_READY &&
	    (error == -ENODEV || error == -EINVAL || error == -ETIMEDOUT))
		return "the driver refuses the subchannel: it is not operational, or its device "
		       "works by QDIO; 'mdevmgr parent release' gives it back to the host";
	if (step->goal == CCW_GOAL_VISIBLE && error == -ETIMEDOUT)
		return "the device is no longer ignored, but has not come: is it there?";
	if (step->goal == CCW_GOAL_LEFT_DRIVER && error == -ETIMEDOUT)
		return "a process still uses a device on the subchannel";
	return NULL;
}

/* ---- starts ------------------------------------------------------------------------------- */

static int refuse_start(const struct recipe *r, const char *parent, const struct mdev_uuid *uuid,
                        const char *carries, struct error *err)
{
	char device[BUSID_TEXT_MAX], text[MDEV_UUID_TEXT_MAX];

	busid_format(&r->ccw.device, device);
	mdev_uuid_format(uuid, text);
	error_set(err, -EXDEV, "Device %s belongs to device number %s", text, device);
	error_set_cause(err, "parent %s carries %s", parent, carries);
	error_set_advice(err, "'mdevmgr parent apply %s' moves its definition to where %s is now",
	                 device, device);
	return -EXDEV;
}

int ccw_guard(struct ops *ops, const struct recipe *r, const char *parent,
              const struct mdev_uuid *uuid, struct error *err)
{
	struct busid subchannel, device;
	char text[BUSID_TEXT_MAX];
	int r2;

	if (!recipe_binds(r, uuid) || busid_parse(parent, &subchannel) < 0)
		return 0;
	r2 = ccw_device_on(ops->sysfs, &subchannel, &device);
	/* What is no parent, or has gone, the start itself tells. */
	if (r2 == -ENOENT)
		return 0;
	if (r2 == -ENODATA)
		return refuse_start(r, parent, uuid, "no device", err);
	if (r2 < 0)
		return error_set_errno(err, r2, "Cannot tell which device subchannel %s carries",
		                       parent);
	if (busid_compare(&device, &r->ccw.device) == 0)
		return 0;
	busid_format(&device, text);
	return refuse_start(r, parent, uuid, text, err);
}

/* ---- recipes that are to be written --------------------------------------------------------- */

static int check_invisible(struct ops *ops, const struct recipe *r, const struct ccw_facts *f,
                           const char *device, bool force, struct error *err)
{
	char named[BUSID_TEXT_MAX];

	busid_format(&r->ccw.subchannel, named);
	if (r->ccw.has_subchannel)
		log_warn(env_log(ops->env),
		         "Device %s is not visible now; subchannel %s is taken as said", device,
		         named);
	else if (f->is_ignored > 0)
		log_warn(env_log(ops->env), "Device %s is hidden by cio_ignore until it is applied",
		         device);
	else if (force)
		log_warn(env_log(ops->env), "Device %s is not visible now", device);
	else
		return ccw_not_visible(ops->env, &r->ccw.device, f->is_ambiguous, err);
	return 0;
}

static int check_visible(struct ops *ops, struct recipe *r, const struct ccw_facts *f,
                         const char *device, bool force, struct error *err)
{
	char named[BUSID_TEXT_MAX], found[BUSID_TEXT_MAX];

	if (!f->has_subchannel)
		return check_invisible(ops, r, f, device, force, err);
	busid_format(&r->ccw.subchannel, named);
	busid_format(&f->subchannel.id, found);
	if (r->ccw.has_subchannel && strcmp(named, found) != 0)
		log_warn(env_log(ops->env), "Device %s is on subchannel %s now, not %s", device,
		         found, named);
	r->ccw.has_subchannel = true;
	r->ccw.subchannel = f->subchannel.id;
	return 0;
}

static int check_settings(struct ops *ops, const struct recipe *r, const struct ccw_facts *f,
                          const char *device, bool force, struct error *err)
{
	_cleanup_(freep) char *reason = NULL, *advice = NULL;
	int r2 = ccw_foreign_reason(r, f, &reason, &advice);

	if (r2 < 0)
		return ops_result(r2, err);
	if (f->driverctl && !reason)
		log_warn(env_log(ops->env), "driverctl has the same setting for device %s", device);
	if (!reason)
		return 0;
	if (force) {
		log_warn(env_log(ops->env), "%s: %s", reason, advice);
		return 0;
	}
	error_set(err, -EPERM, "Device %s is claimed by another tool", device);
	error_set_cause(err, "%s", reason);
	error_set_advice(err, "%s", advice);
	return -EPERM;
}

int ccw_check(struct ops *ops, struct recipe *r, bool force, struct error *err)
{
	_cleanup_(ccw_facts_freep) struct ccw_facts *f = NULL;
	const char *problem;
	char device[BUSID_TEXT_MAX];
	int r2 = ccw_facts_read(ops, r, &f, err);

	if (r2 < 0)
		return r2;
	busid_format(&r->ccw.device, device);
	r2 = check_visible(ops, r, f, device, force, err);
	if (r2 < 0)
		return r2;
	if (f->use == CCW_USED)
		log_warn(env_log(ops->env),
		         "The host uses device %s, and keeps it until that ends: %s", device,
		         f->use_reason);
	problem = ccw_device_problem(&f->device);
	if (problem) {
		error_set(err, -ENXIO, "%s cannot drive device %s", r->ccw.driver, device);
		error_set_cause(err, "%s", problem);
		return -ENXIO;
	}
	return check_settings(ops, r, f, device, force, err);
}
