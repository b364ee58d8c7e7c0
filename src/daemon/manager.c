/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Marks, the one timer, and what others ask the manager. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/store.h"
#include "daemon/manager-private.h"
#include "shared/utf8.h"

/* Object paths and unit names are made of it. */
#define PARENT_NAME_MAX 200

/* After so long with passes everybody else has a turn. */
#define TURN_US 50000

#define TIMER_ACCURACY_US 2000

/* Numbers are for people, and each telling wakes others: not at every change. */
#define COUNTS_US 300000

/* At the end of its worker a parent is looked at anyway. */
#define WORK_PASS_US 5000000

/* ---- the timer -------------------------------------------------------------------------- */

int64_t manager_now(const struct manager *m)
{
	uint64_t now;

	return sd_event_now(m->event, CLOCK_BOOTTIME, &now) < 0 ? record_now() : (int64_t)now;
}

void manager_wake(struct manager *m, int64_t at)
{
	if (m->wake_at != 0 && m->wake_at <= at)
		return;
	m->wake_at = at;
	sd_event_source_set_time(m->timer, (uint64_t)at);
	sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* When to look at a parent, 0: not without an event. What is due waits for the worker, at
 * whose end the parent is dirty anyway. */
static int64_t parent_next(const struct parent *p)
{
	return earlier(p->is_dirty ? p->pass_at : 0, p->work ? 0 : p->due);
}

static void wake_for_the_next(struct manager *m)
{
	int64_t next = earlier(earlier(m->all_at, m->rescan_at),
	                       earlier(m->listen_at, m->counts_at));

	for (size_t i = 0; i < m->parents.n; i++)
		next = earlier(next, parent_next(m->parents.items[i]));
	if (next != 0)
		manager_wake(m, next);
}

/* ---- marks ---------------------------------------------------------------------------------- */

void manager_mark_parent(struct manager *m, struct parent *p)
{
	p->is_news = true;
	manager_mark_own(m, p);
}

void manager_mark_own(struct manager *m, struct parent *p)
{
	const struct settings *s = m->settings;
	int64_t now = manager_now(m), last;

	if (!p->is_dirty) {
		p->is_dirty = true;
		p->dirty_since = now;
	}
	last = p->dirty_since + s->settle_max;
	if (p->work)
		p->pass_at = p->dirty_since + WORK_PASS_US;
	else
		p->pass_at = now + s->settle > last ? last : now + s->settle;
	manager_wake(m, p->pass_at);
}

static bool is_usable_name(const struct manager *m, const char *name)
{
	if (!store_parent_problem(name) && strlen(name) <= PARENT_NAME_MAX &&
	    utf8_is_valid(name, strlen(name)))
		return true;
	log_warn_once(env_log(m->env),
	              "Parent '%s' is passed over: its name is longer than %d bytes or not UTF-8",
	              name, PARENT_NAME_MAX);
	return false;
}

struct parent *manager_mark_name(struct manager *m, const char *name)
{
	struct parent *p = parents_find(&m->parents, name);

	if (!p && (!is_usable_name(m, name) || parents_get(&m->parents, name, &p) < 0))
		return NULL;
	manager_mark_parent(m, p);
	return p;
}

void manager_mark_others(struct manager *m, const struct parent *p, const struct mdev_uuid *uuid)
{
	if (!parents_may_share(&m->parents, p, uuid))
		return;
	for (size_t i = 0; i < m->parents.n; i++) {
		struct parent *other = m->parents.items[i];

		if (other != p && parent_find(other, uuid))
			manager_mark_parent(m, other);
	}
}

void manager_mark(struct manager *m, const char *parent)
{
	if (parent) {
		manager_mark_name(m, parent);
		return;
	}
	if (m->all_at == 0)
		m->all_at = manager_now(m) + m->settings->settle;
	manager_wake(m, m->all_at);
}

void manager_mark_all_freed(struct manager *m)
{
	for (size_t i = 0; i < m->parents.n; i++) {
		m->parents.items[i]->is_freed = true;
		parent_drop_seen(m->parents.items[i], NULL);
	}
	manager_mark(m, NULL);
}

/* ---- looking ---------------------------------------------------------------------------------- */

/* Every parent that there is or that is known becomes dirty, for a look now. */
static int find_parents(struct manager *m, int64_t now)
{
	_cleanup_(names_done) struct names names = { .items = NULL };
	int r = survey_list_parents(m->ops, &names);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++)
		manager_mark_name(m, names.items[i]);
	for (size_t i = 0; i < m->parents.n; i++) {
		m->parents.items[i]->is_dirty = true;
		m->parents.items[i]->dirty_since = m->parents.items[i]->pass_at = now;
	}
	return 0;
}

static int look_for_all(struct manager *m)
{
	int64_t now = record_now();
	int r;

	m->all_at = 0;
	m->rescan_at = m->rescan_every ? now + m->rescan_every : 0;
	r = find_parents(m, now);
	if (r == 0)
		return 0;
	log_message(env_log(m->env), LOG_LEVEL_ERROR, "Cannot look for parents: %s (trying again)",
	            strerror(-r));
	m->all_at = now + 1000000;
	return r;
}

static void look_for_one(struct manager *m, const char *parent)
{
	struct parent *p = manager_mark_name(m, parent);

	if (p)
		p->pass_at = record_now();
}

static void tell_counts(struct manager *m, int64_t now)
{
	if (!m->counts_changed || (m->counts_at != 0 && m->counts_at > now))
		return;
	if (m->counts_at == 0) {
		m->counts_at = now + COUNTS_US;
		return;
	}
	m->counts_changed = false;
	m->counts_at = 0;
	for (size_t i = 0; i < m->n_observers; i++)
		if (m->observers[i]->counts)
			m->observers[i]->counts(m->observers[i]->userdata);
}

