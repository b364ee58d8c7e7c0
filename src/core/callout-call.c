/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One script is run, and what its end means. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/callout-internal.h"

/* Read by the program when it is called from a script. */
#define LOCKED_ENV "MDEVMGR_LOCKED"

/* The status with which a script says that a device is not its own. */
#define STATUS_NOT_MINE 2

extern char **environ;

static const char *const state_names[] = {
	[CALLOUT_NONE] = "none",
	[CALLOUT_SUCCESS] = "success",
	[CALLOUT_FAILURE] = "failure",
};

const char *callout_action_name(int action)
{
	static const char *const names[_CALLOUT_ALL_ACTIONS_MAX] = {
		[CALLOUT_DEFINE] = "define",
		[CALLOUT_UNDEFINE] = "undefine",
		[CALLOUT_MODIFY] = "modify",
		[CALLOUT_START] = "start",
		[CALLOUT_STOP] = "stop",
		[CALLOUT_ATTRIBUTES] = "attributes",
		[CALLOUT_CAPABILITIES] = "capabilities",
	};

	return names[action];
}

const char *callout_event_name(enum callout_event event)
{
	static const char *const names[_CALLOUT_EVENT_MAX] = {
		[CALLOUT_PRE] = "pre", [CALLOUT_POST] = "post", [CALLOUT_NOTIFY] = "notify",
		[CALLOUT_GET] = "get", [CALLOUT_LIVE] = "live",
	};

	return names[event];
}

void callout_add_quoted(struct strbuf *out, const char *path)
{
	strbuf_add_char(out, '"');
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c == '\n' || c == '\r' || c == '\t')
			strbuf_addf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(out, "\\u{%x}", c);
		else
			strbuf_add_char(out, (char)c);
	}
	strbuf_add_char(out, '"');
}

static char *quoted(const char *path)
{
	_cleanup_(strbuf_done) struct strbuf b = STRBUF_INIT;

	callout_add_quoted(&b, path);
	return strbuf_take(&b);
}

/* ---- running --------------------------------------------------------------------- */

/* The environment with one variable replaced; the strings but `locked` are borrowed. */
static int make_environment(char *locked, char ***ret)
{
	size_t n = 0, used = 0;
	char **envp;

	while (environ && environ[n])
		n++;
	envp = calloc(n + 2, sizeof(*envp));
	if (!envp)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], LOCKED_ENV "=", strlen(LOCKED_ENV "=")) != 0)
			envp[used++] = environ[i];
	envp[used] = locked;
	*ret = envp;
	return 0;
}

/* After an interrupt the rest of the conversation is told, but nobody waits long. */
static unsigned time_limit(const struct callouts *c, const struct callout_call *call)
{
	bool is_short = call->event == CALLOUT_GET || call->is_brief || env_is_interrupted(c->env);

	return is_short && c->get_ms < c->change_ms ? c->get_ms : c->change_ms;
}

static const volatile sig_atomic_t *interrupt_for(const struct callouts *c,
                                                  const struct callout_call *call)
{
	bool is_aftermath = call->event == CALLOUT_POST || call->event == CALLOUT_NOTIFY;

	return is_aftermath && env_is_interrupted(c->env) ? NULL : env_interrupt(c->env);
}

static int run(struct callouts *c, const char *path, const struct callout_subject *subject,
               const struct callout_call *call, char **envp, struct process_result *res)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	const char *argv[] = {
		path,
		"-t",
		subject->type,
		"-e",
		callout_event_name(call->event),
		"-a",
		callout_action_name(call->action),
		"-s",
		state_names[call->state],
		"-u",
		uuid,
		"-p",
		subject->parent,
		NULL,
	};

	mdev_uuid_format(subject->uuid, uuid);
	log_debug(env_log(c->env), "%s-%s: executing %s", callout_event_name(call->event),
	          callout_action_name(call->action), path);
	return process_run(
		&(struct process_request){
			.path = path,
			.argv = argv,
			.envp = envp,
			.input = call->input,
			.input_len = call->input_len,
			.timeout_ms = time_limit(c, call),
			.output_max = call->event == CALLOUT_GET ? DEFINITION_SIZE_MAX
	                                                         : CALLOUT_WORDS_MAX,
			.interrupt = interrupt_for(c, call),
		},
		res);
}

static enum callout_verdict judge(const struct process_result *res)
{
	if (res->skipped)
		return CALLOUT_SKIPPED;
	if (res->interrupted || res->timed_out || res->signal != 0)
		return CALLOUT_BROKEN;
	return res->status == STATUS_NOT_MINE ? CALLOUT_NOT_MINE : CALLOUT_ANSWERED;
}

