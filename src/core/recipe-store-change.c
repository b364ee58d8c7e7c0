/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing the recipes on disk: as definitions are, by rename. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/recipe-store.h"
#include "shared/temp.h"

static int failed(const struct env *env, const char *name, int r, const char *what,
                  struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;

	recipe_add_path(env, name, &path);
	error_set(err, r, "Failed to %s the recipe of parent %s", what, name);
	error_set_cause(err, "%s: %s", strbuf_str(&path), strerror(-r));
	if (r == -EACCES || r == -EPERM)
		error_set_advice(err, "changing recipes needs root");
	return r;
}

static int open_or_make_dir(const struct env *env)
{
	int r, fd = env_open_dir(env, RECIPE_DIR);

	if (fd != -ENOENT)
		return fd;
	r = env_make_dir(env, RECIPE_DIR);
	return r < 0 ? r : env_open_dir(env, RECIPE_DIR);
}

static int open_to_change(const struct env *env)
{
	int r, fd = open_or_make_dir(env);

	r = fd < 0 ? fd : temp_sweep(fd);
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int write_temp(int dirfd, const struct strbuf *text, char name[static TEMP_NAME_MAX])
{
	int fd = temp_create(dirfd, 0644, name), r;

	if (fd < 0)
		return fd;
	/* Readable by everybody, whatever the umask: who lists devices reads recipes. */
	r = fchmod(fd, 0644) < 0 ? -errno : file_write_all(fd, text->data, text->len);
	if (r < 0)
		close(fd);
	else
		r = file_sync_close(fd);
	if (r < 0)
		unlinkat(dirfd, name, 0);
	return r;
}

static int exchange(int dirfd, const char *name, const struct strbuf *text)
{
	char temp[TEMP_NAME_MAX], file[BUSID_TEXT_MAX + sizeof(".json")];
	int r = write_temp(dirfd, text, temp);

	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%s.json", name);
	if (renameat(dirfd, temp, dirfd, file) < 0) {
		r = -errno;
		unlinkat(dirfd, temp, 0);
		return r;
	}
	return fsync(dirfd) < 0 ? -errno : 0;
}

int recipe_write(const struct env *env, const struct recipe *r, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	char name[BUSID_TEXT_MAX];
	int result;

	recipe_name(r, name);
	recipe_print(r, &text);
	result = strbuf_error(&text);
	if (result == 0 && text.len > RECIPE_SIZE_MAX)
		result = -EFBIG;
	if (result == 0) {
		fd = open_to_change(env);
		result = fd < 0 ? fd : exchange(fd, name, &text);
	}
	return result < 0 ? failed(env, name, result, "write", err) : 0;
}

int recipe_remove(const struct env *env, const char *name, struct error *err)
{
	char file[BUSID_TEXT_MAX + sizeof(".json")];
	_cleanup_(closep) int fd = -1;
	int r = recipe_name_is_valid(name) ? 0 : -ENOENT;

	if (r == 0)
		fd = env_open_dir(env, RECIPE_DIR);
	if (r == 0 && fd < 0)
		r = fd;
	if (r == 0) {
		snprintf(file, sizeof(file), "%s.json", name);
		r = unlinkat(fd, file, 0) < 0 || fsync(fd) < 0 ? -errno : 0;
	}
	return r < 0 ? failed(env, name, r, "remove", err) : 0;
}
