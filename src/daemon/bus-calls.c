/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way of a call: who is it (the bus says), may he (polkit says), is he still there (the
 * bus again), done. Nothing here waits for an answer. */
#include "config.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-calls.h"
#include "daemon/bus-work.h"
#include "daemon/jobs.h"
#include "daemon/polkit.h"

#define CALLS_MAX          4096 /* in all */
#define CALLS_PER_USER_MAX 2048 /* of one user who is not root */
#define BYTES_MAX          (3 * 1024 * 1024)
#define BYTES_PER_USER_MAX (BYTES_MAX / 2)
/* dbus-daemon lets a connection wait for 128 answers. */
#define ASKED_MAX 96
/* So many at once leave memory behind that is worth giving back. */
#define MANY 64

enum call_state {
	CALL_NEW,     /* the bus is asked who it is */
	CALL_UNASKED, /* to be asked about */
	CALL_ASKED,   /* polkit is */
	CALL_READY,   /* allowed */
	CALL_BEGUN,   /* the bus is asked whether the caller is still there, or it is worked on */
};

/* Whose calls there are. */
struct user {
	struct user *next;
	uid_t uid;
	unsigned n;
	unsigned asked;
	size_t bytes;
};

struct call {
	struct bus_calls *calls;
	struct call *next;
	struct call *previous;
	enum call_state state;
	struct bus_task task;
	sd_bus_message *message; /* NULL once nobody waits for the answer */
	sd_bus_message *request; /* the same, for the child */
	struct user *user;       /* NULL: not known yet */
	sd_bus_slot *question;
	sd_bus_slot *leaving;
	struct strbuf report;
	bool is_working;
	bool has_left; /* told only of those that wait */
};

struct bus_calls {
	const struct env *env;
	struct jobs *jobs;
	void *userdata;
	const struct settings *settings;
	unsigned begun;
	unsigned asked;
	size_t n;
	size_t bytes;
	size_t most; /* since there was none */
	struct user *users;
	struct call *first;
	struct call *last;
};

/* ---- the list --------------------------------------------------------------------------- */

static void call_link(struct bus_calls *calls, struct call *call)
{
	call->previous = calls->last;
	*(calls->last ? &calls->last->next : &calls->first) = call;
	calls->last = call;
	calls->n++;
	calls->most = calls->n > calls->most ? calls->n : calls->most;
	calls->bytes += call->task.bytes;
}

static struct user *user_of(struct bus_calls *calls, uid_t uid)
{
	struct user *user = calls->users;

	while (user && user->uid != uid)
		user = user->next;
	if (user)
		return user;
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->uid = uid;
	user->next = calls->users;
	calls->users = user;
	return user;
}

static void user_release(struct bus_calls *calls, struct user *user, size_t bytes)
{
	struct user **at = &calls->users;

	user->bytes -= bytes;
	if (--user->n > 0)
		return;
	while (*at != user)
		at = &(*at)->next;
	*at = user->next;
	free(user);
}

static void set_state(struct call *call, enum call_state state)
{
	struct bus_calls *calls = call->calls;

	if (call->state == CALL_ASKED) {
		calls->asked--;
		call->user->asked--;
	}
	if (state == CALL_ASKED) {
		calls->asked++;
		call->user->asked++;
	}
	if (state == CALL_BEGUN)
		calls->begun++;
	call->state = state;
}

static void give_back(struct bus_calls *calls)
{
	if (calls->n > 0)
		return;
	if (calls->most >= MANY)
		malloc_trim(0);
	calls->most = 0;
}

static void call_free(struct call *call)
{
	struct bus_calls *calls = call->calls;

	*(call->previous ? &call->previous->next : &calls->first) = call->next;
	*(call->next ? &call->next->previous : &calls->last) = call->previous;
	calls->n--;
	calls->bytes -= call->task.bytes;
	if (call->state == CALL_BEGUN)
		calls->begun--;
	set_state(call, CALL_NEW);
	if (call->user)
		user_release(calls, call->user, call->task.bytes);
	sd_bus_slot_unref(call->question);
	sd_bus_slot_unref(call->leaving);
	sd_bus_message_unref(call->message);
	sd_bus_message_unref(call->request);
	strbuf_done(&call->report);
	free(call);
	give_back(calls);
}

