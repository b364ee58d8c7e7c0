/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conversations with the scripts: who is asked what, in which order, and what a
 * failure means to the operation. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/callout-internal.h"
#include "core/failure.h"

/* The scripts for vfio-ap wait up to 95 s for their own lock. */
#define CHANGE_MS 120000

struct conversation {
	struct callouts *c;
	enum callout_action action;
	const struct callout_subject *subject;
	bool is_locked;
	struct strbuf input; /* what pre got, and post gets again */
	struct callout_probe *probe;
	const char *chosen; /* the script without versions that agreed at pre */
};

/* ---- the scripts of this system ------------------------------------------------------ */

int callouts_new(const struct env *env, struct callouts **ret)
{
	struct callouts *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->env = env;
	c->change_ms = CHANGE_MS;
	c->get_ms = CALLOUT_GET_MS;
	*ret = c;
	return 0;
}

/* Answers point into the lists. */
static void callouts_reset(struct callouts *c)
{
	callouts_forget(c);
	callouts_unload(c);
}

void callouts_refresh(struct callouts *c)
{
	if (!callouts_are_still_none(c))
		callouts_reset(c);
}

void callouts_free(struct callouts *c)
{
	if (!c)
		return;
	callouts_reset(c);
	free(c);
}

void callouts_set_limits(struct callouts *c, unsigned change_ms, unsigned get_ms)
{
	c->change_ms = change_ms;
	c->get_ms = get_ms;
}

/* ---- one operation ----------------------------------------------------------------------- */

int conversation_new(struct callouts *c, enum callout_action action,
                     const struct callout_subject *subject, struct conversation **ret)
{
	struct conversation *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->c = c;
	v->action = action;
	v->subject = subject;
	v->input = STRBUF_INIT;
	*ret = v;
	return 0;
}

void conversation_free(struct conversation *v)
{
	if (!v)
		return;
	strbuf_done(&v->input);
	free(v);
}

void conversation_set_locked(struct conversation *v, bool locked)
{
	v->is_locked = locked;
}

static int print_input(const struct conversation *v, struct strbuf *out, struct error *err)
{
	strbuf_clear(out);
	if (v->subject->definition)
		definition_print_compact(v->subject->definition, out);
	if (strbuf_error(out) < 0)
		return error_set_errno(err, strbuf_error(out), "Failed to write JSON for scripts");
	return 0;
}

static struct callout_call make_call(const struct conversation *v, enum callout_event event,
                                     enum callout_state state, const struct strbuf *input)
{
	return (struct callout_call){
		.event = event,
		.action = v->action,
		.state = state,
		.input = strbuf_str(input),
		.input_len = input->len,
		.is_locked = v->is_locked && event != CALLOUT_NOTIFY,
	};
}

/* The script with versions if there is one, else the one that agreed before, else the
 * first that agrees now, which is kept as the chosen one. */
static int converse(struct conversation *v, const struct callout_call *call, struct error *err)
{
	_cleanup_(process_result_done) struct process_result res = { 0 };
	const char *path = v->chosen;
	int r;

	if (v->probe->path) {
		r = callout_probe_supports(v->probe, call->event, call->action, err);
		if (r < 0)
			return r;
		path = v->probe->path;
	}
	if (path)
		return callout_ask(v->c, path, v->subject, call, &res, err);
	r = callout_search(v->c, v->subject, call, &v->chosen, &res, err);
	return r < 0 ? r : 0;
}

static int ask_for_leave(struct conversation *v, struct error *err)
{
	struct callout_call call;
	int r;

	r = callouts_probe(v->c, v->subject, &v->probe, err);
	if (r < 0)
		return r;
	call = make_call(v, CALLOUT_PRE, CALLOUT_NONE, &v->input);
	return converse(v, &call, err);
}

static bool was_killed(int r)
{
	return r == -ECHILD || r == -ETIMEDOUT;
}

/* -E2BIG: words of the definition that no program can be given. It must be possible to
 * get rid of one. */
static bool is_refusal(int r)
{
	return r == -EPERM || r == -EOPNOTSUPP || r == -E2BIG || was_killed(r);
}

static void warn_of_force(struct conversation *v, const struct error *refusal)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(refusal, &text);
	log_warn(env_log(v->c->env),
	         "Forcing operation '%s' despite callout failure. Error was: %s",
	         callout_action_name(v->action), strbuf_str(&text));
}

/* Failures are nobody's concern any more. */
static void tell_outcome(struct conversation *v, enum callout_state state, bool is_brief)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct callout_call call;

	/* No script, or the probe failed and was overridden: nobody waits for news. */
	if (!v->probe)
		return;
	call = make_call(v, CALLOUT_POST, state, &v->input);
	call.is_brief = is_brief;
	if (converse(v, &call, &err) == 0)
		return;
	error_format(&err, &text);
	log_debug(env_log(v->c->env), "Post callout failed, ignoring: %s", strbuf_str(&text));
}

static int ask_or_force(struct conversation *v, bool force, struct error *err)
{
	_cleanup_(error_done) struct error refusal = ERROR_INIT;
	int r;

	if (!force)
		return ask_for_leave(v, err);
	r = ask_for_leave(v, &refusal);
	if (r < 0 && !is_refusal(r))
		return callout_repeat_failure(&refusal, err);
	if (r < 0)
		warn_of_force(v, &refusal);
	return 0;
}

