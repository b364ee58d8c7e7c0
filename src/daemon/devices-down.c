/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Taking devices down at shutdown. Only those that have a definition under their parent:
 * what others made is theirs. Nothing in use is ever removed. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "core/survey.h"
#include "daemon/devices.h"
#include "daemon/message-ids.h"
#include "daemon/system-state.h"

#define SECOND INT64_C(1000000)
/* Then it ends, whatever is left: before TimeoutStopSec= of the unit. */
#define DOWN_LIMIT (240 * SECOND)
/* A start that was under way when we began may have made another device. */
#define ROUNDS_MAX 3

struct candidate {
	char *parent;
	struct mdev_uuid uuid;
	uint64_t registration;
	uint64_t age; /* inode number of its directory: sysfs counts up */
	bool is_auto;
	bool is_private;
	bool is_tried;
};

struct down {
	struct devices *d;
	int64_t users_until;
	int64_t until;
	struct candidate *items;
	size_t n;
	size_t size;
	size_t taken;
	size_t left;
};

static void down_done(struct down *down)
{
	for (size_t i = 0; i < down->n; i++)
		free(down->items[i].parent);
	free(down->items);
}

/* ---- which ------------------------------------------------------------------------- */

static uint64_t read_age(const struct sysfs *sysfs, const struct mdev_uuid *uuid)
{
	char text[MDEV_UUID_TEXT_MAX], path[sizeof(SYSFS_DEVICES) + MDEV_UUID_TEXT_MAX];
	_cleanup_(closep) int fd = -1;
	struct stat st;

	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), "%s/%s", SYSFS_DEVICES, text);
	fd = sysfs_open_dir(sysfs, path);
	return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static bool is_known(const struct down *down, const struct mdev_uuid *uuid)
{
	for (size_t i = 0; i < down->n; i++)
		if (mdev_uuid_compare(&down->items[i].uuid, uuid) == 0)
			return true;
	return false;
}

static int add_candidate(struct down *down, const struct survey *s, const struct survey_entry *e)
{
	struct candidate c = { .uuid = e->uuid,
		               .registration = s->registration,
		               .is_auto = e->is_auto,
		               .is_private = e->is_private };

	if (down->n == down->size) {
		size_t size = down->size ? 2 * down->size : 16;
		struct candidate *items = reallocarray(down->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		down->items = items;
		down->size = size;
	}
	c.parent = strdup(s->parent);
	if (!c.parent)
		return -ENOMEM;
	c.age = read_age(down->d->sysfs, &e->uuid);
	down->items[down->n++] = c;
	return 0;
}

static int collect_entry(struct down *down, const struct survey *s, const struct survey_entry *e)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	if (e->state != DEVICE_ACTIVE && e->state != DEVICE_DEGRADED && !e->is_half_made)
		return 0;
	if (e->is_defined)
		return is_known(down, &e->uuid) ? 0 : add_candidate(down, s, e);
	mdev_uuid_format(&e->uuid, uuid);
	log_debug(env_log(down->d->env), "Leaving device %s of parent %s, which is not defined",
	          uuid, s->parent);
	return 0;
}

static int collect_parent(struct down *down, const char *parent)
{
	_cleanup_(survey_done) struct survey s = { 0 };
	int r = survey_parent(down->d->ops, parent, NULL, &s);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r >= 0 && i < s.n; i++)
		r = collect_entry(down, &s, &s.entries[i]);
	return r;
}

static int newer_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->age < y->age ? 1 : x->age > y->age ? -1 : 0;
}

static int collect(struct down *down)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = survey_list_parents(down->d->ops, &parents);

	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = collect_parent(down, parents.items[i]);
	if (r >= 0 && down->n > 0)
		qsort(down->items, down->n, sizeof(down->items[0]), newer_first);
	return r < 0 ? r : 0;
}

/* ---- how --------------------------------------------------------------------------- */

