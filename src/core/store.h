/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The definitions on disk: /etc/mdevctl.d/PARENT/UUID. The only door to them.
 * Reading takes no lock and creates nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/definition.h"
#include "core/env.h"
#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/file.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

#define STORE_DIR "/etc/mdevctl.d"

/* A file that is named by a UUID. */
struct store_entry {
	struct mdev_uuid uuid;
	char *name; /* only where it is not the canonical spelling, else NULL */
};

/* One parent's directory, open, with its entries in order of UUID. */
struct store_parent {
	char *name;
	int fd;
	bool is_private; /* not everybody may open what is in it */
	struct store_entry *entries;
	size_t n;
	size_t size;
};

struct store;

/** env is borrowed. -ENOMEM. */
int store_new(const struct env *env, struct store **ret) _must_check_;

/** NULL is fine. */
void store_free(struct store *store);
DEFINE_CLEANUP(struct store, store_free);

/** Why a parent's name cannot be a directory of ours, NULL if it can: empty, ".",
 * "..", scripts.d, a leading dot, "/", control characters, over 255 bytes. */
const char *store_parent_problem(const char *parent);

/** Names of all parents that have a directory, sorted; what is no plain directory is
 * passed over. A missing /etc/mdevctl.d is empty. */
int store_list_parents(const struct store *store, struct names *ret) _must_check_;

/** Opens a parent's directory and lists its definitions: regular files named by a
 * UUID. Other names are warned about (hidden ones are not); a directory that is not
 * there or cannot be read (warned about) is empty, with fd -1. */
int store_open_parent(const struct store *store, const char *parent,
                      struct store_parent *ret) _must_check_;

/** As store_open_parent() without listing: only what is there of this one UUID. */
int store_open_parent_for(const struct store *store, const char *parent,
                          const struct mdev_uuid *uuid, struct store_parent *ret) _must_check_;

/** Releases it; empty afterwards. */
void store_parent_done(struct store_parent *p);

/** The first entry with this UUID, or NULL. */
const struct store_entry *store_parent_find(const struct store_parent *p,
                                            const struct mdev_uuid *uuid);

/** Appends a file's bytes. -EFBIG beyond DEFINITION_SIZE_MAX; -ELOOP or what reading
 * gives for what took the place of the regular file since the listing. */
int store_read_bytes(const struct store_parent *p, const struct store_entry *e,
                     struct strbuf *ret) _must_check_;

/** As store_read_bytes(); *ret_is_private tells whether some may not read just that file. */
int store_read_bytes_and_privacy(const struct store_parent *p, const struct store_entry *e,
                                 struct strbuf *ret, bool *ret_is_private) _must_check_;

/** Opens STORE_DIR, for store_read_canonical(). */
int store_open(const struct store *store) _must_check_;

/** As store_read_bytes_and_privacy(), of a UUID below a parent, without a listing: STORE_DIR is
 * open. *ret_is_private is about the file alone, store_parent_is_private() about the rest.
 * -ENOENT also for what no listing shows, and where only another spelling is there. */
int store_read_canonical(int root_fd, const char *parent, const struct mdev_uuid *uuid,
                         struct strbuf *ret, bool *ret_is_private) _must_check_;

/** True if some may not open what is below a parent, whatever their own modes. */
bool store_parent_is_private(int root_fd, const char *parent);

/** Reads and parses; the message names the file. */
int store_read(const struct store *store, const struct store_parent *p, const struct store_entry *e,
               struct definition **ret, struct error *err) _must_check_;

/** Appends the path as the user knows it: root, STORE_DIR, parent, name. */
void store_add_path(const struct store *store, const char *parent, const struct store_entry *e,
                    struct strbuf *out);

/* A definition that was looked up. */
struct store_hit {
	char *parent;
	struct store_entry entry;
};

struct store_hits {
	struct store_hit *items;
	size_t n;
	size_t size;
};

/** Finds the definitions of a UUID: below one parent, or (parent NULL) below all, in
 * order of parents. Opens no definition. */
int store_find(const struct store *store, const struct mdev_uuid *uuid, const char *parent,
               struct store_hits *ret) _must_check_;

/** As store_find(), below the first n of these parents only, and with one system call for
 * each: sees files with canonical names. */
int store_find_among(const struct store *store, const struct mdev_uuid *uuid,
                     const struct names *parents, size_t n, struct store_hits *ret) _must_check_;

/** Appends copies. -ENOMEM. */
int store_hits_add(struct store_hits *hits, const char *parent,
                   const struct store_entry *e) _must_check_;

/** Releases all; empty afterwards. */
void store_hits_done(struct store_hits *hits);

/* ---- writing: store-change.c. The caller holds lock_definitions(). ------------------ */

/** Writes a new definition. -EEXIST if there is one already. The message names the
 * file. */
int store_create(const struct store *store, const char *parent, const struct mdev_uuid *uuid,
                 const void *bytes, size_t n, struct error *err) _must_check_;

/** As store_create(), but a symbolic link of that name, which readers pass over, is
 * replaced. */
int store_put(const struct store *store, const char *parent, const struct mdev_uuid *uuid,
              const void *bytes, size_t n, struct error *err) _must_check_;

/** Exchanges a definition's text; mode, owner, ACLs and labels are kept. */
int store_replace(const struct store *store, const char *parent, const struct store_entry *e,
                  const void *bytes, size_t n, struct error *err) _must_check_;

/** Files a definition under another parent. -EEXIST if there is one of this UUID. */
int store_move(const struct store *store, const char *parent, const struct store_entry *e,
               const char *new_parent, struct error *err) _must_check_;

/** Removes a definition; the parent's directory stays. */
int store_remove(const struct store *store, const char *parent, const struct store_entry *e,
                 struct error *err) _must_check_;