static void refuse(struct call *call, const char *name, const char *text)
{
	(void)sd_bus_reply_method_errorf(call->message, name, "%s", text);
	call_free(call);
}

/* ---- the work --------------------------------------------------------------------------- */

static void go_on(struct bus_calls *calls);

/* Before the child has said who it is there is nobody to tell. */
static void stop_if_left(const struct call *call)
{
	pid_t pid = call->has_left && call->is_working ? bus_work_pid(&call->report) : 0;

	if (pid > 0)
		kill(pid, SIGTERM);
}

static int on_leaving(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *after;
	struct call *call = userdata;

	if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && !*after)
		call->has_left = true;
	stop_if_left(call);
	return 0;
}

/* What nobody waits for any more must not happen in an hour. */
static void watch_caller(struct call *call)
{
	char match[512];

	if (!call->task.is_wait)
		return;
	snprintf(match, sizeof(match),
	         "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
	         "member='NameOwnerChanged',arg0='%s'",
	         sd_bus_message_get_sender(call->message));
	(void)sd_bus_add_match_async(sd_bus_message_get_bus(call->message), &call->leaving, match,
	                             on_leaving, NULL, call);
}

static int work(void *userdata, int report_fd)
{
	struct call *call = userdata;

	return bus_work_do(call->calls->env, call->calls->settings, call->task.kind, call->request,
	                   report_fd);
}

static void on_report(void *userdata, const char *bytes, size_t n)
{
	struct call *call = userdata;

	if (call->report.len + n <= BUS_REPORT_MAX)
		strbuf_add(&call->report, bytes, n);
	stop_if_left(call);
}

static void on_done(void *userdata, int status)
{
	struct call *call = userdata;
	struct bus_calls *calls = call->calls;

	call->is_working = false;
	if (call->message)
		bus_work_reply(&call->report, status, call->message);
	call_free(call);
	go_on(calls);
}

static void begin(struct call *call)
{
	static const struct job_calls job = { .work = work, .report = on_report, .done = on_done };
	const struct bus_task *task = &call->task;
	struct bus_calls *calls = call->calls;
	int r;

	log_info(env_log(calls->env), "User %u asks to %s", call->user->uid,
	         sd_bus_message_get_member(call->message));
	if (task->finish) {
		r = task->finish(calls->userdata, call->message);
		if (r < 0)
			(void)sd_bus_reply_method_errno(call->message, r, NULL);
		call_free(call);
		return;
	}
	call->is_working = true;
	r = jobs_add(calls->jobs, &job, call,
	             bus_work_limit(calls->settings, task->kind, task->is_wait), NULL);
	if (r < 0) {
		(void)sd_bus_reply_method_errno(call->message, r, NULL);
		call_free(call);
	}
}

/* ---- who is it, is he still there ------------------------------------------------------------ */

static bool has_enough(const struct user *user)
{
	return user->uid != 0 && (user->n > CALLS_PER_USER_MAX || user->bytes > BYTES_PER_USER_MAX);
}

static void identified(struct call *call, uid_t uid)
{
	call->user = user_of(call->calls, uid);
	if (call->user) {
		call->user->n++;
		call->user->bytes += call->task.bytes;
	}
	if (!call->user || has_enough(call->user)) {
		refuse(call, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls of this user wait");
		return;
	}
	set_state(call, uid == 0 ? CALL_READY : CALL_UNASKED);
}

static int on_user(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct call *call = userdata;
	struct bus_calls *calls = call->calls;
	uint32_t uid;

	call->question = sd_bus_slot_unref(call->question);
	if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "u", &uid) <= 0) {
		/* He has left. */
		call_free(call);
	} else if (call->state == CALL_NEW) {
		identified(call, uid);
	} else {
		begin(call);
	}
	go_on(calls);
	return 0;
}

