/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for changes. */
#include "config.h"

#include <errno.h>
#include <poll.h>

#include "cli/wakeup.h"
#include "core/event.h"
#include "core/watch.h"
#include "shared/clock.h"
#include "shared/netlink.h"
#include "shared/uevent.h"

/* A signal that comes just before poll() is seen after this. */
#define SLICE_MS 200

/* Whoever makes events without end does not keep us from looking. */
#define EVENTS_MAX 1000

struct wakeup {
	const struct env *env;
	struct watch *watch;
	struct netlink_library netlink;
	struct uevents *uevents;
};

int wakeup_new(const struct env *env, struct wakeup **ret)
{
	_cleanup_(wakeup_freep) struct wakeup *w = calloc(1, sizeof(*w));
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r;

	if (!w)
		return -ENOMEM;
	w->env = env;
	r = watch_new(env, true, &w->watch);
	if (r < 0 && r != -ENOMEM) {
		log_debug(env_log(env), "No inotify: %d", -r);
		r = 0;
	}
	/* Plain files send no uevents. */
	if (r == 0 && !env_is_relocated(env) && netlink_load(&w->netlink, &why) == 0)
		r = uevents_open(&w->netlink, UEVENT_BUFFER, &w->uevents);
	if (r == -ENOMEM)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

void wakeup_free(struct wakeup *w)
{
	if (!w)
		return;
	watch_free(w->watch);
	uevents_close(w->uevents);
	free(w);
}

static int on_change(void *userdata, const struct watch_change *change _unused_)
{
	*(bool *)userdata = true;
	return 0;
}

/* A watch that does not work any more must not wake us for ever. */
static bool read_watch(struct wakeup *w)
{
	bool is_changed = false;

	if (watch_read(w->watch, on_change, &is_changed) < 0) {
		watch_free(w->watch);
		w->watch = NULL;
		return true;
	}
	return is_changed;
}

/* The same holds for a socket; lost events it tells once. */
static bool read_uevents(struct wakeup *w)
{
	bool is_changed = false;
	struct uevent uevent;
	struct event event;
	int r = 1;

	for (unsigned i = 0; r != 0 && i < EVENTS_MAX; i++) {
		r = uevents_receive(w->uevents, &uevent);
		if (r == 0)
			break;
		if (r < 0)
			is_changed = true;
		if (r == -ENOBUFS)
			continue;
		if (r < 0) {
			uevents_close(w->uevents);
			w->uevents = NULL;
			break;
		}
		event_read(&uevent, &event);
		is_changed = is_changed || event.kind != EVENT_OTHER;
	}
	return is_changed;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* 1: something may have changed, 0: nothing. */
static int wait_once(struct wakeup *w, int64_t ms)
{
	struct pollfd fds[] = {
		{ .fd = w->watch ? watch_fd(w->watch) : -1, .events = POLLIN },
		{ .fd = w->uevents ? uevents_fd(w->uevents) : -1, .events = POLLIN },
	};
	bool is_changed = false;
	int n = poll(fds, ARRAY_SIZE(fds), (int)earlier(ms, SLICE_MS));

	if (env_is_interrupted(w->env))
		return -EINTR;
	if (n <= 0)
		return 0;
	if (fds[0].revents)
		is_changed = read_watch(w);
	if (fds[1].revents)
		is_changed = read_uevents(w) || is_changed;
	return is_changed;
}

int wakeup_wait(struct wakeup *w, int64_t settle_ms, int64_t limit_ms)
{
	int64_t end = clock_ms() + limit_ms, left = limit_ms;
	bool is_changed = false;

	do {
		int r = wait_once(w, left);

		if (r < 0)
			return r;
		if (r > 0 && !is_changed) {
			is_changed = true;
			end = earlier(end, clock_ms() + settle_ms);
		}
		left = end - clock_ms();
	} while (left > 0);
	return 0;
}
