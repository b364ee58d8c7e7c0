/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parents and devices as objects of the bus. Nothing of them is kept: who asks for one makes
 * us look. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "daemon/manager.h"
#include "shared/macro.h"

#define BUS_ROOT "/org/mdevmgr1"

struct bus_objects;

/** event and manager are borrowed. -ENOMEM. */
int bus_objects_new(sd_event *event, struct manager *manager,
                    struct bus_objects **ret) _must_check_;

/** NULL is fine. */
void bus_objects_free(struct bus_objects *objects);
DEFINE_CLEANUP(struct bus_objects, bus_objects_free);

/** Offers them on a connection. Negative errno. */
int bus_objects_add(struct bus_objects *objects, sd_bus *bus) _must_check_;

/** Signals what became of a device; as in struct manager_observer. */
void bus_objects_tell_device(struct bus_objects *objects, sd_bus *bus, const char *parent,
                             const struct manager_device *before,
                             const struct manager_device *after, const struct survey_entry *entry);

/** Signals what became of a parent; as in struct manager_observer. */
void bus_objects_tell_parent(struct bus_objects *objects, sd_bus *bus, const char *parent,
                             bool was_there, bool is_there, uint64_t registration);
