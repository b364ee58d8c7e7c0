/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the file that a user names: a regular file, a pipe, /dev/stdin. Opened
 * once, read to its end, never asked for its size. */
#pragma once

#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/** Reads at most DEFINITION_SIZE_MAX bytes. Negative errno with a message: "Unable to
 * read WHAT "PATH"", where what is "file" or "jsonfile" for a file that cannot be
 * opened, and always "jsonfile" for one that cannot be read. */
int jsonfile_read(const char *path, const char *what, struct strbuf *ret,
                  struct error *err) _must_check_;
