/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps crypto matrices from being defined or started where that breaks a promise made to
 * another one, or to the host. */
#pragma once

#include "core/ap-conflict.h"
#include "core/ap-facts.h"
#include "core/driver.h"
#include "shared/error.h"
#include "shared/macro.h"

/** struct driver's check() of crypto matrices. */
int ap_guard_change(const struct driver_change *change, struct error *err) _must_check_;

/** struct driver's blame() of crypto matrices: after EADDRNOTAVAIL and EADDRINUSE, which queue
 * the host or which device has, as "queue 05.0004 is in use by device UUID, and 2 more". */
void ap_guard_blame(const struct driver_write *write, int r, struct strbuf *out);

/** May the recipe of the matrix become world->recipe? With force conflicts are told, and 0 is
 * returned. parent is the matrix's. -EADDRINUSE if the host would get back a queue of an
 * automatic definition that the recipe reserved until now: the table is in the log, the first
 * row of it in err. */
int ap_guard_recipe(const struct ap_world *world, const char *parent, bool force,
                    struct error *err) _must_check_;
