/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What wakes a command that waits for changes: changed definitions and records, and the
 * kernel's uevents where libnl is there. Hints, not facts. */
#pragma once

#include <stdint.h>

#include "core/env.h"
#include "shared/macro.h"

struct wakeup;

/** Opens what can be opened: a source that is missing makes waiting slower, not wrong. env is
 * borrowed. -ENOMEM. */
int wakeup_new(const struct env *env, struct wakeup **ret) _must_check_;

/** NULL is fine. */
void wakeup_free(struct wakeup *w);
DEFINE_CLEANUP(struct wakeup, wakeup_free);

/** Sleeps until something may have changed, and settle_ms more for what comes with it;
 * limit_ms at most. 0, or -EINTR when the user wants to stop. */
int wakeup_wait(struct wakeup *w, int64_t settle_ms, int64_t limit_ms) _must_check_;
