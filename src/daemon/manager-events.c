/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manager's senses: uevents and inotify. Both only mark what is to be looked at. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/event.h"
#include "daemon/manager-private.h"
#include "shared/netlink.h"

#define PRIORITY_EVENTS (SD_EVENT_PRIORITY_NORMAL - 50)

/* Of one source at a time, so that a flood does not keep the loop. */
#define EVENTS_AT_A_TIME 1000

#define RESCAN_US INT64_C(30000000)

/* Where one event comes others follow: those of a device alone are a dozen. */
#define LISTEN_US INT64_C(200000)

static const struct netlink_library netlink = NETLINK_LINKED;

/* ---- uevents --------------------------------------------------------------------------------- */

static bool is_ours(const struct parent *p, const struct mdev_uuid *uuid)
{
	return p->work && work_has(p->work, uuid);
}

/* Only a campaign can be ended by what is seen. */
static void see(struct parent *p, const struct mdev_uuid *uuid)
{
	const struct manager_device *device = parent_find(p, uuid);

	if (!device || device->is_auto)
		parent_add_seen(p, uuid);
}

/* A create that fails is told as added and removed; where it is our own no instance came
 * free by it, and trying again at once would go on for ever. What our own came to is looked
 * at when its worker tells, or ends. */
static void take_own_event(struct manager *m, struct parent *p, const struct event *event)
{
	if (event->kind == EVENT_DEVICE_ADDED || event->kind == EVENT_DEVICE_BOUND)
		return;
	p->is_news = true;
	if (event->kind == EVENT_DEVICE_UNBOUND)
		p->is_freed = true;
	manager_mark_others(m, p, &event->uuid);
}

static void take_device_event(struct manager *m, const struct event *event)
{
	struct parent *p = parents_find(&m->parents, event->parent);

	if (p && is_ours(p, &event->uuid)) {
		take_own_event(m, p, event);
		return;
	}
	p = manager_mark_name(m, event->parent);
	if (!p)
		return;
	if (event->kind == EVENT_DEVICE_BOUND || event->kind == EVENT_DEVICE_UNBOUND)
		see(p, &event->uuid);
	if (event->kind == EVENT_DEVICE_UNBOUND || event->kind == EVENT_DEVICE_REMOVED)
		p->is_freed = true;
	manager_mark_others(m, p, &event->uuid);
}

static void take_registration(struct manager *m, const char *parent)
{
	struct parent *p = manager_mark_name(m, parent);

	if (p)
		parent_drop_seen(p, NULL);
}

static void take_event(struct manager *m, const struct event *event)
{
	struct parent *p;

	switch (event->kind) {
	case EVENT_OTHER:
		break;
	case EVENT_PARENT_REGISTERED:
	case EVENT_PARENT_UNREGISTERED:
		take_registration(m, event->parent);
		break;
	case EVENT_PARENT_GONE:
		p = parents_find(&m->parents, event->parent);
		if (p)
			manager_mark_parent(m, p);
		break;
	case EVENT_DEVICE_ADDED:
	case EVENT_DEVICE_BOUND:
	case EVENT_DEVICE_UNBOUND:
	case EVENT_DEVICE_REMOVED:
		take_device_event(m, event);
		break;
	}
}

/* After a loss the kernel drops all that comes until the queue is empty: only then is it
 * time to look. */
static void events_are_read(struct manager *m)
{
	if (!m->has_lost_events)
		return;
	m->has_lost_events = false;
	manager_tell_trouble(m, MANAGER_EVENTS_LOST, NULL);
	manager_mark_all_freed(m);
}

static void look_by_time(struct manager *m, int r)
{
	m->rescan_every = RESCAN_US;
	m->rescan_at = manager_now(m) + RESCAN_US;
	log_warn(env_log(m->env),
	         "No events of the kernel arrive here (%s): looking every %d seconds", strerror(-r),
	         (int)(RESCAN_US / 1000000));
}

static void give_up_uevents(struct manager *m, int r)
{
	look_by_time(m, r);
	manager_mark_all_freed(m);
	m->uevents_source = sd_event_source_disable_unref(m->uevents_source);
	uevents_close(TAKE_PTR(m->uevents));
}

