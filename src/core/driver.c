/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of drivers. */
#include "config.h"

#include <string.h>

#include "core/driver.h"

const struct driver *driver_for_type(const char *type)
{
	static const struct driver *const drivers[] = {
		&driver_vfio_ap,
		&driver_vfio_ccw,
	};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i]->type, type) == 0)
			return drivers[i];
	return &driver_generic;
}
