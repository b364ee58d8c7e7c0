/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing to the mdev core and to devices. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/apply.h"
#include "core/driver.h"
#include "core/failure.h"
#include "core/registration.h"
#include "core/snapshot.h"
#include "core/types.h"

/* Nobody should use a device that was made a moment ago; somebody may. */
#define UNDO_LIMIT_MS 10000

#define UEVENT "uevent"

/* ---- why a create failed -------------------------------------------------------------- */

static void explain_leftover(const struct sysfs *sysfs, const struct mdev_uuid *uuid,
                             struct error *err)
{
	_cleanup_(freep) char *parent = NULL;
	bool is_coming;

	if (snapshot_find_leftover(sysfs, uuid, &parent, &is_coming) < 0)
		error_set_advice(err, "the UUID is in use by a device that is coming or going; "
		                      "try again");
	else if (is_coming)
		error_set_advice(err, "the device of this UUID on parent %s is being created",
		                 parent);
	else
		error_set_advice(err,
		                 "the device of this UUID on parent %s is being removed and waits "
		                 "for its last user",
		                 parent);
}

static void explain_exists(const struct sysfs *sysfs, const struct plan_step *step,
                           struct error *err)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };
	const char *parent;

	if (snapshot_scan(sysfs, NULL, &step->uuid, NULL, &s) < 0 || s.n != 1) {
		explain_leftover(sysfs, &step->uuid, err);
		return;
	}
	parent = snapshot_parent(&s, &s.devices[0]);
	error_set_advice(err, "the UUID is in use by the device of type %s on parent %s",
	                 snapshot_type(&s, &s.devices[0]), parent);
	if (strcmp(parent, step->parent) != 0)
		error_set_mark(err, FAILURE_ELSEWHERE);
}

/* The message is there; whom the driver keeps is its cause. */
static void explain_stuck(const struct apply *apply, pid_t pid, struct error *err)
{
	error_set_cause(err, "the driver has not answered for %u s", apply->limit_ms / 1000);
	error_set_advice(err, "process %d goes on waiting for it; the kernel's log may tell why",
	                 (int)pid);
	error_set_mark(err, FAILURE_STUCK);
}

static int create_failed(const struct apply *apply, const struct plan_step *step, pid_t pid, int r,
                         struct error *err)
{
	const char *advice = driver_for_type(step->type)->explain_create(r);
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&step->uuid, uuid);
	error_set_errno(err, r, "Failed to create mdev %s, type %s on %s", uuid, step->type,
	                step->parent);
	if (pid > 0)
		explain_stuck(apply, pid, err);
	else if (r == -ESTALE)
		error_set_cause(err, "the parent has gone, or registered anew, meanwhile");
	else if (r == -EEXIST)
		explain_exists(apply->sysfs, step, err);
	else if (advice)
		error_set_advice(err, "%s", advice);
	/* EUSERS: what the mdev core says for the driver (Linux >= 6.0). */
	if (r == -ENOSPC || r == -EUSERS)
		error_set_mark(err, FAILURE_NO_INSTANCE);
	return r;
}

/* ---- creating --------------------------------------------------------------------------- */

static int open_types(const struct apply *apply, const char *parent)
{
	return apply->registration ? registration_open(apply->sysfs, parent, apply->registration)
	                           : types_open(apply->sysfs, parent);
}

/* What the files of a registration that is over answer. */
static bool is_over(const struct apply *apply, const char *parent, int r)
{
	uint64_t now;

	return apply->registration && (r == -ENODEV || r == -ENOENT) &&
	       registration_read(apply->sysfs, parent, &now) == 0 && now != apply->registration;
}

static int open_type(const struct apply *apply, const struct plan_step *step)
{
	_cleanup_(closep) int types_fd = open_types(apply, step->parent);

	return types_fd < 0 ? types_fd : sysfs_open_dir_beneath(types_fd, step->type);
}

static int write_create(const struct apply *apply, const struct plan_step *step, pid_t *ret_pid)
{
	_cleanup_(closep) int own_fd = apply->type_fd >= 0 ? -1 : open_type(apply, step);
	int type_fd = apply->type_fd >= 0 ? apply->type_fd : own_fd;
	char uuid[MDEV_UUID_TEXT_MAX];

	if (type_fd < 0)
		return type_fd;
	mdev_uuid_format(&step->uuid, uuid);
	/* Not to be interrupted: the device would be made when nobody undoes it any more. */
	if (apply->create_file)
		return writer_write_kept(apply->writer, apply->create_file, type_fd, "create", uuid,
		                         strlen(uuid), apply->limit_ms, ret_pid);
	return writer_write(apply->writer, NULL, type_fd, "create", uuid, strlen(uuid),
	                    apply->limit_ms, ret_pid);
}

