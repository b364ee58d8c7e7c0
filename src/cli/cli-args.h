/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line as it was given: checked, values read, nothing looked at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/cli-table.h"
#include "core/attrs.h"
#include "core/mdev-uuid.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

enum cli_action {
	CLI_RUN,
	CLI_HELP_SHORT,
	CLI_HELP_LONG,
	CLI_VERSION,
	CLI_DUMP,
};

struct arguments {
	enum cli_action action;
	const char *program;               /* base name of argv[0] */
	const struct cli_verb *verb;       /* &cli_top: the program itself */
	bool is_program;                   /* the verb is the program's own: lsmdev */
	uint64_t given;                    /* OPTION_BIT()s */
	enum option_id order[_OPTION_MAX]; /* those of given, as they came first */
	size_t n_order;
	const char *values[_OPTION_MAX]; /* last text given, borrowed from argv; NULL: none */
	const char *positional;          /* borrowed from argv; NULL: none */
	const char *second;              /* help: the second word of a verb of two */
	struct mdev_uuid *uuids;         /* each -u, in order */
	size_t n_uuids;
	struct attrs attrs; /* each --attr, in order */
	uint32_t index;
	uint32_t wait_seconds; /* 0: no number given */
};

/** Reads argv, which must outlive *ret; call arguments_done() whatever is returned.
 * -EINVAL for a wrong command line: message then holds the text for stderr, several
 * lines, which for no arguments at all is the help. -ENOMEM. Runs nothing. */
int cli_parse(int argc, char *const argv[], struct arguments *ret,
              struct strbuf *message) _must_check_;

/** Releases what cli_parse() filled in. */
void arguments_done(struct arguments *args);

/** True if the option was given. */
#define arguments_has(args, name) (((args)->given & OPTION_BIT(name)) != 0)

/** The first UUID given, NULL if none was. */
const struct mdev_uuid *arguments_uuid(const struct arguments *args);

/** Checks the rules between options. 0, or -EINVAL with message as in cli_parse(). */
int cli_check_rules(const struct arguments *args, struct strbuf *message) _must_check_;
