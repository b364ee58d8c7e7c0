/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The AP bus as it is: masks, bindings, and the queues with their drivers.
 * (drivers/s390/crypto/ap_bus.c, Linux 6.1) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ap-conflict.h"
#include "core/sysfs.h"
#include "shared/macro.h"

/* Below /sys. */
#define AP_BUS_APMASK "bus/ap/apmask"
#define AP_BUS_AQMASK "bus/ap/aqmask"

/* How many of the queues that are there have a driver: "6/9", "9/9 (complete)". */
struct ap_bindings {
	unsigned bound;
	unsigned total;
	bool is_complete; /* all of them, since the first look at the hardware is over */
};

struct ap_bus_queue {
	struct ap_queue queue;
	char driver[AP_DRIVER_MAX]; /* "": none */
};

struct ap_bus {
	struct ap_masks masks;
	bool has_bindings; /* Linux 5.12 */
	struct ap_bindings bindings;
	struct ap_bus_queue *queues; /* by their names */
	size_t n;
	bool has_driver; /* vfio_ap is loaded */
	bool has_matrix; /* the parent is registered */
};

/** Reads all of it. -ENOENT: there is no AP bus, or none with masks. */
int ap_bus_read(const struct sysfs *sysfs, struct ap_bus *ret) _must_check_;

/** Releases all; zeros afterwards. */
void ap_bus_done(struct ap_bus *bus);

/** Have the host's drivers what is theirs, so that taking more from them meets no look at the
 * hardware that is under way? Queues that are reserved are bound to nothing as long as vfio_ap
 * is not there, so it may never be complete. */
bool ap_bus_is_settled(const struct ap_bus *bus);

/** Have all queues a driver of which the adapter and the domain, or one of them, is reserved? */
bool ap_bus_is_reserved_bound(const struct ap_bus *bus);

/** Is the queue the host's by these masks? */
bool ap_masks_have(const struct ap_masks *masks, const struct ap_queue *queue);

/** Reads the text of bindings. -EINVAL for what is none. */
int ap_bindings_parse(const char *text, struct ap_bindings *ret) _must_check_;

/** The highest adapter, or domain, of this machine. -ENOENT where the kernel does not tell. */
int ap_bus_max(const struct sysfs *sysfs, bool of_domains, unsigned *ret) _must_check_;
