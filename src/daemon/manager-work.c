/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is due at one parent is given to one child, and what becomes of that. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "daemon/manager-private.h"
#include "daemon/worker.h"

/* So many workers in a row may leave something due at once, as when a definition changes
 * while it is tried. More means that they cannot write down what they did. */
#define HOT_MAX     3
#define PAUSE_MIN   100000
#define PAUSE_MAX   60000000
#define DOUBLES_MAX 10

/* How long a try waits for the parent's lock (core/lock.c). */
#define LOCK_WAIT_US INT64_C(130000000)

/* When to ask again whether a parent may be worked on. */
#define HELD_US 250000

/* With the longest name of a type. */
#define LINE_MAX_LEN 384

struct work {
	struct manager *m;
	struct parent *p; /* is there as long as its work */
	struct worker_task task;
	char line[LINE_MAX_LEN]; /* the report's last one, not complete yet */
	size_t line_len;
};

static void work_free(struct work *work)
{
	worker_task_done(&work->task);
	free(work);
}
DEFINE_CLEANUP(struct work, work_free);

static int compare_item(const void *key, const void *item)
{
	return mdev_uuid_compare(key, &((const struct worker_item *)item)->uuid);
}

static struct worker_item *find_item(const struct work *work, const struct mdev_uuid *uuid)
{
	const struct worker_task *task = &work->task;

	return bsearch(uuid, task->items, task->n, sizeof(*task->items), compare_item);
}

bool work_has(const struct work *work, const struct mdev_uuid *uuid)
{
	return find_item(work, uuid);
}

/* In the child, as all to the end of serve(). */
static void step(void *userdata)
{
	struct manager *m = userdata;

	pool_step(m->pool);
}

static int serve(void *userdata, const char *text, int report_fd)
{
	_cleanup_(worker_task_done) struct worker_task task = { .parent = NULL };
	struct manager *m = userdata;
	int r;

	if (!m->settings->worker_sandbox && !env_is_relocated(m->env))
		return worker_do_outside(text, report_fd);
	r = worker_task_parse(text, &task);
	task.step = step;
	task.userdata = m;
	if (r == 0)
		worker_do(m->ops, m->env, &m->settings->retry, &task, report_fd);
	return r;
}

/* Who its rivals are is known best when a worker is there. */
static void format_task(void *userdata, struct strbuf *out)
{
	struct work *work = userdata;
	struct worker_task *task = &work->task;

	for (size_t i = 0; i < task->n; i++) {
		const char *rival = manager_find_rival(work->m, task->parent, &task->items[i].uuid);

		free(task->items[i].rival);
		task->items[i].rival = rival ? strdup(rival) : NULL;
	}
	worker_task_format(task, out);
}

/* What takes its time is told by a look meanwhile. */
static void on_begun(void *userdata)
{
	struct work *work = userdata;

	manager_mark_own(work->m, work->p);
}

/* ---- its report ------------------------------------------------------------------------------ */

static void report_done(struct worker_report *report)
{
	try_made_done(&report->made);
}

static void take_line(struct work *work)
{
	_cleanup_(report_done) struct worker_report report = { .result = 0 };
	struct worker_item *item;

	if (!worker_report_parse(work->line, &report))
		return;
	item = find_item(work, &report.uuid);
	if (item && item->keeps_seen && report.result < 0)
		return;
	if (item) {
		item->keeps_seen = false;
		try_made_done(&item->made);
		item->made = report.made;
		report.made = (struct try_made){ .type = NULL };
	}
	parent_drop_seen(work->p, &report.uuid);
}

static void take_report(void *userdata, const char *bytes, size_t n)
{
	struct work *work = userdata;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n' && work->line_len < sizeof(work->line) - 1) {
			work->line[work->line_len++] = bytes[i];
			continue;
		}
		work->line[work->line_len] = '\0';
		work->line_len = 0;
		take_line(work);
	}
	manager_mark_own(work->m, work->p);
}

/* All was made as it is defined, and nothing else has happened: a look would find just that. */
static bool is_plain(const struct work *work)
{
	if (work->p->is_news)
		return false;
	for (size_t i = 0; i < work->task.n; i++) {
		const struct worker_item *item = &work->task.items[i];
		const struct manager_device *d = parent_find(work->p, &item->uuid);

		if (!item->made.type || !d || !d->is_defined || d->is_broken)
			return false;
	}
	return true;
}

static void take_all_made(const struct work *work)
{
	struct parent *p = work->p;

	for (size_t i = 0; i < work->task.n; i++) {
		const struct worker_item *item = &work->task.items[i];
		const struct manager_device *d = parent_find(p, &item->uuid);

		if (d)
			manager_take_made(work->m, p, d, &item->made);
	}
	p->is_dirty = false;
	p->hot = 0;
	p->work_after = 0;
}

