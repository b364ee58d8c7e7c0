/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Objects by fallback: a path is taken apart, its parent looked at, and what was found
 * filled into one view, from which sd-bus takes the properties. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/store.h"
#include "daemon/bus-objects.h"
#include "shared/strbuf.h"
#include "shared/utf8.h"

#define PARENTS BUS_ROOT "/parent"
#define DEVICES BUS_ROOT "/device"

#define PARENT_INTERFACE "org.mdevmgr1.Parent"
#define DEVICE_INTERFACE "org.mdevmgr1.Device"

/* Longer names are the file system's, none that we could tell apart on the bus (escaped). */
#define PARENT_NAME_MAX 200

/* One object's properties. Texts live as long as the look that they are from. */
struct view {
	const char *parent;
	int is_registered;
	uint64_t registration;
	const char *uuid;
	const char *type;
	int is_defined;
	int is_auto;
	const char *state;
	const char *reason;
	uint64_t since; /* CLOCK_REALTIME in microseconds */
	uint32_t attempts;
	uint32_t errnum;
	uint64_t next;
};

struct bus_objects {
	sd_event *event;
	struct manager *manager;
	sd_event_source *forget; /* ends the life of the look below */
	bool has_look;
	struct survey look;
	/* While a signal is sent: what the manager just found, taken for a look. */
	const char *told_parent;
	const struct survey_entry *told;
	bool is_parent_told;
	uint64_t told_registration;
	struct view view;
	char uuid[MDEV_UUID_TEXT_MAX];
	struct strbuf parent;
	struct strbuf type;
	struct strbuf reason;
};

static const sd_bus_vtable parent_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", NULL, offsetof(struct view, parent),
	                SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Registered", "b", NULL, offsetof(struct view, is_registered),
	                SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Registration", "t", NULL, offsetof(struct view, registration),
	                SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

#define DEVICE_PROPERTY(name, type, member)                                                        \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct view, member),                           \
	                SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Uuid", "s", NULL, offsetof(struct view, uuid),
	                SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Parent", "s", NULL, offsetof(struct view, parent),
	                SD_BUS_VTABLE_PROPERTY_CONST),
	DEVICE_PROPERTY("Type", "s", type),
	DEVICE_PROPERTY("Defined", "b", is_defined),
	DEVICE_PROPERTY("Auto", "b", is_auto),
	DEVICE_PROPERTY("State", "s", state),
	DEVICE_PROPERTY("Reason", "s", reason),
	DEVICE_PROPERTY("Since", "t", since),
	DEVICE_PROPERTY("Attempts", "u", attempts),
	DEVICE_PROPERTY("Errno", "u", errnum),
	DEVICE_PROPERTY("NextTry", "t", next),
	SD_BUS_VTABLE_END,
};

/* ---- a look ----------------------------------------------------------------------------- */

static int on_forget(sd_event_source *source, void *userdata)
{
	struct bus_objects *o = userdata;

	survey_done(&o->look);
	o->has_look = false;
	return 0;
}

/* Who asks for all objects asks for those of a parent one after the other: one look serves
 * them, until this message is answered. */
static int look_at(struct bus_objects *o, const char *parent)
{
	int r;

	if (o->has_look && strcmp(o->look.parent, parent) == 0)
		return 0;
	if (o->has_look)
		on_forget(NULL, o);
	r = survey_parent(manager_ops(o->manager), parent, NULL, &o->look);
	if (r < 0)
		return r;
	o->has_look = true;
	return sd_event_source_set_enabled(o->forget, SD_EVENT_ONESHOT);
}

/* From the time since boot to the time of day, which clients know. Both clocks were read by
 * the loop at the same moment. */
