/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The place is a lock on a file that only root can open; it ends with the process, however
 * that ends. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "core/record.h"
#include "core/running.h"
#include "daemon/single.h"

#define PLACE_FILE RECORD_DIR "/daemon.lock"

static int take_place(const struct env *env, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_(freep) char *path = env_path(env, PLACE_FILE);
	_cleanup_(closep) int fd = -1;

	if (!path)
		return error_set(err, -ENOMEM, "Out of memory");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set_errno(err, -errno, "Cannot open %s", path);
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return TAKE_FD(fd);
	if (errno != EAGAIN && errno != EACCES)
		return error_set_errno(err, -errno, "Cannot lock %s", path);
	error_set(err, -EBUSY, "mdevmgrd runs already");
	if (running_pid(env))
		error_set_cause(err, "process %d", (int)running_pid(env));
	return -EBUSY;
}

int single_begin(const struct env *env, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = env_make_dir(env, RECORD_DIR);

	if (r < 0)
		return error_set_errno(err, r, "Cannot make %s", RECORD_DIR);
	fd = take_place(env, err);
	if (fd < 0)
		return fd;
	r = running_mark(env);
	if (r < 0)
		return error_set_errno(err, r, "Cannot write %s", RUNNING_FILE);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void single_end(const struct env *env, int fd)
{
	running_unmark(env);
	close(fd);
}
