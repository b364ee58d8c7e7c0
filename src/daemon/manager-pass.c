/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One look at one parent, and what follows from it. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "daemon/manager-private.h"

/* Nothing is due sooner after a look that did nothing about it: a loop would be the end. */
#define PAUSE_US 20000

/* A look that failed is tried again. */
#define LOOK_AGAIN_US 5000000

/* ---- the look ------------------------------------------------------------------------------- */

/* Those that sort first were looked at first. */
const char *manager_find_rival(void *userdata, const char *parent, const struct mdev_uuid *uuid)
{
	const struct manager *m = userdata;

	if (!parents_may_share(&m->parents, parents_find(&m->parents, parent), uuid))
		return NULL;
	for (size_t i = 0; i < m->parents.n; i++) {
		const struct parent *p = m->parents.items[i];
		const struct manager_device *device;

		if (strcmp(p->name, parent) >= 0)
			return NULL;
		device = p->registration ? parent_find(p, uuid) : NULL;
		if (device && device->is_auto)
			return p->name;
	}
	return NULL;
}

static bool arms(const struct manager *m, const struct parent *p)
{
	if (m->only && strcmp(m->only, p->name) == 0)
		return true;
	return m->arms && !p->is_unarmed;
}

static void warn_unnoted(const struct manager *m, const struct parent *p, int r)
{
	log_warn(env_log(m->env),
	         "The registration of parent %s is not remembered in " RECORD_DIR ": %s", p->name,
	         strerror(-r));
}

/* The note itself is before the eyes of the look that has it written: it is no reason for
 * another one. */
static void on_noted(void *userdata, const char *parent, int r)
{
	struct manager *m = userdata;
	struct parent *p = parents_find(&m->parents, parent);

	if (!p)
		return;
	if (r < 0 && !p->is_unnoted)
		warn_unnoted(m, p, r);
	p->is_unnoted = r < 0;
	manager_read_changes(m, p);
}

static int look(struct manager *m, const struct parent *p, struct survey *ret)
{
	/* What the worker does now is no doing of others. */
	const struct survey_hints hints = { .is_freed = p->is_freed,
		                            .seen = p->seen,
		                            .n_seen = p->work ? 0 : p->n_seen,
		                            .rival = manager_find_rival,
		                            .noted = on_noted,
		                            .arms = arms(m, p),
		                            .userdata = m };

	return survey_parent(m->ops, p->name, &hints, ret);
}

/* ---- telling ---------------------------------------------------------------------------------- */

static void count(struct manager *m, const struct manager_device *d, int by)
{
	struct manager_counts *counts = &m->counts;

	if (!d)
		return;
	counts->definitions += (size_t)(d->is_defined ? by : 0);
	counts->autos += (size_t)(d->is_auto ? by : 0);
	counts->states[d->state] += (size_t)by;
	counts->auto_states[d->state] += (size_t)(d->is_auto ? by : 0);
	counts->bad += (size_t)(d->is_bad ? by : 0);
	m->counts_changed = true;
}

static void note_device(struct manager *m, const struct parent *p,
                        const struct manager_device *before, const struct manager_device *after)
{
	count(m, before, -1);
	count(m, after, 1);
	if (!m->is_first_look)
		manager_mark_others(m, p, before ? &before->uuid : &after->uuid);
}

static void tell_device(struct manager *m, const struct parent *p,
                        const struct manager_device *before, const struct manager_device *after,
                        const struct survey_entry *entry)
{
	for (size_t i = 0; i < m->n_observers; i++)
		if (m->observers[i]->device)
			m->observers[i]->device(m->observers[i]->userdata, p->name, before, after,
			                        entry);
	note_device(m, p, before, after);
}

static bool is_same(const struct manager_device *a, const struct manager_device *b)
{
	return a->state == b->state && a->is_defined == b->is_defined && a->is_auto == b->is_auto &&
	       a->is_private == b->is_private && a->is_bad == b->is_bad &&
	       a->is_broken == b->is_broken;
}

/* What changes from try to try. A device that starts at once is told once. */
static uint32_t details_of(const struct survey_entry *e)
{
	const char *reason = e->reason ? e->reason : "";
	uint64_t hash;

	if (e->state == DEVICE_ACTIVE || (e->state == DEVICE_STARTING && e->next == 0))
		return 0;
	hash = record_hash_definition(reason, strlen(reason));
	hash = hash * 31 + e->attempts;
	hash = hash * 31 + (uint64_t)e->errnum;
	hash = hash * 31 + (uint64_t)e->next;
	return (uint32_t)(hash ^ hash >> 32);
}

static struct manager_device device_of(const struct survey_entry *e)
{
	return (struct manager_device){ .uuid = e->uuid,
		                        .state = (unsigned char)e->state,
		                        .is_defined = e->is_defined,
		                        .is_auto = e->is_auto,
		                        .is_private = e->is_private,
		                        .is_bad = survey_entry_is_bad(e),
		                        .is_broken = e->is_broken,
		                        .details = details_of(e) };
}

/* Most starts are over in no time, and told then; what takes longer is told by a look while the
 * worker is at it. */
static bool can_be_told_later(const struct manager_device *before,
                              const struct manager_device *after)
{
	return (before->state == DEVICE_INACTIVE || before->state == DEVICE_WAITING_PARENT ||
	        before->is_untold) &&
	       after->state == DEVICE_STARTING && after->details == 0;
}

