/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * modify */
#include "config.h"

#include "cli/change.h"
#include "cli/verbs.h"

static enum modify_attr attr_action(const struct arguments *args)
{
	if (arguments_has(args, ADDATTR))
		return MODIFY_ATTR_ADD;
	return arguments_has(args, DELATTR) ? MODIFY_ATTR_DELETE : MODIFY_ATTR_NONE;
}

/* Without a parent the definition cannot be replaced: that is told whatever the file
 * is, so it is not read. */
static int read_json(const struct arguments *args, struct strbuf *content, struct json_source *ret,
                     struct error *err)
{
	if (arguments_has(args, JSONFILE) && !arguments_has(args, PARENT) &&
	    !arguments_has(args, LIVE)) {
		*ret = (struct json_source){ .name = args->values[OPTION_JSONFILE], .bytes = "" };
		return 0;
	}
	return change_read_json(args, "file", content, ret, err);
}

int verb_modify(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
	_cleanup_(request_result_done) struct request_result result = { 0 };
	struct request req = { .kind = REQUEST_MODIFY,
		               .modify = {
				       .uuid = arguments_uuid(args),
				       .parent = args->values[OPTION_PARENT],
				       .type = args->values[OPTION_TYPE],
				       .attr = attr_action(args),
				       .attr_name = args->values[OPTION_ADDATTR],
				       .attr_value = args->values[OPTION_VALUE],
				       .ap = args->values[OPTION_AP],
				       .has_index = arguments_has(args, INDEX),
				       .index = args->index,
				       .set_auto = arguments_has(args, AUTO),
				       .set_manual = arguments_has(args, MANUAL),
				       .live = arguments_has(args, LIVE),
				       .defined = arguments_has(args, DEFINED),
				       .options = change_options(args),
			       } };
	int r;

	r = read_json(args, &content, &req.modify.json, err);
	if (r < 0)
		return r;
	r = change_run(cli, args, &req, &result, err);
	return r < 0 ? r : change_print_plan(cli, args, &result.plan, err);
}
