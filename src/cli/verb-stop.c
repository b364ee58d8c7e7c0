/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stop */
#include "config.h"

#include <errno.h>

#include "cli/change.h"
#include "cli/verbs.h"

static int stop_one(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                    void *userdata, struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	const struct request req = { .kind = REQUEST_STOP,
		                     .stop = {
					     .uuid = uuid,
					     .in_use = arguments_has(args, IN_USE),
					     .wait = arguments_has(args, WAIT),
					     .wait_seconds = args->wait_seconds,
					     .options = change_options(args),
				     } };
	int r = change_run(cli, args, &req, &result, err);

	return r < 0 ? r : change_print_plan(cli, args, &result.plan, err);
}

struct uuid_list {
	struct mdev_uuid *items;
	size_t n;
};

static void uuid_list_done(struct uuid_list *list)
{
	free(list->items);
}

static int on_device(void *userdata, const struct mdev_uuid *uuid)
{
	struct uuid_list *list = userdata;
	struct mdev_uuid *items = reallocarray(list->items, list->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->n++] = *uuid;
	return 0;
}

/* First the whole list, then the stops: the directory that is listed shrinks. */
static int stop_parent(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(uuid_list_done) struct uuid_list list = { 0 };
	int r;

	r = ops_parent_devices(cli->ops, args->values[OPTION_PARENT], on_device, &list, err);
	if (r < 0)
		return error_is_set(err) ? r : error_set_errno(err, r, "Cannot list the devices");
	return change_each(cli, args, list.items, list.n, stop_one, NULL, err);
}

int verb_stop(struct cli *cli, const struct arguments *args, struct error *err)
{
	if (arguments_has(args, PARENT))
		return stop_parent(cli, args, err);
	return change_each(cli, args, args->uuids, args->n_uuids, stop_one, NULL, err);
}
