/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions as objects, and reading them. The texts of errors are mdevctl's:
 * callers search for them. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "core/definition-plain.h"
#include "shared/json.h"

static void json_putp(struct json_object **value)
{
	json_object_put(*value);
}

int definition_new(struct definition **ret)
{
	struct definition *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	*ret = d;
	return 0;
}

void definition_free(struct definition *d)
{
	if (!d)
		return;
	free(d->type);
	attrs_done(&d->attrs);
	json_object_put(d->unknown);
	free(d);
}

int definition_copy(const struct definition *d, struct definition **ret)
{
	_cleanup_(definition_freep) struct definition *copy = NULL;
	int r;

	r = definition_new(&copy);
	if (r < 0)
		return r;
	if (d->type) {
		copy->type = strdup(d->type);
		if (!copy->type)
			return -ENOMEM;
	}
	r = attrs_copy(&d->attrs, &copy->attrs);
	if (r < 0)
		return r;
	copy->autostart = d->autostart;
	copy->unknown = json_object_get(d->unknown);
	copy->is_lossy = d->is_lossy;
	*ret = TAKE_PTR(copy);
	return 0;
}

/* ---- attributes --------------------------------------------------------------- */

static int refuse_attr_value(const char *name, struct json_object *value, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	json_add_string(&text, name, strlen(name));
	strbuf_addf(&text, ", %.200s",
	            json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return error_set(err, -EINVAL,
	                 "invalid JSON format for attribute {%s}: value must be of type str",
	                 strbuf_str(&text));
}

static int append_attr(struct attrs *attrs, const char *name, struct json_object *value,
                       struct error *err)
{
	int r;

	if (!json_object_is_type(value, json_type_string))
		return refuse_attr_value(name, value, err);
	r = attrs_append(attrs, name, json_object_get_string(value),
	                 (size_t)json_object_get_string_len(value));
	if (r == -E2BIG)
		return error_set(err, r, "more than %d attributes", ATTRS_MAX);
	return r < 0 ? error_set_errno(err, r, "Failed to read attributes") : 0;
}

static int read_attr(struct json_object *element, struct attrs *attrs, struct error *err)
{
	if (!json_object_is_type(element, json_type_object))
		return error_set(err, -EINVAL, "invalid JSON format for attribute: not an object");
	if (json_object_object_length(element) != 1)
		return error_set(err, -EINVAL,
		                 "invalid JSON format for attribute: too many fields");
	json_object_object_foreach(element, name, value)
	{
		return append_attr(attrs, name, value, err);
	}
	return 0;
}

/* Null counts as an empty list. */
static int read_attrs(struct json_object *list, struct attrs *attrs, struct error *err)
{
	size_t n;
	int r;

	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return error_set(err, -EINVAL, "attributes field is not an array");
	n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++) {
		r = read_attr(json_object_array_get_idx(list, i), attrs, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- documents ---------------------------------------------------------------- */

/* The values of a document's known keys, borrowed; NULL if absent or null. */
struct known_values {
	struct json_object *type;
	struct json_object *start;
	struct json_object *attrs;
};

static struct json_object **known_value(struct known_values *known, const char *key)
{
	if (strcmp(key, "mdev_type") == 0)
		return &known->type;
	if (strcmp(key, "start") == 0)
		return &known->start;
	if (strcmp(key, "attrs") == 0)
		return &known->attrs;
	return NULL;
}

static int add_unknown(struct definition *d, const char *key, struct json_object *value)
{
	if (!d->unknown)
		d->unknown = json_object_new_object();
	if (!d->unknown)
		return -ENOMEM;
	if (json_object_object_add(d->unknown, key, json_object_get(value)) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static int split_document(struct json_object *document, struct definition *d,
                          struct known_values *ret, struct error *err)
{
	json_object_object_foreach(document, key, value)
	{
		struct json_object **known = known_value(ret, key);

		if (known)
			*known = value;
		else if (add_unknown(d, key, value) < 0)
			return error_set_errno(err, -ENOMEM, "Failed to read definition");
	}
	return 0;
}

static int refuse_document(const char *cause, struct error *err)
{
	error_set(err, -EINVAL, "invalid json");
	error_set_cause(err, "%s", cause);
	return -EINVAL;
}

static int read_type(struct json_object *value, struct definition *d, struct error *err)
{
	const char *type;

	if (!value)
		return refuse_document("mdev_type is missing", err);
	if (!json_object_is_type(value, json_type_string))
		return refuse_document("mdev_type is not a string", err);
	type = json_object_get_string(value);
	if (strlen(type) != (size_t)json_object_get_string_len(value))
		return refuse_document("mdev_type holds a NUL character", err);
	d->type = strdup(type);
	return d->type ? 0 : error_set_errno(err, -ENOMEM, "Failed to read definition");
}

/* Whatever is not "auto" is manual, as in mdevctl. */
static int read_start(struct json_object *value, struct definition *d, struct error *err)
{
	if (!value)
		return refuse_document("start is missing", err);
	d->autostart = json_object_is_type(value, json_type_string) &&
	               json_object_get_string_len(value) == strlen("auto") &&
	               strcmp(json_object_get_string(value), "auto") == 0;
	return 0;
}

static int read_document(struct json_object *document, struct definition *d, struct error *err)
{
	struct known_values known = { 0 };
	int r;

	if (!json_object_is_type(document, json_type_object))
		return refuse_document("not an object", err);
	r = split_document(document, d, &known, err);
	if (r < 0)
		return r;
	r = read_type(known.type, d, err);
	if (r < 0)
		return r;
	r = read_start(known.start, d, err);
	if (r < 0)
		return r;
	return read_attrs(known.attrs, &d->attrs, err);
}

static int parse_json(const char *bytes, size_t n, struct definition *d, struct error *err)
{
	_cleanup_(json_putp) struct json_object *document = NULL;
	bool is_lossy;
	int r;

	r = json_parse(bytes, n, &document, &is_lossy, err);
	if (r < 0)
		return r;
	r = read_document(document, d, err);
	if (r < 0)
		return r;
	d->is_lossy = is_lossy && d->unknown;
	return 0;
}

int definition_parse(const char *bytes, size_t n, struct definition **ret, struct error *err)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	int r;

	if (n > DEFINITION_SIZE_MAX)
		return error_set(err, -EFBIG, "larger than %d bytes", DEFINITION_SIZE_MAX);
	r = definition_new(&d);
	if (r == 0)
		r = definition_read_plain(bytes, n, d);
	if (r < 0)
		return error_set_errno(err, r, "Failed to read definition");
	if (r == 0)
		r = parse_json(bytes, n, d, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

/* ---- replies of callouts ------------------------------------------------------ */

static size_t length_without_nuls(const char *bytes, size_t n)
{
	while (n > 0 && bytes[n - 1] == '\0')
		n--;
	return n;
}

static bool is_empty_object(struct json_object *value)
{
	return json_object_is_type(value, json_type_object) &&
	       json_object_object_length(value) == 0;
}

/* [{}] is what scripts print that make one object of all attributes. */
static bool is_empty_reply(struct json_object *reply)
{
	return json_object_is_type(reply, json_type_array) &&
	       json_object_array_length(reply) == 1 &&
	       is_empty_object(json_object_array_get_idx(reply, 0));
}

/* "invalid json" says less than mdevctl does here; the cause stays. */
static int parse_reply(const char *bytes, size_t n, struct json_object **ret, struct error *err)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	int r = json_parse(bytes, n, ret, NULL, &reason);

	if (r >= 0)
		return r;
	error_set(err, r, "Invalid JSON received from callout script");
	error_set_cause(err, "%s", reason.cause ? reason.cause : strerror(-r));
	return r;
}

static int read_reply(const char *bytes, size_t n, bool keep_leading, struct attrs *ret,
                      struct error *err)
{
	_cleanup_(json_putp) struct json_object *reply = NULL;
	int r;

	r = parse_reply(bytes, n, &reply, err);
	if (r < 0 || is_empty_reply(reply))
		return r;
	r = read_attrs(reply, ret, err);
	if (r >= 0)
		return r;
	if (r == -EINVAL && keep_leading && json_object_is_type(reply, json_type_array)) {
		error_done(err);
		return 0;
	}
	error_set_cause(err, "reply of the callout script");
	return r;
}

int definition_parse_attrs_reply(const char *bytes, size_t n, bool keep_leading, struct attrs *ret,
                                 struct error *err)
{
	int r;

	n = length_without_nuls(bytes, n);
	if (n == 0)
		return 0;
	r = read_reply(bytes, n, keep_leading, ret, err);
	if (r < 0)
		attrs_done(ret);
	return r;
}
