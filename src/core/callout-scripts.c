/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where scripts lie and in which order they are asked. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/callout-internal.h"

/* In the order in which they are searched; the second ones are mdevctl's old places. */
static const char *const callout_dirs[] = {
	"/usr/lib/mdevctl/scripts.d/callouts",
	"/etc/mdevctl.d/scripts.d/callouts",
};
static const char *const notifier_dirs[] = {
	"/usr/lib/mdevctl/scripts.d/notifiers",
	"/etc/mdevctl.d/scripts.d/notifiers",
};

static inline void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void scripts_done(struct callout_scripts *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->paths[i]);
	free(s->paths);
	*s = (struct callout_scripts){ 0 };
}

static int scripts_append(struct callout_scripts *s, const char *dir, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	char **paths;

	if (s->n >= CALLOUT_SCRIPTS_MAX)
		return -E2BIG;
	strbuf_addf(&path, "%s/%s", dir, name);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	paths = realloc(s->paths, (s->n + 1) * sizeof(*paths));
	if (!paths)
		return -ENOMEM;
	s->paths = paths;
	s->paths[s->n] = strbuf_take(&path);
	s->n++;
	return 0;
}

/* Hidden files and backups count: mdevctl runs all that can be run. */
static bool is_script(const struct log *log, int fd, const char *dir, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		log_debug(log, "%s/%s is no executable file, ignoring it", dir, name);
		return false;
	}
	if (st.st_uid != 0 || st.st_mode & 022)
		log_debug(log, "%s/%s can be changed by others than root", dir, name);
	return true;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int scripts_read(struct callout_scripts *s, const struct log *log, DIR *dir,
                        const char *path, bool *ret_has_entries)
{
	for (;;) {
		struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (is_dot(entry->d_name))
			continue;
		*ret_has_entries = true;
		if (!is_script(log, dirfd(dir), path, entry->d_name))
			continue;
		r = scripts_append(s, path, entry->d_name);
		if (r < 0)
			return r;
	}
}

static int scripts_add_dir(struct callout_scripts *s, const struct log *log, const char *path,
                           bool *ret_has_entries)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	size_t first = s->n;
	int r;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	r = scripts_read(s, log, dir, path, ret_has_entries);
	if (r < 0)
		return r;
	if (s->n > first)
		qsort(&s->paths[first], s->n - first, sizeof(*s->paths), compare_paths);
	return 0;
}

static int scripts_load(struct callout_scripts *s, struct callouts *c, const char *const dirs[2],
                        struct error *err)
{
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(freep) char *path = env_path(c->env, dirs[i]);
		int r = path ? scripts_add_dir(s, env_log(c->env), path, &c->has_entries) : -ENOMEM;

		if (r == -E2BIG)
			return error_set(err, r, "More than %d scripts in %s", CALLOUT_SCRIPTS_MAX,
			                 path);
		if (r < 0)
			return error_set_errno(err, r, "Failed to read the script directory %s",
			                       dirs[i]);
	}
	return 0;
}

int callouts_load(struct callouts *c, struct error *err)
{
	int r;

	if (c->is_loaded)
		return 0;
	r = scripts_load(&c->scripts, c, callout_dirs, err);
	if (r == 0)
		r = scripts_load(&c->notifiers, c, notifier_dirs, err);
	if (r < 0) {
		callouts_unload(c);
		return r;
	}
	c->is_loaded = true;
	return 0;
}

void callouts_unload(struct callouts *c)
{
	scripts_done(&c->scripts);
	scripts_done(&c->notifiers);
	c->is_loaded = false;
	c->has_entries = false;
}

/* ---- are there still none? ---------------------------------------------------------------- */

/* What changed so short a time ago may change again within the same tick of the file
 * system's clock. */
#define SETTLED_S 2

/* False if that cannot be relied upon. */
static bool look_at_dir(const struct env *env, const char *dir, struct callout_dir *ret)
{
	_cleanup_(freep) char *path = env_path(env, dir);
	struct stat st;

	*ret = (struct callout_dir){ .dev = 0 };
	if (!path)
		return false;
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->changed = st.st_ctim;
	return st.st_ctim.tv_sec < time(NULL) - SETTLED_S;
}

static bool is_same(const struct callout_dir *a, const struct callout_dir *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

bool callouts_are_still_none(struct callouts *c)
{
	bool were_known = c->knows_dirs, are_same = true;

	c->knows_dirs = true;
	for (size_t i = 0; i < CALLOUT_DIRS; i++) {
		const char *dir = i < 2 ? callout_dirs[i] : notifier_dirs[i - 2];
		struct callout_dir now;

		c->knows_dirs &= look_at_dir(c->env, dir, &now);
		are_same &= is_same(&now, &c->dirs[i]);
		c->dirs[i] = now;
	}
	return were_known && are_same && c->is_loaded && !c->has_entries;
}

bool callouts_exist(struct callouts *c)
{
	/* A directory that cannot be read: whoever asks its scripts gets the error. */
	return callouts_load(c, NULL) < 0 || c->scripts.n > 0;
}

void callouts_describe(struct callouts *c, struct strbuf *out)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;

	if (callouts_load(c, &err) < 0) {
		error_format(&err, out);
		strbuf_add_char(out, '\n');
		return;
	}
	for (size_t i = 0; i < c->scripts.n; i++)
		strbuf_addf(out, "would ask %s\n", c->scripts.paths[i]);
	for (size_t i = 0; i < c->notifiers.n; i++)
		strbuf_addf(out, "would notify %s\n", c->notifiers.paths[i]);
}
