/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests as tables of fields, checked and carried out. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/request.h"
#include "core/store.h"

#define FIELD(name, kind, member)                                                                  \
	{                                                                                          \
		name, FIELD_##kind, offsetof(struct request, member), 0                            \
	}
#define OPTIONS_FIELDS(member)                                                                     \
	FIELD("force", FLAG, member.options.force), FIELD("dry-run", FLAG, member.options.dry_run)
#define JSON_FIELDS(member)                                                                        \
	FIELD("json", JSON, member.json), FIELD("json-name", TEXT, member.json.name)

static const struct request_field define_fields[] = {
	FIELD("uuid", UUID, define.uuid),
	FIELD("parent", TEXT, define.parent),
	FIELD("type", TEXT, define.type),
	FIELD("auto", FLAG, define.autostart),
	FIELD("attrs", ATTRS, define.attrs),
	JSON_FIELDS(define),
	FIELD("ap", TEXT, define.ap),
	FIELD("reserve", FLAG, define.reserve),
	FIELD("ccw", TEXT, define.ccw),
	FIELD("subchannel", TEXT, define.subchannel),
	OPTIONS_FIELDS(define),
};

static const struct request_field modify_fields[] = {
	FIELD("uuid", UUID, modify.uuid),
	FIELD("parent", TEXT, modify.parent),
	FIELD("type", TEXT, modify.type),
	FIELD("attr", ATTR_ACTION, modify.attr),
	FIELD("attr-name", TEXT, modify.attr_name),
	FIELD("attr-value", TEXT, modify.attr_value),
	FIELD("ap", TEXT, modify.ap),
	{ "index", FIELD_NUMBER, offsetof(struct request, modify.index),
	  offsetof(struct request, modify.has_index) },
	FIELD("auto", FLAG, modify.set_auto),
	FIELD("manual", FLAG, modify.set_manual),
	FIELD("live", FLAG, modify.live),
	FIELD("defined", FLAG, modify.defined),
	JSON_FIELDS(modify),
	OPTIONS_FIELDS(modify),
};

static const struct request_field start_fields[] = {
	FIELD("uuid", UUID, start.uuid), FIELD("parent", TEXT, start.parent),
	FIELD("type", TEXT, start.type), JSON_FIELDS(start),
	OPTIONS_FIELDS(start),
};

static const struct request_field stop_fields[] = {
	FIELD("uuid", UUID, stop.uuid), FIELD("in-use", FLAG, stop.in_use),
	FIELD("wait", FLAG, stop.wait), FIELD("wait-seconds", NUMBER, stop.wait_seconds),
	OPTIONS_FIELDS(stop),
};

static const struct request_field target_fields[] = {
	FIELD("uuid", UUID, target.uuid),
	FIELD("parent", TEXT, target.parent),
	OPTIONS_FIELDS(target),
};

/* No script is asked by what only arms. */
static const struct request_field retry_fields[] = {
	FIELD("uuid", UUID, target.uuid),
	FIELD("parent", TEXT, target.parent),
	FIELD("dry-run", FLAG, target.options.dry_run),
};

static const struct request_field start_parent_fields[] = {
	FIELD("parent", TEXT, target.parent),
	OPTIONS_FIELDS(target),
};

static const struct request_field parent_define_fields[] = {
	FIELD("parent", TEXT, parent_define.parent),
	FIELD("driver", TEXT, parent_define.driver),
	FIELD("subchannel", TEXT, parent_define.subchannel),
	FIELD("reserve-adapters", TEXT, parent_define.adapters),
	FIELD("reserve-domains", TEXT, parent_define.domains),
	FIELD("now", FLAG, parent_define.now),
	OPTIONS_FIELDS(parent_define),
};

/* apply: without a parent all. */
static const struct request_field parent_fields[] = {
	FIELD("parent", TEXT, target.parent),
	FIELD("dry-run", FLAG, target.options.dry_run),
};

#define FORM(fields) fields, ARRAY_SIZE(fields)

const struct request_form *request_form(enum request_kind kind)
{
	static const struct request_form forms[_REQUEST_KIND_MAX] = {
		[REQUEST_DEFINE] = { "define", FORM(define_fields) },
		[REQUEST_UNDEFINE] = { "undefine", FORM(target_fields) },
		[REQUEST_MODIFY] = { "modify", FORM(modify_fields) },
		[REQUEST_START] = { "start", FORM(start_fields) },
		[REQUEST_STOP] = { "stop", FORM(stop_fields) },
		[REQUEST_START_PARENT] = { "start-parent", FORM(start_parent_fields) },
		[REQUEST_RETRY] = { "retry", FORM(retry_fields) },
		[REQUEST_PARENT_DEFINE] = { "parent define", FORM(parent_define_fields) },
		[REQUEST_PARENT_UNDEFINE] = { "parent undefine", FORM(parent_fields) },
		[REQUEST_PARENT_APPLY] = { "parent apply", FORM(parent_fields) },
		[REQUEST_PARENT_RELEASE] = { "parent release", FORM(parent_fields) },
	};

	return &forms[kind];
}

static const char *const attr_actions[] = {
	[MODIFY_ATTR_NONE] = "none",
	[MODIFY_ATTR_ADD] = "add",
	[MODIFY_ATTR_DELETE] = "delete",
};

const char *modify_attr_name(enum modify_attr action)
{
	return attr_actions[action];
}

int modify_attr_parse(const char *name, enum modify_attr *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(attr_actions); i++) {
		if (strcmp(name, attr_actions[i]) != 0)
			continue;
		*ret = (enum modify_attr)i;
		return 0;
	}
	return -EINVAL;
}

/* ---- what must be there ----------------------------------------------------------------- */

