/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a user is told of a wrong command line, in the words that mdevctl uses, and
 * the usage line. */
#pragma once

#include "cli/cli-args.h"
#include "cli/cli-table.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/** Appends "--uuid <UUID>": an option as usage errors name it. */
void usage_add_option(struct strbuf *out, const struct cli_option *option);

/** Appends "Usage: PROGRAM VERB ..." without a newline. */
void usage_add_line(struct strbuf *out, const struct arguments *args);

/** Appends "error: MESSAGE", the usage line and the hint at --help. Returns -EINVAL. */
int usage_error(const struct arguments *args, struct strbuf *out, const char *fmt, ...)
	_printf_(3, 4);

/** As usage_error() for a word that looks like one of the verb's long options. */
int usage_unknown_option(const struct arguments *args, struct strbuf *out, const char *word);

/** As usage_error() for an unknown verb. */
int usage_unknown_verb(const struct arguments *args, struct strbuf *out, const char *word);

/** As usage_error() for a value that is no good, without the usage line. */
int usage_bad_value(const struct arguments *args, struct strbuf *out, const char *value,
                    const struct cli_option *option, const char *reason);

/** Appends the help of args->verb: short, or with all that there is to say. */
void usage_add_help(struct strbuf *out, const struct arguments *args, bool is_long);

/** Appends text broken at blanks into lines of at most 80 columns; all but the first
 * begin with `indent` blanks, the first is taken to begin at that column. */
void usage_add_wrapped(struct strbuf *out, const char *text, size_t indent);
