/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Methods are rows of a table: each is a kind of request, read as its fields say. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/store.h"
#include "daemon/bus-manager.h"
#include "daemon/bus-objects.h"
#include "daemon/bus-request.h"
#include "shared/utf8.h"

#define INTERFACE "org.mdevmgr1.Manager"

/* ---- requests ----------------------------------------------------------------------------- */

static const struct {
	const char *member;
	enum request_kind kind;
} methods[] = {
	{ "Define", REQUEST_DEFINE },
	{ "Undefine", REQUEST_UNDEFINE },
	{ "Modify", REQUEST_MODIFY },
	{ "Start", REQUEST_START },
	{ "Stop", REQUEST_STOP },
	{ "StartParent", REQUEST_START_PARENT },
	{ "Retry", REQUEST_RETRY },
	{ "ParentDefine", REQUEST_PARENT_DEFINE },
	{ "ParentUndefine", REQUEST_PARENT_UNDEFINE },
	{ "ParentApply", REQUEST_PARENT_APPLY },
	{ "ParentRelease", REQUEST_PARENT_RELEASE },
};

static int on_request(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(bus_request_done) struct bus_request req = { 0 };
	const struct bus_manager *b = userdata;
	struct bus_task task = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].member, sd_bus_message_get_member(m)) == 0)
			task.kind = methods[i].kind;
	r = bus_request_read(m, task.kind, &req, error);
	if (r < 0)
		return r;
	task.is_wait = task.kind == REQUEST_STOP && req.request.stop.wait;
	task.bytes = req.bytes;
	return bus_calls_add(b->calls, m, &task, error);
}

/* ---- the others ----------------------------------------------------------------------------- */

static int finish_rescan(void *userdata, sd_bus_message *call)
{
	const struct bus_manager *b = userdata;

	manager_mark(b->manager, NULL);
	return sd_bus_reply_method_return(call, NULL);
}

static int on_rescan(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct bus_task task = { .finish = finish_rescan };
	const struct bus_manager *b = userdata;

	return bus_calls_add(b->calls, m, &task, error);
}

/* Reads a definition's text; *ret_is_private: not everybody may. */
static int read_definition(const struct bus_manager *b, const char *parent,
                           const struct mdev_uuid *uuid, struct strbuf *ret, bool *ret_is_private)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	const struct store_entry *e;
	int r = store_open_parent_for(b->store, parent, uuid, &p);

	if (r < 0)
		return r;
	e = store_parent_find(&p, uuid);
	return e ? store_read_bytes_and_privacy(&p, e, ret, ret_is_private) : -ENOENT;
}

static int reply_definition(const struct bus_manager *b, sd_bus_message *m, bool is_allowed)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *parent, *uuid_text;
	bool is_private = true;
	struct mdev_uuid uuid;
	int r = sd_bus_message_rewind(m, 1);

	if (r >= 0)
		r = sd_bus_message_read(m, "ss", &parent, &uuid_text);
	if (r < 0)
		return r;
	if (mdev_uuid_parse(uuid_text, &uuid) < 0 || store_parent_problem(parent))
		return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS,
		                                  "No parent's name, or no UUID");
	r = read_definition(b, parent, &uuid, &text, &is_private);
	if (r < 0)
		return sd_bus_reply_method_errnof(m, r, "Cannot read the definition: %m");
	if (is_private && !is_allowed)
		return 0;
	if (!utf8_is_valid(strbuf_str(&text), text.len) || strlen(strbuf_str(&text)) != text.len)
		return sd_bus_reply_method_errnof(m, -EILSEQ, "The definition is no text");
	r = sd_bus_reply_method_return(m, "s", strbuf_str(&text));
	return r < 0 ? r : 1;
}

static int finish_definition(void *userdata, sd_bus_message *call)
{
	return reply_definition(userdata, call, true);
}

static int on_get_definition(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct bus_task task = { .finish = finish_definition };
	const struct bus_manager *b = userdata;
	int r = reply_definition(b, m, false);

	return r != 0 ? r : bus_calls_add(b->calls, m, &task, error);
}

/* ---- properties ----------------------------------------------------------------------------- */

static int append_count(sd_bus_message *reply, const char *word, size_t n)
{
	return sd_bus_message_append(reply, "{su}", word, (uint32_t)n);
}

static int get_counts(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_manager *b = userdata;
	const struct manager_counts *counts = manager_counts(b->manager);
	int r = sd_bus_message_open_container(reply, 'a', "{su}");

	if (r >= 0)
		r = append_count(reply, "definitions", counts->definitions);
	if (r >= 0)
		r = append_count(reply, "auto", counts->autos);
	for (enum device_state s = 0; r >= 0 && s < _DEVICE_STATE_MAX; s++)
		r = append_count(reply, device_state_name(s), counts->states[s]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_failed(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_manager *b = userdata;

	return sd_bus_message_append(reply, "u", (uint32_t)manager_counts(b->manager)->bad);
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", PACKAGE_VERSION);
}

/* ---- the object ----------------------------------------------------------------------------- */

#define REQUEST(member)                                                                            \
	SD_BUS_METHOD_WITH_ARGS(member, SD_BUS_ARGS("a{sv}", request),                             \
	                        SD_BUS_RESULT("s", uuid, "s", plan, "a(ss)", messages),            \
	                        on_request, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	REQUEST("Define"),
	REQUEST("Undefine"),
	REQUEST("Modify"),
	REQUEST("Start"),
	REQUEST("Stop"),
	REQUEST("StartParent"),
	REQUEST("Retry"),
	REQUEST("ParentDefine"),
	REQUEST("ParentUndefine"),
	REQUEST("ParentApply"),
	REQUEST("ParentRelease"),
	SD_BUS_METHOD_WITH_ARGS("Rescan", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_rescan,
	                        SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetDefinition", SD_BUS_ARGS("s", parent, "s", uuid),
	                        SD_BUS_RESULT("s", json), on_get_definition,
	                        SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Counts", "a{su}", get_counts, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Failed", "u", get_failed, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

int bus_manager_add(struct bus_manager *b, sd_bus *bus)
{
	return sd_bus_add_object_vtable(bus, NULL, BUS_ROOT, INTERFACE, manager_vtable, b);
}

void bus_manager_tell_counts(sd_bus *bus)
{
	(void)sd_bus_emit_properties_changed(bus, BUS_ROOT, INTERFACE, "Counts", "Failed", NULL);
}
