/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line: what its parts share while one verb runs. */
#pragma once

#include "cli/messages.h"
#include "cli/output.h"
#include "core/env.h"
#include "core/ops.h"
#include "core/settings.h"

enum cli_status {
	CLI_SUCCESS = 0,
	CLI_FAILURE = 1,
	CLI_USAGE = 2,
	CLI_STATE = 3,
	CLI_IN_USE = 4,
};

struct cli {
	struct env *env;
	struct ops *ops;
	struct output *out;
	const struct messages *messages;
	struct settings settings; /* read for verbs that the table says */
};

/** Parses argv and does what it says. env's log should lead to messages. Returns the
 * exit status; everything was printed. */
int cli_main(int argc, char *const argv[], struct env *env, const struct messages *messages);
