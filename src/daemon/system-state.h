/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is the system coming up or going down? Asked of the service manager. */
#pragma once

#include "core/env.h"

enum system_state {
	SYSTEM_UNKNOWN,  /* no systemd, or it does not answer */
	SYSTEM_STARTING, /* the boot has not come to its end */
	SYSTEM_RUNNING,  /* also degraded, maintenance */
	SYSTEM_STOPPING,
};

/** What `systemctl is-system-running` says. Waits a few seconds at most. Below a relocated
 * root that root's /usr/bin/systemctl is run. */
enum system_state system_state_read(const struct env *env);