static const char *define_problem(const struct define_request *req)
{
	bool is_whole = req->parent || req->type || req->attrs || req->json.bytes;

	if (req->reserve && !req->ap)
		return "only a matrix can be reserved";
	if (req->subchannel && !req->ccw)
		return "a subchannel is only for a device number";
	if (req->ap && (is_whole || req->ccw))
		return "a matrix replaces parent, type, attributes and JSON";
	if (req->ccw && is_whole)
		return "a device number replaces parent, type, attributes and JSON";
	return req->uuid || req->parent || req->ap || req->ccw ? NULL
	                                                       : "a uuid or a parent is needed";
}

static const char *modify_problem(const struct modify_request *req)
{
	bool has_json = req->json.bytes, adds = req->attr == MODIFY_ATTR_ADD;

	if (!req->uuid)
		return "a uuid is needed";
	/* What a live change lacks is told once the device was looked at, as by mdevctl. */
	if (req->live)
		return NULL;
	if (req->set_auto && req->set_manual)
		return "auto and manual exclude each other";
	if (adds && (!req->attr_name || !req->attr_value))
		return "to add an attribute its name and its value are needed";
	if (!adds && (req->attr_name || req->attr_value))
		return "an attribute's name and value are only for adding one";
	if (req->has_index && req->attr == MODIFY_ATTR_NONE)
		return "an index is only for adding or deleting an attribute";
	if (req->ap && req->attr != MODIFY_ATTR_NONE)
		return "a matrix replaces attributes";
	if (has_json && (req->ap || req->type || req->attr != MODIFY_ATTR_NONE || req->set_auto ||
	                 req->set_manual))
		return "JSON replaces all else";
	return NULL;
}

static const char *problem(const struct request *req)
{
	switch (req->kind) {
	case REQUEST_DEFINE:
		return define_problem(&req->define);
	case REQUEST_MODIFY:
		return modify_problem(&req->modify);
	case REQUEST_START:
		return req->start.uuid || req->start.parent ? NULL : "a uuid or a parent is needed";
	case REQUEST_STOP:
		return req->stop.uuid ? NULL : "a uuid is needed";
	case REQUEST_UNDEFINE:
		return req->target.uuid ? NULL : "a uuid is needed";
	case REQUEST_PARENT_DEFINE:
		return req->parent_define.parent ? NULL : "a parent is needed";
	case REQUEST_START_PARENT:
	case REQUEST_PARENT_UNDEFINE:
	case REQUEST_PARENT_RELEASE:
		return req->target.parent ? NULL : "a parent is needed";
	case REQUEST_PARENT_APPLY:
	case REQUEST_RETRY:
		return NULL;
	case _REQUEST_KIND_MAX:
		break;
	}
	return "there is no such request";
}

static const char *parent_of(const struct request *req)
{
	const struct request_form *form = request_form(req->kind);

	for (size_t i = 0; i < form->n; i++) {
		const char *parent;

		if (strcmp(form->fields[i].key, "parent") != 0)
			continue;
		memcpy(&parent, (const char *)req + form->fields[i].offset, sizeof(parent));
		return parent;
	}
	return NULL;
}

static int refuse(struct error *err, const char *what, const char *why)
{
	error_set(err, -EINVAL, "Cannot %s", what);
	error_set_cause(err, "%s", why);
	error_set_kind(err, ERROR_USAGE);
	return -EINVAL;
}

int request_check(const struct request *req, struct error *err)
{
	const char *what = request_form(req->kind)->name, *parent = parent_of(req);
	const char *why = problem(req);

	if (why)
		return refuse(err, what, why);
	why = parent ? store_parent_problem(parent) : NULL;
	if (!why)
		return 0;
	error_set(err, -EINVAL, "Invalid parent name '%s': %s", parent, why);
	return -EINVAL;
}

/* ---- doing it ------------------------------------------------------------------------------ */

int request_run(struct ops *ops, const struct request *req, struct request_result *ret,
                struct error *err)
{
	const struct target_request *target = &req->target;

	switch (req->kind) {
	case REQUEST_DEFINE:
		return ops_define(ops, &req->define, &ret->uuid, &ret->plan, err);
	case REQUEST_MODIFY:
		return ops_modify(ops, &req->modify, &ret->plan, err);
	case REQUEST_START:
		return ops_start(ops, &req->start, &ret->uuid, &ret->plan, err);
	case REQUEST_STOP:
		return ops_stop(ops, &req->stop, &ret->plan, err);
	case REQUEST_UNDEFINE:
		return ops_undefine(ops, target->uuid, target->parent, &target->options, &ret->plan,
		                    err);
	case REQUEST_START_PARENT:
		return ops_start_parent(ops, target->parent, &target->options, &ret->plan, err);
	case REQUEST_RETRY:
		return ops_retry(ops, target->uuid, target->parent, &target->options, &ret->n_armed,
		                 err);
	case REQUEST_PARENT_DEFINE:
		return ops_parent_define(ops, &req->parent_define, &ret->text, err);
	case REQUEST_PARENT_UNDEFINE:
		return ops_parent_undefine(ops, target->parent, &target->options, &ret->text, err);
	case REQUEST_PARENT_APPLY:
		return ops_parent_apply(ops, target->parent, &target->options, &ret->text, err);
	case REQUEST_PARENT_RELEASE:
		return ops_parent_release(ops, target->parent, &target->options, &ret->text, err);
	case _REQUEST_KIND_MAX:
		break;
	}
	return error_set_errno(err, -EINVAL, "There is no such request");
}

void request_result_done(struct request_result *result)
{
	plan_done(&result->plan);
	strbuf_done(&result->text);
}