static uint64_t wall_clock(const struct bus_objects *o, int64_t since_boot)
{
	uint64_t day, boot;

	if (since_boot == 0 || sd_event_now(o->event, CLOCK_REALTIME, &day) < 0 ||
	    sd_event_now(o->event, CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	return (uint64_t)since_boot + day - boot;
}

static const char *clean(struct strbuf *place, const char *text)
{
	strbuf_clear(place);
	if (text)
		utf8_add_clean(place, text, strlen(text), false);
	return strbuf_str(place);
}

static void view_device(struct bus_objects *o, const char *parent, const struct survey_entry *e)
{
	mdev_uuid_format(&e->uuid, o->uuid);
	o->view = (struct view){
		.parent = clean(&o->parent, parent),
		.uuid = o->uuid,
		.type = clean(&o->type, e->type),
		.is_defined = e->is_defined,
		.is_auto = e->is_auto,
		.state = device_state_name(e->state),
		/* Everybody may ask, and it may hold values of the definition. */
		.reason = clean(&o->reason, e->is_private ? NULL : e->reason),
		.since = wall_clock(o, e->since),
		.attempts = e->attempts,
		.errnum = (uint32_t)e->errnum,
		.next = wall_clock(o, e->next),
	};
}

static bool can_be_named(const char *parent)
{
	size_t n = strlen(parent);

	return n <= PARENT_NAME_MAX && utf8_is_valid(parent, n) && !store_parent_problem(parent);
}

static const struct survey_entry *find_entry(struct bus_objects *o, const char *parent,
                                             const char *text)
{
	struct mdev_uuid uuid;

	if (!can_be_named(parent) || !mdev_uuid_is_canonical(text) ||
	    mdev_uuid_parse(text, &uuid) < 0)
		return NULL;
	if (o->told && strcmp(parent, o->told_parent) == 0 &&
	    mdev_uuid_compare(&uuid, &o->told->uuid) == 0)
		return o->told;
	return look_at(o, parent) < 0 ? NULL : survey_find(&o->look, &uuid);
}

static int find_device(sd_bus *bus, const char *path, const char *interface, void *userdata,
                       void **ret, sd_bus_error *error)
{
	_cleanup_(freep) char *parent = NULL, *uuid = NULL;
	struct bus_objects *o = userdata;
	const struct survey_entry *e;

	if (sd_bus_path_decode_many(path, DEVICES "/%/%", &parent, &uuid) <= 0)
		return 0;
	e = find_entry(o, parent, uuid);
	if (!e)
		return 0;
	view_device(o, parent, e);
	*ret = &o->view;
	return 1;
}

/* -ENOENT if there is no such parent. */
static int find_registration(struct bus_objects *o, const char *parent, uint64_t *ret)
{
	int r;

	if (o->is_parent_told && strcmp(parent, o->told_parent) == 0) {
		*ret = o->told_registration;
		return 0;
	}
	r = look_at(o, parent);
	if (r < 0 || (o->look.registration == 0 && o->look.n == 0))
		return r < 0 ? r : -ENOENT;
	*ret = o->look.registration;
	return 0;
}

static int find_parent(sd_bus *bus, const char *path, const char *interface, void *userdata,
                       void **ret, sd_bus_error *error)
{
	_cleanup_(freep) char *parent = NULL;
	struct bus_objects *o = userdata;
	uint64_t registration;

	if (sd_bus_path_decode_many(path, PARENTS "/%", &parent) <= 0 || !can_be_named(parent))
		return 0;
	if (find_registration(o, parent, &registration) < 0)
		return 0;
	o->view = (struct view){ .parent = clean(&o->parent, parent),
		                 .is_registered = registration != 0,
		                 .registration = registration };
	*ret = &o->view;
	return 1;
}

/* ---- which there are -------------------------------------------------------------------- */

struct paths {
	char **items; /* NULL at the end */
	size_t n;
	size_t size;
};

static void paths_done(struct paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->items[i]);
	free(paths->items);
}

/* path is the list's from now on. */
static int paths_add(struct paths *paths, char *path)
{
	size_t size = paths->size ? paths->size * 2 : 16;
	char **items = paths->items;

	if (paths->n + 1 >= paths->size) {
		items = reallocarray(items, size, sizeof(*items));
		if (!items) {
			free(path);
			return -ENOMEM;
		}
		paths->items = items;
		paths->size = size;
	}
	items[paths->n++] = path;
	items[paths->n] = NULL;
	return 0;
}

static int device_path(const char *parent, const struct mdev_uuid *uuid, char **ret)
{
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	return sd_bus_path_encode_many(ret, DEVICES "/%/%", parent, text);
}

static int add_device(void *userdata, const char *parent, uint64_t registration,
                      const struct manager_device *device)
{
	char *path;
	int r;

	if (!can_be_named(parent))
		return 0;
	r = device_path(parent, &device->uuid, &path);
	return r < 0 ? r : paths_add(userdata, path);
}

static int list_devices(sd_bus *bus, const char *prefix, void *userdata, char ***ret,
                        sd_bus_error *error)
{
	_cleanup_(paths_done) struct paths paths = { 0 };
	struct bus_objects *o = userdata;
	int r = manager_each(o->manager, add_device, &paths);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(paths.items);
	paths.n = 0;
	return 0;
}

static int list_parents(sd_bus *bus, const char *prefix, void *userdata, char ***ret,
                        sd_bus_error *error)
{
	_cleanup_(paths_done) struct paths paths = { 0 };
	_cleanup_(names_done) struct names names = { 0 };
	struct bus_objects *o = userdata;
	int r = survey_list_parents(manager_ops(o->manager), &names);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		char *path;

		if (!can_be_named(names.items[i]))
			continue;
		r = sd_bus_path_encode_many(&path, PARENTS "/%", names.items[i]);
		if (r >= 0)
			r = paths_add(&paths, path);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(paths.items);
	paths.n = 0;
	return 0;
}

int bus_objects_add(struct bus_objects *o, sd_bus *bus)
{
	int r = sd_bus_add_object_manager(bus, NULL, BUS_ROOT);

	if (r >= 0)
		r = sd_bus_add_fallback_vtable(bus, NULL, PARENTS, PARENT_INTERFACE, parent_vtable,
		                               find_parent, o);
	if (r >= 0)
		r = sd_bus_add_fallback_vtable(bus, NULL, DEVICES, DEVICE_INTERFACE, device_vtable,
		                               find_device, o);
	if (r >= 0)
		r = sd_bus_add_node_enumerator(bus, NULL, PARENTS, list_parents, o);
	if (r >= 0)
		r = sd_bus_add_node_enumerator(bus, NULL, DEVICES, list_devices, o);
	return r;
}

/* ---- signals ------------------------------------------------------------------------------ */

void bus_objects_tell_device(struct bus_objects *o, sd_bus *bus, const char *parent,
                             const struct manager_device *before,
                             const struct manager_device *after, const struct survey_entry *entry)
{
	_cleanup_(freep) char *path = NULL;

	if (!can_be_named(parent) ||
	    device_path(parent, after ? &after->uuid : &before->uuid, &path) < 0)
		return;
	o->told_parent = parent;
	o->told = entry;
	if (!after)
		(void)sd_bus_emit_interfaces_removed(bus, path, DEVICE_INTERFACE, NULL);
	else if (!before)
		(void)sd_bus_emit_interfaces_added(bus, path, DEVICE_INTERFACE, NULL);
	else
		(void)sd_bus_emit_properties_changed(bus, path, DEVICE_INTERFACE, "Type", "Defined",
		                                     "Auto", "State", "Reason", "Since", "Attempts",
		                                     "Errno", "NextTry", NULL);
	o->told = NULL;
}

void bus_objects_tell_parent(struct bus_objects *o, sd_bus *bus, const char *parent, bool was_there,
                             bool is_there, uint64_t registration)
{
	_cleanup_(freep) char *path = NULL;

	if (!can_be_named(parent) || sd_bus_path_encode_many(&path, PARENTS "/%", parent) < 0)
		return;
	if (!is_there) {
		(void)sd_bus_emit_interfaces_removed(bus, path, PARENT_INTERFACE, NULL);
		return;
	}
	o->told_parent = parent;
	o->told_registration = registration;
	o->is_parent_told = true;
	if (!was_there)
		(void)sd_bus_emit_interfaces_added(bus, path, PARENT_INTERFACE, NULL);
	else
		(void)sd_bus_emit_properties_changed(bus, path, PARENT_INTERFACE, "Registered",
		                                     "Registration", NULL);
	o->is_parent_told = false;
}

int bus_objects_new(sd_event *event, struct manager *manager, struct bus_objects **ret)
{
	_cleanup_(bus_objects_freep) struct bus_objects *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->event = event;
	o->manager = manager;
	r = sd_event_add_defer(event, &o->forget, on_forget, o);
	if (r >= 0)
		r = sd_event_source_set_enabled(o->forget, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(o->forget, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(o);
	return 0;
}

void bus_objects_free(struct bus_objects *o)
{
	if (!o)
		return;
	sd_event_source_disable_unref(o->forget);
	survey_done(&o->look);
	strbuf_done(&o->parent);
	strbuf_done(&o->type);
	strbuf_done(&o->reason);
	free(o);
}
