/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's mind: which parents are dirty, when each is looked at, which get a worker.
 * Knows no bus; who wants to hear of changes observes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "core/ops.h"
#include "core/settings.h"
#include "core/survey.h"
#include "daemon/jobs.h"
#include "shared/macro.h"

struct manager;

/* A device as it was told last: small, there are as many as definitions and devices. */
struct manager_device {
	struct mdev_uuid uuid;
	unsigned char state; /* enum device_state */
	bool is_defined;
	bool is_auto;
	bool is_private;
	bool is_bad;
};

struct manager_observer {
	/* One parent was looked at. before is NULL for a device that came, after for one that
	 * went; entry is what the look found of it, NULL if it went. */
	void (*device)(void *userdata, const char *parent, const struct manager_device *before,
	               const struct manager_device *after, const struct survey_entry *entry);
	/* A parent came (is_there), changed its registration, or went. */
	void (*parent)(void *userdata, const char *parent, bool is_there, uint64_t registration);
	/* The numbers of manager_counts() changed. */
	void (*counts)(void *userdata);
	void *userdata;
};

struct manager_counts {
	size_t definitions;
	size_t autos;
	size_t states[_DEVICE_STATE_MAX];
	size_t bad;
};

/** All is borrowed and must outlive it. */
int manager_new(sd_event *event, struct env *env, struct ops *ops, const struct settings *settings,
                struct manager **ret) _must_check_;

/** NULL is fine. Workers go on. */
void manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free);

/** Opens the event sources, looks at everything, starts work. */
int manager_start(struct manager *m) _must_check_;

/** Nothing is being worked on or due within `within` microseconds: what --once waits for. */
bool manager_is_idle(const struct manager *m, int64_t within);

/** Says who hears of changes; one, or NULL. */
void manager_observe(struct manager *m, const struct manager_observer *observer);

/** A hint that something about a parent changed; NULL: about everything. */
void manager_mark(struct manager *m, const char *parent);

/** The numbers for STATUS and the bus. */
const struct manager_counts *manager_counts(const struct manager *m);

/** Calls each() for every known device in order of parent and UUID. A negative return of
 * each() ends it and is returned. */
int manager_each(const struct manager *m,
                 int (*each)(void *userdata, const char *parent, uint64_t registration,
                             const struct manager_device *device),
                 void *userdata);

/** The operations, for work in children and for reading. */
struct ops *manager_ops(const struct manager *m);
