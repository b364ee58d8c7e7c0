/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The world an operation runs in: where /sys and /etc are, where messages go,
 * what was asked to stop. The only maker of paths. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "shared/log.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct env;

/** Makes the environment below root ("" for the real system; MDEVCTL_ENV_ROOT
 * otherwise). log is borrowed and may be NULL. -ENOMEM. */
int env_new(const char *root, const struct log *log, struct env **ret) _must_check_;

/** NULL is fine. */
void env_free(struct env *env);
DEFINE_CLEANUP(struct env, env_free);

/** True when root is not the real system's. */
bool env_is_relocated(const struct env *env);

/** Exchanges the logger, which is borrowed and may be NULL. */
void env_set_log(struct env *env, const struct log *log);

/** The logger given to env_new() or env_set_log(), may be NULL. */
const struct log *env_log(const struct env *env);

/** Appends root and the absolute path: the one place where the two are joined.
 * Links below are followed as they stand, as in mdevctl. */
void env_add_path(const struct env *env, struct strbuf *out, const char *path);

/** As env_add_path() into a new string, NULL when out of memory. */
char *env_path(const struct env *env, const char *path) _must_check_;

/** Opens a directory for reading, path absolute. Negative errno. */
int env_open_dir(const struct env *env, const char *path) _must_check_;

/** Makes a directory (0755) with those above it, path absolute; one that is there is
 * fine. Negative errno. */
int env_make_dir(const struct env *env, const char *path) _must_check_;

/** Lets the program tell long operations that the user wants to stop (SIGINT,
 * SIGTERM, SIGHUP): flag is borrowed, set by a signal handler to the signal's number. */
void env_set_interrupt(struct env *env, const volatile sig_atomic_t *flag);

/** True once the flag is set: stop, undo what is half done, return -EINTR. */
bool env_is_interrupted(const struct env *env);

/** The borrowed interrupt flag, NULL if none was set. */
const volatile sig_atomic_t *env_interrupt(const struct env *env);
