/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors of operations as errors of the bus: org.mdevmgr1.Error.KIND. */
#pragma once

#include <systemd/sd-bus.h>

#include "shared/error.h"
#include "shared/macro.h"

/** The name of an error of this kind. */
const char *bus_error_name(enum error_kind kind);

/** Sets *ret to what err says, in one line that everybody may print. Returns err's negative
 * errno, -ENOMEM. */
int bus_error_set(sd_bus_error *ret, const struct error *err);
