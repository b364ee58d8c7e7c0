/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevmgr-devices.service: waits at boot for the devices that start by themselves, takes
 * devices down at shutdown. The program is devices-main.c. */
#pragma once

#include "core/env.h"
#include "core/ops.h"
#include "core/record.h"
#include "core/settings.h"
#include "core/sysfs.h"
#include "daemon/journal.h"
#include "shared/macro.h"

struct devices {
	struct env *env;
	const struct journal *journal;
	struct ops *ops;
	struct sysfs *sysfs;
	struct records *records;
	struct settings settings;
};

/** env and journal are borrowed. Reads the settings. -ENOMEM. */
int devices_init(struct env *env, const struct journal *journal, struct devices *ret) _must_check_;

/** Releases all. */
void devices_done(struct devices *d);

/** Returns once every definition that is auto is active or will not become so by itself, or
 * when the limit of the settings is over; says in one line what is missing. A parent that
 * is not there is waited for during the grace of the settings only. */
int devices_up(struct devices *d) _must_check_;

/** Takes down every active device that has a definition under its parent, newest first, if
 * the system is going down. Waits for users as long as the settings have it; what is in use
 * then is left, and named. What is auto is armed again, for a boot without a new kernel. */
int devices_down(struct devices *d) _must_check_;