int conversation_pre(struct conversation *v, bool force, struct error *err)
{
	int r = callouts_load(v->c, err);

	if (r < 0 || v->c->scripts.n == 0)
		return r;
	r = print_input(v, &v->input, err);
	if (r < 0)
		return r;
	r = ask_or_force(v, force, err);
	/* It had no chance to give back what it took for us: ap-check's lock would stay as
	 * long as this process lives, and its next run would wait for it in vain. */
	if (was_killed(r))
		tell_outcome(v, CALLOUT_FAILURE, true);
	else if (is_refusal(r))
		error_set_mark(err, FAILURE_REFUSED);
	return r;
}

int conversation_resume(struct conversation *v, struct error *err)
{
	int r = callouts_load(v->c, err);

	if (r < 0 || v->c->scripts.n == 0)
		return r;
	r = print_input(v, &v->input, err);
	return r < 0 ? r : callouts_probe(v->c, v->subject, &v->probe, err);
}

void conversation_post(struct conversation *v, enum callout_state state)
{
	tell_outcome(v, state, false);
}

void conversation_notify(struct conversation *v, enum callout_state state)
{
	_cleanup_(strbuf_done) struct strbuf input = STRBUF_INIT;
	struct callout_call call;

	if (callouts_load(v->c, NULL) < 0 || v->c->notifiers.n == 0 ||
	    print_input(v, &input, NULL) < 0)
		return;
	call = make_call(v, CALLOUT_NOTIFY, state, &input);
	for (size_t i = 0; i < v->c->notifiers.n; i++) {
		_cleanup_(process_result_done) struct process_result res = { 0 };
		const char *path = v->c->notifiers.paths[i];
		int r = callout_call(v->c, path, v->subject, &call, &res, NULL);

		if (r < 0 || r == CALLOUT_SKIPPED || r == CALLOUT_BROKEN || res.status != 0)
			log_debug(env_log(v->c->env), "Notifier %s failed, ignoring", path);
	}
}

int conversation_live(struct conversation *v, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf input = STRBUF_INIT;
	struct callout_call call;
	int r = callouts_probe(v->c, v->subject, &v->probe, err);

	if (r < 0)
		return r;
	if (!v->probe->path)
		return error_set(err, -EOPNOTSUPP,
		                 "Live modification is not supported for this device type. "
		                 "Changing the device configuration requires stopping and "
		                 "restarting the device.");
	r = print_input(v, &input, err);
	if (r < 0)
		return r;
	call = make_call(v, CALLOUT_LIVE, CALLOUT_NONE, &input);
	return converse(v, &call, err);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static const struct callout_call get_attributes = {
	.event = CALLOUT_GET,
	.action = CALLOUT_ATTRIBUTES,
	.state = CALLOUT_NONE,
};

/* 1 and *res if a script answered. */
static int ask_for_attributes(struct callouts *c, const struct callout_subject *subject,
                              struct callout_probe *probe, const char **ret_path,
                              struct process_result *res, struct error *err)
{
	int r;

	if (error_is_set(&probe->get_failure))
		return callout_repeat_failure(&probe->get_failure, err);
	if (!probe->path) {
		r = callout_search(c, subject, &get_attributes, ret_path, res, err);
	} else {
		r = callout_probe_supports(probe, CALLOUT_GET, CALLOUT_ATTRIBUTES, err);
		if (r < 0)
			return r;
		*ret_path = probe->path;
		r = callout_ask(c, probe->path, subject, &get_attributes, res, err);
		r = r < 0 ? r : 1;
	}
	/* A list of a thousand devices would wait a thousand times. */
	if (r == -ETIMEDOUT)
		callout_repeat_failure(err, &probe->get_failure);
	return r;
}

static int parse_attributes(const char *path, const struct process_result *res, bool keep_leading,
                            struct attrs *ret, struct error *err)
{
	int r;

	if (res->truncated)
		return error_set(err, -EFBIG, "Script %s sent more than %d bytes", path,
		                 DEFINITION_SIZE_MAX);
	r = definition_parse_attrs_reply(strbuf_str(&res->out), res->out.len, keep_leading, ret,
	                                 err);
	if (r < 0)
		error_set_advice(err, "in the reply of script %s", path);
	return r;
}

int callouts_get_attributes(struct callouts *c, const struct callout_subject *subject,
                            bool keep_leading, struct attrs *ret, struct error *err)
{
	_cleanup_(process_result_done) struct process_result res = { 0 };
	_cleanup_(error_done) struct error failure = ERROR_INIT;
	struct callout_probe *probe;
	const char *path;
	int r;

	r = callouts_load(c, err);
	if (r < 0 || c->scripts.n == 0)
		return r;
	r = callouts_probe(c, subject, &probe, err);
	if (r < 0)
		return r;
	r = ask_for_attributes(c, subject, probe, &path, &res, &failure);
	if (r < 0)
		return callout_repeat_failure(&failure, err);
	return r == 0 ? 0 : parse_attributes(path, &res, keep_leading, ret, err);
}
