/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two descriptors and a poll. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "cli/hints.h"
#include "core/event.h"
#include "core/watch.h"
#include "shared/clock.h"
#include "shared/netlink.h"
#include "shared/uevent.h"

/* One start causes some ten events within this time. */
#define SETTLE_MS 50

/* How often to look where the kernel's events do not arrive. */
#define LOOK_MS 5000

/* What waits until it is received; an ordinary user gets less. */
#define BUFFER (1024 * 1024)

/* Events in one go, before signals are looked for. */
#define EVENTS_MAX 4096

struct hints {
	const struct env *env;
	struct netlink_library netlink;
	struct uevents *uevents; /* NULL: none can arrive */
	bool is_lost;            /* events were, and the rest is not received yet */
	struct watch *watch;
	bool is_deaf; /* look without a hint */
	struct names parents;
	bool all;
	int64_t due_ms; /* 0: no hints */
};

/* ---- opening ------------------------------------------------------------------------ */

static bool can_hear_kernel(const struct env *env)
{
	_cleanup_(closep) int proc = env_open_dir(env, "/proc");

	return proc < 0 || uevents_can_arrive(proc);
}

static int open_uevents(struct hints *h, struct error *err)
{
	int r;

	if (env_is_relocated(h->env))
		return 0;
	if (!can_hear_kernel(h->env)) {
		h->is_deaf = true;
		log_warn(env_log(h->env),
		         "No events of the kernel arrive in a user namespace: "
		         "looking every %d seconds instead",
		         LOOK_MS / 1000);
		return 0;
	}
	r = netlink_load(&h->netlink, err);
	if (r < 0)
		return r;
	r = uevents_open(&h->netlink, BUFFER, &h->uevents);
	return r < 0 ? error_set_errno(err, r, "Cannot listen to the kernel's events") : 0;
}

int hints_open(const struct env *env, struct hints **ret, struct error *err)
{
	_cleanup_(hints_closep) struct hints *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->env = env;
	r = open_uevents(h, err);
	if (r < 0)
		return r;
	r = watch_new(env, true, &h->watch);
	if (r < 0)
		return error_set_errno(err, r, "Cannot watch the definitions");
	*ret = TAKE_PTR(h);
	return 0;
}

void hints_close(struct hints *h)
{
	if (!h)
		return;
	uevents_close(h->uevents);
	watch_free(h->watch);
	names_done(&h->parents);
	free(h);
}

/* ---- gathering ---------------------------------------------------------------------- */

int hints_add(struct hints *h, const char *parent)
{
	if (h->due_ms == 0)
		h->due_ms = clock_ms() + SETTLE_MS;
	if (!parent)
		h->all = true;
	if (h->all)
		return 0;
	for (size_t i = h->parents.n; i-- > 0;)
		if (strcmp(h->parents.items[i], parent) == 0)
			return 0;
	return names_add(&h->parents, parent);
}

static int on_changed(void *userdata, const struct watch_change *change)
{
	return hints_add(userdata, change->parent);
}

static int on_uevent(struct hints *h, const struct uevent *uevent)
{
	struct event event;

	event_read(uevent, &event);
	return event.kind == EVENT_OTHER ? 0 : hints_add(h, event.parent);
}

/* Once events were lost the kernel drops all others too until the queue is empty: that
 * is the moment from which a look sees everything. */
static int read_uevents(struct hints *h)
{
	for (unsigned i = 0; h->uevents && i < EVENTS_MAX; i++) {
		struct uevent uevent;
		int r = uevents_receive(h->uevents, &uevent);

		if (r == -ENOBUFS) {
			h->is_lost = true;
			continue;
		}
		if (r == 0 && h->is_lost) {
			h->is_lost = false;
			return hints_add(h, NULL);
		}
		if (r > 0)
			r = on_uevent(h, &uevent);
		else if (r == 0)
			return 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static struct timespec time_left(const struct hints *h)
{
	int64_t ms = h->due_ms - clock_ms();

	if (h->due_ms == 0)
		ms = LOOK_MS;
	if (ms < 0)
		ms = 0;
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

/* Signals are blocked but here, so that none comes between the look at their flag and the
 * sleep. */
static int wait_once(struct hints *h, int out, const sigset_t *mask)
{
	struct timespec left = time_left(h);
	bool has_end = h->due_ms != 0 || h->is_deaf;
	struct pollfd fds[] = {
		{ .fd = out, .events = 0 },
		{ .fd = watch_fd(h->watch), .events = POLLIN },
		{ .fd = h->uevents ? uevents_fd(h->uevents) : -1, .events = POLLIN },
	};
	int n = ppoll(fds, ARRAY_SIZE(fds), has_end ? &left : NULL, mask);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0 && h->is_deaf && h->due_ms == 0)
		return hints_add(h, NULL);
	if (fds[0].revents & POLLNVAL)
		return -EBADF;
	return fds[0].revents & (POLLERR | POLLHUP) ? -EPIPE : 0;
}

int hints_wait(struct hints *h, int out, const sigset_t *mask)
{
	do {
		int r = env_is_interrupted(h->env) ? -EINTR : wait_once(h, out, mask);

		if (r < 0)
			return r;
		r = watch_read(h->watch, on_changed, h);
		if (r == 0)
			r = read_uevents(h);
		if (r < 0)
			return r;
	} while (env_is_interrupted(h->env) || h->due_ms == 0 || clock_ms() < h->due_ms);
	return 0;
}

void hints_take(struct hints *h, struct names *ret, bool *ret_all)
{
	*ret = h->parents;
	*ret_all = h->all;
	h->parents = (struct names){ 0 };
	h->all = false;
	h->due_ms = 0;
}
