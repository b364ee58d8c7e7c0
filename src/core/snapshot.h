/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which mediated devices are active: where, of which type. Plain data, small: tens of
 * thousands fit into a megabyte. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mdev-uuid.h"
#include "core/sysfs.h"
#include "shared/file.h"
#include "shared/macro.h"

#define SNAPSHOT_NO_NAME UINT32_MAX

struct device {
	struct mdev_uuid uuid;
	uint32_t parent; /* index into snapshot's parents */
	uint32_t type;   /* index into snapshot's types */
};

struct snapshot {
	struct names parents; /* in no order */
	struct names types;
	struct device *devices; /* in order of UUID */
	size_t n;
	size_t size;
};

/** Releases all; empty afterwards. */
void snapshot_done(struct snapshot *s);

/** Reads the active devices: all, those of one parent, or one by UUID (the others
 * NULL). A device whose links are not all there yet, or no longer, is not active. A
 * missing /sys/bus/mdev counts as no devices. */
int snapshot_scan(const struct sysfs *sysfs, const struct log *log, const struct mdev_uuid *uuid,
                  const char *parent, struct snapshot *ret) _must_check_;

/** The device with this UUID, or NULL. */
const struct device *snapshot_find(const struct snapshot *s, const struct mdev_uuid *uuid);

/** Names of a device's parent and type. */
const char *snapshot_parent(const struct snapshot *s, const struct device *d);
const char *snapshot_type(const struct snapshot *s, const struct device *d);

/** Orders the devices by parent's name and UUID; snapshot_find() does not work any
 * more then. */
void snapshot_sort_by_parent(struct snapshot *s);

/** Finds a device that is not active, though its directory is there: *ret_is_coming if it is
 * on the bus, else it is being removed, and gone from the bus, while its directory stays below
 * its parent until the last user lets go. *ret is the parent's name, owned by the caller.
 * -ENOENT if there is none. */
int snapshot_find_leftover(const struct sysfs *sysfs, const struct mdev_uuid *uuid, char **ret,
                           bool *ret_is_coming) _must_check_;
