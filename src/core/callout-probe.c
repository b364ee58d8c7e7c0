/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The capabilities probe: each script is asked, once per parent and type, whether it
 * knows the protocol's versions. The first that does is the only one to be asked. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "core/callout-internal.h"
#include "shared/json.h"

/* The bytes that mdevctl 1.4.0 sends. */
static const char provides[] =
	"{\"provides\":{\"version\":2,"
	"\"actions\":[\"start\",\"stop\",\"define\",\"undefine\",\"modify\",\"attributes\","
	"\"capabilities\"],"
	"\"events\":[\"pre\",\"post\",\"notify\",\"get\",\"live\"]}}";

static inline void json_object_putp(struct json_object **o)
{
	json_object_put(*o);
}

/* ---- the reply ------------------------------------------------------------------ */

static const char *action_name(unsigned i)
{
	return callout_action_name((int)i);
}

static const char *event_name(unsigned i)
{
	return callout_event_name((enum callout_event)i);
}

/* Reads an array of words into a bit set. 1 if some were unknown. */
static int parse_words(struct json_object *array, const char *(*name)(unsigned), unsigned n_names,
                       unsigned *ret)
{
	unsigned set = 0;
	bool has_unknown = false;

	if (!json_object_is_type(array, json_type_array))
		return -EINVAL;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *word = json_object_array_get_idx(array, i);
		unsigned k = 0;

		if (!json_object_is_type(word, json_type_string))
			return -EINVAL;
		while (k < n_names && strcmp(json_object_get_string(word), name(k)) != 0)
			k++;
		if (k < n_names)
			set |= 1U << k;
		else
			has_unknown = true;
	}
	*ret = set;
	return has_unknown;
}

/* Its value is of no use, but without it there is no reply. */
static bool is_version(struct json_object *version)
{
	int64_t value;

	if (!json_object_is_type(version, json_type_int))
		return false;
	value = json_object_get_int64(version);
	return value >= 0 && value <= UINT32_MAX;
}

static void warn_of_unknown(const struct log *log, const char *path, const char *what)
{
	_cleanup_(strbuf_done) struct strbuf quoted = STRBUF_INIT;

	callout_add_quoted(&quoted, path);
	log_warn(log, "Callout script %s provides unknown %s type", strbuf_str(&quoted), what);
}

static int parse_supports(struct json_object *supports, const char *path, const struct log *log,
                          struct callout_capabilities *ret)
{
	struct json_object *version, *actions, *events;
	struct callout_capabilities found;
	int unknown_action, unknown_event;

	if (!json_object_is_type(supports, json_type_object) ||
	    !json_object_object_get_ex(supports, "version", &version) || !is_version(version) ||
	    !json_object_object_get_ex(supports, "actions", &actions) ||
	    !json_object_object_get_ex(supports, "events", &events))
		return -EINVAL;
	unknown_action = parse_words(actions, action_name, _CALLOUT_ALL_ACTIONS_MAX,
	                             &found.actions);
	unknown_event = parse_words(events, event_name, _CALLOUT_EVENT_MAX, &found.events);
	if (unknown_action < 0 || unknown_event < 0)
		return -EINVAL;
	if (unknown_action)
		warn_of_unknown(log, path, "Action");
	if (unknown_event)
		warn_of_unknown(log, path, "Event");
	*ret = found;
	return 0;
}

int callout_parse_capabilities(const char *bytes, size_t n, const char *path, const struct log *log,
                               struct callout_capabilities *ret)
{
	_cleanup_(json_object_putp) struct json_object *reply = NULL;
	struct json_object *supports;
	int r;

	while (n > 0 && bytes[n - 1] == '\0')
		n--;
	r = json_parse(bytes, n, &reply, NULL, NULL);
	if (r < 0)
		return r;
	if (!json_object_is_type(reply, json_type_object))
		return -EINVAL;
	if (!json_object_object_get_ex(reply, "supports", &supports) || !supports)
		return -ENODATA;
	return parse_supports(supports, path, log, ret);
}

/* ---- asking ----------------------------------------------------------------------- */

/* 1 if this is the script, 0 if not. */
static int probe_script(struct callouts *c, const char *path, const struct callout_subject *subject,
                        struct callout_capabilities *ret, struct error *err)
{
	static const struct callout_call call = {
		.event = CALLOUT_GET,
		.action = CALLOUT_CAPABILITIES,
		.state = CALLOUT_NONE,
		.input = provides,
		.input_len = sizeof(provides) - 1,
	};
	_cleanup_(process_result_done) struct process_result res = { 0 };
	int r = callout_call(c, path, subject, &call, &res, err);

