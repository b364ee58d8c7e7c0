/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared libraries that only some verbs need: loaded by those, so that the others do not
 * pay for them and work without them. */
#pragma once

#include <stddef.h>

#include "shared/error.h"
#include "shared/macro.h"

/* A function, and where its address goes in a table of function pointers. */
struct library_symbol {
	const char *name;
	size_t offset;
};

/* The row for a member that is declared `__typeof__(f) *f` (or a pointer to a function of
 * the same type) and named after the function. */
#define LIBRARY_SYMBOL(type, member)                                                               \
	{                                                                                          \
#member, offsetof(type, member)                                                    \
	}

/** Loads a library for the rest of the process and fills the table, of which `symbols` has
 * all n members. The message names the library, the advice the Debian package that has it.
 * -ELIBACC: it cannot be loaded; -ELIBBAD: a function is missing, the table is untouched. */
int library_load(const char *soname, const char *package, const struct library_symbol *symbols,
                 size_t n, void *table, struct error *err) _must_check_;