static int run_locked(struct callouts *c, const char *path, const struct callout_subject *subject,
                      const struct callout_call *call, struct process_result *res)
{
	_cleanup_(strbuf_done) struct strbuf locked = STRBUF_INIT;
	_cleanup_(freep) char **envp = NULL;
	int r;

	strbuf_addf(&locked, LOCKED_ENV "=%s", subject->parent);
	r = strbuf_error(&locked);
	if (r == 0)
		r = make_environment(locked.data, &envp);
	return r < 0 ? r : run(c, path, subject, call, envp, res);
}

int callout_call(struct callouts *c, const char *path, const struct callout_subject *subject,
                 const struct callout_call *call, struct process_result *res, struct error *err)
{
	_cleanup_(freep) char *name = NULL;
	int r;

	if (call->is_locked)
		r = run_locked(c, path, subject, call, res);
	else
		r = run(c, path, subject, call, environ, res);
	if (r >= 0)
		return judge(res);
	name = quoted(path);
	return error_set_errno(err, r, "Script '%s' could not be run", name ? name : path);
}

/* ---- what came of it ---------------------------------------------------------------- */

void callout_forward(struct callouts *c, const char *path, const struct process_result *res)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *slash = strrchr(path, '/');
	size_t n = res->err.len < CALLOUT_WORDS_MAX ? res->err.len : CALLOUT_WORDS_MAX;

	if (n == 0)
		return;
	strbuf_addf(&text, "%s: ", slash ? slash + 1 : path);
	/* ap-check's words have a NUL in the middle when it aborts. */
	for (size_t i = 0; i < n; i++)
		strbuf_add_char(&text, res->err.data[i] ? res->err.data[i] : ' ');
	log_message(env_log(c->env), LOG_LEVEL_FOREIGN, "%s", strbuf_str(&text));
}

/* list passes over a device whose attributes cannot be had; it would not be told. */
static void warn_of_get(struct callouts *c, const char *name, const struct callout_call *call,
                        const struct process_result *res)
{
	if (call->event != CALLOUT_GET || res->interrupted)
		return;
	if (res->timed_out)
		log_warn(env_log(c->env), "callout script %s took too long and was killed", name);
	else if (res->signal != 0)
		log_warn(env_log(c->env), "callout script %s was terminated by a signal", name);
}

static int fail_status(const char *name, const struct process_result *res, struct error *err)
{
	if (res->status >= 0)
		return error_set(err, -EPERM, "Script '%s' failed with status '%d'", name,
		                 res->status);
	return error_set(err,
	                 res->interrupted ? -EINTR
	                 : res->timed_out ? -ETIMEDOUT
	                 : res->signal    ? -ECHILD
	                                  : -EPERM,
	                 "Script '%s' failed with status 'unknown'", name);
}

int callout_fail(struct callouts *c, const char *path, const struct callout_call *call,
                 const struct process_result *res, struct error *err)
{
	_cleanup_(freep) char *name = quoted(path);
	int r;

	if (!name)
		return error_set(err, -ENOMEM, "Script %s failed", path);
	warn_of_get(c, name, call, res);
	r = fail_status(name, res, err);
	if (res->interrupted)
		error_set_cause(err, "interrupted");
	else if (res->timed_out)
		error_set_cause(err, "no end within %g s, killed", time_limit(c, call) / 1000.0);
	else if (res->signal != 0)
		error_set_cause(err, "terminated by signal %d (%s)", res->signal,
		                strsignal(res->signal));
	else if (res->skipped)
		error_set_cause(err, "it cannot be executed");
	return r;
}

int callout_ask(struct callouts *c, const char *path, const struct callout_subject *subject,
                const struct callout_call *call, struct process_result *res, struct error *err)
{
	int r = callout_call(c, path, subject, call, res, err);

	if (r < 0)
		return r;
	callout_forward(c, path, res);
	if (r == CALLOUT_ANSWERED && res->status == 0)
		return 0;
	r = callout_fail(c, path, call, res, err);
	process_result_done(res);
	return r;
}

int callout_search(struct callouts *c, const struct callout_subject *subject,
                   const struct callout_call *call, const char **ret_path,
                   struct process_result *res, struct error *err)
{
	for (size_t i = 0; i < c->scripts.n; i++) {
		const char *path = c->scripts.paths[i];
		int r = callout_call(c, path, subject, call, res, err);

		if (r < 0)
			return r;
		if (r == CALLOUT_SKIPPED || r == CALLOUT_NOT_MINE) {
			log_debug(env_log(c->env), "%s %s", path,
			          r == CALLOUT_SKIPPED ? "cannot be executed"
			                               : "does not match the device");
			process_result_done(res);
			continue;
		}
		callout_forward(c, path, res);
		if (r == CALLOUT_ANSWERED && res->status == 0) {
			*ret_path = path;
			return 1;
		}
		r = callout_fail(c, path, call, res, err);
		process_result_done(res);
		return r;
	}
	return 0;
}
