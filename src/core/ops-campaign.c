/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Campaigns begin: registrations that arm definitions, and retry. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/registration.h"
#include "core/survey.h"

/* ---- registrations ---------------------------------------------------------------------- */

/* What cannot be read is armed by nobody; whoever looks at it says so. */
static bool is_auto(struct ops *ops, const struct store_parent *p, const struct store_entry *e)
{
	_cleanup_(definition_freep) struct definition *d = NULL;

	return store_read(ops->store, p, e, &d, NULL) == 0 && d->autostart;
}

static int arm_all(struct ops *ops, const char *parent, struct registration *registration)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = store_open_parent(ops->store, parent, &p);

	if (r < 0 || p.n == 0)
		return r;
	registration->armed = calloc(p.n, sizeof(*registration->armed));
	if (!registration->armed)
		return -ENOMEM;
	for (size_t i = 0; i < p.n; i++)
		if (is_auto(ops, &p, &p.entries[i]))
			registration->armed[registration->n_armed++] = p.entries[i].uuid;
	return 0;
}

static int remember(struct ops *ops, const char *parent, uint64_t id, bool arm)
{
	_cleanup_(registration_done) struct registration registration = { .id = id,
		                                                          .since = record_now() };
	int r = arm ? arm_all(ops, parent, &registration) : 0;

	return r < 0 ? r : registration_remember(ops->records, parent, &registration);
}

static bool is_remembered(struct ops *ops, const char *parent, uint64_t id)
{
	_cleanup_(registration_done) struct registration seen = { 0 };

	return registration_recall(ops->records, parent, &seen) == 0 && seen.id == id;
}

int ops_note_registration(struct ops *ops, const char *parent, bool arm, struct error *err)
{
	uint64_t id = 0;
	int r;

	if (store_parent_problem(parent) || !records_exist(ops->records))
		return 0;
	r = registration_read(ops->sysfs, parent, &id);
	if (r == 0 && id != 0 && !is_remembered(ops, parent, id))
		r = remember(ops, parent, id, arm);
	if (r < 0)
		return error_set_errno(err, r, "Cannot remember in %s that parent %s registered",
		                       RECORD_DIR, parent);
	return 0;
}

/* ---- retry --------------------------------------------------------------------------------- */

struct retry {
	struct ops *ops;
	const struct mdev_uuid *uuid; /* NULL: all */
	bool dry_run;
	size_t n_found; /* auto definitions */
	size_t n_armed;
	size_t n_failed; /* parents */
	int failure;     /* of the last one */
};

/* As if nothing had been tried; but a device that is half made is not made anew, and neither
 * is one that was stopped while it was being made: that stop is taken back. */
static int write_armed(struct retry *retry, const struct survey *s, const struct survey_entry *e)
{
	const struct records *records = retry->ops->records;
	_cleanup_(record_done) struct record record = { .phase = CAMPAIGN_ARMED };
	int r = e->is_half_made || e->is_stopped
	                ? record_read(records, s->parent, &e->uuid, &record)
	                : 0;

	if (r < 0)
		return r;
	record.registration = s->registration;
	record.since = record_now();
	record.next = e->is_half_made ? record.since : 0;
	record.attempts = 0;
	if (e->is_stopped)
		record_take_back_stop(&record);
	return record_write(records, s->parent, &e->uuid, &record, e->is_private);
}

static int arm_again(struct retry *retry, const struct survey *s, const struct survey_entry *e,
                     struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = retry->dry_run ? 0 : write_armed(retry, s, e);

	if (r == 0) {
		retry->n_armed++;
		return 0;
	}
	mdev_uuid_format(&e->uuid, uuid);
	return error_set_errno(err, r, "Cannot arm device %s on parent %s in %s", uuid, s->parent,
	                       RECORD_DIR);
}

static int retry_entry(struct retry *retry, const struct survey *s, const struct survey_entry *e,
                       struct error *err)
{
	if (!e->is_defined || !e->is_auto ||
	    (retry->uuid && mdev_uuid_compare(retry->uuid, &e->uuid) != 0))
		return 0;
	retry->n_found++;
	if (s->registration == 0 || (survey_entry_is_there(e) && !e->is_stopped))
		return 0;
	return arm_again(retry, s, e, err);
}

