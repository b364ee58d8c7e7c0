/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevctl's udev rule. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/mdevctl-rule.h"

/* In udev's order: a file hides those of the same name further down. */
static const char *const places[] = {
	"/etc/udev/rules.d/60-mdevctl.rules",
	"/run/udev/rules.d/60-mdevctl.rules",
	"/usr/lib/udev/rules.d/60-mdevctl.rules",
	"/lib/udev/rules.d/60-mdevctl.rules",
};

int mdevctl_rule_find(const struct env *env, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(freep) char *path = env_path(env, places[i]);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (stat(path, &st) < 0)
			continue;
		*ret = S_ISREG(st.st_mode) && st.st_size > 0 ? TAKE_PTR(path) : NULL;
		return 0;
	}
	*ret = NULL;
	return 0;
}