	if (r < 0)
		return r;
	if (r == CALLOUT_BROKEN) {
		callout_forward(c, path, &res);
		return callout_fail(c, path, &call, &res, err);
	}
	if (r != CALLOUT_ANSWERED || res.truncated)
		return 0;
	/* The status does not matter: some answer with 1 or 77. */
	r = callout_parse_capabilities(strbuf_str(&res.out), res.out.len, path, env_log(c->env),
	                               ret);
	if (r == -ENOMEM)
		return error_set_errno(err, r, "Failed to read the reply of script %s", path);
	if (r == 0)
		callout_forward(c, path, &res);
	return r == 0;
}

static int probe_all(struct callouts *c, const struct callout_subject *subject,
                     struct callout_probe *probe, struct error *err)
{
	for (size_t i = 0; i < c->scripts.n; i++) {
		const char *path = c->scripts.paths[i];
		int r = probe_script(c, path, subject, &probe->capabilities, err);

		if (r == 0)
			continue;
		if (r > 0)
			probe->path = path;
		return r < 0 ? r : 0;
	}
	log_debug(env_log(c->env), "No callout script with version support for %s on %s",
	          subject->type, subject->parent);
	return 0;
}

static void probe_free(struct callout_probe *probe)
{
	if (!probe)
		return;
	free(probe->parent);
	free(probe->type);
	error_done(&probe->failure);
	error_done(&probe->get_failure);
	free(probe);
}
DEFINE_CLEANUP(struct callout_probe, probe_free);

static int probe_new(const struct callout_subject *subject, struct callout_probe **ret)
{
	_cleanup_(probe_freep) struct callout_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->failure = ERROR_INIT;
	probe->get_failure = ERROR_INIT;
	probe->parent = strdup(subject->parent);
	probe->type = strdup(subject->type);
	if (!probe->parent || !probe->type)
		return -ENOMEM;
	*ret = TAKE_PTR(probe);
	return 0;
}

static struct callout_probe *find(struct callouts *c, const struct callout_subject *subject)
{
	for (struct callout_probe *p = c->probes; p; p = p->next)
		if (strcmp(p->parent, subject->parent) == 0 && strcmp(p->type, subject->type) == 0)
			return p;
	return NULL;
}

int callout_repeat_failure(const struct error *failure, struct error *err)
{
	int r = error_set(err, -failure->errnum, "%s",
	                  failure->message ? failure->message : "A callout script failed");

	if (failure->cause)
		error_set_cause(err, "%s", failure->cause);
	return r;
}

static int probe_and_keep(struct callouts *c, const struct callout_subject *subject,
                          struct callout_probe **ret, struct error *err)
{
	_cleanup_(probe_freep) struct callout_probe *probe = NULL;
	int r = probe_new(subject, &probe);

	if (r < 0)
		return error_set_errno(err, r, "Failed to ask for capabilities");
	r = probe_all(c, subject, probe, &probe->failure);
	if (r < 0 && r != -EPERM && r != -ECHILD && r != -ETIMEDOUT)
		return callout_repeat_failure(&probe->failure, err);
	probe->next = c->probes;
	c->probes = probe;
	*ret = TAKE_PTR(probe);
	return 0;
}

int callouts_probe(struct callouts *c, const struct callout_subject *subject,
                   struct callout_probe **ret, struct error *err)
{
	struct callout_probe *probe;
	int r = callouts_load(c, err);

	if (r < 0)
		return r;
	if (!subject->type || !subject->parent)
		return error_set(err, -EINVAL, "Device must have a defined mdev_type");
	probe = find(c, subject);
	if (!probe)
		r = probe_and_keep(c, subject, &probe, err);
	if (r < 0)
		return r;
	if (error_is_set(&probe->failure))
		return callout_repeat_failure(&probe->failure, err);
	*ret = probe;
	return 0;
}

static int unsupported(const char *path, const char *what, const char *name, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf quoted = STRBUF_INIT;

	callout_add_quoted(&quoted, path);
	return error_set(err, -EOPNOTSUPP, "Script %s does not support %s '%c%s'",
	                 strbuf_str(&quoted), what, toupper(name[0]), name + 1);
}

int callout_probe_supports(const struct callout_probe *probe, enum callout_event event, int action,
                           struct error *err)
{
	if (!(probe->capabilities.actions & 1U << action))
		return unsupported(probe->path, "action", callout_action_name(action), err);
	if (!(probe->capabilities.events & 1U << event))
		return unsupported(probe->path, "event", callout_event_name(event), err);
	return 0;
}

void callouts_forget(struct callouts *c)
{
	while (c->probes) {
		struct callout_probe *next = c->probes->next;

		probe_free(c->probes);
		c->probes = next;
	}
}
