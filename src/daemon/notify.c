/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sd_notify(), and the numbers as a line. Without a service manager nothing is said. */
#include "config.h"

#include <inttypes.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/notify.h"

/* In the order in which they are told; what is not here needs no words. */
static const struct {
	enum device_state state;
	const char *one;
	const char *many;
} words[] = {
	{ DEVICE_DEGRADED, "degraded", "degraded" },
	{ DEVICE_STARTING, "starting", "starting" },
	{ DEVICE_WAITING_PARENT, "waiting for its parent", "waiting for their parents" },
	{ DEVICE_WAITING_TYPE, "waiting for its type", "waiting for their types" },
	{ DEVICE_WAITING_INSTANCE, "waiting for an instance", "waiting for an instance" },
	{ DEVICE_BLOCKED, "blocked", "blocked" },
	{ DEVICE_STOPPING, "stopping", "stopping" },
	{ DEVICE_INACTIVE, "stopped", "stopped" },
	{ DEVICE_FAILED, "failed", "failed" },
	{ DEVICE_STUCK, "stuck", "stuck" },
};

void notify_format(const struct manager_counts *counts, unsigned rescans_every, struct strbuf *out)
{
	strbuf_addf(out, "%zu of %zu active", counts->auto_states[DEVICE_ACTIVE], counts->autos);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = counts->auto_states[words[i].state];

		if (n > 0)
			strbuf_addf(out, ", %zu %s", n, n == 1 ? words[i].one : words[i].many);
	}
	if (rescans_every)
		strbuf_addf(out, " (no kernel events here: looking every %u s)", rescans_every);
}

static void send_status(const struct notify *notify, const char *before)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%sSTATUS=", before);
	notify_format(manager_counts(notify->manager), manager_rescans_every(notify->manager),
	              &text);
	if (strbuf_error(&text) == 0)
		sd_notify(false, text.data);
}

static void on_counts(void *userdata)
{
	send_status(userdata, "");
}

void notify_init(struct notify *notify, const struct manager *manager)
{
	notify->manager = manager;
	notify->observer = (struct manager_observer){ .counts = on_counts, .userdata = notify };
}

void notify_ready(const struct notify *notify)
{
	send_status(notify, "READY=1\n");
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	           (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
	sd_notify(false, "STOPPING=1");
}