static void leave(struct down *down, const struct candidate *c, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&c->uuid, uuid);
	strbuf_addf(&text, "Device %s of parent %s is left: ", uuid, c->parent);
	/* Only its cause is of use here: an advice for the command line is none at shutdown. */
	if (err->kind == ERROR_IN_USE && err->cause)
		strbuf_addf(&text, "in use by %s", err->cause);
	else
		error_format(err, &text);
	journal_tell(down->d->journal,
	             &(struct journal_entry){ .priority = LOG_WARNING,
	                                      .message_id = MESSAGE_ID_DEVICE_LEFT,
	                                      .uuid = &c->uuid,
	                                      .parent = c->parent,
	                                      .errnum = err->errnum,
	                                      .text = strbuf_str(&text) });
	down->left++;
}

/* Whoever boots next without a new kernel starts it again: for the registration goes on,
 * and otherwise a device that is missing in it was stopped by somebody. */
static void arm_again(struct down *down, const struct candidate *c)
{
	const struct record record = { .phase = CAMPAIGN_ARMED,
		                       .registration = c->registration,
		                       .since = record_now() };
	int r = 0;

	if (c->is_auto && c->registration != 0)
		r = record_write(down->d->records, c->parent, &c->uuid, &record, c->is_private);
	if (r < 0 && r != -ENOENT)
		log_warn(env_log(down->d->env), "Cannot write below %s: %s", RECORD_DIR,
		         strerror(-r));
}

static void take_down(struct down *down, struct candidate *c)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int64_t patience = (down->users_until - record_now() + SECOND - 1) / SECOND;
	const struct stop_request req = {
		.uuid = &c->uuid,
		.wait = patience > 0,
		.wait_seconds = patience > 0 ? (unsigned)patience : 0,
	};
	int r;

	c->is_tried = true;
	r = ops_stop(down->d->ops, &req, NULL, &err);
	/* Somebody else was first. */
	if (r == -ENODEV)
		return;
	if (r < 0) {
		leave(down, c, &err);
		return;
	}
	arm_again(down, c);
	down->taken++;
}

/* Returns true if there was anything to do. */
static bool take_all_down(struct down *down)
{
	bool found = false;

	for (size_t i = 0; i < down->n; i++) {
		if (down->items[i].is_tried)
			continue;
		if (env_is_interrupted(down->d->env) || record_now() >= down->until)
			return false;
		take_down(down, &down->items[i]);
		found = true;
	}
	return found;
}

static void name_what_was_not_reached(struct down *down)
{
	for (size_t i = 0; i < down->n; i++) {
		_cleanup_(error_done) struct error err = ERROR_INIT;

		if (down->items[i].is_tried)
			continue;
		error_set(&err, -ETIME, "it was not reached in time");
		leave(down, &down->items[i], &err);
	}
}

static int run(struct down *down)
{
	int r = records_begin_stopping(down->d->records);

	if (r < 0 && r != -ENOENT)
		log_warn(env_log(down->d->env), "Cannot write below %s: %s", RECORD_DIR,
		         strerror(-r));
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		r = collect(down);
		if (r < 0 || !take_all_down(down))
			break;
	}
	name_what_was_not_reached(down);
	return r;
}

int devices_down(struct devices *d)
{
	const int64_t now = record_now();
	_cleanup_(down_done) struct down down = { .d = d,
		                                  .users_until = now + d->settings.users_grace,
		                                  .until = now + DOWN_LIMIT };
	const struct log *log = env_log(d->env);
	int r;

	if (!d->settings.stop_at_shutdown) {
		log_info(log, "Devices stay, as StopDevices=no says");
		return 0;
	}
	if (system_state_read(d->env) != SYSTEM_STOPPING) {
		log_info(log, "Devices stay, since the system is not going down");
		return 0;
	}
	r = run(&down);
	if (r == 0)
		log_info(log, "%zu devices were taken down, %zu are left", down.taken, down.left);
	return r;
}
