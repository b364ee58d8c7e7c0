/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes to stdout: appended to a buffer that is written in large pieces, every
 * write checked. */
#pragma once

#include <stdbool.h>

#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct output {
	int fd;
	bool is_terminal;
	struct strbuf text; /* append here */
	int error;          /* 0, or the negative errno of the first failure */
};

/** Output to fd, which is borrowed. */
void output_init(struct output *out, int fd);

/** Releases the buffer; what was not flushed is lost. */
void output_done(struct output *out);

/** Call after each entry: writes when enough has gathered. 0, or the negative errno of
 * the first failure of this output. */
int output_advance(struct output *out) _must_check_;

/** Writes all. "Failed to write data" with the cause on failure, that of an earlier
 * output_advance() included. */
int output_flush(struct output *out, struct error *err) _must_check_;
