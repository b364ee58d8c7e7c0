/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevctl's udev rule. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mdevctl-rule.h"
#include "shared/file.h"

#define RULES_MAX 65536

/* In udev's order: a file hides those of the same name further down. */
static const char *const places[] = {
	"/etc/udev/rules.d/60-mdevctl.rules",
	"/run/udev/rules.d/60-mdevctl.rules",
	"/usr/lib/udev/rules.d/60-mdevctl.rules",
	"/lib/udev/rules.d/60-mdevctl.rules",
};

/* Lines that are neither blank nor comments: the file by which we mask mdevctl's has none. */
static bool has_rules(const char *path)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *line;

	/* What is longer than any rule of mdevctl's was, is a rule. */
	if (fd < 0 || file_read(fd, RULES_MAX, &text) < 0)
		return fd >= 0;
	for (line = strbuf_str(&text); *line; line += strcspn(line, "\n")) {
		line += strspn(line, " \t\n");
		if (*line && *line != '#')
			return true;
	}
	return false;
}

int mdevctl_rule_find(const struct env *env, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(freep) char *path = env_path(env, places[i]);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (stat(path, &st) < 0)
			continue;
		*ret = S_ISREG(st.st_mode) && has_rules(path) ? TAKE_PTR(path) : NULL;
		return 0;
	}
	*ret = NULL;
	return 0;
}