/* A device of both looks. */
static void tell_difference(struct manager *m, const struct parent *p,
                            const struct manager_device *before, struct manager_device *after,
                            const struct survey_entry *entry, bool is_begun)
{
	bool is_changed = !is_same(before, after) || before->details != after->details;

	if (is_begun && can_be_told_later(before, after)) {
		after->is_untold = true;
		if (is_changed)
			note_device(m, p, before, after);
	} else if (is_changed || before->is_untold) {
		tell_device(m, p, before, after, entry);
	}
}

/* Both lists are in order of UUID. */
static void tell_differences(struct manager *m, const struct parent *p,
                             struct manager_device *after, const struct survey *survey)
{
	bool is_begun = !p->work && manager_may_work(m, p);
	size_t i = 0, j = 0;

	while (i < p->n || j < survey->n) {
		int order = i == p->n ? 1
		            : j == survey->n
		                    ? -1
		                    : mdev_uuid_compare(&p->devices[i].uuid, &after[j].uuid);

		if (order < 0)
			tell_device(m, p, &p->devices[i], NULL, NULL);
		else if (order > 0)
			tell_device(m, p, NULL, &after[j], &survey->entries[j]);
		else
			tell_difference(m, p, &p->devices[i], &after[j], &survey->entries[j],
			                is_begun);
		i += order <= 0;
		j += order >= 0;
	}
}

static int tell_devices(struct manager *m, struct parent *p, const struct survey *survey)
{
	struct manager_device *after = calloc(survey->n ? survey->n : 1, sizeof(*after));

	if (!after)
		return -ENOMEM;
	for (size_t i = 0; i < survey->n; i++)
		after[i] = device_of(&survey->entries[i]);
	tell_differences(m, p, after, survey);
	parents_set_devices(&m->parents, p, after, survey->n);
	return 0;
}

void manager_take_made(struct manager *m, struct parent *p, const struct manager_device *device,
                       const struct try_made *made)
{
	const struct survey_entry entry = { .uuid = device->uuid,
		                            .is_defined = true,
		                            .is_auto = device->is_auto,
		                            .is_private = device->is_private,
		                            .state = DEVICE_ACTIVE,
		                            .type = made->type,
		                            .attempts = made->attempts,
		                            .since = made->since };
	const struct manager_device before = *device, after = device_of(&entry);

	parent_replace(p, device, &after);
	tell_device(m, p, &before, &after, &entry);
}

static void tell_parent(struct manager *m, struct parent *p, const struct survey *survey)
{
	bool is_there = survey->registration != 0 || survey->n > 0, was_there;

	if (p->is_told == is_there && p->registration == survey->registration)
		return;
	if (p->registration != survey->registration && !m->is_first_look)
		for (size_t i = 0; i < p->n; i++)
			manager_mark_others(m, p, &p->devices[i].uuid);
	was_there = p->is_told;
	p->is_told = is_there;
	p->registration = survey->registration;
	for (size_t i = 0; i < m->n_observers; i++)
		if (m->observers[i]->parent)
			m->observers[i]->parent(m->observers[i]->userdata, p->name, was_there,
			                        is_there, p->registration);
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static bool survey_is_due(const struct survey *survey)
{
	for (size_t i = 0; i < survey->n; i++)
		if (survey->entries[i].action != CAMPAIGN_REST)
			return true;
	return false;
}

/* What was judged at rest is in the records, or no matter of theirs; what was given to a
 * worker is with it. */
static void forget_hints(struct parent *p, const struct survey *survey)
{
	if (p->work || !survey_is_due(survey))
		p->is_freed = false;
	for (size_t i = p->n_seen; i > 0; i--) {
		const struct mdev_uuid uuid = p->seen[i - 1];
		const struct survey_entry *e = survey_find(survey, &uuid);

		if (!e || e->action == CAMPAIGN_REST)
			parent_drop_seen(p, &uuid);
	}
}

static int64_t first_due(const struct manager *m, const struct survey *survey)
{
	int64_t soonest = manager_now(m) + PAUSE_US, due = 0;

	for (size_t i = 0; i < survey->n; i++) {
		const struct survey_entry *e = &survey->entries[i];

		if (e->action == CAMPAIGN_REST && e->due != 0 && (due == 0 || e->due < due))
			due = e->due;
	}
	return due != 0 && due < soonest ? soonest : due;
}

static void look_again_later(struct manager *m, struct parent *p, int r)
{
	if (!p->is_unreadable)
		log_warn(env_log(m->env), "Cannot look at parent %s: %s (trying again)", p->name,
		         strerror(-r));
	p->is_unreadable = true;
	p->due = record_now() + LOOK_AGAIN_US;
}

void manager_pass(struct manager *m, struct parent *p)
{
	_cleanup_(survey_done) struct survey survey = { .parent = NULL };
	int r;

	p->is_dirty = p->is_news = false;
	/* Until a look has written that down, however late. */
	if (m->is_first_look && !m->arms)
		p->is_unarmed = true;
	r = look(m, p, &survey);
	if (r == 0)
		r = tell_devices(m, p, &survey);
	if (r < 0) {
		look_again_later(m, p, r);
		return;
	}
	p->is_unreadable = false;
	if (survey.is_noted || survey.registration == 0)
		p->is_unarmed = false;
	tell_parent(m, p, &survey);
	p->due = first_due(m, &survey);
	if (!p->work) {
		manager_begin_work(m, p, &survey);
		forget_hints(p, &survey);
	}
	if (!p->is_told && !p->work && !p->is_dirty)
		parents_drop(&m->parents, p);
}