static int create_device(const struct apply *apply, const struct plan_step *step,
                         struct apply_result *result, struct error *err)
{
	int r = write_create(apply, step, &result->pid);

	if (r < 0 && is_over(apply, step->parent, r))
		r = -ESTALE;
	return r < 0 ? create_failed(apply, step, result->pid, r, err) : 0;
}

static int open_device(const struct apply *apply, const struct mdev_uuid *uuid)
{
	_cleanup_(closep) int own_fd = apply->bus_fd >= 0
	                                       ? -1
	                                       : sysfs_open_dir(apply->sysfs, SYSFS_DEVICES);
	int bus = apply->bus_fd >= 0 ? apply->bus_fd : own_fd;
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	return bus < 0 ? bus : sysfs_open_entry(bus, text);
}

/* All is done through one descriptor: a device of the same UUID that somebody else makes
 * when ours is gone must get neither our attributes nor our "remove". */
static int hold_device(const struct apply *apply, const struct mdev_uuid *uuid,
                       struct apply_result *result)
{
	if (result->device_fd < 0)
		result->device_fd = open_device(apply, uuid);
	return result->device_fd;
}

/* For apply_tell_ready(), as hold_device(): no other device gets it. */
static int hold_uevent(const struct apply *apply, const struct mdev_uuid *uuid,
                       struct apply_result *result)
{
	char path[MDEV_UUID_TEXT_MAX + sizeof("/" UEVENT)];
	bool is_short = result->device_fd < 0 && apply->parent_fd >= 0;
	int fd;

	if (result->uevent_fd >= 0)
		return result->uevent_fd;
	mdev_uuid_format(uuid, path);
	strcat(path, "/" UEVENT);
	fd = is_short ? apply->parent_fd : hold_device(apply, uuid, result);
	if (fd >= 0)
		fd = sysfs_open_for_writing(apply->sysfs, fd, is_short ? path : UEVENT);
	result->uevent_fd = fd;
	return fd;
}

static bool sets_attributes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->steps[i].kind == PLAN_SET_ATTRIBUTE)
			return true;
	return false;
}

/* What was made a moment ago, before somebody else can make another of its UUID. Without
 * attributes nothing but its uevent is written. On trees that do not react there is none,
 * which only attributes mind. */
static void hold_new(const struct apply *apply, const struct plan *plan,
                     const struct plan_step *step, struct apply_result *result)
{
	if (apply->parent_fd < 0 || sets_attributes(plan))
		hold_device(apply, &step->uuid, result);
	else if (sysfs_is_live(apply->sysfs))
		hold_uevent(apply, &step->uuid, result);
}

/* An empty value is a mark of the definition, not a call of the driver: as mdevctl,
 * nothing is written then, but the attribute must be there. */
static int write_attr(const struct apply *apply, const struct plan_step *step,
                      struct apply_result *result)
{
	int fd = hold_device(apply, &step->uuid, result);

	if (fd < 0)
		return fd;
	return step->value_len == 0 ? sysfs_check_writable(fd, step->word)
	                            : writer_write(apply->writer, NULL, fd, step->word, step->value,
	                                           step->value_len, apply->limit_ms, &result->pid);
}

static bool attr_is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EISDIR || r == -ELOOP || r == -EXDEV;
}

/* Whoever has what was asked for, beside the errno. */
static void blame_others(const struct apply *apply, const struct plan_step *step, int device_fd,
                         int r, struct error *err)
{
	const struct driver *driver = driver_for_type(step->type);
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	const struct driver_write write = { .env = apply->env,
		                            .sysfs = apply->sysfs,
		                            .uuid = &step->uuid,
		                            .device_fd = device_fd,
		                            .attrs = &attrs };

	if (!driver->blame || attrs_append(&attrs, step->word, step->value, step->value_len) < 0)
		return;
	driver->blame(&write, r, &text);
	if (text.len > 0)
		error_add_cause(err, "%s", strbuf_str(&text));
}

/* Somebody has removed it meanwhile: what is missing then is no attribute. */
static bool is_removed(const struct apply *apply, const struct apply_result *result)
{
	return result->device_fd >= 0 ? sysfs_has(result->device_fd, "remove") == 0
	                              : sysfs_is_live(apply->sysfs);
}

static int set_attr(const struct apply *apply, const struct plan_step *step,
                    struct apply_result *result, struct error *err)
{
	const char *advice = NULL;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = write_attr(apply, step, result);

