/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What differs from one kind of mediated device to another, as a table of functions.
 * A type without a driver of its own gets the generic one. Drivers know sysfs and
 * nothing of definitions, plans or callouts. */
#pragma once

#include "core/attrs.h"
#include "core/sysfs.h"
#include "shared/macro.h"

struct driver {
	const char *name;
	/* The type's id that it serves; NULL for the generic one. */
	const char *type;
	/* Changes are made under the lock that s390-tools take too (core/ap-lock.h). */
	bool has_ap_lock;
	/* Reads an active device's attributes back in the form in which they would be
	 * written at start. NULL: only callouts can tell. */
	int (*read_attrs)(int device_fd, struct attrs *ret);
	/* Explains a negative errno of create, or of writing an attribute, in the terms
	 * of this kind of device. NULL for what it knows nothing about. */
	const char *(*explain_create)(int r);
	const char *(*explain_attr)(const char *attr, int r);
};

/** The driver of a type, never NULL. */
const struct driver *driver_for_type(const char *type);

extern const struct driver driver_generic;
extern const struct driver driver_vfio_ap;
extern const struct driver driver_vfio_ccw;
