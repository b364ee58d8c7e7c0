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

/** May the AP bus masks become `to`? Now, and (is_lasting) for the boots to come. With force
 * conflicts are told, and 0 is returned. parent is the matrix's. -EADDRINUSE if a device or
 * an automatic definition has a queue that the host would get: the table is in the log, the
 * first row of it in err. */
int ap_guard_masks(const struct ap_world *world, const char *parent, const struct ap_masks *to,
                   bool is_lasting, bool force, struct error *err) _must_check_;
