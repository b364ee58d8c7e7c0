/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon on the system bus: org.mdevmgr1. Reading is free, changing is root's and
 * whom polkit allows. Without a bus there is none, until it comes. */
#pragma once

#include <systemd/sd-event.h>

#include "core/env.h"
#include "core/settings.h"
#include "daemon/manager.h"
#include "shared/macro.h"

struct bus;

/** Begins to connect; the name is taken as soon as a bus is there, again after each loss.
 * Below a relocated root only to a bus that DBUS_SYSTEM_BUS_ADDRESS names. All is borrowed
 * and must outlive it. Negative errno only for what a bus has no part in. */
int bus_new(sd_event *event, const struct env *env, struct manager *manager,
            const struct settings *settings, struct bus **ret) _must_check_;

/** Calls that were not begun get no answer; NULL is fine. */
void bus_free(struct bus *bus);
DEFINE_CLEANUP(struct bus, bus_free);

/** The settings have changed. NULL is fine. */
void bus_reload(struct bus *bus);

/** What sends the signals: for manager_observe(), or to be called by who observes. */
const struct manager_observer *bus_observer(const struct bus *bus);
