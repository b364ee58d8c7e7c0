/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of which we know only what the mdev core says, vGPUs on PCI among them. */
#include "config.h"

#include <errno.h>

#include "core/driver.h"

/* drivers/vfio/mdev/mdev_core.c, Linux 6.1: EUSERS when the type's instances are used
 * up, ENODEV while the parent unregisters, EAGAIN while the device is set up. */
static const char *explain_create(int r)
{
	switch (-r) {
	case EUSERS:
	case ENOSPC:
		return "the parent has no free instance of this type; stop another device first";
	case ENODEV:
		return "the parent is going away or its driver is not ready; try again when it is back";
	case EINVAL:
		return "the parent's driver refused this type in its present state; its words are in "
		       "the kernel log (dmesg)";
	case EBUSY:
	case EAGAIN:
		return "the parent's driver is busy; try again";
	case EACCES:
	case EPERM:
		return "starting devices needs root";
	default:
		return NULL;
	}
}

static const char *explain_attr(const char *attr _unused_, int r)
{
	switch (-r) {
	case EINVAL:
		return "the driver does not take this value; see the kernel log (dmesg)";
	case EACCES:
	case EPERM:
		return "the driver lets nobody write this attribute";
	default:
		return NULL;
	}
}

const struct driver driver_generic = {
	.name = "generic",
	.explain_create = explain_create,
	.explain_attr = explain_attr,
};
