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
	bool is_broken;
	bool is_untold;   /* observers do not know yet that it is being started */
	uint32_t details; /* a hash of reason, attempts, errno, next try; 0 while it is made or
	                   * active */
};

/* What goes wrong beyond devices. */
enum manager_trouble {
	MANAGER_EVENTS_LOST,  /* everything is looked at again */
	MANAGER_WORKER_STUCK, /* a parent's worker did not end in its time */
};

/* Members may be NULL. */
struct manager_observer {
	/* One parent was looked at. before is NULL for a device that came, after for one that
	 * went; entry is what the look found of it, NULL if it went. */
	void (*device)(void *userdata, const char *parent, const struct manager_device *before,
	               const struct manager_device *after, const struct survey_entry *entry);
	/* A parent came (is_there), changed its registration, or went. */
	void (*parent)(void *userdata, const char *parent, bool was_there, bool is_there,
	               uint64_t registration);
	/* The numbers of manager_counts() changed. */
	void (*counts)(void *userdata);
	/* Hardware that recipes are about may have changed. */
	void (*hardware)(void *userdata);
	/* parent is NULL where it is about no one in particular. */
	void (*trouble)(void *userdata, enum manager_trouble trouble, const char *parent);
	void *userdata;
};

struct manager_counts {
	size_t definitions;
	size_t autos;
	size_t states[_DEVICE_STATE_MAX];      /* of definitions and devices */
	size_t auto_states[_DEVICE_STATE_MAX]; /* of auto definitions */
	size_t bad;
};

/** All is borrowed and must outlive it. */
int manager_new(sd_event *event, struct env *env, struct ops *ops, const struct settings *settings,
                struct manager **ret) _must_check_;

/** NULL is fine. Workers go on. */
void manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free);

/** Work is done for one parent only, which is known to have registered just now. -ENOMEM. */
int manager_limit_to(struct manager *m, const char *parent) _must_check_;

/** Asks before work is begun for a parent: while holds() says so, there is none. */
void manager_set_gate(struct manager *m, bool (*holds)(void *userdata, const char *parent),
                      void *userdata);

/** True if somebody of this boot has looked before: another daemon, or a --once. */
bool manager_has_a_forerunner(const struct manager *m);

/** Opens the event sources, looks at everything, starts work. Unless the system is booting
 * the first look of a boot arms nothing that it finds registered; it is an error if that
 * look cannot be taken. */
int manager_start(struct manager *m, bool is_booting) _must_check_;

/** The settings have changed: obeys the new ones and looks at everything. */
void manager_reload(struct manager *m);

/** Seconds between two looks at everything where no event can arrive, else 0. */
unsigned manager_rescans_every(const struct manager *m);

/** Nothing is being worked on or due within `within` microseconds: what --once waits for. */
bool manager_is_idle(const struct manager *m, int64_t within);

/** Adds one who hears of changes; borrowed. At most MANAGER_OBSERVERS_MAX. */
void manager_observe(struct manager *m, const struct manager_observer *observer);

#define MANAGER_OBSERVERS_MAX 4

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
