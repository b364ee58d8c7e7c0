/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs tell campaigns: who starts or stops a device by hand ends its campaign. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/ops-private.h"
#include "core/registration.h"

static void ignore(struct ops *ops, const char *parent, const struct mdev_uuid *uuid, int r)
{
	char text[MDEV_UUID_TEXT_MAX];

	if (r == 0 || r == -ENOENT)
		return;
	mdev_uuid_format(uuid, text);
	log_debug(env_log(ops->env), "Cannot remember what became of device %s on parent %s: %s",
	          text, parent, strerror(-r));
}

/* What we say ourselves holds nothing of a definition. */
static bool write_down(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       const struct record *record)
{
	int r = record_write(ops->records, parent, uuid, record, false);

	ignore(ops, parent, uuid, r);
	return r == 0;
}

/* The life of the parent that is remembered of; 0 if nothing is. */
static uint64_t current_registration(struct ops *ops, const char *parent)
{
	uint64_t id = 0;

	if (!records_exist(ops->records) || registration_read(ops->sysfs, parent, &id) < 0)
		return 0;
	return id;
}

/* ---- a start ------------------------------------------------------------------------- */

void memory_done(struct memory *m)
{
	record_done(&m->before);
	*m = (struct memory){ 0 };
}

void memory_begin(struct memory *m, struct ops *ops, const char *parent,
                  const struct mdev_uuid *uuid)
{
	struct record now = { .phase = CAMPAIGN_CREATING, .since = record_now() };

	m->registration = current_registration(ops, parent);
	if (m->registration == 0)
		return;
	m->has_before = record_read(ops->records, parent, uuid, &m->before) == 0;
	m->was_private = m->has_before && record_is_private(ops->records, parent, uuid);
	/* Also if it fails, which it does as long as the device is being made. */
	record_take_back_stop(&m->before);
	now.registration = m->registration;
	if (m->before.registration == m->registration)
		now.attempts = m->before.attempts;
	write_down(ops, parent, uuid, &now);
}

void memory_end(struct memory *m, struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                int r, pid_t pid)
{
	struct record now = { .phase = pid > 0 ? CAMPAIGN_STUCK : CAMPAIGN_DONE,
		              .registration = m->registration,
		              .since = record_now(),
		              .errnum = -r,
		              .pid = pid };

	if (m->registration == 0)
		return;
	if (r == 0 || pid > 0)
		write_down(ops, parent, uuid, &now);
	else if (m->has_before)
		ignore(ops, parent, uuid,
		       record_write(ops->records, parent, uuid, &m->before, m->was_private));
	else
		ignore(ops, parent, uuid, record_remove(ops->records, parent, uuid));
}

/* ---- an end -------------------------------------------------------------------------- */

static void add_author(struct strbuf *out, const char *how)
{
	strbuf_addf(out, "%s by %s, process %d", how, program_invocation_short_name, (int)getpid());
}

static bool end_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                         uint64_t registration, pid_t pid, const char *how)
{
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	struct record record = { .phase = CAMPAIGN_DONE,
		                 .registration = registration,
		                 .since = record_now(),
		                 .pid = pid };

	add_author(&reason, how);
	if (pid > 0)
		strbuf_addf(&reason, "; process %d waits for its last user", (int)pid);
	record.reason = strbuf_error(&reason) < 0 ? NULL : reason.data;
	return write_down(ops, parent, uuid, &record);
}

void ops_remember_stop(struct ops *ops, const char *parent, const struct mdev_uuid *uuid, pid_t pid)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	uint64_t registration = current_registration(ops, parent);

	if (registration && store_find(ops->store, uuid, parent, &hits) == 0 && hits.n > 0)
		end_campaign(ops, parent, uuid, registration, pid, "stopped");
}

static bool is_armed(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                     uint64_t registration)
{
	_cleanup_(registration_done) struct registration seen = { 0 };

	return registration_recall(ops->records, parent, &seen) == 0 && seen.id == registration &&
	       registration_has_armed(&seen, uuid);
}

static bool campaign_is_pending(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                                uint64_t registration)
{
	_cleanup_(record_done) struct record record = { 0 };

	if (record_read(ops->records, parent, uuid, &record) == 0 &&
	    record.registration == registration)
		return campaign_phase_is_pending(record.phase);
	return is_armed(ops, parent, uuid, registration);
}

bool ops_end_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                      const char *how)
{
	uint64_t registration = current_registration(ops, parent);

	if (!registration || !campaign_is_pending(ops, parent, uuid, registration))
		return false;
	return end_campaign(ops, parent, uuid, registration, 0, how);
}

/* The device may come in spite of it: who is at work stays written down. */
static bool stop_work(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                      struct record *record)
{
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;

	add_author(&reason, "stopped");
	if (!record_writer_is_alive(ops->records, record))
		record->pid = 0;
	record->is_stopped = true;
	record->since = record_now();
	free(record->reason);
	record->reason = strbuf_take(&reason);
	return write_down(ops, parent, uuid, record);
}

bool ops_stop_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       struct stopped_campaign *ret)
{
	_cleanup_(record_done) struct record record = { 0 };
	uint64_t registration = current_registration(ops, parent);

	*ret = (struct stopped_campaign){ .pid = 0 };
	if (!registration)
		return false;
	if (record_read(ops->records, parent, uuid, &record) < 0 ||
	    record.registration != registration)
		record.phase = CAMPAIGN_NONE;
	ret->may_come = campaign_phase_is_at_work(record.phase);
	if (ret->may_come && !stop_work(ops, parent, uuid, &record))
		return false;
	ret->pid = record.is_stopped ? record.pid : 0;
	if (ret->may_come)
		return true;
	return record.phase == CAMPAIGN_HALF_MADE
	               ? end_campaign(ops, parent, uuid, registration, 0, "stopped")
	               : ops_end_campaign(ops, parent, uuid, "stopped");
}

void ops_forget_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid)
{
	ignore(ops, parent, uuid, record_remove(ops->records, parent, uuid));
}
