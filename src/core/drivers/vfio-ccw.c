/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subchannels of s390x: one instance each, no attributes to write. */
#include "config.h"

#include <errno.h>

#include "core/driver.h"

static const char *explain_create(int r)
{
	switch (-r) {
	case EUSERS:
		return "a subchannel carries one device, and this one has it already";
	case ENODEV:
		return "the subchannel is not operational, or vfio_ccw is leaving it";
	default:
		return driver_generic.explain_create(r);
	}
}

static const char *explain_attr(const char *attr _unused_, int r _unused_)
{
	return "devices on subchannels have no attributes";
}

const struct driver driver_vfio_ccw = {
	.name = "vfio-ccw",
	.type = "vfio_ccw-io",
	.explain_create = explain_create,
	.explain_attr = explain_attr,
};
