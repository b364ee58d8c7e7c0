/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * monitor: events are hints, at each of which the parent is looked at again; printed is
 * what differs from the look before. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cli/hints.h"
#include "cli/out-monitor.h"
#include "cli/verbs.h"
#include "core/look.h"
#include "core/survey.h"

/* Messages that are told once; when there are more, those that follow are told again. */
#define TOLD_MAX 256

/* A log that says nothing twice: the same broken file is met at each look. */
struct told {
	const struct log *log;
	struct names texts;
};

struct monitor {
	struct cli *cli;
	const struct arguments *args;
	const sigset_t *mask; /* of signals, while we wait or write */
	struct hints *hints;
	struct look *looks; /* in order of the parents' names */
	size_t n;
	size_t size;
};

/* ---- messages ------------------------------------------------------------------------- */

static void tell_once(void *userdata, enum log_level level, const char *text)
{
	struct told *told = userdata;

	for (size_t i = 0; i < told->texts.n; i++)
		if (strcmp(told->texts.items[i], text) == 0)
			return;
	told->log->sink(told->log->userdata, level, text);
	if (told->texts.n < TOLD_MAX && names_add(&told->texts, text) < 0)
		return; /* told again then */
}

/* ---- looks ------------------------------------------------------------------------------ */

static void monitor_done(struct monitor *m)
{
	for (size_t i = 0; i < m->n; i++)
		look_done(&m->looks[i]);
	free(m->looks);
	hints_close(m->hints);
}

static size_t lower_bound(const struct monitor *m, const char *parent)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(m->looks[middle].parent, parent) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct look *find_look(const struct monitor *m, const char *parent)
{
	size_t i = lower_bound(m, parent);

	return i < m->n && strcmp(m->looks[i].parent, parent) == 0 ? &m->looks[i] : NULL;
}

static int add_look(struct monitor *m, const struct look *look)
{
	size_t i = lower_bound(m, look->parent);

	if (m->n == m->size) {
		size_t size = m->size > 0 ? 2 * m->size : 16;
		struct look *looks = reallocarray(m->looks, size, sizeof(*looks));

		if (!looks)
			return -ENOMEM;
		m->looks = looks;
		m->size = size;
	}
	memmove(&m->looks[i + 1], &m->looks[i], (m->n - i) * sizeof(*m->looks));
	m->looks[i] = *look;
	m->n++;
	return 0;
}

static void remove_look(struct monitor *m, struct look *look)
{
	size_t i = (size_t)(look - m->looks);

	look_done(look);
	memmove(&m->looks[i], &m->looks[i + 1], (m->n - i - 1) * sizeof(*m->looks));
	m->n--;
}

/* Keeps a look in the place of the one before; what was handed over is empty then. */
static int keep_look(struct monitor *m, struct look *look)
{
	struct look *kept = find_look(m, look->parent);
	int r = 0;

	if (kept && look_is_empty(look)) {
		remove_look(m, kept);
		return 0;
	}
	if (look_is_empty(look))
		return 0;
	if (kept) {
		look_done(kept);
		*kept = *look;
	} else {
		r = add_look(m, look);
	}
	if (r == 0)
		*look = (struct look){ 0 };
	return r;
}

/* ---- changes ------------------------------------------------------------------------- */

static bool is_wanted(const struct arguments *args, const struct change *change)
{
	const struct mdev_uuid *uuid = arguments_uuid(args);

	return !uuid || (change->uuid && mdev_uuid_compare(uuid, change->uuid) == 0);
}

/* A UUID that is defined under several parents is in one's way at another. */
static int mark_rivals(struct monitor *m, const struct change *change)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct look *look = &m->looks[i];
		int r = 0;

		if (strcmp(look->parent, change->parent) != 0 && look_find(look, change->uuid))
			r = hints_add(m->hints, look->parent);
		if (r < 0)
			return r;
	}
	return 0;
}

