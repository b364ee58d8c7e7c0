/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From argv to the exit status. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/cli-args.h"
#include "cli/cli-dump.h"
#include "cli/cli.h"
#include "cli/usage.h"

/* What `mdevctl --version` says: callers test for the version whose contract we keep. */
#define MDEVCTL_VERSION "1.4.0"

static void add_version(struct strbuf *out, const struct arguments *args)
{
	bool is_own = strcmp(args->program, "mdevctl") != 0 && !args->is_program;

	strbuf_add_str(out, args->program);
	if (args->verb->name && !args->is_program)
		strbuf_addf(out, "-%s", args->verb->name);
	strbuf_addf(out, " %s\n", is_own ? PACKAGE_VERSION : MDEVCTL_VERSION);
}

static int configure(struct cli *cli)
{
	int r = settings_read(cli->env, &cli->settings);

	if (r == 0)
		ops_configure(cli->ops, &cli->settings);
	return r;
}

static int run_verb(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(ops_freep) struct ops *ops = NULL;
	int r = ops_new(cli->env, &ops);

	cli->ops = ops;
	if (r == 0 && args->verb->is_configured)
		r = configure(cli);
	if (r < 0)
		return error_set_errno(err, r, "Cannot begin");
	return args->verb->run(cli, args, err);
}

static int act(struct cli *cli, const struct arguments *args, struct error *err)
{
	switch (args->action) {
	case CLI_RUN:
		return run_verb(cli, args, err);
	case CLI_HELP_SHORT:
	case CLI_HELP_LONG:
		usage_add_help(&cli->out->text, args, args->action == CLI_HELP_LONG);
		break;
	case CLI_VERSION:
		add_version(&cli->out->text, args);
		break;
	case CLI_DUMP:
		cli_dump(&cli->out->text);
		break;
	}
	return 0;
}

/* An operation's own failure is told even if its output cannot be written either. A
 * list that ended because stdout failed has only that to tell. */
static int act_and_flush(struct cli *cli, const struct arguments *args)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(error_done) struct error write_err = ERROR_INIT;
	int r = act(cli, args, &err);
	bool is_told = cli->out->error < 0 && !error_is_set(&err);

	if (r < 0 && !is_told) {
		if (!error_is_set(&err))
			error_set_errno(&err, r, "The command failed");
		r = messages_print_error(cli->messages, &err);
	}
	if (output_flush(cli->out, &write_err) < 0)
		r = messages_print_error(cli->messages, &write_err);
	return r;
}

int cli_main(int argc, char *const argv[], struct env *env, const struct messages *messages)
{
	_cleanup_(arguments_done) struct arguments args = { 0 };
	_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;
	_cleanup_(output_done) struct output out = { 0 };
	struct cli cli = { .env = env, .out = &out, .messages = messages };
	int r = cli_parse(argc, argv, &args, &message);

	if (r == -EINVAL) {
		messages_print_usage(messages, strbuf_str(&message));
		return CLI_USAGE;
	}
	output_init(&out, STDOUT_FILENO);
	settings_init(&cli.settings);
	if (r < 0) {
		_cleanup_(error_done) struct error err = ERROR_INIT;

		error_set_errno(&err, r, "Cannot read the command line");
		return messages_print_error(messages, &err);
	}
	return act_and_flush(&cli, &args);
}
