/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks polkit whether somebody on the bus may change devices. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "shared/macro.h"

#define POLKIT_ACTION "org.mdevmgr1.manage"

/** Asks about the sender of a call, who may be asked for a password only if the call allows
 * it; on_reply() gets the answer. Dropping *ret forgets the question. Negative errno. */
int polkit_ask(sd_bus *bus, sd_bus_message *call, sd_bus_message_handler_t on_reply, void *userdata,
               sd_bus_slot **ret) _must_check_;

/** True if the answer is yes: errors, and whatever cannot be understood, are no. */
bool polkit_is_yes(sd_bus_message *reply);
