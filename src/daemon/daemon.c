/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Puts the parts together. */
#include "config.h"

#include <errno.h>
#include <signal.h>

#include "core/record.h"
#include "daemon/bus.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "daemon/recipe-runner.h"
#include "daemon/reporter.h"
#include "daemon/single.h"
#include "daemon/system-state.h"
#include "daemon/worker.h"
#include "shared/file.h"

/* What the last daemon may have seen and not told. */
#define UNTOLD_US INT64_C(10000000)

/* --once: due within this time counts as not done yet; and the end in any case, since a
 * campaign may try for ever. */
#define ONCE_WITHIN_US INT64_C(2000000)
#define ONCE_LIMIT_US  UINT64_C(600000000)

/* A task of 100,000 devices is smaller. */
#define TASK_MAX (8 * 1024 * 1024)

struct daemon {
	const struct daemon_options *options;
	struct env *env;
	sd_event *event;
	struct settings settings;
	struct ops *ops;
	struct manager *manager;
	struct recipe_runner *recipes; /* NULL with --once: the units do that */
	struct reporter reporter;
	struct notify notify;
	struct bus *bus;
	int place; /* core/running.h */
};

static int make_ops(struct daemon *d)
{
	int r = settings_read(d->env, &d->settings);

	if (r == 0)
		r = ops_new(d->env, &d->ops);
	if (r == 0)
		ops_configure(d->ops, &d->settings);
	return r;
}

/* ---- signals ---------------------------------------------------------------------------- */

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	notify_stopping();
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *d = userdata;
	struct settings settings;

	notify_reloading();
	if (settings_read(d->env, &settings) == 0) {
		d->settings = settings;
		ops_configure(d->ops, &d->settings);
	}
	manager_reload(d->manager);
	if (d->recipes)
		recipe_runner_look(d->recipes);
	bus_reload(d->bus);
	notify_ready(&d->notify);
	return 0;
}

/* SIGCHLD must be blocked where children are watched. */
static int block_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	return sigprocmask(SIG_BLOCK, &mask, NULL) < 0 ? -errno : 0;
}

static int open_signals(struct daemon *d)
{
	int r = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop, d);

	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGINT, on_stop, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGHUP, on_hangup, d);
	return r;
}

/* ---- --once --------------------------------------------------------------------------------- */

static int end_when_idle(sd_event_source *source, void *userdata)
{
	const struct daemon *d = userdata;

	return manager_is_idle(d->manager, ONCE_WITHIN_US) ? sd_event_exit(d->event, 0) : 0;
}

static int on_limit(sd_event_source *source, uint64_t now, void *userdata)
{
	const struct daemon *d = userdata;

	log_warn(env_log(d->env), "Not everything could be done within %d seconds",
	         (int)(ONCE_LIMIT_US / 1000000));
	return sd_event_exit(d->event, 0);
}

static int run_once(struct daemon *d)
{
	uint64_t now;
	int r;

	if (manager_is_idle(d->manager, ONCE_WITHIN_US))
		return 0;
	r = sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	if (r >= 0)
		r = sd_event_add_time(d->event, NULL, CLOCK_MONOTONIC, now + ONCE_LIMIT_US, 0,
		                      on_limit, d);
	if (r >= 0)
		r = sd_event_add_post(d->event, NULL, end_when_idle, d);
	return r < 0 ? r : sd_event_loop(d->event);
}

/* ---- --worker ----------------------------------------------------------------------------------- */

static int run_worker(struct daemon *d)
{
	_cleanup_(worker_task_done) struct worker_task task = { .parent = NULL };
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = make_ops(d);

	if (r >= 0)
		r = file_read(STDIN_FILENO, TASK_MAX, &text);
	if (r >= 0)
		r = worker_task_parse(strbuf_str(&text), &task);
	if (r < 0)
		return r;
	worker_do(d->ops, d->env, &d->settings.retry, &task, STDOUT_FILENO);
	return 0;
}

/* ---- all of it --------------------------------------------------------------------------------- */

static int make_recipes(struct daemon *d)
{
	int r = recipe_runner_new(d->event, d->env, d->ops, &d->settings, d->reporter.journal,
	                          &d->recipes);

	if (r < 0)
		return r;
	manager_observe(d->manager, recipe_runner_observer(d->recipes));
	manager_set_gate(d->manager, recipe_runner_holds, d->recipes);
	return 0;
}

static int make(struct daemon *d)
{
	int r = sd_event_new(&d->event);

	if (r >= 0)
		r = open_signals(d);
	if (r >= 0)
		r = make_ops(d);
	if (r >= 0)
		r = manager_new(d->event, d->env, d->ops, &d->settings, &d->manager);
	if (r >= 0 && d->options->parent)
		r = manager_limit_to(d->manager, d->options->parent);
	if (r < 0)
		return r;
	manager_observe(d->manager, &d->reporter.observer);
	if (!d->options->once && !d->options->no_bus) {
		r = bus_new(d->event, d->env, d->manager, &d->settings, &d->bus);
		if (r < 0)
			return r;
		manager_observe(d->manager, bus_observer(d->bus));
	}
	notify_init(&d->notify, d->manager);
	return d->options->once ? 0 : make_recipes(d);
}

static int serve(struct daemon *d)
{
	int r = reporter_check_rules(&d->reporter, d->env);

	notify_ready(&d->notify);
	manager_observe(d->manager, &d->notify.observer);
	if (r == 0)
		r = sd_event_set_watchdog(d->event, true);
	return r < 0 ? r : sd_event_loop(d->event);
}

/* Without systemd (an initrd, another init) there is nobody to tell of an end of the boot. */
static bool is_booting(const struct env *env)
{
	_cleanup_(freep) char *systemd = env_path(env, "/run/systemd/system");
	enum system_state state = system_state_read(env);

	return state == SYSTEM_STARTING ||
	       (state == SYSTEM_UNKNOWN && systemd && access(systemd, F_OK) < 0);
}

/* An earlier daemon has told what it saw, unless it ended before it came to that. */
static int look_for_the_first_time(struct daemon *d)
{
	bool booting = is_booting(d->env);
	int r = d->recipes ? recipe_runner_start(d->recipes, booting) : 0;

	if (r < 0)
		return r;
	if (manager_has_a_forerunner(d->manager))
		d->reporter.told_before = record_now() - UNTOLD_US;
	r = manager_start(d->manager, booting);
	d->reporter.told_before = 0;
	return r;
}

static int run(struct daemon *d)
{
	int r = make(d);

	if (r == 0)
		r = look_for_the_first_time(d);
	if (r < 0)
		return r;
	return d->options->once ? run_once(d) : serve(d);
}

int daemon_run(const struct daemon_options *options, struct env *env, const struct log *log,
               const struct journal *journal, struct error *err)
{
	struct daemon d = { .options = options, .env = env, .place = -1 };
	int r = block_signals();

	reporter_init(&d.reporter, journal);
	/* From the mark on we can be told to stop or to look. */
	if (r == 0 && !options->worker)
		r = options->once ? env_make_dir(env, RECORD_DIR)
		                  : single_begin(env, &d.place, err);
	if (r == 0)
		r = options->worker ? run_worker(&d) : run(&d);
	bus_free(d.bus);
	manager_free(d.manager);
	recipe_runner_free(d.recipes);
	ops_free(d.ops);
	sd_event_unref(d.event);
	if (d.place >= 0)
		single_end(env, d.place);
	return r < 0 && !error_is_set(err) ? error_set_errno(err, r, "Cannot run") : r;
}
