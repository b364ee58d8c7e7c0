/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * define */
#include "config.h"

#include "cli/change.h"
#include "cli/verbs.h"

int verb_define(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
	_cleanup_(request_result_done) struct request_result result = { 0 };
	struct request req = { .kind = REQUEST_DEFINE,
		               .define = {
				       .uuid = arguments_uuid(args),
				       .parent = args->values[OPTION_PARENT],
				       .type = args->values[OPTION_TYPE],
				       .autostart = arguments_has(args, AUTO),
				       .attrs = arguments_has(args, ATTR) ? &args->attrs : NULL,
				       .ap = args->values[OPTION_AP],
				       .reserve = arguments_has(args, RESERVE),
				       .ccw = args->values[OPTION_CCW],
				       .subchannel = args->values[OPTION_SUBCHANNEL],
				       .options = change_options(args),
			       } };
	int r;

	r = change_read_json(args, "file", &content, &req.define.json, err);
	if (r < 0)
		return r;
	r = change_run(cli, args, &req, &result, err);
	if (r < 0)
		return r;
	r = change_print_uuid(cli, args, &result.uuid, err);
	if (r < 0)
		return r;
	return change_print_plan(cli, args, &result.plan, err);
}
