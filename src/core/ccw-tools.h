/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What other tools have set for a device of the channel subsystem: driverctl for its
 * subchannel, chzdev for the device. Read, to be named; never changed. */
#pragma once

#include "core/busid.h"
#include "core/env.h"
#include "shared/macro.h"

#define CCW_DRIVERCTL_DIR "/etc/driverctl.d"
#define CCW_RULES_DIR     "/etc/udev/rules.d"

/** The driver that driverctl gives a subchannel (its file css-SUBCHANNEL), NULL for none. */
int ccw_tools_driverctl(const struct env *env, const struct busid *subchannel,
                        char **ret) _must_check_;

/** The name of chzdev's rule that sets a device online for the host, as
 * "41-dasd-eckd-0.0.4711.rules"; NULL for none. */
int ccw_tools_chzdev(const struct env *env, const struct busid *device, char **ret) _must_check_;
