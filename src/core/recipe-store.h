/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The recipes on disk, /etc/mdevmgr/parents.d/NAME.json, and what is remembered of them in this
 * boot, /run/mdevmgr/recipes/NAME. The only door to both. Reading takes no lock and creates
 * nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/env.h"
#include "core/recipe-kind.h"
#include "core/recipe.h"
#include "core/record.h"
#include "shared/error.h"
#include "shared/file.h"
#include "shared/macro.h"

#define RECIPE_DIR "/etc/mdevmgr/parents.d"

/* A file of that directory: what is in it, or why it cannot be used. */
struct recipe_entry {
	char *name;            /* without .json */
	struct recipe *recipe; /* NULL: broken */
	char *problem;         /* why, one line */
};

/* All of them, in order of their names. */
struct recipes {
	struct recipe_entry *items;
	size_t n;
	size_t size;
};

/** Reads all; a missing directory is empty. What cannot be used is an entry with a problem, and
 * warned about. Other files there are warned about and passed over, hidden ones silently. */
int recipes_load(const struct env *env, struct recipes *ret) _must_check_;

/** As recipes_load(), of this one name. */
int recipes_load_one(const struct env *env, const char *name, struct recipes *ret) _must_check_;

/** Releases all; empty afterwards. */
void recipes_done(struct recipes *recipes);

/** The usable recipe of this name, or NULL; borrowed. */
const struct recipe *recipes_find(const struct recipes *recipes, const char *name);

/** The usable recipe that binds this UUID, or NULL; borrowed. */
const struct recipe *recipes_find_uuid(const struct recipes *recipes, const struct mdev_uuid *uuid);

/** Reads one. -ENOENT: there is none; the message names the file. */
int recipe_read(const struct env *env, const char *name, struct recipe **ret,
                struct error *err) _must_check_;

/** Appends the path of a recipe's file as the user knows it. */
void recipe_add_path(const struct env *env, const char *name, struct strbuf *out);

/** The file's text as it is, for a diff. -ENOENT. */
int recipe_read_text(const struct env *env, const char *name, struct strbuf *ret) _must_check_;

/* ---- writing: recipe-store-change.c. The caller holds lock_recipes() (core/lock.h). --- */

/** Exchanges a recipe's file as a whole, or makes it. The message names the file. */
int recipe_write(const struct env *env, const struct recipe *r, struct error *err) _must_check_;

/** Removes it. -ENOENT. */
int recipe_remove(const struct env *env, const char *name, struct error *err) _must_check_;

/* ---- what is remembered: recipe-record.c ------------------------------------------------ */

/* How it went last. Times are those of record_now(). */
struct recipe_record {
	bool is_paused;    /* released: not applied until somebody says apply, or a new boot */
	bool is_armed;     /* to be applied by who watches, whenever the hardware is not as it says:
	                    * at boot, once it was applied, and once its hardware came */
	unsigned attempts; /* that failed, one after the other */
	int errnum;        /* positive errno of the last attempt, 0: it was well */
	int64_t since;     /* of that outcome */
	int64_t next;      /* 0: no time is set for another try */
	bool has_state;
	enum recipe_state state; /* after the last attempt */
	char *parent;            /* READY: the parent, or NULL */
	char *reason;            /* one line, or NULL */
};

/** Releases the texts; zeros afterwards. */
void recipe_record_done(struct recipe_record *record);

/** Reads it; nothing remembered (of this boot) is zeros. */
int recipe_record_read(const struct records *records, const char *name,
                       struct recipe_record *ret) _must_check_;

/** Exchanges it. -ENOENT where nothing is remembered. */
int recipe_record_write(const struct records *records, const char *name,
                        const struct recipe_record *record) _must_check_;

/** Forgets it; none is fine. */
int recipe_record_remove(const struct records *records, const char *name) _must_check_;
