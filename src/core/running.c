/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's mark. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/running.h"
#include "shared/file.h"

/* A pid has ten digits at most. */
#define TEXT_MAX 16

int running_mark(const struct env *env)
{
	_cleanup_(freep) char *path = env_path(env, RUNNING_FILE);
	_cleanup_(closep) int fd = -1;
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (!path)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -errno : file_write_all(fd, text, (size_t)n);
}

void running_unmark(const struct env *env)
{
	_cleanup_(freep) char *path = env_path(env, RUNNING_FILE);

	if (path)
		unlink(path);
}

pid_t running_pid(const struct env *env)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(freep) char *path = env_path(env, RUNNING_FILE);
	_cleanup_(closep) int fd = -1;
	int pid = 0;

	if (!path)
		return 0;
	fd = file_open_regular(AT_FDCWD, path);
	if (fd < 0 || file_read_regular(fd, TEXT_MAX, &text) < 0)
		return 0;
	if (sscanf(strbuf_str(&text), "%10d", &pid) != 1 || pid <= 0)
		return 0;
	/* Not allowed to signal it: it is there. */
	return kill(pid, 0) == 0 || errno == EPERM ? pid : 0;
}
