/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The world that an operation runs in. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/env.h"

struct env {
	char *root; /* "" or a prefix put before absolute paths */
	const struct log *log;
	const volatile sig_atomic_t *interrupt;
};

int env_new(const char *root, const struct log *log, struct env **ret)
{
	_cleanup_(env_freep) struct env *env = calloc(1, sizeof(*env));

	if (!env)
		return -ENOMEM;
	env->root = strdup(root);
	if (!env->root)
		return -ENOMEM;
	env->log = log;
	*ret = TAKE_PTR(env);
	return 0;
}

void env_free(struct env *env)
{
	if (!env)
		return;
	free(env->root);
	free(env);
}

bool env_is_relocated(const struct env *env)
{
	return env->root[0] != '\0';
}

void env_set_log(struct env *env, const struct log *log)
{
	env->log = log;
}

const struct log *env_log(const struct env *env)
{
	return env->log;
}

void env_add_path(const struct env *env, struct strbuf *out, const char *path)
{
	strbuf_add_str(out, env->root);
	strbuf_add_str(out, path);
}

char *env_path(const struct env *env, const char *path)
{
	_cleanup_(strbuf_done) struct strbuf b = STRBUF_INIT;

	env_add_path(env, &b, path);
	return strbuf_take(&b);
}

int env_open_dir(const struct env *env, const char *path)
{
	_cleanup_(freep) char *full = env_path(env, path);
	int fd;

	if (!full)
		return -ENOMEM;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int env_make_dir(const struct env *env, const char *path)
{
	_cleanup_(freep) char *full = env_path(env, path);

	if (!full)
		return -ENOMEM;
	for (char *slash = full + strlen(env->root) + 1; slash; slash++) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return -errno;
		if (!slash)
			break;
		*slash = '/';
	}
	return 0;
}

void env_set_interrupt(struct env *env, const volatile sig_atomic_t *flag)
{
	env->interrupt = flag;
}

bool env_is_interrupted(const struct env *env)
{
	return env->interrupt && *env->interrupt != 0;
}

const volatile sig_atomic_t *env_interrupt(const struct env *env)
{
	return env->interrupt;
}
