/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which parents are worth another look: the kernel's uevents and inotify, gathered for a
 * moment, since one change causes many of them. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "core/env.h"
#include "shared/error.h"
#include "shared/file.h"
#include "shared/macro.h"

struct hints;

/** Listens; what happens from now on is told. Below a relocated root there are no uevents.
 * env is borrowed. */
int hints_open(const struct env *env, struct hints **ret, struct error *err) _must_check_;

/** NULL is fine. */
void hints_close(struct hints *h);
DEFINE_CLEANUP(struct hints, hints_close);

/** A hint of one's own; NULL: all parents. */
int hints_add(struct hints *h, const char *parent) _must_check_;

/** Waits, with this signal mask, until there are hints, and for those that follow: 0.
 * -EINTR if env is interrupted, -EPIPE when nobody reads from the descriptor out any more. */
int hints_wait(struct hints *h, int out, const sigset_t *mask) _must_check_;

/** Hands the hints over; what *ret holds is released by the caller. *ret_all: all parents
 * are meant. */
void hints_take(struct hints *h, struct names *ret, bool *ret_all);