/* -ECANCELED is the manager's own end. */
static void end_work(void *userdata, int status)
{
	_cleanup_(work_freep) struct work *work = userdata;
	struct manager *m = work->m;
	struct parent *p = work->p;

	/* What its tries caused is not news, nor other people's doing. */
	if (status != -ECANCELED)
		manager_listen(m);
	p->work = NULL;
	if (status == -ECANCELED)
		return;
	if (status == -ETIMEDOUT)
		manager_tell_trouble(m, MANAGER_WORKER_STUCK, p->name);
	else if (status != 0)
		log_warn(env_log(m->env), "The worker of parent %s did not do its work: %s",
		         p->name,
		         status > 0          ? "it failed"
		         : status == -ECHILD ? "killed"
		                             : strerror(-status));
	if (status != 0)
		p->is_freed |= work->task.is_freed;
	for (size_t i = 0; i < work->task.n; i++)
		if (!work->task.items[i].keeps_seen)
			parent_drop_seen(p, &work->task.items[i].uuid);
	p->is_dirty = false;
	if (status == 0 && is_plain(work))
		take_all_made(work);
	else
		manager_mark_parent(m, p);
}

const struct pool_calls manager_pool_calls = {
	.format = format_task,
	.serve = serve,
	.begun = on_begun,
	.report = take_report,
	.done = end_work,
};

/* ---- its beginning ------------------------------------------------------------------------------ */

static size_t count_due(const struct survey *survey)
{
	size_t n = 0;

	for (size_t i = 0; i < survey->n; i++)
		n += survey->entries[i].action != CAMPAIGN_REST;
	return n;
}

static int make_task(struct worker_task *task, const struct parent *p, const struct survey *survey,
                     size_t n)
{
	*task = (struct worker_task){ .parent = strdup(p->name),
		                      .registration = survey->registration,
		                      .is_freed = p->is_freed,
		                      .items = calloc(n, sizeof(*task->items)) };
	if (!task->parent || !task->items)
		return -ENOMEM;
	for (size_t i = 0; i < survey->n; i++) {
		const struct survey_entry *e = &survey->entries[i];
		bool was_seen = parent_has_seen(p, &e->uuid);

		if (e->action != CAMPAIGN_REST)
			task->items[task->n++] = (struct worker_item){
				.uuid = e->uuid,
				.was_seen = was_seen,
				.keeps_seen = was_seen && e->action == CAMPAIGN_RETIRE,
			};
	}
	return 0;
}

/* All that a try may wait for; only what nobody thought of takes longer. */
static uint64_t limit_of(const struct manager *m, size_t n)
{
	const struct settings *s = m->settings;

	return n * (uint64_t)(s->create_timeout + 4 * s->callout_timeout + LOCK_WAIT_US);
}

static int begin(struct manager *m, struct parent *p, const struct survey *survey, size_t n)
{
	_cleanup_(work_freep) struct work *work = calloc(1, sizeof(*work));
	int r;

	if (!work)
		return -ENOMEM;
	work->m = m;
	work->p = p;
	r = make_task(&work->task, p, survey, n);
	if (r < 0)
		return r;
	p->work = work;
	r = pool_add(m->pool, work, limit_of(m, n));
	if (r < 0)
		p->work = NULL;
	else
		(void)TAKE_PTR(work);
	return r;
}

static int64_t pause_after(unsigned hot)
{
	unsigned doubles = hot - HOT_MAX < DOUBLES_MAX ? hot - HOT_MAX : DOUBLES_MAX;
	int64_t pause = PAUSE_MIN << doubles;

	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

static void wait_until(struct parent *p, int64_t at)
{
	if (p->due == 0 || at < p->due)
		p->due = at;
}

bool manager_may_work(const struct manager *m, const struct parent *p)
{
	return (!m->only || strcmp(m->only, p->name) == 0) && record_now() >= p->work_after &&
	       !(m->holds && m->holds(m->holds_userdata, p->name));
}

void manager_begin_work(struct manager *m, struct parent *p, const struct survey *survey)
{
	size_t n = count_due(survey);
	int64_t now = record_now();
	int r;

	if (m->only && strcmp(m->only, p->name) != 0)
		return;
	if (n == 0) {
		p->hot = 0;
		p->work_after = 0;
		return;
	}
	if (m->holds && m->holds(m->holds_userdata, p->name)) {
		wait_until(p, now + HELD_US);
		return;
	}
	if (now < p->work_after) {
		wait_until(p, p->work_after);
		return;
	}
	p->work_after = ++p->hot < HOT_MAX ? 0 : now + pause_after(p->hot);
	r = begin(m, p, survey, n);
	if (r == 0)
		return;
	log_warn(env_log(m->env), "No worker for parent %s: %s (trying again)", p->name,
	         strerror(-r));
	p->work_after = now + PAUSE_MAX / 60;
	wait_until(p, p->work_after);
}
