/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything that goes to stderr: errors, warnings, usage errors. Colours on a
 * terminal only, never with NO_COLOR. */
#pragma once

#include <stdbool.h>

#include "shared/error.h"
#include "shared/log.h"

struct messages {
	int fd;
	bool is_coloured;
};

/** Messages for stderr, coloured if it is a terminal and NO_COLOR is not set. */
void messages_init(struct messages *m);

/** Sets *ret up to print to m what MDEVCTL_LOG asks for; m is borrowed. A value that is
 * no level means warnings, and a warning says so. */
void messages_open_log(struct messages *m, struct log *ret);

/** Prints "Error: MESSAGE: CAUSE (ADVICE)" in one line. Returns the exit status. */
int messages_print_error(const struct messages *m, const struct error *err);

/** Prints a usage error, text as cli_parse() made it. */
void messages_print_usage(const struct messages *m, const char *text);
