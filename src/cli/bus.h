/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes by the daemon: whoever is not root asks it over D-Bus, where polkit decides. */
#pragma once

#include <stdbool.h>

#include "cli/cli.h"
#include "core/request.h"
#include "shared/error.h"
#include "shared/macro.h"

/** True if changes are the daemon's to make: we are not root, and this is no test's root. */
bool bus_is_needed(const struct env *env);

/** As request_run(), by the daemon. Waits for the answer however long it takes, or until the
 * user interrupts. What the operation had to say goes to the log. */
int bus_run(struct cli *cli, const struct request *req, struct request_result *ret,
            struct error *err) _must_check_;
