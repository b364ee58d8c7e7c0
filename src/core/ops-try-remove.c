/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A step of a campaign that takes a device away: what is half made and shall not stay, and
 * what has come in spite of a stop. Who uses it keeps it. */
#include "config.h"

#include <errno.h>

#include "core/ops-try-private.h"
#include "core/users.h"

/* Some time has gone by since it was made: who uses it already keeps it. */
static bool is_in_use(struct try *t, struct strbuf *why)
{
	_cleanup_(users_done) struct users users = { 0 };

	if (users_find(t->ops->env, t->ops->sysfs, &t->entry.uuid, &users) < 0 || users.n_sure == 0)
		return false;
	strbuf_add_str(why, "; the device stays, somebody uses it");
	return true;
}

enum campaign_phase try_remove_half_made(struct try *t, struct strbuf *why)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int r;

	if (is_in_use(t, why))
		return CAMPAIGN_DEGRADED;
	if (try_turn(t, CAMPAIGN_HALF_MADE, strbuf_str(why), NULL) < 0 || try_write(t, NULL) < 0)
		return CAMPAIGN_HALF_MADE;
	error_set(&err, -EIO, "%s", strbuf_str(why));
	r = start_undo(&t->start, &err);
	strbuf_clear(why);
	error_format(&err, why);
	if (r < 0)
		return t->start.result.pid > 0 ? CAMPAIGN_HALF_MADE : CAMPAIGN_DEGRADED;
	apply_result_done(&t->start.result);
	t->start.is_half_made = false;
	return CAMPAIGN_FAILED;
}

/* Returns the phase that it leaves; why gets what failed. */
static enum campaign_phase remove_stopped(struct try *t, struct strbuf *why)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int r;

	if (is_in_use(t, why))
		return CAMPAIGN_DEGRADED;
	error_set(&err, -ECANCELED, "%s", strbuf_str(why));
	r = start_undo(&t->start, &err);
	if (r == 0)
		return CAMPAIGN_DONE;
	if (t->start.result.pid > 0) {
		strbuf_addf(why, "; process %d waits for its last user", (int)t->start.result.pid);
		return CAMPAIGN_DONE;
	}
	strbuf_clear(why);
	error_format(&err, why);
	return CAMPAIGN_DEGRADED;
}

/* Whoever dies before the record is written has it judged, and removed, once more. */
int try_remove_stopped(struct try *t, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf why = STRBUF_INIT;
	enum campaign_phase phase;
	int r;

	strbuf_add_str(&why, t->entry.reason);
	phase = remove_stopped(t, &why);
	r = try_turn(t, phase, strbuf_str(&why), err);
	if (r < 0)
		return r;
	t->record.pid = t->start.result.pid;
	return try_write(t, err);
}
