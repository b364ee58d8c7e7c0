/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a kernel uevent says about mediated devices. Pure. */
#pragma once

#include <stdbool.h>

#include "core/mdev-uuid.h"
#include "shared/macro.h"
#include "shared/uevent.h"

enum event_kind {
	EVENT_OTHER,             /* nothing of ours */
	EVENT_PARENT_REGISTERED, /* MDEV_STATE=registered */
	EVENT_PARENT_UNREGISTERED,
	EVENT_PARENT_GONE, /* the device itself was removed or unbound; any subsystem */
	EVENT_DEVICE_ADDED,
	EVENT_DEVICE_BOUND,
	EVENT_DEVICE_UNBOUND,
	EVENT_DEVICE_REMOVED,
};

#define EVENT_PARENT_MAX 256

struct event {
	enum event_kind kind;
	char parent[EVENT_PARENT_MAX]; /* sysfs base name */
	struct mdev_uuid uuid;         /* of DEVICE_ events */
};

/** True if hardware that recipes are about may have come, gone, or changed hands: devices of
 * the channel subsystem, crypto adapters. */
bool event_is_hardware(const struct uevent *uevent);

/** Tells what it is; a name that is no plain file name or too long makes it OTHER. */
void event_read(const struct uevent *uevent, struct event *ret);
