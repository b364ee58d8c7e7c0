/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only door to /sys. Reads are bounded and never cached; a write is exactly one
 * write(2), since each is one call of a driver. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/env.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* A sysfs file holds at most a page; the largest page of our kernels is 64 KiB. */
#define SYSFS_SIZE_MAX 65536

/* Where the mdev core shows active devices, and the parents registered with it. */
#define SYSFS_DEVICES "bus/mdev/devices"
#define SYSFS_PARENTS "class/mdev_bus"

struct sysfs;

/* How bytes get into a file: write(2), or in unit tests a fake kernel that reacts.
 * Returns what write(2) returns, or a negative errno. */
typedef ssize_t (*sysfs_writer_t)(void *userdata, int dirfd, const char *name, int fd,
                                  const void *bytes, size_t n);

/** env is borrowed. -ENOMEM. */
int sysfs_new(const struct env *env, struct sysfs **ret) _must_check_;

/** NULL is fine. */
void sysfs_free(struct sysfs *sysfs);
DEFINE_CLEANUP(struct sysfs, sysfs_free);

/** Exchanges the writer, for tests. */
void sysfs_set_writer(struct sysfs *sysfs, sysfs_writer_t writer, void *userdata);

/** True if this is not the real /sys. */
bool sysfs_is_relocated(const struct sysfs *sysfs);

/** True if somebody reacts to writes: the kernel, or a test's writer. Trees of plain files
 * only keep them. */
bool sysfs_is_live(const struct sysfs *sysfs);

/** Opens the directory /sys/PATH. Links are followed: callers give paths of ours. */
int sysfs_open_dir(const struct sysfs *sysfs, const char *path) _must_check_;

/** Opens a directory below dirfd by a name from outside: no "..", no absolute path,
 * no symbolic link. */
int sysfs_open_dir_beneath(int dirfd, const char *name) _must_check_;

/** Opens one entry of a class or bus directory, a link or a directory; the name must
 * be a plain file name (-EINVAL). */
int sysfs_open_entry(int dirfd, const char *name) _must_check_;

/** Opens a parent registered with the mdev core. As sysfs_open_entry(). */
int sysfs_open_parent(const struct sysfs *sysfs, const char *parent) _must_check_;

/** Appends a file's content, one trailing newline stripped. -EFBIG beyond
 * SYSFS_SIZE_MAX. name may be a path below dirfd; no symbolic links. */
int sysfs_read(int dirfd, const char *name, struct strbuf *ret) _must_check_;

/** Opens a file that sysfs_read_again() reads each time anew. name as for sysfs_read(). */
int sysfs_open_file(int dirfd, const char *name) _must_check_;

/** As sysfs_read(), of an open file, from its beginning; a short value. */
int sysfs_read_again(int fd, struct strbuf *ret) _must_check_;

/** Writes once. The name is hostile until checked: it must lead to an existing regular
 * file beneath dirfd without symbolic links (-EINVAL, -EXDEV, -ELOOP, -ENOENT). A short
 * write is -EIO. */
int sysfs_write(const struct sysfs *sysfs, int dirfd, const char *name, const void *bytes,
                size_t n) _must_check_;

/** Opens what sysfs_write() would write to. */
int sysfs_open_for_writing(const struct sysfs *sysfs, int dirfd, const char *name) _must_check_;

/** As sysfs_write(), of a file that was opened by it; dirfd and name are those. */
int sysfs_write_again(const struct sysfs *sysfs, int dirfd, const char *name, int fd,
                      const void *bytes, size_t n) _must_check_;

/** As sysfs_write(), without writing: could the file be opened? */
int sysfs_check_writable(int dirfd, const char *name) _must_check_;

/** The inode number of the directory /sys/PATH, links followed. Negative errno. */
int sysfs_dir_inode(const struct sysfs *sysfs, const char *path, uint64_t *ret) _must_check_;

/** 1 if there is such an entry (a link that leads nowhere is one), 0 if not. name may be
 * a path below dirfd. Opens nothing. */
int sysfs_has(int dirfd, const char *name) _must_check_;

/** Appends the text of the link /sys/PATH. -EINVAL for what is no link. */
int sysfs_read_link(const struct sysfs *sysfs, const char *path, struct strbuf *ret) _must_check_;

/** The base name of what a link's text names, owned by the caller; as it stands, nothing is
 * looked up. -EINVAL for what is no link. */
int sysfs_read_link_name(int dirfd, const char *name, char **ret) _must_check_;

/** The resolved path of /sys/PATH without the environment's root, e.g.
 * /sys/devices/pci0000:00/0000:00:02.0/UUID. Negative errno. */
int sysfs_real_path(const struct sysfs *sysfs, const char *path, char **ret) _must_check_;

/** The base name of what /sys/PATH resolves to. */
int sysfs_real_name(const struct sysfs *sysfs, const char *path, char **ret) _must_check_;

/** True if a name from outside is a plain file name: not empty, not "." or "..", no
 * slash, no control characters, at most 255 bytes. */
bool sysfs_name_is_plain(const char *name);
