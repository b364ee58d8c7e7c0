/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a message's dictionary to a request. Everything in it is hostile. */
#pragma once

#include <systemd/sd-bus.h>

#include "core/request.h"
#include "shared/macro.h"

struct bus_request {
	struct request request; /* its texts are the message's */
	struct mdev_uuid uuid;
	struct attrs attrs;
	size_t bytes; /* of all texts, and of attrs */
};

/** Reads the message's only argument, a{sv}. Unknown keys, keys given twice, other types
 * than they have, texts beyond any use are errors, as is what request_check() refuses:
 * negative errno, with error set. Call bus_request_done() whatever is returned. */
int bus_request_read(sd_bus_message *m, enum request_kind kind, struct bus_request *ret,
                     sd_bus_error *error) _must_check_;

/** Releases what was read. */
void bus_request_done(struct bus_request *request);
