/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client of org.mdevmgr1. libsystemd is loaded when it is needed: root never does. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "cli/bus.h"
#include "shared/library.h"
#include "shared/utf8.h"

#define BUS_NAME     "org.mdevmgr1"
#define ERROR_PREFIX BUS_NAME ".Error."

/* So often a signal that came just before the wait is noticed. */
#define WAIT_USEC 1000000

struct bus_library {
#define FUNCTION(name) __typeof__(name) *name
	FUNCTION(sd_bus_open_system);
	FUNCTION(sd_bus_flush_close_unref);
	FUNCTION(sd_bus_process);
	FUNCTION(sd_bus_wait);
	FUNCTION(sd_bus_call_async);
	FUNCTION(sd_bus_message_new_method_call);
	FUNCTION(sd_bus_message_ref);
	FUNCTION(sd_bus_message_unref);
	FUNCTION(sd_bus_message_set_auto_start);
	FUNCTION(sd_bus_message_set_allow_interactive_authorization);
	FUNCTION(sd_bus_message_append);
	FUNCTION(sd_bus_message_open_container);
	FUNCTION(sd_bus_message_close_container);
	FUNCTION(sd_bus_message_read);
	FUNCTION(sd_bus_message_enter_container);
	FUNCTION(sd_bus_message_exit_container);
	FUNCTION(sd_bus_message_get_error);
#undef FUNCTION
};

#define SYMBOL(name) LIBRARY_SYMBOL(struct bus_library, name)
static const struct library_symbol symbols[] = {
	SYMBOL(sd_bus_open_system),
	SYMBOL(sd_bus_flush_close_unref),
	SYMBOL(sd_bus_process),
	SYMBOL(sd_bus_wait),
	SYMBOL(sd_bus_call_async),
	SYMBOL(sd_bus_message_new_method_call),
	SYMBOL(sd_bus_message_ref),
	SYMBOL(sd_bus_message_unref),
	SYMBOL(sd_bus_message_set_auto_start),
	SYMBOL(sd_bus_message_set_allow_interactive_authorization),
	SYMBOL(sd_bus_message_append),
	SYMBOL(sd_bus_message_open_container),
	SYMBOL(sd_bus_message_close_container),
	SYMBOL(sd_bus_message_read),
	SYMBOL(sd_bus_message_enter_container),
	SYMBOL(sd_bus_message_exit_container),
	SYMBOL(sd_bus_message_get_error),
};

struct talk {
	struct bus_library sd;
	sd_bus *bus;
	sd_bus_message *call;
	sd_bus_message *reply;
};

static void talk_done(struct talk *t)
{
	if (t->reply)
		t->sd.sd_bus_message_unref(t->reply);
	if (t->call)
		t->sd.sd_bus_message_unref(t->call);
	if (t->bus)
		t->sd.sd_bus_flush_close_unref(t->bus);
}

bool bus_is_needed(const struct env *env)
{
	return geteuid() != 0 && !env_is_relocated(env);
}

/* ---- the call ------------------------------------------------------------------------------ */

static int append_attrs(struct talk *t, const char *key, const struct attrs *attrs)
{
	const struct bus_library *sd = &t->sd;
	int r = sd->sd_bus_message_open_container(t->call, 'e', "sv");

	if (r >= 0)
		r = sd->sd_bus_message_append(t->call, "s", key);
	if (r >= 0)
		r = sd->sd_bus_message_open_container(t->call, 'v', "a(ss)");
	if (r >= 0)
		r = sd->sd_bus_message_open_container(t->call, 'a', "(ss)");
	for (size_t i = 0; r >= 0 && i < attrs->n; i++)
		r = sd->sd_bus_message_append(t->call, "(ss)", attrs->items[i].name,
		                              attrs->items[i].value);
	for (int depth = 0; r >= 0 && depth < 3; depth++)
		r = sd->sd_bus_message_close_container(t->call);
	return r;
}

static int append_text(struct talk *t, const char *key, const char *text)
{
	/* Only the name of a file may be none, and that is no more than a help. */
	if (!text || !utf8_is_valid(text, strlen(text)))
		return 0;
	return t->sd.sd_bus_message_append(t->call, "{sv}", key, "s", text);
}

static int append_uuid(struct talk *t, const char *key, const struct mdev_uuid *uuid)
{
	char text[MDEV_UUID_TEXT_MAX];

	if (!uuid)
		return 0;
	mdev_uuid_format(uuid, text);
	return append_text(t, key, text);
}

