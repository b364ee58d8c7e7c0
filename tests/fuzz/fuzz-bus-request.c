/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bus_request_read(): a dictionary from the bus is refused with an error, or becomes a
 * request whose texts are bounded and whose pointers lead into it. The input is text: the
 * name of a method, then a line "KEY TYPE VALUE" for each entry, so that what is read is
 * always a message that sd-bus would hand over. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "core/definition.h"
#include "daemon/bus-request.h"
#include "fuzz/fuzz.h"
#include "shared/file.h"

#define TEXT_MAX 65536

/* "NAME=VALUE,NAME=VALUE" as a(ss) */
static int append_attrs(sd_bus_message *m, char *value)
{
	int r = sd_bus_message_open_container(m, 'a', "(ss)");

	while (r >= 0 && value && *value) {
		char *item = strsep(&value, ","), *equals = strchr(item, '=');

		if (equals)
			*equals = '\0';
		r = sd_bus_message_append(m, "(ss)", item, equals ? equals + 1 : "");
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_value(sd_bus_message *m, char type, char *value)
{
	static const char *const signatures[] = {
		['s'] = "s", ['b'] = "b",     ['u'] = "u",  ['x'] = "x",
		['o'] = "o", ['A'] = "a(ss)", ['S'] = "as", ['V'] = "v",
	};
	const char *signature = signatures[(unsigned)type];
	int r = sd_bus_message_open_container(m, 'v', signature);

	if (r < 0)
		return r;
	switch (type) {
	case 'b':
		r = sd_bus_message_append(m, "b", value[0] == '1');
		break;
	case 'u':
		r = sd_bus_message_append(m, "u", (uint32_t)strtoul(value, NULL, 10));
		break;
	case 'x':
		r = sd_bus_message_append(m, "x", (int64_t)strtoll(value, NULL, 10));
		break;
	case 'A':
		r = append_attrs(m, value);
		break;
	case 'S':
		r = sd_bus_message_append(m, "as", 1, value);
		break;
	case 'V':
		r = sd_bus_message_append(m, "v", "s", value);
		break;
	default:
		r = sd_bus_message_append(m, signature, value);
		break;
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_entry(sd_bus_message *m, char *line)
{
	char *key = strsep(&line, " "), *type = strsep(&line, " ");
	int r;

	if (!type || strlen(type) != 1 || !strchr("sbuxoASV", *type))
		return 0;
	r = sd_bus_message_open_container(m, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", key);
	if (r >= 0)
		r = append_value(m, *type, line ? line : key + strlen(key));
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Fails on what is no message: texts that are not UTF-8, for one. */
static int make_message(sd_bus *bus, char *lines, sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_call(bus, ret, "a.b", "/a", "a.b", "C");

	if (r >= 0)
		r = sd_bus_message_open_container(*ret, 'a', "{sv}");
	while (r >= 0 && lines)
		r = append_entry(*ret, strsep(&lines, "\n"));
	if (r >= 0)
		r = sd_bus_message_close_container(*ret);
	if (r >= 0)
		r = sd_bus_message_seal(*ret, 1, 0);
	return r < 0 ? r : sd_bus_message_rewind(*ret, 1);
}

static void require_field(const struct bus_request *req, const struct request_field *field)
{
	const void *at = (const char *)&req->request + field->offset;
	const struct json_source *json = at;
	const char *text;

	switch (field->kind) {
	case FIELD_UUID:
		fuzz_require(!*(void *const *)at || *(void *const *)at == &req->uuid);
		break;
	case FIELD_TEXT:
		text = *(char *const *)at;
		fuzz_require(!text || strlen(text) <= TEXT_MAX);
		break;
	case FIELD_JSON:
		fuzz_require(!json->bytes || (json->len == strlen(json->bytes) && json->name &&
		                              json->len <= DEFINITION_SIZE_MAX));
		break;
	case FIELD_ATTRS:
		fuzz_require(!*(void *const *)at || *(void *const *)at == &req->attrs);
		break;
	case FIELD_FLAG:
	case FIELD_NUMBER:
	case FIELD_ATTR_ACTION:
		break;
	}
}

static void read_message(sd_bus_message *m, enum request_kind kind)
{
	const struct request_form *form = request_form(kind);
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(bus_request_done) struct bus_request req = { 0 };
	int r = bus_request_read(m, kind, &req, &error);

	fuzz_require((r < 0) == !!sd_bus_error_is_set(&error));
	if (r < 0)
		return;
	fuzz_require(req.request.kind == kind && sd_bus_message_at_end(m, true) > 0);
	/* Empty ones too are held as long as the call waits. */
	fuzz_require(req.bytes >= req.attrs.n * sizeof(struct attr));
	for (size_t i = 0; i < form->n; i++)
		require_field(&req, &form->fields[i]);
}

static enum request_kind kind_of(const char *name)
{
	enum request_kind kind = 0;

	while (kind < _REQUEST_KIND_MAX && strcmp(request_form(kind)->name, name) != 0)
		kind++;
	return kind;
}

/* Messages are made for a bus; nobody is at the other end of this one. */
static void open_bus(sd_bus **ret, int *ret_peer)
{
	int fds[2];

	fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	fuzz_require(sd_bus_new(ret) >= 0);
	fuzz_require(sd_bus_set_fd(*ret, fds[0], fds[0]) >= 0);
	fuzz_require(sd_bus_start(*ret) >= 0);
	*ret_peer = fds[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), *lines = text;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	_cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(closep) int peer = -1;
	enum request_kind kind;

	fuzz_require(text);
	memcpy(text, data, size);
	kind = kind_of(strsep(&lines, "\n"));
	if (kind < _REQUEST_KIND_MAX) {
		open_bus(&bus, &peer);
		if (make_message(bus, lines, &m) >= 0)
			read_message(m, kind);
	}
	free(text);
	return 0;
}
