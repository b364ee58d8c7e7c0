/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the operations share: their world, callouts around a change, lookups. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-lock.h"
#include "core/driver.h"
#include "core/ops-private.h"
#include "core/settings.h"

/* Settings are in microseconds; their bounds keep these small. */
static unsigned to_ms(int64_t microseconds)
{
	return (unsigned)(microseconds / 1000);
}

void ops_configure(struct ops *ops, const struct settings *settings)
{
	ops->create_ms = to_ms(settings->create_timeout);
	ops->retry = settings->retry;
	callouts_set_limits(ops->callouts, to_ms(settings->callout_timeout), CALLOUT_GET_MS);
}

void ops_refresh(struct ops *ops)
{
	callouts_refresh(ops->callouts);
}

int ops_new(struct env *env, struct ops **ret)
{
	_cleanup_(ops_freep) struct ops *ops = calloc(1, sizeof(*ops));
	struct settings defaults;
	int r;

	if (!ops)
		return -ENOMEM;
	ops->env = env;
	ops->lock = LOCK_FILE_INIT;
	r = sysfs_new(env, &ops->sysfs);
	if (r == 0)
		r = store_new(env, &ops->store);
	if (r == 0)
		r = callouts_new(env, &ops->callouts);
	if (r == 0)
		r = records_new(env, &ops->records);
	if (r == 0)
		r = writer_new(ops->sysfs, &ops->writer);
	if (r < 0)
		return r;
	settings_init(&defaults);
	ops_configure(ops, &defaults);
	*ret = TAKE_PTR(ops);
	return 0;
}

void ops_free(struct ops *ops)
{
	if (!ops)
		return;
	writer_free(ops->writer);
	lock_file_done(&ops->lock);
	records_free(ops->records);
	callouts_free(ops->callouts);
	store_free(ops->store);
	sysfs_free(ops->sysfs);
	free(ops);
}

struct apply ops_apply(struct ops *ops, unsigned limit_ms)
{
	return (struct apply){ .env = ops->env,
		               .sysfs = ops->sysfs,
		               .writer = ops->writer,
		               .limit_ms = limit_ms,
		               .type_fd = -1,
		               .bus_fd = -1,
		               .parent_fd = -1 };
}

int ops_result(int r, struct error *err)
{
	if (r < 0 && !error_is_set(err))
		error_set(err, r, "%s", r == -ENOMEM ? "Out of memory" : strerror(-r));
	return r;
}

/* ---- callouts around a change ---------------------------------------------------------- */

const char *operation_name(enum callout_action action)
{
	static const char *const names[_CALLOUT_ACTION_MAX] = {
		[CALLOUT_DEFINE] = "define", [CALLOUT_UNDEFINE] = "undefine",
		[CALLOUT_MODIFY] = "modify", [CALLOUT_START] = "start",
		[CALLOUT_STOP] = "stop",
	};

	return names[action];
}

static void operation_settle(struct operation *op, int r, const struct error *err)
{
	if (op->settle)
		op->settle(op, r, err);
	lock_free(op->lock);
	op->lock = NULL;
}

/* Whom we cannot tell any more does not keep us from finishing. */
static int take_up(struct conversation *talk, struct operation *op)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	if (conversation_resume(talk, &err) < 0) {
		error_format(&err, &text);
		log_debug(env_log(op->ops->env), "Cannot take up with the callouts, ignoring: %s",
		          strbuf_str(&text));
	}
	return 0;
}

/* Where ap-check has agreed at pre it holds the lock in our name, until post: then it is
 * ours already. Else it is held over the body only, so that no script waits for it. */
static int run_body(struct operation *op, struct error *err)
{
	bool is_locked = driver_for_type(op->subject.type)->has_ap_lock;
	int taken = is_locked ? ap_lock_take(op->ops->env, AP_LOCK_WAIT_MS, err) : 0;
	int r = taken < 0 ? taken : op->body(op, err);

	if (taken > 0)
		ap_lock_release(op->ops->env);
	return r;
}

/* A script that did not come to its post leaves it in our name; we may live long. */
static void release_leftover(const struct operation *op)
{
	if (driver_for_type(op->subject.type)->has_ap_lock)
		ap_lock_release(op->ops->env);
}

