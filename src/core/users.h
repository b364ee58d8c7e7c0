/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which processes use a device through VFIO. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/env.h"
#include "core/mdev-uuid.h"
#include "core/sysfs.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct user {
	pid_t pid;
	char *command; /* the process's comm */
	char *vm;      /* QEMU's guest name, or NULL */
	bool is_sure;  /* false: it holds some VFIO device, perhaps this one */
};

struct users {
	struct user *items;
	size_t n;
	size_t n_sure;
};

/** Releases all; empty afterwards. */
void users_done(struct users *users);

/** Looks through /proc. A user has the device's /dev/vfio/GROUP open and a VFIO
 * container or device besides, or the device's own node; libvirtd, which keeps only the
 * group while it calls us, is none, and neither are our ancestors. What cannot be read
 * is passed over: no users found is no proof. */
int users_find(const struct env *env, const struct sysfs *sysfs, const struct mdev_uuid *uuid,
               struct users *ret) _must_check_;

/** Appends "process 1234 (qemu-system-x86), VM name". */
void user_format(const struct user *user, struct strbuf *out);
