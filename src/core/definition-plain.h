/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The short way to read a definition that is laid out as we write it. For
 * definition.c only; it must never read what the JSON parser would read
 * differently. */
#pragma once

#include <stddef.h>

#include "core/definition.h"

/** Fills d, which is empty, from a document in our own and mdevctl's layout, without
 * escapes and beyond ASCII. 1 if it was one; 0 if the JSON parser must read it, d is
 * empty then; -ENOMEM. */
int definition_read_plain(const char *bytes, size_t n, struct definition *d) _must_check_;