/* Passes over what it is time for; with a deadline some may be left, and the next turn goes on
 * there: those that sort first and change all the time do not keep us from the others. A pass
 * may take its parent out of the table. */
static void look_at_what_is_due(struct manager *m, int64_t deadline)
{
	int64_t now = record_now();

	while (m->turn < m->parents.n && (deadline == 0 || now <= deadline)) {
		struct parent *p = m->parents.items[m->turn];
		int64_t next = parent_next(p);

		if (next != 0 && next <= now) {
			manager_pass(m, p);
			now = record_now();
		}
		if (m->turn < m->parents.n && m->parents.items[m->turn] == p)
			m->turn++;
	}
	if (m->turn >= m->parents.n)
		m->turn = 0;
	tell_counts(m, now);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	int64_t now = manager_now(m);

	m->wake_at = 0;
	manager_listen_by_time(m);
	if (m->rescan_at != 0 && m->rescan_at <= now) {
		manager_mark_all_freed(m);
		manager_tell_hardware(m);
	}
	if (m->all_at != 0 && (m->all_at <= now || (m->rescan_at != 0 && m->rescan_at <= now)))
		(void)look_for_all(m);
	look_at_what_is_due(m, now + TURN_US);
	wake_for_the_next(m);
	return 0;
}

void manager_tell_hardware(struct manager *m)
{
	for (size_t i = 0; i < m->n_observers; i++)
		if (m->observers[i]->hardware)
			m->observers[i]->hardware(m->observers[i]->userdata);
}

void manager_tell_trouble(struct manager *m, enum manager_trouble trouble, const char *parent)
{
	for (size_t i = 0; i < m->n_observers; i++)
		if (m->observers[i]->trouble)
			m->observers[i]->trouble(m->observers[i]->userdata, trouble, parent);
}

/* ---- for others --------------------------------------------------------------------------------- */

int manager_new(sd_event *event, struct env *env, struct ops *ops, const struct settings *settings,
                struct manager **ret)
{
	_cleanup_(manager_freep) struct manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->event = event;
	m->env = env;
	m->ops = ops;
	m->settings = settings;
	r = records_new(env, &m->records);
	if (r == 0)
		r = pool_new(event, &manager_pool_calls, m, settings->workers_max, &m->pool);
	if (r == 0)
		r = sd_event_add_time(event, &m->timer, CLOCK_BOOTTIME, 0, TIMER_ACCURACY_US,
		                      on_timer, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(m);
	return 0;
}

void manager_free(struct manager *m)
{
	if (!m)
		return;
	m->n_observers = 0;
	pool_free(m->pool);
	manager_close_events(m);
	sd_event_source_disable_unref(m->timer);
	parents_done(&m->parents);
	records_free(m->records);
	free(m->only);
	free(m);
}

int manager_limit_to(struct manager *m, const char *parent)
{
	m->only = strdup(parent);
	return m->only ? 0 : -ENOMEM;
}

bool manager_has_a_forerunner(const struct manager *m)
{
	return records_were_watched(m->records);
}

/* The first look of a boot at a system that runs already arms nothing: who installs us at
 * noon does not want what was stopped in the morning. */
int manager_start(struct manager *m, bool is_booting)
{
	int r = manager_open_events(m);

	if (r < 0)
		return r;
	m->arms = is_booting || records_have_begun(m->records);
	m->is_first_look = true;
	if (m->only && records_have_begun(m->records))
		look_for_one(m, m->only);
	else
		r = look_for_all(m);
	/* What is found later would be armed. */
	if (r < 0 && !m->arms)
		return r;
	look_at_what_is_due(m, 0);
	m->is_first_look = false;
	m->arms = true;
	wake_for_the_next(m);
	r = records_begin(m->records);
	return r == -ENOENT ? 0 : r;
}

void manager_reload(struct manager *m)
{
	pool_renew(m->pool, m->settings->workers_max);
	manager_mark_all_freed(m);
}

unsigned manager_rescans_every(const struct manager *m)
{
	return (unsigned)(m->rescan_every / 1000000);
}

bool manager_is_idle(const struct manager *m, int64_t within)
{
	int64_t now = manager_now(m);

	if (m->all_at != 0 || m->listen_at != 0 || pool_busy(m->pool) > 0)
		return false;
	for (size_t i = 0; i < m->parents.n; i++) {
		const struct parent *p = m->parents.items[i];
		int64_t next = parent_next(p);

		if (m->only && strcmp(m->only, p->name) != 0)
			continue;
		if (next != 0 && next <= now + within)
			return false;
	}
	return true;
}

void manager_set_gate(struct manager *m, bool (*holds)(void *userdata, const char *parent),
                      void *userdata)
{
	m->holds = holds;
	m->holds_userdata = userdata;
}

void manager_observe(struct manager *m, const struct manager_observer *observer)
{
	if (m->n_observers < MANAGER_OBSERVERS_MAX)
		m->observers[m->n_observers++] = observer;
}

const struct manager_counts *manager_counts(const struct manager *m)
{
	return &m->counts;
}

int manager_each(const struct manager *m,
                 int (*each)(void *userdata, const char *parent, uint64_t registration,
                             const struct manager_device *device),
                 void *userdata)
{
	int r = 0;

	for (size_t i = 0; i < m->parents.n && r >= 0; i++) {
		const struct parent *p = m->parents.items[i];

		for (size_t j = 0; j < p->n && r >= 0; j++)
			r = each(userdata, p->name, p->registration, &p->devices[j]);
	}
	return r < 0 ? r : 0;
}

struct ops *manager_ops(const struct manager *m)
{
	return m->ops;
}
