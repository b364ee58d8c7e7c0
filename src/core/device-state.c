/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words for states. */
#include "config.h"

#include "core/device-state.h"

const char *device_state_name(enum device_state state)
{
	static const char *const names[_DEVICE_STATE_MAX] = {
		[DEVICE_INACTIVE] = "inactive",
		[DEVICE_WAITING_PARENT] = "waiting-parent",
		[DEVICE_WAITING_TYPE] = "waiting-type",
		[DEVICE_WAITING_INSTANCE] = "waiting-instance",
		[DEVICE_BLOCKED] = "blocked",
		[DEVICE_STARTING] = "starting",
		[DEVICE_ACTIVE] = "active",
		[DEVICE_DEGRADED] = "degraded",
		[DEVICE_STOPPING] = "stopping",
		[DEVICE_FAILED] = "failed",
		[DEVICE_STUCK] = "stuck",
	};

	return names[state];
}