/* How many there were. */
static int read_uevents(struct manager *m)
{
	int r = 1, i;

	for (i = 0; i < EVENTS_AT_A_TIME && (r > 0 || r == -ENOBUFS); i++) {
		struct uevent uevent;
		struct event event;

		r = uevents_receive(m->uevents, &uevent);
		if (r == -ENOBUFS)
			m->has_lost_events = true;
		if (r <= 0)
			continue;
		if (event_is_hardware(&uevent))
			manager_tell_hardware(m);
		event_read(&uevent, &event);
		take_event(m, &event);
	}
	if (r == 0)
		events_are_read(m);
	else if (r < 0 && r != -ENOBUFS)
		give_up_uevents(m, r);
	return r > 0 ? i : i - 1;
}

/* ---- inotify ------------------------------------------------------------------------------------ */

struct changes {
	struct manager *m;
	const struct parent *noted;
};

/* The record of a device that its worker is at: whoever else changes that has started or
 * stopped the device, which the kernel tells, or the worker finds it so. */
static bool is_own_record(const struct parent *p, const char *file)
{
	struct mdev_uuid uuid;

	return p->work && file && mdev_uuid_parse(file, &uuid) == 0 && work_has(p->work, &uuid);
}

static void take_record(const struct changes *changes, const struct watch_change *change)
{
	struct parent *p = parents_find(&changes->m->parents, change->parent);

	if (p && p == changes->noted)
		return;
	if (p && is_own_record(p, change->file))
		manager_mark_own(changes->m, p);
	else
		manager_mark(changes->m, change->parent);
}

static int take_change(void *userdata, const struct watch_change *change)
{
	const struct changes *changes = userdata;

	if (change->tree == WATCH_RECORDS && change->parent)
		take_record(changes, change);
	else
		manager_mark(changes->m, change->parent);
	return 0;
}

void manager_read_changes(struct manager *m, const struct parent *noted)
{
	struct changes changes = { .m = m, .noted = noted };
	int r = watch_read(m->watch, take_change, &changes);

	if (r < 0)
		log_warn(env_log(m->env), "Cannot read what changed of the definitions: %s",
		         strerror(-r));
}

/* ---- both ------------------------------------------------------------------------------------------ */

static void set_enabled(struct manager *m, int enabled)
{
	if (m->uevents_source)
		sd_event_source_set_enabled(m->uevents_source, enabled);
	sd_event_source_set_enabled(m->watch_source, enabled);
}

/* When there is more to read, for sure or by experience; 0: perhaps never. */
static int64_t read_both(struct manager *m)
{
	int n = m->uevents ? read_uevents(m) : 0;
	int64_t now = manager_now(m);

	manager_read_changes(m, NULL);
	return n >= EVENTS_AT_A_TIME ? now : n > 0 ? now + LISTEN_US : 0;
}

void manager_listen(struct manager *m)
{
	read_both(m);
}

void manager_listen_by_time(struct manager *m)
{
	int64_t next = read_both(m);

	if (m->listen_at == 0 || m->listen_at > manager_now(m))
		return;
	m->listen_at = next;
	if (next == 0)
		set_enabled(m, SD_EVENT_ON);
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;

	int64_t next = read_both(m);

	set_enabled(m, SD_EVENT_OFF);
	m->listen_at = next ? next : manager_now(m) + LISTEN_US;
	manager_wake(m, m->listen_at);
	return 0;
}

static int add_source(struct manager *m, int fd, sd_event_source **ret)
{
	int r = sd_event_add_io(m->event, ret, fd, EPOLLIN, on_event, m);

	return r < 0 ? r : sd_event_source_set_priority(*ret, PRIORITY_EVENTS);
}

static bool can_hear_the_kernel(const struct manager *m)
{
	_cleanup_(closep) int proc = env_open_dir(m->env, "/proc");

	return !env_is_relocated(m->env) && proc >= 0 && uevents_can_arrive(proc);
}

static void open_uevents(struct manager *m)
{
	int r = can_hear_the_kernel(m) ? uevents_open(&netlink, UEVENT_BUFFER, &m->uevents)
	                               : -EOPNOTSUPP;

	if (r >= 0)
		r = add_source(m, uevents_fd(m->uevents), &m->uevents_source);
	if (r < 0)
		look_by_time(m, r);
}

int manager_open_events(struct manager *m)
{
	int r;

	open_uevents(m);
	r = watch_new(m->env, true, &m->watch);
	if (r < 0)
		return r;
	return add_source(m, watch_fd(m->watch), &m->watch_source);
}

void manager_close_events(struct manager *m)
{
	sd_event_source_disable_unref(m->uevents_source);
	sd_event_source_disable_unref(m->watch_source);
	uevents_close(m->uevents);
	watch_free(m->watch);
}
