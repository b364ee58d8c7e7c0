/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does the host use a device of the channel subsystem? /proc and sysfs tell who it is; who
 * is about to take it has it decided by the kernel, which lets only one open a block device
 * exclusively (mounted file systems, swap, LVM and MD do, in whatever namespace). */
#pragma once

#include "core/busid.h"
#include "core/env.h"
#include "core/sysfs.h"
#include "shared/macro.h"

enum ccw_use {
	CCW_UNUSED,
	CCW_USED,
	CCW_USE_UNKNOWN, /* could not be found out */
};

struct ccw_use_request {
	const struct env *env;
	const struct sysfs *sysfs;
	struct busid subchannel;
	struct busid device;
	/* Block devices are opened, exclusively: that alone finds users who are not to be seen
	 * from here, but whoever wants to mount one in this moment is refused. For who is about
	 * to take the device. */
	bool claims;
	/* Opens a block device by its path, exclusively, to look whether it may: a descriptor, or
	 * a negative errno. NULL: open(2). For tests, whose trees have no block devices. */
	int (*open_exclusively)(void *userdata, const char *path);
	void *userdata;
};

/** Looks at every block device and network interface below the device. What is opened is
 * closed again before it returns. *ret_reason, owned by the caller, says in half a sentence
 * who uses what ("vda1 is mounted on /srv"), or what could not be found out; NULL when
 * CCW_UNUSED. */
int ccw_use_find(const struct ccw_use_request *req, enum ccw_use *ret,
                 char **ret_reason) _must_check_;
