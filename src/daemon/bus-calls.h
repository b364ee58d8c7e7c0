/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls that need leave: each waits for polkit's word, then for its turn. So many and no
 * more wait; one whose caller has left before its turn is forgotten. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "core/env.h"
#include "core/request.h"
#include "core/settings.h"
#include "shared/macro.h"

struct bus_calls;

/* What is done for a call that is allowed: the request in a child (finish NULL), or
 * finish() at once, which answers; userdata is that of bus_calls_new(). */
struct bus_task {
	enum request_kind kind;
	bool is_wait; /* ends when the caller leaves */
	size_t bytes; /* about what its message holds */
	int (*finish)(void *userdata, sd_bus_message *call);
};

/** At most settings->calls_max children at a time. All is borrowed. -ENOMEM. */
int bus_calls_new(sd_event *event, const struct env *env, const struct settings *settings,
                  void *userdata, struct bus_calls **ret) _must_check_;

/** Forgets all; children go on. NULL is fine. */
void bus_calls_free(struct bus_calls *calls);
DEFINE_CLEANUP(struct bus_calls, bus_calls_free);

/** Takes a call, which is answered later: 1. Negative errno with error set if too many
 * wait already. */
int bus_calls_add(struct bus_calls *calls, sd_bus_message *m, const struct bus_task *task,
                  sd_bus_error *error) _must_check_;

/** The settings have changed: what waits may have its turn. */
void bus_calls_reload(struct bus_calls *calls);

/** The bus is lost: nobody waits for an answer any more. */
void bus_calls_drop(struct bus_calls *calls);
