/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon as a whole: event loop, signals, manager, bus, and how long they run. */
#pragma once

#include <stdbool.h>

#include "core/env.h"
#include "daemon/journal.h"
#include "shared/error.h"
#include "shared/macro.h"

struct daemon_options {
	bool once;          /* end when nothing is left to do */
	const char *parent; /* once: for this parent only, which has registered; NULL: all */
	bool no_bus;
	bool worker; /* do the task that is on stdin, report on stdout */
};

/** Runs it to its end: 0, or a negative errno with err filled in. */
int daemon_run(const struct daemon_options *options, struct env *env, const struct log *log,
               const struct journal *journal, struct error *err) _must_check_;