int operation_check(const struct operation *op, struct error *err)
{
	const struct callout_subject *subject = &op->subject;
	const struct driver *driver = driver_for_type(subject->type);
	const struct driver_change change = {
		.env = op->ops->env,
		.sysfs = op->ops->sysfs,
		.store = op->ops->store,
		.uuid = subject->uuid,
		.parent = subject->parent,
		.definition = subject->definition,
		.is_start = op->action == CALLOUT_START,
		.force = op->force,
		.is_quiet = op->is_quiet,
		.recipe = op->recipe,
	};

	return driver->check ? ops_result(driver->check(&change, err), err) : 0;
}

/* A script's refusal ends a campaign for good, and ap-check refuses what only has to wait:
 * so a campaign asks for that first. Who starts by hand gets the script's words. */
static int check_before_pre(const struct operation *op, struct error *err)
{
	return op->is_quiet && !op->is_resumed ? operation_check(op, err) : 0;
}

int operation_run(struct operation *op, struct error *err)
{
	_cleanup_(conversation_freep) struct conversation *talk = NULL;
	enum callout_state state;
	int r;

	r = conversation_new(op->ops->callouts, op->action, &op->subject, &talk);
	if (r < 0) {
		ops_result(r, err);
		operation_settle(op, r, err);
		return r;
	}
	conversation_set_locked(talk, op->holds_parent);
	r = check_before_pre(op, err);
	if (r == 0)
		r = op->is_resumed ? take_up(talk, op) : conversation_pre(talk, op->force, err);
	if (r < 0) {
		release_leftover(op);
		operation_settle(op, r, err);
		conversation_notify(talk, CALLOUT_NONE);
		return r;
	}
	r = run_body(op, err);
	state = r < 0 ? CALLOUT_FAILURE : CALLOUT_SUCCESS;
	conversation_post(talk, state);
	release_leftover(op);
	/* A notifier may well call us for the same device. */
	operation_settle(op, r, err);
	conversation_set_locked(talk, false);
	conversation_notify(talk, state);
	return r;
}

int ops_plan_callouts(struct plan *plan, enum plan_step_kind kind, const struct mdev_uuid *uuid,
                      const char *parent, enum callout_action action)
{
	const struct plan_step step = {
		.kind = kind, .uuid = *uuid, .parent = parent, .word = operation_name(action)
	};

	return plan_add(plan, &step);
}

bool ops_has_scripts(struct ops *ops)
{
	_cleanup_(strbuf_done) struct strbuf scripts = STRBUF_INIT;

	callouts_describe(ops->callouts, &scripts);
	return scripts.len > 0 || strbuf_error(&scripts) < 0;
}

void ops_format_plan(struct ops *ops, const struct plan *plan, struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf scripts = STRBUF_INIT;

	callouts_describe(ops->callouts, &scripts);
	plan_format(plan, strbuf_str(&scripts), out);
}

/* ---- active devices ------------------------------------------------------------------------ */

int ops_find_active(struct ops *ops, const struct mdev_uuid *uuid, bool force, struct snapshot *ret,
                    struct error *err)
{
	char text[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(freep) char *real = NULL;
	int r;

	/* snapshot_scan() passes over what it cannot read, which here would mean
	 * "not active": find out. */
	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", text);
	r = sysfs_real_path(ops->sysfs, path, &real);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		if (!force || r == -ENOMEM)
			return error_set_errno(err, r, "Cannot look up device %s in /sys/%s", text,
			                       path);
		log_warn(env_log(ops->env), "Cannot look up device %s in /sys/%s: %s", text, path,
		         strerror(-r));
		return 0;
	}
	return ops_result(snapshot_scan(ops->sysfs, env_log(ops->env), uuid, NULL, ret), err);
}

int ops_attrs_failed(int r, const char *device, struct error *err)
{
	error_set_errno(err, r, "Cannot read the attributes of device %s", device);
	if (r == -EFBIG) {
		error_set_cause(err, "it has more of them than this kernel shows");
		error_set_advice(err, "since Linux 6.10 all of a matrix is shown");
	}
	return r;
}