	if (r >= 0)
		return 0;
	mdev_uuid_format(&step->uuid, uuid);
	if (r == -ENOENT && is_removed(apply, result)) {
		error_set(err, -ENODEV, "Device %s was removed while it was configured", uuid);
		return -ENODEV;
	}
	if (attr_is_absent(r)) {
		error_set(err, r, "Invalid attribute '%s'", step->word);
		error_set_cause(err, "device %s of type %s has no such attribute", uuid,
		                step->type);
		error_set_mark(err, FAILURE_ATTRIBUTE);
		return r;
	}
	error_set_errno(err, r, "Failed to write %s to attribute %s", step->value, step->word);
	if (result->pid > 0)
		explain_stuck(apply, result->pid, err);
	else if (result->device_fd >= 0)
		blame_others(apply, step, result->device_fd, r, err);
	error_add_cause(err, "device %s", uuid);
	advice = driver_for_type(step->type)->explain_attr(step->word, r);
	if (advice && result->pid == 0)
		error_set_advice(err, "%s", advice);
	return r;
}

int apply_undo(const struct apply *apply, const struct mdev_uuid *uuid, struct apply_result *result,
               struct error *err)
{
	int r = hold_device(apply, uuid, result);

	/* Whoever interrupts wants just this, so it is not interrupted. */
	if (r >= 0)
		r = writer_write(apply->writer, NULL, result->device_fd, "remove", "1", 1,
		                 UNDO_LIMIT_MS, &result->pid);
	/* Gone already is what we want. */
	if (r >= 0 || r == -ENOENT || r == -ENODEV) {
		result->is_made = false;
		return 0;
	}
	error_add_cause(err, "and removing the half-configured device failed too: %s",
	                strerror(-r));
	return r;
}

static int apply_step(const struct apply *apply, const struct plan *plan,
                      const struct plan_step *step, struct apply_result *result, struct error *err)
{
	int r;

	if (step->kind != PLAN_CREATE && step->kind != PLAN_SET_ATTRIBUTE)
		return 0;
	if (env_is_interrupted(apply->env))
		return error_set(err, -EINTR, "Interrupted");
	if (step->kind == PLAN_SET_ATTRIBUTE) {
		r = set_attr(apply, step, result, err);
		result->n_written += r == 0;
		return r;
	}
	r = create_device(apply, step, result, err);
	if (r < 0)
		return r;
	result->is_made = true;
	hold_new(apply, plan, step, result);
	return 0;
}

int apply_start(const struct apply *apply, const struct plan *plan, struct apply_result *ret,
                struct error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_step *step = &plan->steps[i];
		int r = apply_step(apply, plan, step, ret, err);

		if (r >= 0)
			continue;
		/* A removal would wait for the same driver. */
		if (ret->is_made && !apply->keeps_half_made && ret->pid == 0)
			(void)!apply_undo(apply, &step->uuid, ret, err);
		return r;
	}
	return 0;
}

void apply_result_done(struct apply_result *result)
{
	closep(&result->device_fd);
	closep(&result->uevent_fd);
	*result = APPLY_RESULT_INIT;
}

int apply_tell_ready(const struct apply *apply, const struct mdev_uuid *uuid,
                     struct apply_result *result)
{
	static const char action[] = "change ", words[] = " MDEVMGR=ready";
	char text[sizeof(action) + MDEV_UUID_TEXT_MAX + sizeof(words)];
	char id[MDEV_UUID_TEXT_MAX];
	int fd, n;

	/* Below a relocated root there is no udev. */
	if (!sysfs_is_live(apply->sysfs))
		return 0;
	fd = hold_uevent(apply, uuid, result);
	if (fd < 0)
		return fd;
	/* Documentation/ABI/testing/sysfs-uevent: who asked, by a UUID of his own. We wait for
	 * none, and who does has made his by chance: so the device's own will do. */
	mdev_uuid_format(uuid, id);
	n = snprintf(text, sizeof(text), "%s%s%s", action, id, words);
	return sysfs_write_again(apply->sysfs,
	                         result->device_fd < 0 ? apply->parent_fd : result->device_fd,
	                         UEVENT, fd, text, (size_t)n);
}

int apply_remove(const struct apply *apply, const struct mdev_uuid *uuid, pid_t *ret_pid,
                 struct error *err)
{
	_cleanup_(closep) int fd = open_device(apply, uuid);
	char text[MDEV_UUID_TEXT_MAX];
	int r = fd;

	*ret_pid = 0;
	mdev_uuid_format(uuid, text);
	if (fd >= 0)
		r = writer_write(apply->writer, apply->env, fd, "remove", "1", 1, apply->limit_ms,
		                 ret_pid);
	if (r >= 0)
		return 0;
	error_set_errno(err, r, "Error removing device %s", text);
	if (*ret_pid > 0) {
		error_set_cause(err, "the kernel still waits for the device's last user");
		error_set_advice(err, "process %d goes on removing it", (int)*ret_pid);
	} else if (r == -EACCES || r == -EPERM) {
		error_set_advice(err, "stopping devices needs root");
	}
	return r;
}
