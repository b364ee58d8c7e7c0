/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states of a definition, and of a device that has none. */
#pragma once

#include "shared/macro.h"

enum device_state {
	DEVICE_INACTIVE,
	DEVICE_WAITING_PARENT,   /* auto, and the parent is not registered */
	DEVICE_WAITING_TYPE,     /* the registration offers no such type: only another one can */
	DEVICE_WAITING_INSTANCE, /* until another device of the parent goes */
	DEVICE_BLOCKED,          /* the UUID is another parent's device */
	DEVICE_STARTING,
	DEVICE_ACTIVE,
	DEVICE_DEGRADED, /* active, but not as defined */
	DEVICE_STOPPING, /* the kernel waits for its last user */
	DEVICE_FAILED,
	DEVICE_STUCK, /* the driver does not come back from create */
	_DEVICE_STATE_MAX,
};

/** The word for a state, as status and D-Bus have it: "waiting-parent". */
const char *device_state_name(enum device_state state) _pure_;
