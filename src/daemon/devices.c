/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What waiting at boot and taking down at shutdown work with. */
#include "config.h"

#include "daemon/devices.h"

int devices_init(struct env *env, const struct journal *journal, struct devices *ret)
{
	struct devices d = { .env = env, .journal = journal };
	int r = ops_new(env, &d.ops);

	if (r == 0)
		r = sysfs_new(env, &d.sysfs);
	if (r == 0)
		r = records_new(env, &d.records);
	if (r == 0)
		r = settings_read(env, &d.settings);
	if (r < 0) {
		devices_done(&d);
		return r;
	}
	ops_configure(d.ops, &d.settings);
	*ret = d;
	return 0;
}

void devices_done(struct devices *d)
{
	records_free(d->records);
	sysfs_free(d->sysfs);
	ops_free(d->ops);
	*d = (struct devices){ 0 };
}
