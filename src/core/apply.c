/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing to the mdev core and to devices. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/apply.h"
#include "core/driver.h"
#include "core/remover.h"
#include "core/snapshot.h"
#include "core/types.h"

/* Nobody should use a device that was made a moment ago; somebody may. */
#define UNDO_LIMIT_MS 10000

/* ---- why a create failed -------------------------------------------------------------- */

static void explain_leftover(const struct sysfs *sysfs, const struct mdev_uuid *uuid,
                             struct error *err)
{
	_cleanup_(freep) char *parent = NULL;

	if (snapshot_find_leftover(sysfs, uuid, &parent) == 0)
		error_set_advice(err,
		                 "the device of this UUID on parent %s is being removed and waits "
		                 "for its last user",
		                 parent);
	else
		error_set_advice(err, "the UUID is in use by a device that is coming or going; "
		                      "try again");
}

static void explain_exists(const struct sysfs *sysfs, const struct plan_step *step,
                           struct error *err)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };

	if (snapshot_scan(sysfs, NULL, &step->uuid, NULL, &s) == 0 && s.n == 1)
		error_set_advice(err, "the UUID is in use by the device of type %s on parent %s",
		                 snapshot_type(&s, &s.devices[0]),
		                 snapshot_parent(&s, &s.devices[0]));
	else
		explain_leftover(sysfs, &step->uuid, err);
}

static int create_failed(const struct sysfs *sysfs, const struct plan_step *step, int r,
                         struct error *err)
{
	const char *advice = driver_for_type(step->type)->explain_create(r);
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&step->uuid, uuid);
	error_set_errno(err, r, "Failed to create mdev %s, type %s on %s", uuid, step->type,
	                step->parent);
	if (r == -EEXIST)
		explain_exists(sysfs, step, err);
	else if (advice)
		error_set_advice(err, "%s", advice);
	return r;
}

/* ---- creating --------------------------------------------------------------------------- */

static int create_device(const struct sysfs *sysfs, const struct plan_step *step, struct error *err)
{
	_cleanup_(closep) int types_fd = types_open(sysfs, step->parent);
	_cleanup_(closep) int type_fd = -1;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = types_fd;

	mdev_uuid_format(&step->uuid, uuid);
	if (types_fd >= 0)
		r = type_fd = sysfs_open_dir_beneath(types_fd, step->type);
	if (type_fd >= 0)
		r = sysfs_write(sysfs, type_fd, "create", uuid, strlen(uuid));
	return r < 0 ? create_failed(sysfs, step, r, err) : 0;
}

static int open_device(const struct sysfs *sysfs, const struct mdev_uuid *uuid)
{
	_cleanup_(closep) int bus = sysfs_open_dir(sysfs, SYSFS_DEVICES);
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	return bus < 0 ? bus : sysfs_open_entry(bus, text);
}

/* All is done through one descriptor: a device of the same UUID that somebody else makes
 * when ours is gone must get neither our attributes nor our "remove". */
static int hold_device(const struct sysfs *sysfs, const struct mdev_uuid *uuid, int *fd)
{
	if (*fd < 0)
		*fd = open_device(sysfs, uuid);
	return *fd;
}

/* An empty value is a mark of the definition, not a call of the driver: as mdevctl,
 * nothing is written then, but the attribute must be there. */
static int write_attr(const struct sysfs *sysfs, const struct plan_step *step, int *fd)
{
	int r = hold_device(sysfs, &step->uuid, fd);

	if (r < 0)
		return r;
	return step->value_len == 0
	               ? sysfs_check_writable(*fd, step->word)
	               : sysfs_write(sysfs, *fd, step->word, step->value, step->value_len);
}

static bool attr_is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EISDIR || r == -ELOOP || r == -EXDEV;
}

static int set_attr(const struct sysfs *sysfs, const struct plan_step *step, int *fd,
                    struct error *err)
{
	const char *advice = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = write_attr(sysfs, step, fd);

	if (r >= 0)
		return 0;
	mdev_uuid_format(&step->uuid, uuid);
	if (attr_is_absent(r)) {
		error_set(err, r, "Invalid attribute '%s'", step->word);
		error_set_cause(err, "device %s of type %s has no such attribute", uuid,
		                step->type);
		return r;
	}
	error_set_errno(err, r, "Failed to write %s to attribute %s", step->value, step->word);
	error_add_cause(err, "device %s", uuid);
	advice = driver_for_type(step->type)->explain_attr(step->word, r);
	if (advice)
		error_set_advice(err, "%s", advice);
	return r;
}

static void undo_create(const struct sysfs *sysfs, const struct plan_step *created, int *fd,
                        struct error *err)
{
	int r = hold_device(sysfs, &created->uuid, fd);
	pid_t pid = 0;

	/* Whoever interrupts wants just this, so it is not interrupted. */
	if (r >= 0)
		r = remover_run(NULL, sysfs, *fd, UNDO_LIMIT_MS, &pid);
	/* Gone already is what we want. */
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		error_add_cause(err, "and removing the half-configured device failed too: %s",
		                strerror(-r));
}

static int apply_step(const struct env *env, const struct sysfs *sysfs,
                      const struct plan_step *step, int *fd, struct error *err)
{
	int r;

	if (step->kind != PLAN_CREATE && step->kind != PLAN_SET_ATTRIBUTE)
		return 0;
	if (env_is_interrupted(env))
		return error_set(err, -EINTR, "Interrupted");
	if (step->kind == PLAN_SET_ATTRIBUTE)
		return set_attr(sysfs, step, fd, err);
	r = create_device(sysfs, step, err);
	/* On trees that do not react there is none, which only attributes mind. */
	if (r == 0)
		hold_device(sysfs, &step->uuid, fd);
	return r;
}

int apply_start(const struct env *env, const struct sysfs *sysfs, const struct plan *plan,
                struct error *err)
{
	const struct plan_step *created = NULL;
	_cleanup_(closep) int fd = -1;

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_step *step = &plan->steps[i];
		int r = apply_step(env, sysfs, step, &fd, err);

		if (r < 0) {
			if (created)
				undo_create(sysfs, created, &fd, err);
			return r;
		}
		if (step->kind == PLAN_CREATE)
			created = step;
	}
	return 0;
}

int apply_remove(const struct env *env, const struct sysfs *sysfs, const struct mdev_uuid *uuid,
                 unsigned limit_ms, struct error *err)
{
	_cleanup_(closep) int fd = open_device(sysfs, uuid);
	char text[MDEV_UUID_TEXT_MAX];
	pid_t pid = 0;
	int r;

	mdev_uuid_format(uuid, text);
	r = fd < 0 ? fd : remover_run(env, sysfs, fd, limit_ms, &pid);
	if (r >= 0)
		return 0;
	error_set_errno(err, r, "Error removing device %s", text);
	if (pid > 0) {
		error_set_cause(err, "the kernel still waits for the device's last user");
		error_set_advice(err, "process %d goes on removing it", pid);
	} else if (r == -EACCES || r == -EPERM) {
		error_set_advice(err, "stopping devices needs root");
	}
	return r;
}
