/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child that writes create, remove and attributes below /sys, since a driver may keep
 * whoever does for ever, at the end uninterruptibly. It holds no lock and no descriptor of
 * ours, and is never killed: that would only make its sleep uninterruptible. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/env.h"
#include "core/sysfs.h"
#include "shared/macro.h"

struct writer;

/** sysfs is borrowed. No process is made before the first write. -ENOMEM. */
int writer_new(const struct sysfs *sysfs, struct writer **ret) _must_check_;

/** The child ends when it has nothing more to do. NULL is fine. */
void writer_free(struct writer *writer);
DEFINE_CLEANUP(struct writer, writer_free);

/** sysfs_write() in the child. Returns the kernel's answer; -ETIMEDOUT after limit_ms (0:
 * no limit), -EINTR when the user interrupts (env NULL: that is not looked at). The child
 * goes on then, its pid is in *ret_pid (else 0), and the next write gets another one.
 * -EFBIG beyond SYSFS_SIZE_MAX, of which sysfs would give the driver the beginning only;
 * -ECHILD if the child died, and nobody knows how far it came. */
int writer_write(struct writer *writer, const struct env *env, int dirfd, const char *name,
                 const void *bytes, size_t n, unsigned limit_ms, pid_t *ret_pid) _must_check_;

/** The same, not to be interrupted, of a file that is written again and again: the child keeps
 * the last one open. *file is 0 at first, also after a fork, and the writer's afterwards; it
 * stands for dirfd and name, which are the same each time. */
int writer_write_kept(struct writer *writer, uint64_t *file, int dirfd, const char *name,
                      const void *bytes, size_t n, unsigned limit_ms, pid_t *ret_pid) _must_check_;
