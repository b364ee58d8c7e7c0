/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parent define, undefine, list, show, apply, release */
#include "config.h"

#include <errno.h>

#include "cli/change.h"
#include "cli/out-parent.h"
#include "cli/out-text.h"
#include "cli/verbs.h"

/* ---- those that change something ------------------------------------------------------------- */

static int run(struct cli *cli, const struct arguments *args, const struct request *req,
               struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	int r = change_run(cli, args, req, &result, err);

	if (r < 0)
		return r;
	r = strbuf_error(&result.text);
	if (r < 0)
		return error_set_errno(err, r, "Cannot print the plan");
	text_add_lines(cli->out, strbuf_str(&result.text));
	return 0;
}

static int run_target(struct cli *cli, const struct arguments *args, enum request_kind kind,
                      struct error *err)
{
	const struct request req = { .kind = kind,
		                     .target = { .parent = args->positional,
		                                 .options = change_options(args) } };

	return run(cli, args, &req, err);
}

int verb_parent_define(struct cli *cli, const struct arguments *args, struct error *err)
{
	const struct request req = {
		.kind = REQUEST_PARENT_DEFINE,
		.parent_define = { .parent = args->positional,
		                   .driver = args->values[OPTION_DRIVER],
		                   .subchannel = args->values[OPTION_SUBCHANNEL],
		                   .adapters = args->values[OPTION_RESERVE_ADAPTERS],
		                   .domains = args->values[OPTION_RESERVE_DOMAINS],
		                   .now = arguments_has(args, NOW),
		                   .options = change_options(args) },
	};

	return run(cli, args, &req, err);
}

int verb_parent_undefine(struct cli *cli, const struct arguments *args, struct error *err)
{
	return run_target(cli, args, REQUEST_PARENT_UNDEFINE, err);
}

int verb_parent_release(struct cli *cli, const struct arguments *args, struct error *err)
{
	return run_target(cli, args, REQUEST_PARENT_RELEASE, err);
}

int verb_parent_apply(struct cli *cli, const struct arguments *args, struct error *err)
{
	bool is_given = args->positional, is_due = arguments_has(args, DUE);

	if (is_given == (is_due || arguments_has(args, ALL))) {
		error_set(err, -EINVAL, "Either a parent is needed, or --all, or --due");
		error_set_kind(err, ERROR_USAGE);
		return -EINVAL;
	}
	return is_due ? ops_parent_try_all(cli->ops, PARENT_TRY_EVENT, LOG_LEVEL_WARN, err)
	              : run_target(cli, args, REQUEST_PARENT_APPLY, err);
}

/* ---- those that look -------------------------------------------------------------------------- */

static int list(struct cli *cli, const char *parent, struct parent_table *table, struct error *err)
{
	int r = ops_parent_list(cli->ops, parent, parent_table_entry, table, err);

	if (r < 0 && !error_is_set(err))
		return error_set_errno(err, r, "Cannot list the recipes");
	return r;
}

int verb_parent_list(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(parent_table_done) struct parent_table table = { .out = cli->out };
	int r;

	table.is_json = arguments_has(args, JSON);
	r = list(cli, NULL, &table, err);
	return r < 0 ? r : parent_table_finish(&table, !arguments_has(args, NOHEADINGS));
}

int verb_parent_show(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(parent_table_done) struct parent_table table = { .out = cli->out };
	int r;

	table.is_json = arguments_has(args, JSON);
	table.is_single = true;
	r = list(cli, args->positional, &table, err);
	return r < 0 ? r : parent_table_finish(&table, false);
}