static int retry_parent(struct retry *retry, const char *parent, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	_cleanup_(survey_done) struct survey s = { 0 };
	static const struct mdev_uuid nobody;
	int r = 0;

	/* No try may be under way, whose end would be written over what we write. */
	if (!retry->dry_run)
		r = lock_parent(retry->ops->env, parent, retry->uuid ? retry->uuid : &nobody, &lock,
		                err);
	if (r == 0)
		r = ops_result(survey_parent(retry->ops, parent, NULL, &s), err);
	for (size_t i = 0; r == 0 && i < s.n; i++)
		r = retry_entry(retry, &s, &s.entries[i], err);
	return r;
}

static bool ends_all(const struct retry *retry, int r)
{
	return r == -ENOMEM || r == -EINTR || env_is_interrupted(retry->ops->env);
}

static void warn_not_retried(const struct retry *retry, const char *parent, const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	log_warn(env_log(retry->ops->env), "Cannot retry the devices of parent %s: %s", parent,
	         strbuf_str(&text));
}

/* One of several parents: its failure is told, and is no reason to leave out the others. */
static int retry_one_of(struct retry *retry, const char *parent, struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r;

	if (env_is_interrupted(retry->ops->env))
		return error_set(err, -EINTR, "Interrupted");
	r = retry_parent(retry, parent, &why);
	if (r == 0)
		return 0;
	if (ends_all(retry, r)) {
		error_move(&why, err);
		return r;
	}
	warn_not_retried(retry, parent, &why);
	retry->n_failed++;
	retry->failure = r;
	return 0;
}

static int retry_result(const struct retry *retry, struct error *err)
{
	if (retry->n_failed == 0)
		return 0;
	return error_set(err, retry->failure,
	                 "The devices of %zu parent%s were not retried, see the warnings",
	                 retry->n_failed, retry->n_failed == 1 ? "" : "s");
}

static int retry_device(struct retry *retry, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	int r = ops_result(store_find(retry->ops->store, retry->uuid, NULL, &hits), err);

	if (r == 0 && hits.n == 1)
		return retry_parent(retry, hits.items[0].parent, err);
	for (size_t i = 0; r == 0 && i < hits.n; i++)
		r = retry_one_of(retry, hits.items[i].parent, err);
	return r < 0 ? r : retry_result(retry, err);
}

static int retry_all(struct retry *retry, const char *parent, struct error *err)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = 0;

	if (parent)
		return retry_parent(retry, parent, err);
	if (retry->uuid)
		return retry_device(retry, err);
	r = ops_result(store_list_parents(retry->ops->store, &parents), err);
	for (size_t i = 0; r == 0 && i < parents.n; i++)
		r = retry_one_of(retry, parents.items[i], err);
	return r < 0 ? r : retry_result(retry, err);
}

static int nothing_found(const struct retry *retry, const char *parent, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX] = "";

	if (retry->uuid)
		mdev_uuid_format(retry->uuid, uuid);
	error_set(err, -ENOENT, "No auto definition%s%s%s%s", uuid[0] ? " of device " : "", uuid,
	          parent ? " on parent " : "", parent ? parent : "");
	error_set_advice(err, "'mdevmgr list -d' lists what is defined");
	return -ENOENT;
}

int ops_retry(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
              const struct change_options *options, size_t *ret_armed, struct error *err)
{
	struct retry retry = { .ops = ops, .uuid = uuid, .dry_run = options->dry_run };
	int r;

	*ret_armed = 0;
	if (!records_exist(ops->records)) {
		error_set(err, -EOPNOTSUPP, "There are no campaigns to retry");
		error_set_cause(err, "%s is not there", RECORD_DIR);
		error_set_advice(err, "enable mdevmgrd.service, or use 'mdevmgr start'");
		return -EOPNOTSUPP;
	}
	r = retry_all(&retry, parent, err);
	if (r == 0 && retry.n_found == 0 && (uuid || parent))
		return nothing_found(&retry, parent, err);
	*ret_armed = retry.n_armed;
	return r;
}