static int ask_for_user(struct call *call)
{
	return sd_bus_call_method_async(sd_bus_message_get_bus(call->message), &call->question,
	                                "org.freedesktop.DBus", "/org/freedesktop/DBus",
	                                "org.freedesktop.DBus", "GetConnectionUnixUser", on_user,
	                                call, "s", sd_bus_message_get_sender(call->message));
}

/* ---- may he -------------------------------------------------------------------------------- */

static int on_leave(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct call *call = userdata;
	struct bus_calls *calls = call->calls;

	call->question = sd_bus_slot_unref(call->question);
	if (polkit_is_yes(m))
		set_state(call, CALL_READY);
	else
		refuse(call, SD_BUS_ERROR_ACCESS_DENIED,
		       "Not authorized (" POLKIT_ACTION "; polkit decides)");
	go_on(calls);
	return 0;
}

static void ask_leave(struct call *call)
{
	set_state(call, CALL_ASKED);
	if (polkit_ask(sd_bus_message_get_bus(call->message), call->message, on_leave, call,
	               &call->question) < 0)
		refuse(call, SD_BUS_ERROR_ACCESS_DENIED, "polkit cannot be asked");
}

static void check_caller(struct call *call)
{
	set_state(call, CALL_BEGUN);
	watch_caller(call);
	if (ask_for_user(call) < 0)
		call_free(call);
}

/* ---- all of them ------------------------------------------------------------------------------ */

/* One user may have half of what the others leave: there is something for the next, however
 * many leave their questions open. */
static bool may_ask(const struct bus_calls *calls, const struct user *user)
{
	unsigned left = ASKED_MAX - (calls->asked - user->asked);

	return calls->asked < ASKED_MAX && user->asked < (left + 1) / 2;
}

/* Lets the next do their next step, first come first served. */
static void go_on(struct bus_calls *calls)
{
	struct call *next;

	for (struct call *call = calls->first; call; call = next) {
		next = call->next;
		if (calls->asked >= ASKED_MAX && calls->begun >= calls->settings->calls_max)
			break;
		if (call->state == CALL_READY && calls->begun < calls->settings->calls_max)
			check_caller(call);
		else if (call->state == CALL_UNASKED && may_ask(calls, call->user))
			ask_leave(call);
	}
}

int bus_calls_add(struct bus_calls *calls, sd_bus_message *m, const struct bus_task *task,
                  sd_bus_error *error)
{
	struct call *call;
	int r;

	if (calls->n >= CALLS_MAX || calls->bytes >= BYTES_MAX)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls wait");
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->calls = calls;
	call->task = *task;
	call->message = sd_bus_message_ref(m);
	call->request = sd_bus_message_ref(m);
	call_link(calls, call);
	r = ask_for_user(call);
	if (r < 0)
		call_free(call);
	return r < 0 ? r : 1;
}

void bus_calls_reload(struct bus_calls *calls)
{
	jobs_set_max(calls->jobs, calls->settings->calls_max);
	go_on(calls);
}

void bus_calls_drop(struct bus_calls *calls)
{
	struct call *next;

	for (struct call *call = calls->first; call; call = next) {
		next = call->next;
		call->leaving = sd_bus_slot_unref(call->leaving);
		call->message = sd_bus_message_unref(call->message);
		if (!call->is_working)
			call_free(call);
	}
}

int bus_calls_new(sd_event *event, const struct env *env, const struct settings *settings,
                  void *userdata, struct bus_calls **ret)
{
	_cleanup_(bus_calls_freep) struct bus_calls *calls = calloc(1, sizeof(*calls));
	int r;

	if (!calls)
		return -ENOMEM;
	calls->env = env;
	calls->settings = settings;
	calls->userdata = userdata;
	r = jobs_new(event, settings->calls_max, &calls->jobs);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(calls);
	return 0;
}

void bus_calls_free(struct bus_calls *calls)
{
	if (!calls)
		return;
	bus_calls_drop(calls);
	jobs_free(calls->jobs);
	while (calls->first)
		call_free(calls->first);
	free(calls);
}