static int on_change(void *userdata, const struct change *change)
{
	struct monitor *m = userdata;
	struct timespec now;

	if (is_wanted(m->args, change)) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (arguments_has(m->args, JSON))
			monitor_add_json(&m->cli->out->text, &now, change);
		else
			monitor_add_text(&m->cli->out->text, &now, change);
	}
	return change->uuid && change->kind != CHANGE_STATE ? mark_rivals(m, change) : 0;
}

/* Looks at one parent; tells what is different unless this is the first look of all. */
static int look_again(struct monitor *m, const char *parent, bool is_first)
{
	_cleanup_(look_done) struct look look = { 0 };
	const struct look nothing = { 0 }, *before;
	int r = look_take(m->cli->ops, parent, &look);

	if (r < 0)
		return r;
	before = find_look(m, parent);
	if (!is_first)
		r = look_compare(before ? before : &nothing, &look, on_change, m);
	return r < 0 ? r : keep_look(m, &look);
}

static bool is_asked_for(const struct monitor *m, const char *parent)
{
	const char *only = m->args->values[OPTION_PARENT];

	return !only || strcmp(only, parent) == 0;
}

static int look_at(struct monitor *m, const struct names *parents, bool is_first)
{
	int r = 0;

	for (size_t i = 0; i < parents->n && r == 0; i++)
		if (is_asked_for(m, parents->items[i]))
			r = look_again(m, parents->items[i], is_first);
	return r;
}

static int look_at_all(struct monitor *m, bool is_first)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = survey_list_parents(m->cli->ops, &names);

	/* Those that are nowhere any more, too. */
	for (size_t i = 0; i < m->n && r == 0; i++)
		r = names_add(&names, m->looks[i].parent);
	return r < 0 ? r : look_at(m, &names, is_first);
}

/* ---- the verb -------------------------------------------------------------------------- */

static int look_at_hints(struct monitor *m)
{
	_cleanup_(names_done) struct names names = { 0 };
	bool is_all;

	hints_take(m->hints, &names, &is_all);
	return is_all ? look_at_all(m, false) : look_at(m, &names, false);
}

/* A reader that does not read must not keep signals from ending us. */
static int write_lines(struct monitor *m, struct error *err)
{
	sigset_t blocked;
	int r;

	sigprocmask(SIG_SETMASK, m->mask, &blocked);
	r = output_flush(m->cli->out, err);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return r;
}

static int monitor_run(struct monitor *m, struct error *err)
{
	int r = hints_open(m->cli->env, &m->hints, err);

	if (r == 0)
		r = look_at_all(m, true);
	while (r == 0) {
		r = hints_wait(m->hints, m->cli->out->fd, m->mask);
		if (r == 0)
			r = look_at_hints(m);
		if (r == 0)
			r = write_lines(m, err);
	}
	return r;
}

/* Being interrupted is how it ends well. */
static int monitor_result(struct cli *cli, int r, struct error *err)
{
	if (r == -EINTR)
		return CLI_SUCCESS;
	if ((r == -EPIPE || r == -EBADF) && !error_is_set(err))
		return error_set_errno(err, r, "Failed to write data");
	return error_is_set(err) ? r : error_set_errno(err, r, "Cannot go on looking");
}

int verb_monitor(struct cli *cli, const struct arguments *args, struct error *err)
{
	sigset_t stops, mask;
	_cleanup_(monitor_done) struct monitor m = { .cli = cli, .args = args, .mask = &mask };
	struct told told = { .log = env_log(cli->env) };
	struct log log = { .max = LOG_LEVEL_OFF, .sink = tell_once, .userdata = &told };
	int r;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &mask);
	if (told.log) {
		log.max = told.log->max;
		env_set_log(cli->env, &log);
	}
	r = monitor_run(&m, err);
	env_set_log(cli->env, told.log);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	names_done(&told.texts);
	return monitor_result(cli, r, err);
}
