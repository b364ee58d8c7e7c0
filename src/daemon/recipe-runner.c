/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hints from the kernel and from the directory of recipes, one child that does the work, and
 * what came of it, read from the records. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/inotify.h>
#include <syslog.h>

#include "core/ops-parent.h"
#include "core/recipe-store.h"
#include "core/record.h"
#include "daemon/jobs.h"
#include "daemon/message-ids.h"
#include "daemon/recipe-runner.h"

/* What a recipe may wait for is bounded by its steps; past this the child hangs. */
#define LIMIT_US UINT64_C(600000000)

#define TIMER_ACCURACY_US 2000

/* After an event of hardware, a second look. */
#define AGAIN_US INT64_C(3000000)

/* Where a job could not be made: the next try. */
#define PAUSE_US INT64_C(1000000)

/* As it was told last. */
struct told {
	char *name;
	bool is_paused;
	bool is_bad;
	bool is_ready;
	char *reason;
	char *parent; /* where it was ready last, or NULL */
};

struct recipe_runner {
	sd_event *event;
	struct env *env;
	struct ops *ops;
	const struct settings *settings;
	const struct journal *journal;
	struct records *records;
	struct jobs *jobs;
	struct manager_observer observer;
	sd_event_source *timer;
	sd_event_source *watch;
	bool is_marked; /* the timer goes off for `why` */
	bool is_running;
	bool is_quiet;         /* records are only read */
	bool is_unsettled;     /* an event came since the last look again */
	bool is_again;         /* the timer goes off for that */
	bool is_begun;         /* the first job has come to its end */
	enum parent_try why;   /* of what is marked */
	enum parent_try doing; /* of the job */
	struct told *told;
	size_t n_told;
};

/* ---- the child ---------------------------------------------------------------------------- */

/* What fails is told once, when its record was read. */
static int do_work(void *userdata, int report_fd)
{
	const struct recipe_runner *runner = userdata;

	return ops_parent_try_all(runner->ops, runner->doing, LOG_LEVEL_DEBUG, NULL) < 0
	               ? EXIT_FAILURE
	               : EXIT_SUCCESS;
}

/* ---- what is told --------------------------------------------------------------------------- */

static struct told *find_told(struct recipe_runner *runner, const char *name)
{
	struct told *told;

	for (size_t i = 0; i < runner->n_told; i++)
		if (strcmp(runner->told[i].name, name) == 0)
			return &runner->told[i];
	told = reallocarray(runner->told, runner->n_told + 1, sizeof(*told));
	if (!told)
		return NULL;
	runner->told = told;
	told += runner->n_told;
	*told = (struct told){ .name = strdup(name) };
	if (!told->name)
		return NULL;
	runner->n_told++;
	return told;
}

static void say(const struct recipe_runner *runner, const char *name, int priority,
                const char *message_id, int errnum, const char *text)
{
	journal_tell(runner->journal, &(struct journal_entry){ .priority = priority,
	                                                       .message_id = message_id,
	                                                       .parent = name,
	                                                       .errnum = errnum,
	                                                       .text = text });
}

static void tell_ready(const struct recipe_runner *runner, const char *name,
                       const struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "The recipe of parent %s is applied", name);
	if (record->parent && strcmp(record->parent, name) != 0)
		strbuf_addf(&text, ", on subchannel %s", record->parent);
	say(runner, name, LOG_INFO, MESSAGE_ID_RECIPE_APPLIED, 0, strbuf_str(&text));
}

/* Told of the disk; which definitions follow it is told by whoever moves them. */
static void tell_moved(const struct recipe_runner *runner, const struct told *told,
                       const struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "Device number %s has moved from subchannel %s to %s", told->name,
	            told->parent, record->parent);
	say(runner, told->name, LOG_NOTICE, MESSAGE_ID_RECIPE_MOVED, 0, strbuf_str(&text));
}

static void tell_failure(const struct recipe_runner *runner, const char *name,
                         const struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "The recipe of parent %s cannot be applied: %s", name,
	            record->reason ? record->reason : strerror(record->errnum));
	say(runner, name, LOG_ERR, MESSAGE_ID_RECIPE_FAILED, record->errnum, strbuf_str(&text));
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_ready(const struct recipe_record *record)
{
	return record->has_state && record->state == RECIPE_READY;
}

static bool has_moved(const struct told *told, const struct recipe_record *record)
{
	return told->parent && record->parent && strcmp(told->parent, record->parent) != 0;
}

static void tell_difference(const struct recipe_runner *runner, const struct told *told,
                            const struct recipe_record *record)
{
	if (has_moved(told, record))
		tell_moved(runner, told, record);
	if (record->errnum != 0 && (!told->is_bad || !is_same_text(told->reason, record->reason)))
		tell_failure(runner, told->name, record);
	else if (is_ready(record) && !told->is_ready)
		tell_ready(runner, told->name, record);
}

