/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What differs from one kind of mediated device to another, as a table of functions.
 * A type without a driver of its own gets the generic one. Drivers know sysfs and
 * nothing of plans or callouts; of definitions only what check() is handed. */
#pragma once

#include <stdbool.h>

#include "core/attrs.h"
#include "core/definition.h"
#include "core/details.h"
#include "core/env.h"
#include "core/mdev-uuid.h"
#include "core/store.h"
#include "core/sysfs.h"
#include "core/writer.h"
#include "shared/error.h"
#include "shared/macro.h"

struct recipe;

/* What is about to be done with a device; all borrowed. */
struct driver_change {
	const struct env *env;
	const struct sysfs *sysfs;
	const struct store *store;
	const struct mdev_uuid *uuid;
	const char *parent;
	const struct definition *definition; /* as it shall be */
	bool is_start;                       /* else it is written down */
	bool force;                          /* what would be refused is only told */
	bool is_quiet;                       /* nobody reads along: no tables, no warnings */
	/* The recipe of the parent as it shall be, NULL: as it is in its file. */
	const struct recipe *recipe;
};

/* A running device that is to be changed; all borrowed. */
struct driver_device {
	const struct env *env;
	const struct sysfs *sysfs;
	struct writer *writer;
	unsigned limit_ms; /* of each write */
	int fd;            /* its directory */
	const char *name;  /* its UUID, for messages */
};

/* An attribute that was written to an active device; all borrowed. */
struct driver_write {
	const struct env *env;
	const struct sysfs *sysfs;
	const struct mdev_uuid *uuid;
	int device_fd;
	const struct attrs *attrs; /* one of them */
};

struct driver {
	const char *name;
	/* The type's id that it serves; NULL for the generic one. */
	const char *type;
	/* Changes are made under the lock that s390-tools take too (core/ap-lock.h). */
	bool has_ap_lock;
	/* Reads an active device's attributes back in the form in which they would be
	 * written at start. NULL: only callouts can tell. */
	int (*read_attrs)(int device_fd, struct attrs *ret);
	/* What else an active device has to tell that attributes do not. NULL: nothing. */
	int (*show)(const struct sysfs *sysfs, int device_fd, struct details *ret);
	/* Does the change go together with all else on this host? Under the locks of the
	 * change, before anything is written. NULL: the kernel is asked by doing it. */
	int (*check)(const struct driver_change *change, struct error *err);
	/* Puts a matrix, as a user writes it at once, in the place of the attributes that
	 * make one; all others stay. On failure attrs may be half changed. NULL: devices of
	 * this kind have none. */
	int (*set_matrix)(const char *text, struct attrs *attrs, struct error *err);
	/* Explains a negative errno of create, or of writing an attribute, in the terms
	 * of this kind of device. NULL for what it knows nothing about. */
	const char *(*explain_create)(int r);
	const char *(*explain_attr)(const char *attr, int r);
	/* Makes a running device as if it had been started with these attributes, and reads
	 * back that it is so; what fails is undone. NULL, as is plan_live: only callouts can. */
	int (*live)(const struct driver_device *device, const struct attrs *wanted,
	            struct error *err);
	/* Appends the writes, name and value, that live() would make. */
	int (*plan_live)(const struct driver_device *device, const struct attrs *wanted,
	                 struct attrs *ret, struct error *err);
	/* Appends who keeps an attribute from being written, where that can be found out:
	 * the device is there, and the write failed with r. NULL: nobody can tell. */
	void (*blame)(const struct driver_write *write, int r, struct strbuf *out);
};

/** The driver of a type, never NULL. */
const struct driver *driver_for_type(const char *type);

extern const struct driver driver_generic;
extern const struct driver driver_vfio_ap;
extern const struct driver driver_vfio_ccw;
