/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which files mdevmgr.conf is made of, and which of them hides which. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/settings.h"
#include "shared/file.h"

#define FILE_NAME    "mdevmgr.conf"
#define DROP_IN_DIR  FILE_NAME ".d"
#define DROP_IN_END  ".conf"
#define DROP_INS_MAX 256

/* The administrator's comes first: it hides the other. */
static const char *const config_dirs[] = { "/etc/mdevmgr", "/usr/lib/mdevmgr" };

/* Links are followed: whoever manages /etc may keep its files elsewhere. */
static int read_file(const struct env *env, const char *path, struct settings *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	struct stat st;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	/* A link to /dev/null hides the vendor's file. */
	if (S_ISCHR(st.st_mode))
		return 0;
	r = S_ISREG(st.st_mode) ? file_read_regular(fd, SETTINGS_SIZE_MAX, &text) : -EINVAL;
	if (r < 0)
		return r;
	return settings_parse(strbuf_str(&text), text.len, path, env_log(env), ret);
}

/* Reads the first of these that is there. */
static int read_first(const struct env *env, const char *name, struct settings *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(config_dirs); i++) {
		_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
		int r;

		env_add_path(env, &path, config_dirs[i]);
		strbuf_addf(&path, "/%s", name);
		r = strbuf_error(&path) < 0 ? -ENOMEM : read_file(env, path.data, ret);
		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r < 0 && r != -ENOMEM)
			log_warn(env_log(env), "Cannot read the settings in %s: %s", path.data,
			         strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	return 0;
}

static bool is_drop_in(const char *name)
{
	size_t n = strlen(name), n_end = strlen(DROP_IN_END);

	return n > n_end && strcmp(name + n - n_end, DROP_IN_END) == 0;
}

static int list_drop_ins(const struct env *env, const char *dir, struct names *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	int r = 0;

	strbuf_addf(&path, "%s/" DROP_IN_DIR, dir);
	fd = env_open_dir(env, strbuf_str(&path));
	if (fd < 0)
		r = fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	else
		r = dir_names(fd, &names);
	if (r < 0 && r != -ENOMEM) {
		log_warn(env_log(env), "Cannot read the settings in %s: %s", strbuf_str(&path),
		         strerror(-r));
		r = 0;
	}
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (is_drop_in(names.items[i]))
			r = names_add(ret, names.items[i]);
	return r;
}

static int read_drop_ins(const struct env *env, struct settings *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(config_dirs); i++)
		r = list_drop_ins(env, config_dirs[i], &names);
	names_sort(&names);
	if (names.n > DROP_INS_MAX)
		log_warn(env_log(env), "More than %d files of settings, reading the first ones",
		         DROP_INS_MAX);
	for (size_t i = 0; r == 0 && i < names.n && i < DROP_INS_MAX; i++) {
		_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

		/* In both places: once. */
		if (i > 0 && strcmp(names.items[i - 1], names.items[i]) == 0)
			continue;
		strbuf_addf(&name, DROP_IN_DIR "/%s", names.items[i]);
		r = strbuf_error(&name) < 0 ? -ENOMEM : read_first(env, name.data, ret);
	}
	return r;
}

/* An upper bound below its lower one. */
static void mend_bounds(const struct log *log, const char *min_key, int64_t min,
                        const char *max_key, int64_t *max)
{
	if (*max >= min)
		return;
	log_warn(log, "%s= is less than %s=, taking that for both", max_key, min_key);
	*max = min;
}

int settings_read(const struct env *env, struct settings *ret)
{
	struct settings s;
	int r;

	settings_init(&s);
	r = read_first(env, FILE_NAME, &s);
	if (r == 0)
		r = read_drop_ins(env, &s);
	if (r < 0)
		return r;
	mend_bounds(env_log(env), "RetryMinSec", s.retry.retry_min, "RetryMaxSec",
	            &s.retry.retry_max);
	mend_bounds(env_log(env), "SettleSec", s.settle, "SettleMaxSec", &s.settle_max);
	*ret = s;
	return 0;
}