static int append_json(struct talk *t, const char *key, const struct json_source *json)
{
	if (!json->bytes)
		return 0;
	if (!utf8_is_valid(json->bytes, json->len) || strlen(json->bytes) != json->len)
		return -EILSEQ;
	return append_text(t, key, json->bytes);
}

static int append_field(struct talk *t, const struct request *req,
                        const struct request_field *field)
{
	const void *at = (const char *)req + field->offset;
	const bool *is_given = (const bool *)((const char *)req + field->flag);
	enum modify_attr action;
	uint32_t number;

	switch (field->kind) {
	case FIELD_UUID:
		return append_uuid(t, field->key, *(const struct mdev_uuid *const *)at);
	case FIELD_TEXT:
		return append_text(t, field->key, *(const char *const *)at);
	case FIELD_FLAG:
		return *(const bool *)at
		               ? t->sd.sd_bus_message_append(t->call, "{sv}", field->key, "b", 1)
		               : 0;
	case FIELD_NUMBER:
		memcpy(&number, at, sizeof(number));
		if (field->flag ? !*is_given : number == 0)
			return 0;
		return t->sd.sd_bus_message_append(t->call, "{sv}", field->key, "u", number);
	case FIELD_JSON:
		return append_json(t, field->key, at);
	case FIELD_ATTRS:
		return *(const struct attrs *const *)at
		               ? append_attrs(t, field->key, *(const struct attrs *const *)at)
		               : 0;
	case FIELD_ATTR_ACTION:
		memcpy(&action, at, sizeof(action));
		return append_text(t, field->key, modify_attr_name(action));
	}
	return -EINVAL;
}

static int make_call(struct talk *t, const struct request *req)
{
	static const char *const methods[_REQUEST_KIND_MAX] = {
		[REQUEST_DEFINE] = "Define",
		[REQUEST_UNDEFINE] = "Undefine",
		[REQUEST_MODIFY] = "Modify",
		[REQUEST_START] = "Start",
		[REQUEST_STOP] = "Stop",
		[REQUEST_START_PARENT] = "StartParent",
		[REQUEST_RETRY] = "Retry",
		[REQUEST_PARENT_DEFINE] = "ParentDefine",
		[REQUEST_PARENT_UNDEFINE] = "ParentUndefine",
		[REQUEST_PARENT_APPLY] = "ParentApply",
		[REQUEST_PARENT_RELEASE] = "ParentRelease",
	};
	const struct request_form *form = request_form(req->kind);
	int r = t->sd.sd_bus_message_new_method_call(t->bus, &t->call, BUS_NAME, "/org/mdevmgr1",
	                                             BUS_NAME ".Manager", methods[req->kind]);

	if (r >= 0)
		r = t->sd.sd_bus_message_set_auto_start(t->call, 0);
	if (r >= 0)
		r = t->sd.sd_bus_message_set_allow_interactive_authorization(t->call,
		                                                             isatty(STDIN_FILENO));
	if (r >= 0)
		r = t->sd.sd_bus_message_open_container(t->call, 'a', "{sv}");
	for (size_t i = 0; r >= 0 && i < form->n; i++)
		r = append_field(t, req, &form->fields[i]);
	return r < 0 ? r : t->sd.sd_bus_message_close_container(t->call);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct talk *t = userdata;

	t->reply = t->sd.sd_bus_message_ref(m);
	return 0;
}

