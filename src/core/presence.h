/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is a device there? Told by names and links alone: while a driver is inside create or
 * remove, whoever reads the device's uevent or attributes sleeps with it (Linux 6.1). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/mdev-uuid.h"
#include "core/sysfs.h"
#include "shared/macro.h"

enum presence {
	PRESENCE_ABSENT,
	PRESENCE_STARTING,  /* a directory below the parent, without mdev_type or driver */
	PRESENCE_ACTIVE,    /* both links are there */
	PRESENCE_STOPPING,  /* still a directory below the parent, not on the bus any more */
	PRESENCE_ELSEWHERE, /* a device of another parent */
};

struct present {
	struct mdev_uuid uuid;
	enum presence presence; /* never ABSENT or ELSEWHERE */
	char *type;             /* ACTIVE: the type's id, else NULL */
};

/* The devices below one parent. */
struct presences {
	struct present *items; /* in order of UUID */
	size_t n;
	size_t size;
};

/** Reads what is below a parent. -ENOENT, -ENODEV if there is no such parent. */
int presence_scan(const struct sysfs *sysfs, const char *parent,
                  struct presences *ret) _must_check_;

/** As presence_scan(), of one device only (uuid NULL: of all). */
int presence_scan_for(const struct sysfs *sysfs, const char *parent, const struct mdev_uuid *uuid,
                      struct presences *ret) _must_check_;

/** As presence_scan_for(), where the parent's directory and SYSFS_DEVICES
 * (-1: nothing is there) are open; the former just now, unless there is a UUID. */
int presence_scan_at(const struct sysfs *sysfs, int parent_fd, int bus_fd,
                     const struct mdev_uuid *uuid, struct presences *ret) _must_check_;

/** Releases all; empty afterwards. */
void presences_done(struct presences *p);

/** The device of this UUID, or NULL. */
const struct present *presences_find(const struct presences *p, const struct mdev_uuid *uuid);

/** Looks for a device that is not below its parent: ABSENT, or ELSEWHERE with the name of
 * the parent that has it in *ret_parent (owned by the caller, else NULL). */
int presence_elsewhere(const struct sysfs *sysfs, const struct mdev_uuid *uuid, enum presence *ret,
                       char **ret_parent) _must_check_;
