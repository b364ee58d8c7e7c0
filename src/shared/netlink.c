/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loads libnl. */
#include "config.h"

#include "shared/library.h"
#include "shared/netlink.h"

#define NETLINK_SYMBOL(name) LIBRARY_SYMBOL(struct netlink_library, name),

int netlink_load(struct netlink_library *ret, struct error *err)
{
	static const struct library_symbol symbols[] = { NETLINK_FUNCTIONS(NETLINK_SYMBOL) };

	return library_load("libnl-3.so.200", "libnl-3-200", symbols, ARRAY_SIZE(symbols), ret,
	                    err);
}