static void note(struct told *told, const struct recipe_record *record)
{
	told->is_bad = record->errnum != 0;
	told->is_ready = is_ready(record);
	told->is_paused = record->is_paused;
	free(told->reason);
	told->reason = record->reason ? strdup(record->reason) : NULL;
	if (!record->parent)
		return;
	free(told->parent);
	told->parent = strdup(record->parent);
}

/* What is so at the first sight was so before we came. */
static void take(struct recipe_runner *runner, const char *name, const struct recipe_record *record)
{
	struct told *told = find_told(runner, name);

	if (told && !runner->is_quiet)
		tell_difference(runner, told, record);
	if (told)
		note(told, record);
}

/* ---- when ------------------------------------------------------------------------------------- */

static void wake_at(struct recipe_runner *runner, int64_t at)
{
	sd_event_source_set_time(runner->timer, (uint64_t)at);
	sd_event_source_set_enabled(runner->timer, SD_EVENT_ONESHOT);
}

/* While a child runs, it waits for its end. */
static void mark(struct recipe_runner *runner, enum parent_try why)
{
	if (!runner->is_marked || why > runner->why)
		runner->why = why;
	if (runner->is_marked)
		return;
	runner->is_marked = true;
	if (!runner->is_running)
		wake_at(runner, record_now() + runner->settings->settle);
}

/* Names of the recipes, or none. */
static int list_names(const struct recipe_runner *runner, struct names *ret)
{
	_cleanup_(closep) int fd = env_open_dir(runner->env, RECIPE_DIR);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return dir_names(fd, ret);
}

/* Reads what came of the recipes, and when the next of them is due. */
static int64_t take_records(struct recipe_runner *runner, const struct names *files)
{
	int64_t next = 0;

	for (size_t i = 0; i < files->n; i++) {
		_cleanup_(recipe_record_done) struct recipe_record record = { 0 };
		char *dot = strrchr(files->items[i], '.');

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		*dot = '\0';
		if (recipe_record_read(runner->records, files->items[i], &record) < 0)
			continue;
		take(runner, files->items[i], &record);
		if (record.next != 0 && (next == 0 || record.next < next))
			next = record.next;
	}
	return next;
}

/* An event comes before what it tells of: what is removed may still be there at the first look. */
static void look_again(struct recipe_runner *runner)
{
	runner->is_unsettled = false;
	runner->is_again = true;
	wake_at(runner, record_now() + AGAIN_US);
}

static void end_work(void *userdata, int status)
{
	struct recipe_runner *runner = userdata;
	_cleanup_(names_done) struct names files = { 0 };
	int64_t next;

	runner->is_running = false;
	if (status == -ECANCELED)
		return;
	runner->is_begun = true;
	if (status != 0)
		log_warn(env_log(runner->env), "Recipes were not applied: %s",
		         status == -ETIMEDOUT ? "the process did not end in its time and was left "
		                                "to itself"
		         : status == -ECHILD  ? "killed"
		         : status > 0         ? "the process failed"
		                              : strerror(-status));
	next = list_names(runner, &files) < 0 ? 0 : take_records(runner, &files);
	if (runner->is_marked)
		wake_at(runner, record_now() + runner->settings->settle);
	else if (runner->is_unsettled)
		look_again(runner);
	else if (next != 0)
		wake_at(runner, next);
}

static void begin(struct recipe_runner *runner)
{
	static const struct job_calls calls = { .work = do_work, .done = end_work };
	int r;

	runner->doing = runner->is_marked  ? runner->why
	                : runner->is_again ? PARENT_TRY_EVENT
	                                   : PARENT_TRY_TIME;
	runner->is_marked = runner->is_again = false;
	r = jobs_add(runner->jobs, &calls, runner, LIMIT_US, NULL);
	if (r == 0) {
		runner->is_running = true;
		return;
	}
	log_warn(env_log(runner->env), "No process for the recipes: %s (trying again)",
	         strerror(-r));
	mark(runner, runner->doing);
	wake_at(runner, record_now() + PAUSE_US);
}

/* ---- the directory ------------------------------------------------------------------------------ */

static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata);

/* The directory, or the one in which it will be made. */
static int watch(struct recipe_runner *runner)
{
	static const uint32_t comes = IN_ONLYDIR | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF |
	                              IN_MOVE_SELF;
	static const struct {
		const char *path;
		uint32_t mask;
	} dirs[] = {
		{ RECIPE_DIR, comes | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM },
		{ "/etc/mdevmgr", comes },
		{ "/etc", comes },
	};
	int r = -ENOENT;

	if (runner->watch)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && r == -ENOENT; i++) {
		_cleanup_(freep) char *path = env_path(runner->env, dirs[i].path);

		if (!path)
			return -ENOMEM;
		r = sd_event_add_inotify(runner->event, &runner->watch, path, dirs[i].mask,
		                         on_change, runner);
	}
	return r;
}

static bool is_ours(const struct inotify_event *event)
{
	/* Our own temporary files. */
	return event->len == 0 || event->name[0] != '.';
}

