/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The object /org/mdevmgr1: the verbs as methods, the numbers as properties. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/bus-calls.h"
#include "daemon/manager.h"
#include "shared/macro.h"

struct bus_manager {
	struct manager *manager;
	struct bus_calls *calls;
	struct store *store;
};

/** Offers it on a connection; m must outlive that, and is what struct bus_task's finish() is
 * called with. Negative errno. */
int bus_manager_add(struct bus_manager *m, sd_bus *bus) _must_check_;

/** Signals that the numbers have changed. */
void bus_manager_tell_counts(sd_bus *bus);
