/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device types that a parent offers in mdev_supported_types. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/sysfs.h"
#include "shared/error.h"
#include "shared/file.h"
#include "shared/macro.h"

struct type {
	char *id;          /* directory name */
	int32_t available; /* free instances; drivers may say less than none */
	char *device_api;  /* vfio-pci, vfio-ccw, vfio-ap */
	char *name;        /* "" if the driver gives none */
	char *description; /* likewise; may have several lines */
};

struct types {
	struct type *items; /* in order of id */
	size_t n;
};

/** Releases all; empty afterwards. */
void types_done(struct types *types);

/** Reads available_instances: a signed 32-bit decimal number, "+" allowed, blanks
 * around it not. -EINVAL with mdevctl's texts in *ret_reason (static). */
int types_parse_instances(const char *text, int32_t *ret, const char **ret_reason) _must_check_;

/** Opens /sys/class/mdev_bus/PARENT/mdev_supported_types. */
int types_open(const struct sysfs *sysfs, const char *parent) _must_check_;

/** Reads all types of a parent. A type that cannot be read is warned about and left
 * out; negative errno when the parent offers none at all. */
int types_read(const struct sysfs *sysfs, const struct log *log, const char *parent,
               struct types *ret) _must_check_;

/** The one type with this name; NULL if there is none or more than one. */
const struct type *types_find_name(const struct types *types, const char *name);

/** True if one has this id. */
bool types_have_id(const struct types *types, const char *id);

/** Names of all parents registered with the mdev core, sorted. None if there is no
 * mdev core. */
int types_list_parents(const struct sysfs *sysfs, struct names *ret) _must_check_;

/** The registered parent whose name differs in the case of letters only; -ENOENT. */
int types_find_similar_parent(const struct sysfs *sysfs, const char *parent,
                              char **ret) _must_check_;
