/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes of parents in the daemon: when they are looked at and applied, by one child for
 * all of them. Where there is no recipe this does nothing. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "core/env.h"
#include "core/ops.h"
#include "core/settings.h"
#include "daemon/journal.h"
#include "daemon/manager.h"
#include "shared/macro.h"

struct recipe_runner;

/** All is borrowed and must outlive it. */
int recipe_runner_new(sd_event *event, struct env *env, struct ops *ops,
                      const struct settings *settings, const struct journal *journal,
                      struct recipe_runner **ret) _must_check_;

/** NULL is fine. A child goes on. */
void recipe_runner_free(struct recipe_runner *runner);
DEFINE_CLEANUP(struct recipe_runner, recipe_runner_free);

/** Watches the files, and begins: at boot with all recipes, else with those that were applied
 * before in this boot. */
int recipe_runner_start(struct recipe_runner *runner, bool is_booting) _must_check_;

/** Looks at all, as if something had changed. */
void recipe_runner_look(struct recipe_runner *runner);

/** To be told by the manager of hardware. */
const struct manager_observer *recipe_runner_observer(const struct recipe_runner *runner);

/** For manager_set_gate(): is the recipe of this parent still to be applied? */
bool recipe_runner_holds(void *userdata, const char *parent);
