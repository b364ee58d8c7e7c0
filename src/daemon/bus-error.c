/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of errors, and their text made clean. */
#include "config.h"

#include <errno.h>

#include "daemon/bus-error.h"
#include "shared/strbuf.h"
#include "shared/utf8.h"

#define PREFIX "org.mdevmgr1.Error."

const char *bus_error_name(enum error_kind kind)
{
	static const char *const names[_ERROR_KIND_MAX] = {
		[ERROR_FAILED] = PREFIX "Failed",
		[ERROR_USAGE] = PREFIX "Usage",
		[ERROR_STATE] = PREFIX "State",
		[ERROR_IN_USE] = PREFIX "InUse",
	};

	return names[kind];
}

int bus_error_set(sd_bus_error *ret, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT, clean = STRBUF_INIT;

	error_format(err, &line);
	utf8_add_clean(&clean, strbuf_str(&line), line.len, false);
	if (strbuf_error(&line) < 0 || strbuf_error(&clean) < 0)
		return sd_bus_error_set_errno(ret, -ENOMEM);
	sd_bus_error_set(ret, bus_error_name(err->kind), strbuf_str(&clean));
	return err->errnum ? -err->errnum : -EINVAL;
}
