/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files and directories by descriptor: bounded reads, whole writes. Not for
 * /sys, where every write is one call of a driver (core/sysfs). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/macro.h"
#include "shared/strbuf.h"

/** Opens a regular file for reading, never waiting (fifos) and never through a
 * symbolic link. -ELOOP for a link, -EINVAL for what is no regular file. */
int file_open_regular(int dirfd, const char *name) _must_check_;

/** Opens what is at or below a directory by a path from outside: no "..", no absolute path,
 * no symbolic link anywhere in it. flags as for open(2); O_CREAT is not for this. */
int file_open_beneath(int dirfd, const char *path, int flags) _must_check_;

/** Appends the rest of fd. -EFBIG when there is more than max bytes. */
int file_read(int fd, size_t max, struct strbuf *out) _must_check_;

/** Appends a regular file's content: one read where it fits. As file_read(). */
int file_read_regular(int fd, size_t max, struct strbuf *out) _must_check_;

/** Writes all n bytes, continuing after interruptions and short writes. */
int file_write_all(int fd, const void *bytes, size_t n) _must_check_;

/** Calls each() for every name in the directory but "." and "..", with its d_type
 * (DT_UNKNOWN where the file system does not tell). fd is borrowed and rewound. A
 * negative return of each() ends the walk and is returned. */
int dir_each(int fd, int (*each)(void *userdata, const char *name, unsigned char type),
             void *userdata) _must_check_;

/** As dir_each(), of a directory that was opened just now: it need not be rewound. */
int dir_each_new(int fd, int (*each)(void *userdata, const char *name, unsigned char type),
                 void *userdata) _must_check_;

/* Names of a directory in byte order. */
struct names {
	char **items;
	size_t n;
	size_t size;
};

/** Releases all; empty afterwards. */
void names_done(struct names *names);

/** Appends a copy. -ENOMEM. */
int names_add(struct names *names, const char *name) _must_check_;

/** Sorts by bytes. */
void names_sort(struct names *names);

/** Reads a directory's names, sorted; hidden ones (leading dot) are left out. fd is
 * borrowed. */
int dir_names(int fd, struct names *ret) _must_check_;

/** Closes every descriptor from first on, with or without the kernel's help: close_range() is
 * there since Linux 5.9, and a filter of system calls may refuse it. For a child between fork
 * and exec, or without exec. */
void file_close_from(int first);

/** Syncs and closes fd, which is closed in any case. Negative errno. */
int file_sync_close(int fd) _must_check_;

/** Copies mode, owner, ACLs and extended attributes from one open file to another;
 * security labels where that is permitted. */
int file_copy_metadata(int from, int to) _must_check_;
