/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells the journal of each change of a device's state. */
#pragma once

#include <stdint.h>

#include "core/env.h"
#include "daemon/journal.h"
#include "daemon/manager.h"

struct reporter {
	const struct journal *journal;
	struct manager_observer observer;
	int64_t told_before; /* what is first seen in a state, and has been since before this
	                      * time, was told by an earlier daemon; 0: there was none */
};

/** Fills in reporter->observer; journal is borrowed. */
void reporter_init(struct reporter *reporter, const struct journal *journal);

/** Warns of a udev rule of mdevctl that is in force: it would start devices beside us.
 * -ENOMEM. */
int reporter_check_rules(const struct reporter *reporter, const struct env *env) _must_check_;