/* Not sd_bus_call(): that goes on when a signal comes. */
static int wait_for_reply(struct talk *t, const struct env *env)
{
	int r = t->sd.sd_bus_call_async(t->bus, NULL, t->call, on_reply, t, UINT64_MAX);

	while (r >= 0 && !t->reply) {
		if (env_is_interrupted(env))
			return -EINTR;
		r = t->sd.sd_bus_process(t->bus, NULL);
		if (r == 0)
			r = t->sd.sd_bus_wait(t->bus, WAIT_USEC);
	}
	return r < 0 ? r : 0;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int log_messages(struct talk *t, const struct env *env)
{
	const char *word, *text;
	int r = t->sd.sd_bus_message_enter_container(t->reply, 'a', "(ss)");

	while (r > 0 && (r = t->sd.sd_bus_message_read(t->reply, "(ss)", &word, &text)) > 0)
		log_message(env_log(env),
		            strcmp(word, "script") == 0 ? LOG_LEVEL_FOREIGN : LOG_LEVEL_WARN, "%s",
		            text);
	return r < 0 ? r : t->sd.sd_bus_message_exit_container(t->reply);
}

static enum error_kind kind_of(const char *name)
{
	static const char *const names[_ERROR_KIND_MAX] = {
		[ERROR_USAGE] = ERROR_PREFIX "Usage",
		[ERROR_STATE] = ERROR_PREFIX "State",
		[ERROR_IN_USE] = ERROR_PREFIX "InUse",
	};

	for (enum error_kind kind = 0; kind < _ERROR_KIND_MAX; kind++)
		if (names[kind] && strcmp(names[kind], name) == 0)
			return kind;
	return ERROR_FAILED;
}

/* What the operation itself told: the same as if it had been done here. */
static int failed(struct talk *t, const struct env *env, const char *name, struct error *err)
{
	const char *text = "The daemon tells no reason";
	uint32_t errnum = EIO;

	if (t->sd.sd_bus_message_read(t->reply, "su", &text, &errnum) >= 0)
		(void)log_messages(t, env);
	error_set(err, errnum > 0 && errnum < 4096 ? -(int)errnum : -EIO, "%s", text);
	error_set_kind(err, kind_of(name));
	return -err->errnum;
}

static void add_what(struct strbuf *out, const struct request *req)
{
	const struct request_form *form = request_form(req->kind);
	char text[MDEV_UUID_TEXT_MAX];

	strbuf_addf(out, "Cannot %s", form->name);
	for (size_t i = 0; i < form->n; i++) {
		const void *at = (const char *)req + form->fields[i].offset;
		const struct mdev_uuid *uuid;

		if (form->fields[i].kind != FIELD_UUID)
			continue;
		uuid = *(const struct mdev_uuid *const *)at;
		if (!uuid)
			continue;
		mdev_uuid_format(uuid, text);
		strbuf_addf(out, " device %s", text);
	}
}

static int refused(const struct request *req, int r, const char *cause, const char *advice,
                   struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf what = STRBUF_INIT;

	add_what(&what, req);
	error_set(err, r, "%s", strbuf_str(&what));
	error_set_cause(err, "%s", cause);
	if (advice)
		error_set_advice(err, "%s", advice);
	return r;
}

static int no_daemon(const struct request *req, struct error *err)
{
	return refused(req, -EPERM, "not root, and mdevmgrd is not running",
	               "run it as root, or start mdevmgrd.service", err);
}

static int read_error(struct talk *t, const struct env *env, const struct request *req,
                      const sd_bus_error *e, struct error *err)
{
	static const char *const absent[] = { SD_BUS_ERROR_SERVICE_UNKNOWN,
		                              SD_BUS_ERROR_NAME_HAS_NO_OWNER,
		                              SD_BUS_ERROR_DISCONNECTED };

	if (strncmp(e->name, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0)
		return failed(t, env, e->name, err);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (strcmp(e->name, absent[i]) == 0)
			return no_daemon(req, err);
	if (strcmp(e->name, SD_BUS_ERROR_ACCESS_DENIED) == 0)
		return refused(req, -EACCES, "not root, and polkit does not allow it",
		               "run it as root", err);
	return refused(req, -EIO, e->message ? e->message : e->name, NULL, err);
}

static int read_reply(struct talk *t, const struct env *env, const struct request *req,
                      struct request_result *ret, struct error *err)
{
	const sd_bus_error *e = t->sd.sd_bus_message_get_error(t->reply);
	const char *uuid, *plan;
	int r;

	if (e)
		return read_error(t, env, req, e, err);
	r = t->sd.sd_bus_message_read(t->reply, "ss", &uuid, &plan);
	if (r >= 0 && *uuid)
		r = mdev_uuid_parse(uuid, &ret->uuid);
	if (r >= 0)
		r = log_messages(t, env);
	return r < 0 ? refused(req, r, "cannot understand the daemon's answer", NULL, err) : 0;
}

int bus_run(struct cli *cli, const struct request *req, struct request_result *ret,
            struct error *err)
{
	_cleanup_(talk_done) struct talk t = { 0 };
	int r = library_load("libsystemd.so.0", "libsystemd0", symbols, ARRAY_SIZE(symbols), &t.sd,
	                     err);

	if (r < 0)
		return r;
	if (t.sd.sd_bus_open_system(&t.bus) < 0)
		return no_daemon(req, err);
	r = make_call(&t, req);
	if (r == -EILSEQ)
		return refused(req, r, "the JSON is not UTF-8", NULL, err);
	if (r >= 0)
		r = wait_for_reply(&t, cli->env);
	if (r == -EINTR)
		return refused(req, r, "interrupted; what mdevmgrd has begun it will finish", NULL,
		               err);
	if (r < 0)
		return refused(req, r, strerror(-r), NULL, err);
	return read_reply(&t, cli->env, req, ret, err);
}
