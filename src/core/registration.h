/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One life of a parent with the mdev core: what tells it from the next, and the memory
 * (parents/PARENT/registration below /run/mdevmgr) of which definitions it armed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mdev-uuid.h"
#include "core/record.h"
#include "core/sysfs.h"
#include "shared/macro.h"

/* A registration that was seen. */
struct registration {
	uint64_t id;
	int64_t since;
	struct mdev_uuid *armed; /* in order */
	size_t n_armed;
};

/** What tells one registration of a parent from the next: the inode number of its
 * mdev_supported_types, which is new each time (Linux 6.1, 6.12: a kernfs id, never used
 * again in a boot). Below a relocated root, where plain files stand for sysfs and inodes
 * are used again, the number in the file mdev_registration beside it, 1 if there is none.
 * 0: not registered. Negative errno. */
int registration_read(const struct sysfs *sysfs, const char *parent, uint64_t *ret) _must_check_;

/** Opens a parent's mdev_supported_types if that is still this registration; else -ESTALE.
 * A create below the descriptor cannot reach a later registration: it gives ENODEV or
 * ENOENT. */
int registration_open(const struct sysfs *sysfs, const char *parent,
                      uint64_t registration) _must_check_;

/** As registration_open(), where the parent's directory is open; parent is its name. */
int registration_open_at(const struct sysfs *sysfs, int parent_fd, const char *parent,
                         uint64_t registration) _must_check_;

/** Opens mdev_supported_types of whatever registration there is, below the parent's directory;
 * *ret is which. -ENOENT, and *ret 0: not registered. */
int registration_open_any(const struct sysfs *sysfs, int parent_fd, const char *parent,
                          uint64_t *ret) _must_check_;

/** Reads the registration seen last. -ENOENT: none in this boot. */
int registration_recall(const struct records *records, const char *parent,
                        struct registration *ret) _must_check_;

/** As registration_recall(), where the directory with the parent's records is open. */
int registration_recall_at(const struct records *records, int dirfd,
                           struct registration *ret) _must_check_;

/** Remembers a registration and what it arms, in one step. The first who does it for a
 * registration is right: 0 for the others, whose list is not taken. */
int registration_remember(const struct records *records, const char *parent,
                          const struct registration *registration) _must_check_;

/** As registration_remember(), where the place of records is open; *dirfd, -1 or the directory
 * with the parent's, is opened or made. 1 if another was first. */
int registration_remember_at(const struct records *records, int root_fd, const char *parent,
                             const struct registration *registration, int *dirfd) _must_check_;

/** True if the registration armed this device. */
bool registration_has_armed(const struct registration *r, const struct mdev_uuid *uuid);

/** Releases the list; zeros afterwards. */
void registration_done(struct registration *r);
