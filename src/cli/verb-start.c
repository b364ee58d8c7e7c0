/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start, start-parent-mdevs */
#include "config.h"

#include "cli/change.h"
#include "cli/verbs.h"

/* userdata: the struct json_source; uuid NULL: make one. */
static int start_one(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                     void *userdata, struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	const struct request req = { .kind = REQUEST_START,
		                     .start = {
					     .uuid = uuid,
					     .parent = args->values[OPTION_PARENT],
					     .type = args->values[OPTION_TYPE],
					     .json = *(const struct json_source *)userdata,
					     .options = change_options(args),
				     } };
	int r = change_run(cli, args, &req, &result, err);

	if (r < 0)
		return r;
	r = change_print_uuid(cli, args, &result.uuid, err);
	if (r < 0)
		return r;
	return change_print_plan(cli, args, &result.plan, err);
}

int verb_start(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
	struct json_source json;
	int r = change_read_json(args, "jsonfile", &content, &json, err);

	if (r < 0)
		return r;
	if (args->n_uuids == 0)
		return start_one(cli, args, NULL, &json, err);
	return change_each(cli, args, args->uuids, args->n_uuids, start_one, &json, err);
}

int verb_start_parent_mdevs(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	const struct request req = { .kind = REQUEST_START_PARENT,
		                     .target = {
					     .parent = args->positional,
					     .options = change_options(args),
				     } };
	int r = change_run(cli, args, &req, &result, err);

	return r < 0 ? r : change_print_plan(cli, args, &result.plan, err);
}
