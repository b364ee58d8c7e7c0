/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the manager keeps of each parent. For the manager's files only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/manager.h"
#include "shared/macro.h"

struct work;

/* Times are CLOCK_BOOTTIME in microseconds. */
struct parent {
	char *name;
	uint64_t registration;
	bool is_told;       /* observers were told that it is there */
	bool is_unreadable; /* the last look failed, which was told */
	bool is_unnoted;    /* its registration could not be noted, which was told */
	bool is_dirty;
	bool is_news;        /* something that its worker has not done came after the last look */
	bool is_unarmed;     /* what is registered arms nothing, which is not written down yet */
	bool is_freed;       /* a device went since the last look */
	int64_t dirty_since; /* the first mark */
	int64_t pass_at;     /* is_dirty: when to look */
	int64_t due;         /* when to look without a mark, 0: never */
	struct manager_device *devices; /* as told last, in order of UUID */
	size_t n;
	struct mdev_uuid *seen; /* bound or unbound in this registration, not by us */
	size_t n_seen;
	struct work *work;  /* being done in a child, or NULL */
	unsigned hot;       /* workers in a row that left something due at once */
	int64_t work_after; /* no worker before */
};

/* How many devices have a UUID of each hash. Nearly all have one of their own: without that
 * each event of a device would be a walk through all parents. */
#define PARENTS_HASHES 16384

/* All of them, in order of names. */
struct parents {
	struct parent **items;
	size_t n;
	size_t size;
	uint16_t counts[PARENTS_HASHES]; /* at UINT16_MAX it stays */
};

/** Releases all; empty afterwards. */
void parents_done(struct parents *parents);

/** The parent of this name, or NULL. */
struct parent *parents_find(const struct parents *parents, const char *name);

/** The same, made if it is not there. -ENOMEM. */
int parents_get(struct parents *parents, const char *name, struct parent **ret) _must_check_;

/** Takes one out and releases it. */
void parents_drop(struct parents *parents, struct parent *p);

/** Exchanges the devices of a parent, which takes them over; in order of UUID. */
void parents_set_devices(struct parents *parents, struct parent *p, struct manager_device *devices,
                         size_t n);

/** False if no parent but this one, which may be NULL, has such a device. */
bool parents_may_share(const struct parents *parents, const struct parent *p,
                       const struct mdev_uuid *uuid);

/** The device of this UUID as it was told last, or NULL. */
const struct manager_device *parent_find(const struct parent *p, const struct mdev_uuid *uuid);

/** Exchanges what is known of a device that parent_find() gave. */
void parent_replace(struct parent *p, const struct manager_device *device,
                    const struct manager_device *by);

/** Remembers that somebody bound or unbound a device; a UUID that is there is fine. Beyond
 * a bound and when memory is short it is forgotten. */
void parent_add_seen(struct parent *p, const struct mdev_uuid *uuid);

/** Forgets one, or (uuid NULL) all. */
void parent_drop_seen(struct parent *p, const struct mdev_uuid *uuid);

/** True if somebody bound or unbound it. */
bool parent_has_seen(const struct parent *p, const struct mdev_uuid *uuid);