static bool leads_elsewhere(const struct inotify_event *event)
{
	static const char *const names[] = { "mdevmgr", "parents.d" };

	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (event->len > 0 && strcmp(event->name, names[i]) == 0)
			return true;
	return false;
}

static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct recipe_runner *runner = userdata;

	if (leads_elsewhere(event)) {
		runner->watch = sd_event_source_disable_unref(runner->watch);
		mark(runner, PARENT_TRY_CHANGED);
	} else if (event->mask & IN_Q_OVERFLOW ||
	           (is_ours(event) && event->len > 0 && strstr(event->name, ".json"))) {
		mark(runner, PARENT_TRY_CHANGED);
	}
	return 0;
}

/* ---- the loop ------------------------------------------------------------------------------------- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct recipe_runner *runner = userdata;
	_cleanup_(names_done) struct names files = { 0 };
	int r = watch(runner);

	if (r < 0)
		log_warn(env_log(runner->env), "Cannot watch %s: %s", RECIPE_DIR, strerror(-r));
	if (runner->is_running)
		return 0;
	r = list_names(runner, &files);
	if (r < 0)
		log_warn(env_log(runner->env), "Cannot list %s: %s", RECIPE_DIR, strerror(-r));
	if (files.n > 0) {
		begin(runner);
		return 0;
	}
	runner->is_marked = false;
	runner->is_begun = true;
	return 0;
}

void recipe_runner_look(struct recipe_runner *runner)
{
	mark(runner, PARENT_TRY_CHANGED);
}

static void on_hardware(void *userdata)
{
	struct recipe_runner *runner = userdata;

	runner->is_unsettled = true;
	mark(runner, PARENT_TRY_EVENT);
}

static void on_trouble(void *userdata, enum manager_trouble trouble, const char *parent)
{
	if (trouble == MANAGER_EVENTS_LOST)
		mark(userdata, PARENT_TRY_EVENT);
}

const struct manager_observer *recipe_runner_observer(const struct recipe_runner *runner)
{
	return &runner->observer;
}

/* ---- the gate --------------------------------------------------------------------------------------- */

static bool is_to_come(const struct recipe_runner *runner, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < runner->n_told; i++)
		if (strcmp(runner->told[i].name, name) == 0)
			return !runner->told[i].is_ready && !runner->told[i].is_paused &&
			       !runner->told[i].is_bad;
	/* Not told of yet. */
	return recipe_read_text(runner->env, name, &text) == 0;
}

/* Only matrix may be registered before its recipe is applied: the others become parents by
 * it. */
bool recipe_runner_holds(void *userdata, const char *parent)
{
	const struct recipe_runner *runner = userdata;

	return strcmp(parent, RECIPE_MATRIX) == 0 && (runner->is_running || !runner->is_begun) &&
	       is_to_come(runner, parent);
}

/* ---- its life ---------------------------------------------------------------------------------------- */

int recipe_runner_new(sd_event *event, struct env *env, struct ops *ops,
                      const struct settings *settings, const struct journal *journal,
                      struct recipe_runner **ret)
{
	_cleanup_(recipe_runner_freep) struct recipe_runner *runner = calloc(1, sizeof(*runner));
	int r;

	if (!runner)
		return -ENOMEM;
	*runner = (struct recipe_runner){
		.event = event,
		.env = env,
		.ops = ops,
		.settings = settings,
		.journal = journal,
		.observer = { .hardware = on_hardware, .trouble = on_trouble, .userdata = runner },
	};
	r = records_new(env, &runner->records);
	if (r == 0)
		r = jobs_new(event, 1, &runner->jobs);
	if (r == 0)
		r = sd_event_add_time(event, &runner->timer, CLOCK_BOOTTIME, 0, TIMER_ACCURACY_US,
		                      on_timer, runner);
	if (r >= 0)
		r = sd_event_source_set_enabled(runner->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(runner);
	return 0;
}

void recipe_runner_free(struct recipe_runner *runner)
{
	if (!runner)
		return;
	jobs_free(runner->jobs);
	sd_event_source_disable_unref(runner->timer);
	sd_event_source_disable_unref(runner->watch);
	records_free(runner->records);
	for (size_t i = 0; i < runner->n_told; i++) {
		free(runner->told[i].name);
		free(runner->told[i].reason);
		free(runner->told[i].parent);
	}
	free(runner->told);
	free(runner);
}

int recipe_runner_start(struct recipe_runner *runner, bool is_booting)
{
	_cleanup_(names_done) struct names files = { 0 };
	bool is_boot;
	int r = watch(runner);

	if (r < 0 && r != -ENOENT)
		return r;
	runner->is_quiet = true;
	if (list_names(runner, &files) >= 0)
		(void)take_records(runner, &files);
	runner->is_quiet = false;
	/* Who was here at boot is told by the mark of it, should systemd not answer. */
	is_boot = !records_were_watched(runner->records) &&
	          (is_booting || records_have_begun(runner->records));
	mark(runner, is_boot ? PARENT_TRY_BOOT : PARENT_TRY_CHANGED);
	return 0;
}
