/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locks between writers: byte ranges of one file that only root can open, so that
 * no ordinary user can hold them. Readers take none. */
#pragma once

#include "core/env.h"
#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/macro.h"

struct lock;

/* The open file, for who takes lock after lock. */
struct lock_file {
	int fd; /* -1: not open yet */
};

#define LOCK_FILE_INIT ((struct lock_file){ .fd = -1 })

/** Locks all definitions for one read-modify-write; uuid, whose definition it is, is for
 * messages only. Waits at most 10 s, then -ETIMEDOUT with the holder in the message;
 * -EINTR when the user wants to stop. Where locking is not possible at all (EBADF,
 * ENOLCK, EOPNOTSUPP) it warns and goes on without. */
int lock_definitions(const struct env *env, const struct mdev_uuid *uuid, struct lock **ret,
                     struct error *err) _must_check_;

/** Locks a parent for starts; uuid, which is to be started, is for messages only; NULL:
 * nothing is, and others shall not start anything. Waits for the callout limit and 10 s.
 * Does nothing, with *ret NULL, in a callout of the process that holds it (MDEVMGR_LOCKED). */
int lock_parent(const struct env *env, const char *parent, const struct mdev_uuid *uuid,
                struct lock **ret, struct error *err) _must_check_;

/** As lock_parent(), through a file that stays open; it is opened, again if somebody has
 * removed it, as need be. One lock at a time; file is the caller's, and outlives it. */
int lock_parent_by(struct lock_file *file, const struct env *env, const char *parent,
                   const struct mdev_uuid *uuid, struct lock **ret, struct error *err) _must_check_;

/** Closes it. */
void lock_file_done(struct lock_file *file);

/** Locks a device for stop and live modify. Waits as lock_parent(). */
int lock_device(const struct env *env, const struct mdev_uuid *uuid, struct lock **ret,
                struct error *err) _must_check_;

/** Locks all recipes (core/recipe-store.h) for writing and applying them. Waits as
 * lock_parent(). */
int lock_recipes(const struct env *env, struct lock **ret, struct error *err) _must_check_;

/** Releases. NULL is fine. */
void lock_free(struct lock *lock);
DEFINE_CLEANUP(struct lock, lock_free);
