/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The common part of the changing verbs. */
#include "config.h"

#include "cli/bus.h"
#include "cli/change.h"
#include "cli/jsonfile.h"
#include "cli/out-text.h"

struct change_options change_options(const struct arguments *args)
{
	return (struct change_options){
		.force = arguments_has(args, FORCE),
		.dry_run = arguments_has(args, DRY_RUN),
	};
}

int change_read_json(const struct arguments *args, const char *what, struct strbuf *content,
                     struct json_source *ret, struct error *err)
{
	const char *path = args->values[OPTION_JSONFILE];
	int r;

	*ret = (struct json_source){ .name = path };
	if (!path)
		return 0;
	r = jsonfile_read(path, what, content, err);
	if (r < 0)
		return r;
	ret->bytes = strbuf_str(content);
	ret->len = content->len;
	return 0;
}

int change_run(struct cli *cli, const struct arguments *args, const struct request *req,
               struct request_result *ret, struct error *err)
{
	if (bus_is_needed(cli->env) && !arguments_has(args, DRY_RUN))
		return bus_run(cli, req, ret, err);
	return request_run(cli->ops, req, ret, err);
}

int change_print_plan(struct cli *cli, const struct arguments *args, const struct plan *plan,
                      struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r;

	if (!arguments_has(args, DRY_RUN))
		return 0;
	ops_format_plan(cli->ops, plan, &text);
	r = strbuf_error(&text);
	if (r < 0)
		return error_set_errno(err, r, "Cannot print the plan");
	text_add_lines(cli->out, strbuf_str(&text));
	return 0;
}

int change_print_uuid(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                      struct error *err)
{
	char text[MDEV_UUID_TEXT_MAX];
	int r;

	if (args->n_uuids > 0 || arguments_has(args, DRY_RUN))
		return 0;
	mdev_uuid_format(uuid, text);
	strbuf_add_str(&cli->out->text, text);
	strbuf_add_char(&cli->out->text, '\n');
	/* The device is there, and nobody else knows its name. */
	r = output_flush(cli->out, err);
	if (r < 0)
		error_set_advice(err, "it is done all the same; the device's UUID is %s", text);
	return r;
}

int change_each(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuids,
                size_t n, change_fn *each, void *userdata, struct error *err)
{
	int status = CLI_SUCCESS;

	if (n == 1)
		return each(cli, args, &uuids[0], userdata, err);
	for (size_t i = 0; i < n && !env_is_interrupted(cli->env); i++) {
		_cleanup_(error_done) struct error one = ERROR_INIT;
		int r = each(cli, args, &uuids[i], userdata, &one);

		if (r >= 0)
			continue;
		r = messages_print_error(cli->messages, &one);
		if (status == CLI_SUCCESS || r != CLI_IN_USE)
			status = r == CLI_IN_USE ? CLI_IN_USE : CLI_FAILURE;
	}
	return status;
}
