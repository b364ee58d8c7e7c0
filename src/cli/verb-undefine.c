/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * undefine */
#include "config.h"

#include "cli/change.h"
#include "cli/verbs.h"

static int undefine_one(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                        void *userdata, struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	const struct request req = { .kind = REQUEST_UNDEFINE,
		                     .target = {
					     .uuid = uuid,
					     .parent = args->values[OPTION_PARENT],
					     .options = change_options(args),
				     } };
	int r = change_run(cli, args, &req, &result, err);

	return r < 0 ? r : change_print_plan(cli, args, &result.plan, err);
}

int verb_undefine(struct cli *cli, const struct arguments *args, struct error *err)
{
	return change_each(cli, args, args->uuids, args->n_uuids, undefine_one, NULL, err);
}
