/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which parents' definitions have changed, by inotify: hints, not facts. */
#pragma once

#include <stdbool.h>

#include "core/env.h"
#include "shared/macro.h"

struct watch;

enum watch_tree {
	WATCH_DEFINITIONS,
	WATCH_RECORDS,
};

/* What changed. Names are borrowed. */
struct watch_change {
	enum watch_tree tree;
	const char *parent; /* NULL: it may be any of them (events were lost, or the directory
	                     * itself came or went) */
	const char *file;   /* in the parent's directory; NULL: that directory, or all */
};

/** Watches /etc/mdevctl.d and each directory in it; where it is not there, /etc for it to
 * come. With records also below /run/mdevmgr/parents. Watches are set before the caller
 * looks: what happens between is told. What may not be watched gives a warning. env is
 * borrowed. Negative errno. */
int watch_new(const struct env *env, bool with_records, struct watch **ret) _must_check_;

/** NULL is fine. */
void watch_free(struct watch *watch);
DEFINE_CLEANUP(struct watch, watch_free);

/** To poll for reading. */
int watch_fd(const struct watch *watch);

/** Reads what there is, never waiting. Calls changed() with what changed; one change may be told
 * several times. Names with a leading dot are nobody's business. A negative return of
 * changed() ends it and is returned: free the watch then. */
int watch_read(struct watch *watch,
               int (*changed)(void *userdata, const struct watch_change *change),
               void *userdata) _must_check_;
