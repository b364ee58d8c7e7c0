/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A temporary root laid out like sysfs, and a fake kernel behind the sysfs door that
 * reacts to writes: what plain files cannot do. Failures end the test. */
#pragma once

#include <stdbool.h>

#include "core/env.h"
#include "core/sysfs.h"

/* In memory that is shared with children: what the child that writes (core/writer.h) tells
 * the fake kernel is seen by the test, and what the test sets by the child. */
struct tree {
	char *root;
	struct env *env;
	struct sysfs *sysfs;
	/* what the fake kernel was told: "create", "remove", attributes, in order; NULL:
	 * nothing */
	const char *writes;
	char writes_text[65536];
	/* errors to inject: a write to this name fails with this negative errno */
	const char *fail_name;
	int fail_errno;
	const char *fail_name2;
	int fail_errno2;
};

/** cmocka setup and teardown; *state is the struct tree. */
int tree_setup(void **state);
int tree_teardown(void **state);

/** Writes a file below the root, directories made as needed. */
void tree_file(struct tree *t, const char *path, const char *content);

/** Makes a directory, with those above it. */
void tree_dir(struct tree *t, const char *path);

/** Makes a symbolic link. */
void tree_link(struct tree *t, const char *path, const char *target);

/** Renames what is there. */
void tree_rename(struct tree *t, const char *from, const char *to);

/** Removes a file or link. */
void tree_remove(struct tree *t, const char *path);

/** True if the path exists (links not followed). */
bool tree_has(const struct tree *t, const char *path);

/** The file's content, freed by the caller. */
char *tree_read(const struct tree *t, const char *path);

/** A parent with one type of a number of instances, as the mdev core shows it. */
void tree_parent(struct tree *t, const char *parent, const char *type, int instances);

/** An active device with the attribute files given (NULL-terminated). */
void tree_device(struct tree *t, const char *parent, const char *type, const char *uuid,
                 const char *const *attrs);

/** Lets writes of this sysfs be answered by the fake kernel: create makes the device
 * directory (with attribute files a0, a1) and links, remove takes them away. */
void tree_fake_kernel(struct tree *t);

/** As if nothing had been written. */
void tree_forget_writes(struct tree *t);

/** The fake kernel's answer to one write, for a writer of a test's own (userdata: the
 * tree). */
ssize_t tree_write(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                   size_t n);