static int driver_read_attrs(struct ops *ops, const struct driver *driver,
                             const struct mdev_uuid *uuid, struct attrs *ret, struct error *err)
{
	char text[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(closep) int fd = -1;
	int r;

	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", text);
	fd = sysfs_open_dir(ops->sysfs, path);
	r = fd < 0 ? fd : driver->read_attrs(fd, ret);
	return r < 0 ? ops_attrs_failed(r, text, err) : 0;
}

int ops_read_attrs(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
                   const char *type, bool keep_leading, struct attrs *ret, struct error *err)
{
	const struct driver *driver = driver_for_type(type);
	_cleanup_(definition_freep) struct definition *none = NULL;
	struct callout_subject subject = { .uuid = uuid, .parent = parent, .type = type };
	int r;

	if (driver->read_attrs)
		return driver_read_attrs(ops, driver, uuid, ret, err);
	if (!callouts_exist(ops->callouts))
		return 0;
	r = definition_new(&none);
	if (r < 0)
		return ops_result(r, err);
	subject.definition = none;
	return ops_result(callouts_get_attributes(ops->callouts, &subject, keep_leading, ret, err),
	                  err);
}

/* ---- types --------------------------------------------------------------------------------- */

static int refuse_type_name(const char *parent, const char *type, bool is_there, struct error *err)
{
	if (is_there) {
		error_set(err, -EINVAL, "No single type of parent %s has the name '%s'", parent,
		          type);
		error_set_advice(err, "'mdevmgr types -p %s' lists ids and names", parent);
	} else {
		error_set(err, -EINVAL,
		          "'%s' is the name of a type, and parent %s is not there to "
		          "tell its id",
		          type, parent);
		error_set_advice(err, "give the type's id");
	}
	return -EINVAL;
}

int ops_resolve_type(struct ops *ops, const char *parent, const char *type, char **ret,
                     struct error *err)
{
	_cleanup_(types_done) struct types types = { 0 };
	bool has_blank = strchr(type, ' ') != NULL, is_there;
	const struct type *named;
	int r;

	r = types_read(ops->sysfs, NULL, parent, &types);
	if (r == -ENOMEM)
		return ops_result(r, err);
	is_there = r == 0;
	named = is_there && !types_have_id(&types, type) ? types_find_name(&types, type) : NULL;
	if (!named && has_blank)
		return refuse_type_name(parent, type, is_there, err);
	if (named)
		log_warn(env_log(ops->env), "Type '%s' of parent %s has the id %s, which is used",
		         type, parent, named->id);
	*ret = strdup(named ? named->id : type);
	return *ret ? 0 : ops_result(-ENOMEM, err);
}

int ops_lock_definitions(struct ops *ops, const char *what, const struct mdev_uuid *uuid,
                         struct lock **ret, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(error_done) struct error why = ERROR_INIT;
	char device[MDEV_UUID_TEXT_MAX];
	int r = lock_definitions(ops->env, uuid, ret, &why);

	if (r >= 0)
		return r;
	mdev_uuid_format(uuid, device);
	error_format(&why, &text);
	error_set(err, r, "Failed to %s config for device %s", what, device);
	error_set_cause(err, "%s", strbuf_str(&text));
	return r;
}

/* ---- definitions ---------------------------------------------------------------------------- */

static int open_hit(struct ops *ops, const struct store_hit *hit, struct store_parent *ret)
{
	int r = store_open_parent_for(ops->store, hit->parent, &hit->entry.uuid, ret);

	return r == 0 && ret->fd < 0 ? -ENOENT : r;
}

int ops_read_hit_bytes(struct ops *ops, const struct store_hit *hit, struct strbuf *ret,
                       struct error *err)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int r;

	r = open_hit(ops, hit, &p);
	if (r == 0)
		r = store_read_bytes(&p, &hit->entry, ret);
	if (r >= 0)
		return 0;
	store_add_path(ops->store, hit->parent, &hit->entry, &path);
	return error_set_errno(err, r, "Cannot read the definition %s", strbuf_str(&path));
}

int ops_read_hit(struct ops *ops, const struct store_hit *hit, struct definition **ret,
                 struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT, path = STRBUF_INIT;
	int r;

	r = ops_read_hit_bytes(ops, hit, &bytes, err);
	if (r < 0)
		return r;
	r = definition_parse(strbuf_str(&bytes), bytes.len, ret, err);
	if (r < 0) {
		store_add_path(ops->store, hit->parent, &hit->entry, &path);
		error_add_cause(err, "in %s", strbuf_str(&path));
	}
	return r;
}

int ops_parse_source(const struct json_source *json, struct definition **ret, struct error *err)
{
	int r = definition_parse(json->bytes, json->len, ret, err);

	if (r < 0)
		error_add_cause(err, "in %s", json->name);
	return r;
}
