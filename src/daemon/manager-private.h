/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the manager's files share. */
#pragma once

#include "core/record.h"
#include "core/watch.h"
#include "daemon/parent.h"
#include "daemon/pool.h"
#include "shared/uevent.h"

struct manager {
	sd_event *event;
	struct env *env;
	struct ops *ops;
	const struct settings *settings;
	struct records *records;
	struct pool *pool;
	struct parents parents;
	size_t turn; /* the next of them to be looked at */
	struct manager_counts counts;
	bool counts_changed;
	int64_t counts_at; /* when to tell of it; 0: not before they change */
	const struct manager_observer *observers[MANAGER_OBSERVERS_MAX];
	size_t n_observers;
	bool (*holds)(void *userdata, const char *parent); /* manager_set_gate(), or NULL */
	void *holds_userdata;
	char *only; /* the one parent that is worked on, NULL: all */
	bool arms;  /* what is found registered now shall be started */
	bool is_first_look;
	/* The one timer, for all that is due; CLOCK_BOOTTIME in microseconds, 0: never. */
	sd_event_source *timer;
	int64_t wake_at;
	int64_t all_at;    /* when to look for parents, and at all */
	int64_t rescan_at; /* the same, where no event arrives */
	int64_t rescan_every;
	/* manager-events.c */
	struct uevents *uevents;
	sd_event_source *uevents_source;
	bool has_lost_events;
	struct watch *watch;
	sd_event_source *watch_source;
	int64_t listen_at; /* when to read both again, which tell nothing before; 0: they do */
};

/* ---- manager.c --------------------------------------------------------------------- */

/** CLOCK_BOOTTIME in microseconds, as of this turn of the loop: costs nothing. */
int64_t manager_now(const struct manager *m);

/** Something about this parent changed: look at it once it is quiet. */
void manager_mark_parent(struct manager *m, struct parent *p);

/** The same, by its worker, which will report. */
void manager_mark_own(struct manager *m, struct parent *p);

/** The same for one that may not be known yet; NULL when its name cannot be one, or memory
 * is short. */
struct parent *manager_mark_name(struct manager *m, const char *name);

/** Marks the other parents that have a definition or device of this UUID. */
void manager_mark_others(struct manager *m, const struct parent *p, const struct mdev_uuid *uuid);

/** The timer goes off then, or before. */
void manager_wake(struct manager *m, int64_t at);

/** Looks at everything: events were lost, so anything may have come and gone. */
void manager_mark_all_freed(struct manager *m);

/** Tells the observers that hardware may have changed. */
void manager_tell_hardware(struct manager *m);

void manager_tell_trouble(struct manager *m, enum manager_trouble trouble, const char *parent);

/* ---- manager-pass.c ------------------------------------------------------------------ */

/** Looks at one parent: tells what changed and begins what is due. p may be gone then. */
void manager_pass(struct manager *m, struct parent *p);

/** Takes and tells what a look would find of a device, one of the parent's, that was made just
 * as it is defined. */
void manager_take_made(struct manager *m, struct parent *p, const struct manager_device *device,
                       const struct try_made *made);

/** Another registered parent, sorting first, with an auto definition of this UUID, or NULL;
 * userdata is the manager. */
const char *manager_find_rival(void *userdata, const char *parent, const struct mdev_uuid *uuid);

/* ---- manager-work.c ------------------------------------------------------------------ */

/** Tasks of the pool are struct work, its userdata is the manager. */
extern const struct pool_calls manager_pool_calls;

/** Gives what is due to a worker, if it is time for one. */
void manager_begin_work(struct manager *m, struct parent *p, const struct survey *survey);

/** True if what is due at this parent is given to a worker now. */
bool manager_may_work(const struct manager *m, const struct parent *p);

/** True if the parent's worker has this device on its list. */
bool work_has(const struct work *work, const struct mdev_uuid *uuid);

/* ---- manager-events.c ---------------------------------------------------------------- */

/** Opens uevents and inotify; sets rescan_every where uevents cannot arrive. */
int manager_open_events(struct manager *m) _must_check_;

void manager_close_events(struct manager *m);

/** Reads which definitions and records have changed until now, but for the records of one
 * parent, which may be NULL. */
void manager_read_changes(struct manager *m, const struct parent *noted);

/** The same, and uevents too. */
void manager_listen(struct manager *m);

/** As manager_listen(), by the timer: as long as much comes it is read now and then, not one by one. */
void manager_listen_by_time(struct manager *m);
