/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list, types */
#include "config.h"

#include "cli/out-json.h"
#include "cli/out-text.h"
#include "cli/verbs.h"

static int list_as_json(struct cli *cli, const struct list_request *req, struct error *err)
{
	_cleanup_(list_json_done) struct list_json list = { 0 };
	int r;

	list_json_init(&list, cli->out, req->uuid != NULL);
	r = ops_list(cli->ops, req, list_json_entry, &list, err);
	if (r < 0)
		return r;
	list_json_finish(&list);
	return 0;
}

int verb_list(struct cli *cli, const struct arguments *args, struct error *err)
{
	bool json = arguments_has(args, DUMPJSON), verbose = arguments_has(args, VERBOSE);
	struct list_request req = {
		.uuid = arguments_uuid(args),
		.parent = args->values[OPTION_PARENT],
		.defined = arguments_has(args, DEFINED),
		.want_attrs = json || verbose,
	};
	struct list_text list = { .out = cli->out, .defined = req.defined, .verbose = verbose };

	if (json)
		return list_as_json(cli, &req, err);
	return ops_list(cli->ops, &req, list_text_entry, &list, err);
}

static int types_as_json(struct cli *cli, const char *parent, struct error *err)
{
	struct types_json types = { .out = cli->out, .parent = STRBUF_INIT };
	int r = ops_types(cli->ops, parent, types_json_entry, &types, err);

	if (r >= 0)
		types_json_finish(&types);
	strbuf_done(&types.parent);
	return r;
}

int verb_types(struct cli *cli, const struct arguments *args, struct error *err)
{
	const char *parent = args->values[OPTION_PARENT];
	struct types_text types = { .out = cli->out, .parent = STRBUF_INIT };
	int r;

	if (arguments_has(args, DUMPJSON))
		return types_as_json(cli, parent, err);
	r = ops_types(cli->ops, parent, types_text_entry, &types, err);
	strbuf_done(&types.parent);
	return r;
}
