/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting at boot. States are looked at again and again, since whoever starts devices may
 * be the daemon or mdevmgr-parent@.service, and either may be late. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "core/recipe-store.h"
#include "core/survey.h"
#include "daemon/devices.h"
#include "daemon/message-ids.h"

#define SECOND    INT64_C(1000000)
#define PAUSE_MIN INT64_C(250000)
/* Looking takes at most this part of the time. */
#define PAUSE_SHARE 4
/* How long a parent that is made by a recipe is waited for at least: AP bindings take half a
 * minute by themselves. */
#define RECIPE_GRACE (60 * SECOND)
/* So many are named in the summary. */
#define NAMES_MAX 5

/* What one look at everything found, of definitions that are auto. */
struct tally {
	size_t n;
	size_t active;
	size_t missing;
	size_t pending; /* may still come */
	struct strbuf names;
};

static void tally_done(struct tally *t)
{
	strbuf_done(&t->names);
	*t = (struct tally){ 0 };
}

static struct strbuf *next_name(struct tally *t)
{
	if (t->missing++ >= NAMES_MAX)
		return NULL;
	if (t->names.len > 0)
		strbuf_add_str(&t->names, ", ");
	return &t->names;
}

static void name_missing(struct tally *t, const char *parent, const struct survey_entry *e)
{
	struct strbuf *text = next_name(t);
	char uuid[MDEV_UUID_TEXT_MAX];

	if (!text)
		return;
	mdev_uuid_format(&e->uuid, uuid);
	strbuf_addf(text, "%s of parent %s (%s", uuid, parent, device_state_name(e->state));
	/* The journal may be read by others than the definition. */
	if (e->reason && !e->is_private)
		strbuf_addf(text, ": %s", e->reason);
	strbuf_add_char(text, ')');
}

/* What cannot be looked at now may be there later. */
static void name_trouble(struct tally *t, const char *parent, int r)
{
	struct strbuf *text = next_name(t);

	t->n++;
	t->pending++;
	if (text)
		strbuf_addf(text, "whatever is defined for parent %s (%s)", parent, strerror(-r));
}

static void tally_entry(struct tally *t, const struct survey *s, const struct survey_entry *e,
                        bool is_grace_over)
{
	/* Nobody has looked at this registration yet. */
	bool is_unseen = s->registration != 0 && !s->is_noted;

	if (!e->is_defined || !e->is_auto)
		return;
	t->n++;
	if (e->state == DEVICE_ACTIVE || e->state == DEVICE_DEGRADED) {
		t->active++;
		return;
	}
	if ((is_unseen && !is_grace_over) || !survey_entry_is_at_rest(e, is_grace_over))
		t->pending++;
	/* One that is inactive was stopped by somebody, or became auto too late. */
	if (e->state != DEVICE_INACTIVE || is_unseen)
		name_missing(t, s->parent, e);
}

static int look_at_parent(struct devices *d, const char *parent, bool is_grace_over,
                          struct tally *t)
{
	_cleanup_(survey_done) struct survey s = { 0 };
	int r = survey_parent(d->ops, parent, NULL, &s);

	if (r == -ENOMEM)
		return r;
	/* It may have gone between two looks. */
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		name_trouble(t, parent, r);
	for (size_t i = 0; r >= 0 && i < s.n; i++)
		tally_entry(t, &s, &s.entries[i], is_grace_over);
	return 0;
}

static bool is_made_by_recipe(const struct recipes *recipes, const char *parent)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (recipes->items[i].recipe &&
		    recipe_names_parent(recipes->items[i].recipe, parent))
			return true;
	return false;
}

/* waited: since the beginning, in microseconds. */
static bool is_over(const struct devices *d, const struct recipes *recipes, const char *parent,
                    int64_t waited)
{
	if (waited < d->settings.parent_grace)
		return false;
	return waited >= RECIPE_GRACE || !is_made_by_recipe(recipes, parent);
}

static int look(struct devices *d, const struct recipes *recipes, int64_t waited, struct tally *t)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = survey_list_parents(d->ops, &parents);

	tally_done(t);
	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = look_at_parent(d, parents.items[i],
		                   is_over(d, recipes, parents.items[i], waited), t);
	return r < 0 ? r : 0;
}

static void pause_for(int64_t microseconds)
{
	const struct timespec ts = { .tv_sec = microseconds / SECOND,
		                     .tv_nsec = microseconds % SECOND * 1000 };

	nanosleep(&ts, NULL);
}

static void summarize(const struct devices *d, const struct tally *t, int64_t took)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct journal_entry entry = { .priority = LOG_INFO };

	if (t->missing == 0) {
		strbuf_addf(&text, "%zu of %zu devices that start by themselves are active",
		            t->active, t->n);
	} else {
		strbuf_addf(
			&text,
			"%zu of %zu devices that start by themselves %s not there after %" PRId64
			" s: %s%s ('mdevmgr status' tells more)",
			t->missing, t->n, t->missing == 1 ? "is" : "are", took / SECOND,
			strbuf_str(&t->names), t->missing > NAMES_MAX ? ", and others" : "");
		entry.priority = LOG_WARNING;
		entry.message_id = MESSAGE_ID_DEVICES_MISSING;
	}
	entry.text = strbuf_str(&text);
	journal_tell(d->journal, &entry);
}

int devices_up(struct devices *d)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	_cleanup_(tally_done) struct tally t = { 0 };
	const int64_t begin = record_now();
	int64_t before, now;
	int r = records_end_stopping(d->records);

	if (r < 0)
		return r;
	r = recipes_load(d->env, &recipes);
	if (r < 0)
		log_warn(env_log(d->env), "Cannot read the recipes in %s: %s", RECIPE_DIR,
		         strerror(-r));
	for (;;) {
		int64_t pause, left;

		before = record_now();
		r = look(d, &recipes, before - begin, &t);
		now = record_now();
		left = begin + d->settings.devices_timeout - now;
		if (r < 0 || t.pending == 0 || left <= 0 || env_is_interrupted(d->env))
			break;
		pause = (now - before) * PAUSE_SHARE;
		pause = pause < PAUSE_MIN ? PAUSE_MIN : pause;
		pause_for(pause < left ? pause : left);
	}
	if (r == 0)
		summarize(d, &t, now - begin);
	return r;
}
