/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The operations that change something, as data: names and the fields of their requests,
 * for those who hand a request on to another process, and who get one from there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ops-parent.h"
#include "core/ops.h"
#include "core/plan.h"
#include "shared/error.h"
#include "shared/macro.h"

enum request_kind {
	REQUEST_DEFINE,
	REQUEST_UNDEFINE,
	REQUEST_MODIFY,
	REQUEST_START,
	REQUEST_STOP,
	REQUEST_START_PARENT,
	REQUEST_RETRY,
	REQUEST_PARENT_DEFINE,
	REQUEST_PARENT_UNDEFINE,
	REQUEST_PARENT_APPLY,
	REQUEST_PARENT_RELEASE,
	_REQUEST_KIND_MAX,
};

/* What the operations without a request of their own in core/ops.h are asked. */
struct target_request {
	const struct mdev_uuid *uuid;
	const char *parent;
	struct change_options options;
};

struct request {
	enum request_kind kind;
	union {
		struct define_request define;
		struct modify_request modify;
		struct start_request start;
		struct stop_request stop;
		struct parent_define_request parent_define;
		struct target_request target; /* all others */
	};
};

struct request_result {
	struct mdev_uuid uuid; /* DEFINE, START: the device's; else zeros */
	struct plan plan;      /* of a dry run */
	struct strbuf text;    /* of a dry run of PARENT_...: the plan */
	size_t n_armed;        /* RETRY: also if it failed */
};

/* Kinds of fields, and what is at `offset` of struct request. */
enum field_kind {
	FIELD_UUID,        /* const struct mdev_uuid *, NULL: not given */
	FIELD_TEXT,        /* const char *, NULL: not given */
	FIELD_FLAG,        /* bool */
	FIELD_NUMBER,      /* uint32_t; given if `flag` is 0 or the bool there is set */
	FIELD_JSON,        /* struct json_source, whose bytes are NULL: not given */
	FIELD_ATTRS,       /* const struct attrs *, NULL: not given */
	FIELD_ATTR_ACTION, /* enum modify_attr */
};

struct request_field {
	const char *key;
	enum field_kind kind;
	size_t offset;
	size_t flag; /* NUMBER: of the bool that says that it is given; 0: none */
};

struct request_form {
	const char *name; /* "start-parent" */
	const struct request_field *fields;
	size_t n;
};

/** What a request of this kind consists of. */
const struct request_form *request_form(enum request_kind kind);

/** The words for what is done with an attribute: "none", "add", "delete". */
const char *modify_attr_name(enum modify_attr action);

/** Finds the action of this name. -EINVAL. */
int modify_attr_parse(const char *name, enum modify_attr *ret) _must_check_;

/** Checks what the rules between a command line's options would have: that is there what
 * the operation needs, and nothing contradicts. -EINVAL with the kind ERROR_USAGE. */
int request_check(const struct request *req, struct error *err) _must_check_;

/** Does it. *ret must be zeros and is released with request_result_done(). */
int request_run(struct ops *ops, const struct request *req, struct request_result *ret,
                struct error *err) _must_check_;

/** Releases the plan and the text. */
void request_result_done(struct request_result *result);
