/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dlopen() and dlsym() into tables. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "shared/library.h"

static int fail(struct error *err, int r, const char *soname, const char *package)
{
	const char *cause = dlerror();

	error_set(err, r, "Cannot load the library %s", soname);
	if (cause)
		error_set_cause(err, "%s", cause);
	error_set_advice(err, "install the package %s", package);
	return r;
}

int library_load(const char *soname, const char *package, const struct library_symbol *symbols,
                 size_t n, void *table, struct error *err)
{
	/* Never closed: libraries leave threads' destructors and exit handlers behind. */
	void *library = dlopen(soname, RTLD_NOW | RTLD_NODELETE);

	if (!library)
		return fail(err, -ELIBACC, soname, package);
	for (size_t i = 0; i < n; i++)
		if (!dlsym(library, symbols[i].name))
			return fail(err, -ELIBBAD, soname, package);
	for (size_t i = 0; i < n; i++) {
		void *address = dlsym(library, symbols[i].name);

		/* By bytes: C knows no cast from an object's address to a function's. */
		memcpy((char *)table + symbols[i].offset, &address, sizeof(address));
	}
	return 0;
}
