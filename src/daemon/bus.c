/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The connection: made when a bus is there, and again when it was lost. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "core/store.h"
#include "daemon/bus-calls.h"
#include "daemon/bus-manager.h"
#include "daemon/bus-objects.h"
#include "daemon/bus.h"
#include "shared/log.h"

#define BUS_NAME    "org.mdevmgr1"
#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"

/* Between attempts that fail; while there is no socket the kernel tells of it (inotify). */
#define RECONNECT_MIN_USEC (UINT64_C(1) * 1000000)
#define RECONNECT_MAX_USEC (UINT64_C(60) * 1000000)

struct bus {
	sd_event *event;
	const struct env *env;
	const char *address; /* NULL: no bus */
	sd_bus *bus;         /* NULL: lost, reconnect is set */
	sd_event_source *reconnect;
	uint64_t pause;
	struct bus_calls *calls;
	struct bus_objects *objects;
	struct bus_manager manager;
	struct manager_observer observer;
};

static int connect_bus(struct bus *b);

static void disconnect_bus(struct bus *b)
{
	bus_calls_drop(b->calls);
	sd_bus_detach_event(b->bus);
	b->bus = sd_bus_close_unref(b->bus);
}

static int try_later(struct bus *b)
{
	uint64_t pause = b->pause;

	b->pause = pause * 2 < RECONNECT_MAX_USEC ? pause * 2 : RECONNECT_MAX_USEC;
	sd_event_source_set_time_relative(b->reconnect, pause);
	return sd_event_source_set_enabled(b->reconnect, SD_EVENT_ONESHOT);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus *b = userdata;
	int r;

	/* Kept until now: what lost it was called from inside it. */
	disconnect_bus(b);
	r = connect_bus(b);
	if (r < 0) {
		log_warn(env_log(b->env), "Cannot connect to the system bus: %s", strerror(-r));
		return try_later(b);
	}
	return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *b = userdata;

	log_info(env_log(b->env), "The system bus is lost; waiting for it");
	bus_calls_drop(b->calls);
	return try_later(b);
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);
	struct bus *b = userdata;
	uint32_t answer;

	if (e)
		log_warn(env_log(b->env), "Cannot take the name " BUS_NAME ": %s",
		         e->message ? e->message : e->name);
	else if (sd_bus_message_read(m, "u", &answer) <= 0 || answer != 1)
		log_warn(env_log(b->env), "The name " BUS_NAME " is taken by another process");
	else
		b->pause = RECONNECT_MIN_USEC;
	return 0;
}

static int open_bus(struct bus *b, sd_bus **ret)
{
	_cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, b->address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_set_watch_bind(bus, 1);
	/* No method takes any, and what waits for polkit would hold them. */
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, 0);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(bus);
	return 0;
}

static int connect_bus(struct bus *b)
{
	int r = open_bus(b, &b->bus);

	if (r >= 0)
		r = sd_bus_attach_event(b->bus, b->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = bus_manager_add(&b->manager, b->bus);
	if (r >= 0)
		r = bus_objects_add(b->objects, b->bus);
	if (r >= 0)
		r = sd_bus_match_signal_async(b->bus, NULL, "org.freedesktop.DBus.Local", NULL,
		                              "org.freedesktop.DBus.Local", "Disconnected",
		                              on_disconnected, NULL, b);
	if (r >= 0)
		r = sd_bus_request_name_async(b->bus, NULL, BUS_NAME, 0, on_name, b);
	return r < 0 ? r : 0;
}

/* ---- what the manager tells ---------------------------------------------------------------- */

static bool is_heard(const struct bus *b)
{
	return b->bus && sd_bus_is_ready(b->bus) > 0;
}

static void on_device(void *userdata, const char *parent, const struct manager_device *before,
                      const struct manager_device *after, const struct survey_entry *entry)
{
	struct bus *b = userdata;

	if (is_heard(b))
		bus_objects_tell_device(b->objects, b->bus, parent, before, after, entry);
}

static void on_parent(void *userdata, const char *parent, bool was_there, bool is_there,
                      uint64_t registration)
{
	struct bus *b = userdata;

	if (is_heard(b))
		bus_objects_tell_parent(b->objects, b->bus, parent, was_there, is_there,
		                        registration);
}

static void on_counts(void *userdata)
{
	struct bus *b = userdata;

	if (is_heard(b))
		bus_manager_tell_counts(b->bus);
}

const struct manager_observer *bus_observer(const struct bus *b)
{
	return &b->observer;
}

/* ---- beginning and end ------------------------------------------------------------------------ */

static const char *find_address(const struct env *env)
{
	const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");

	if (address && *address)
		return address;
	return env_is_relocated(env) ? NULL : BUS_ADDRESS;
}

static int make_parts(struct bus *b, struct manager *manager, const struct settings *settings)
{
	int r = store_new(b->env, &b->manager.store);

	if (r >= 0)
		r = bus_calls_new(b->event, b->env, settings, &b->manager, &b->calls);
	if (r >= 0)
		r = bus_objects_new(b->event, manager, &b->objects);
	if (r >= 0)
		r = sd_event_add_time(b->event, &b->reconnect, CLOCK_MONOTONIC, 0, 0, on_reconnect,
		                      b);
	if (r >= 0)
		r = sd_event_source_set_enabled(b->reconnect, SD_EVENT_OFF);
	b->manager.manager = manager;
	b->manager.calls = b->calls;
	return r;
}

int bus_new(sd_event *event, const struct env *env, struct manager *manager,
            const struct settings *settings, struct bus **ret)
{
	_cleanup_(bus_freep) struct bus *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->event = event;
	b->env = env;
	b->pause = RECONNECT_MIN_USEC;
	b->address = find_address(env);
	b->observer = (struct manager_observer){
		.device = on_device, .parent = on_parent, .counts = on_counts, .userdata = b
	};
	r = make_parts(b, manager, settings);
	if (r < 0)
		return r;
	r = b->address ? connect_bus(b) : 0;
	if (r < 0) {
		log_warn(env_log(env), "Cannot connect to the system bus: %s", strerror(-r));
		r = try_later(b);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(b);
	return 0;
}

void bus_reload(struct bus *b)
{
	if (b)
		bus_calls_reload(b->calls);
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	sd_event_source_disable_unref(b->reconnect);
	if (b->bus)
		sd_bus_flush_close_unref(b->bus);
	bus_calls_free(b->calls);
	bus_objects_free(b->objects);
	store_free(b->manager.store);
	free(b);
}
