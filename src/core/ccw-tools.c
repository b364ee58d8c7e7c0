/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the settings of driverctl (0.111) and chzdev (s390-tools 2.43). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ccw-tools.h"
#include "shared/file.h"

#define SETTING_MAX 65536

/* chzdev writes one rule a device: 41-TYPE-ID.rules, where ID may be followed by the site it
 * is for. */
#define RULE_PREFIX "41-"

/* A setting that cannot be read is as good as none for driverctl and udev, too. */
static int read_setting(int dirfd, const char *name, struct strbuf *ret)
{
	_cleanup_(closep) int fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	r = file_read(fd, SETTING_MAX, ret);
	return r == -EFBIG ? 0 : r;
}

/* A directory that is not there is empty. */
static int open_settings(const struct env *env, const char *path)
{
	int fd = env_open_dir(env, path);

	return fd == -ENOTDIR || fd == -EACCES ? -ENOENT : fd;
}

int ccw_tools_driverctl(const struct env *env, const struct busid *subchannel, char **ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = open_settings(env, CCW_DRIVERCTL_DIR);
	char id[BUSID_TEXT_MAX], name[sizeof("css-") + BUSID_TEXT_MAX];
	int r;

	*ret = NULL;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	busid_format(subchannel, id);
	snprintf(name, sizeof(name), "css-%s", id);
	r = read_setting(fd, name, &text);
	if (r < 0)
		return r;
	strbuf_trim(&text);
	if (text.len == 0)
		return strbuf_error(&text);
	*ret = strdup(strbuf_str(&text));
	return *ret ? 0 : -ENOMEM;
}

static bool is_rule_for(const char *name, const char *id)
{
	const char *at = strstr(name, id);

	return strncmp(name, RULE_PREFIX, strlen(RULE_PREFIX)) == 0 && at && at[-1] == '-' &&
	       (at[strlen(id)] == '.' || at[strlen(id)] == '_') && strlen(name) > 6 &&
	       strcmp(name + strlen(name) - 6, ".rules") == 0;
}

/* One that sets it offline, or only other attributes, is not for the host's use. */
static int sets_online(int dirfd, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = read_setting(dirfd, name, &text);

	return r < 0 ? r : strstr(strbuf_str(&text), "online}=\"1\"") != NULL;
}

int ccw_tools_chzdev(const struct env *env, const struct busid *device, char **ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(closep) int fd = open_settings(env, CCW_RULES_DIR);
	char id[BUSID_TEXT_MAX];
	int r;

	*ret = NULL;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	busid_format(device, id);
	r = dir_names(fd, &names);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (!is_rule_for(names.items[i], id))
			continue;
		r = sets_online(fd, names.items[i]);
		if (r > 0) {
			*ret = TAKE_PTR(names.items[i]);
			return 0;
		}
	}
	return r < 0 ? r : 0;
}
