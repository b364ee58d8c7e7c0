/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * show */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/out-show.h"
#include "cli/verbs.h"

/* The name goes into a command line and into XML: nothing but what such names are made
 * of. */
static bool is_device_api(const char *api)
{
	return api && *api && !api[strspn(api, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static int show_for_guest(struct cli *cli, const struct arguments *args,
                          const struct device_info *info, struct error *err)
{
	if (!is_device_api(info->device_api)) {
		char uuid[MDEV_UUID_TEXT_MAX];

		mdev_uuid_format(&info->uuid, uuid);
		error_set(err, -ENODEV, "The device API of %s is unknown", uuid);
		if (!info->is_active)
			error_set_advice(err, "start the device first");
		return -ENODEV;
	}
	if (arguments_has(args, QEMU))
		show_add_qemu(&cli->out->text, info);
	else
		show_add_libvirt(&cli->out->text, info);
	return 0;
}

int verb_show(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(device_info_done) struct device_info info = { 0 };
	int r = ops_show(cli->ops, arguments_uuid(args), &info, err);

	if (r < 0)
		return r;
	if (arguments_has(args, QEMU) || arguments_has(args, LIBVIRT))
		return show_for_guest(cli, args, &info, err);
	if (arguments_has(args, JSON))
		show_add_json(&cli->out->text, &info);
	else
		show_add_text(cli->out, &info);
	return 0;
}
