/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Dictionaries read by the tables of core/request. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/definition.h"
#include "daemon/bus-error.h"
#include "daemon/bus-request.h"

/* Longer than any name or value that the kernel takes (a page). */
#define TEXT_MAX 65536
#define KEY_MAX  64 /* more of a key is not said back */

struct reader {
	sd_bus_message *m;
	struct bus_request *ret;
	sd_bus_error *error;
};

static int too_large(const struct reader *r, const char *key)
{
	return sd_bus_error_setf(r->error, SD_BUS_ERROR_LIMITS_EXCEEDED, "'%s' is too large", key);
}

static void *member(const struct reader *r, size_t offset)
{
	return (char *)&r->ret->request + offset;
}

static int read_text(const struct reader *r, const char *key, size_t max, const char **ret)
{
	int e = sd_bus_message_read(r->m, "v", "s", ret);

	if (e < 0)
		return e;
	r->ret->bytes += strlen(*ret);
	return strlen(*ret) > max ? too_large(r, key) : 0;
}

static int read_uuid(const struct reader *r, const struct request_field *field)
{
	const char *text;
	int e = read_text(r, field->key, TEXT_MAX, &text);

	if (e < 0)
		return e;
	if (mdev_uuid_parse(text, &r->ret->uuid) < 0)
		return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS, "'%s' is no UUID",
		                         field->key);
	*(const struct mdev_uuid **)member(r, field->offset) = &r->ret->uuid;
	return 0;
}

static int read_flag(const struct reader *r, const struct request_field *field)
{
	int value, e = sd_bus_message_read(r->m, "v", "b", &value);

	if (e >= 0)
		*(bool *)member(r, field->offset) = value;
	return e;
}

static int read_number(const struct reader *r, const struct request_field *field)
{
	uint32_t value;
	int e = sd_bus_message_read(r->m, "v", "u", &value);

	if (e < 0)
		return e;
	*(uint32_t *)member(r, field->offset) = value;
	if (field->flag)
		*(bool *)member(r, field->flag) = true;
	return 0;
}

static int read_json(const struct reader *r, const struct request_field *field)
{
	struct json_source *json = member(r, field->offset);
	int e = read_text(r, field->key, DEFINITION_SIZE_MAX, &json->bytes);

	if (e < 0)
		return e;
	json->len = strlen(json->bytes);
	if (!json->name)
		json->name = "JSON";
	return 0;
}

static int read_attr_list(const struct reader *r, const struct request_field *field)
{
	const char *name, *value;
	size_t total = 0, n;
	int e;

	while ((e = sd_bus_message_read(r->m, "(ss)", &name, &value)) > 0) {
		n = strlen(name) + strlen(value) + sizeof(struct attr);
		total += n;
		if (total > DEFINITION_SIZE_MAX)
			return too_large(r, field->key);
		r->ret->bytes += n;
		e = attrs_append(&r->ret->attrs, name, value, strlen(value));
		if (e < 0)
			return e;
	}
	return e;
}

static int read_attrs(const struct reader *r, const struct request_field *field)
{
	int e = sd_bus_message_enter_container(r->m, 'v', "a(ss)");

	if (e > 0)
		e = sd_bus_message_enter_container(r->m, 'a', "(ss)");
	if (e > 0)
		e = read_attr_list(r, field);
	if (e >= 0)
		e = sd_bus_message_exit_container(r->m);
	if (e >= 0)
		e = sd_bus_message_exit_container(r->m);
	*(const struct attrs **)member(r, field->offset) = &r->ret->attrs;
	return e;
}

static int read_attr_action(const struct reader *r, const struct request_field *field)
{
	const char *text;
	int e = read_text(r, field->key, TEXT_MAX, &text);

	if (e < 0)
		return e;
	if (modify_attr_parse(text, member(r, field->offset)) == 0)
		return 0;
	return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS, "'%s' is none, add or delete",
	                         field->key);
}

static int read_field(const struct reader *r, const struct request_field *field)
{
	switch (field->kind) {
	case FIELD_UUID:
		return read_uuid(r, field);
	case FIELD_TEXT:
		return read_text(r, field->key, TEXT_MAX, member(r, field->offset));
	case FIELD_FLAG:
		return read_flag(r, field);
	case FIELD_NUMBER:
		return read_number(r, field);
	case FIELD_JSON:
		return read_json(r, field);
	case FIELD_ATTRS:
		return read_attrs(r, field);
	case FIELD_ATTR_ACTION:
		return read_attr_action(r, field);
	}
	return -EINVAL;
}

static int unknown_key(const struct reader *r, const char *key)
{
	return strlen(key) > KEY_MAX ? sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS,
	                                                 "An option is unknown")
	                             : sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS,
	                                                 "Option '%s' is unknown here", key);
}

static int read_entry(const struct reader *r, const struct request_form *form, uint64_t *seen)
{
	const char *key;
	size_t i = 0;
	int e = sd_bus_message_read(r->m, "s", &key);

	if (e < 0)
		return e;
	while (i < form->n && strcmp(form->fields[i].key, key) != 0)
		i++;
	if (i == form->n)
		return unknown_key(r, key);
	if (*seen & UINT64_C(1) << i)
		return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS,
		                         "Option '%s' is given twice", key);
	*seen |= UINT64_C(1) << i;
	e = read_field(r, &form->fields[i]);
	if (e < 0 && !sd_bus_error_is_set(r->error))
		return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS,
		                         "Option '%s' has the wrong type", key);
	return e;
}

static int read_entries(const struct reader *r, enum request_kind kind)
{
	const struct request_form *form = request_form(kind);
	uint64_t seen = 0;
	int e = sd_bus_message_enter_container(r->m, 'a', "{sv}");

	while (e >= 0 && (e = sd_bus_message_enter_container(r->m, 'e', "sv")) > 0) {
		e = read_entry(r, form, &seen);
		if (e >= 0)
			e = sd_bus_message_exit_container(r->m);
	}
	return e < 0 ? e : sd_bus_message_exit_container(r->m);
}

int bus_request_read(sd_bus_message *m, enum request_kind kind, struct bus_request *ret,
                     sd_bus_error *error)
{
	const struct reader reader = { .m = m, .ret = ret, .error = error };
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int e;

	*ret = (struct bus_request){ .request.kind = kind };
	e = read_entries(&reader, kind);
	if (e < 0)
		return sd_bus_error_is_set(error) ? e : sd_bus_error_set_errno(error, e);
	e = request_check(&ret->request, &err);
	return e < 0 ? bus_error_set(error, &err) : 0;
}

void bus_request_done(struct bus_request *request)
{
	attrs_done(&request->attrs);
}
