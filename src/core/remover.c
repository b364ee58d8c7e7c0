/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removing a device without being held by the kernel. vfio unregistration
 * (vfio_unregister_group_dev, Linux 6.1) waits for the last user inside the write. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/remover.h"
#include "shared/clock.h"

#define POLL_MS 100

/* Where the child keeps the only two descriptors that it needs. */
enum {
	DEVICE_FD = STDERR_FILENO + 1,
	PIPE_FD,
	_KEPT_END,
};

/* Without our other descriptors, so that it keeps no lock of ours, and whoever reads our
 * output sees its end when we end: the child may stay for as long as a guest runs. */
static bool drop_descriptors(int device_fd, int pipe_fd)
{
	int device = fcntl(device_fd, F_DUPFD, _KEPT_END);
	int answer = fcntl(pipe_fd, F_DUPFD, _KEPT_END);

	if (device < 0 || answer < 0 || dup2(device, DEVICE_FD) < 0 || dup2(answer, PIPE_FD) < 0)
		return false;
	close_range(_KEPT_END, ~0U, 0);
	close_range(STDIN_FILENO, STDERR_FILENO, 0);
	/* What a library may write to them must not land in the device. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (open("/dev/null", O_RDWR) < 0)
			break;
	return true;
}

/* In a session of its own, so that a terminal's Ctrl-C does not reach it. */
static _Noreturn void remover_child(const struct sysfs *sysfs, int device_fd, int pipe_fd)
{
	int answer;

	setsid();
	if (!drop_descriptors(device_fd, pipe_fd))
		_exit(1);
	answer = sysfs_write(sysfs, DEVICE_FD, "remove", "1", 1);
	_exit(write(PIPE_FD, &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
}

/* The child's answer, or why we do not wait for it any longer. *ret_has_answer tells
 * the two apart. */
static int remover_wait(const struct env *env, int pipe_fd, unsigned limit_ms, bool *ret_has_answer)
{
	struct pollfd pfd = { .fd = pipe_fd, .events = POLLIN };
	int64_t end = clock_ms() + limit_ms;
	int answer;

	for (;;) {
		int n = poll(&pfd, 1, POLL_MS);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			break;
		if (env && env_is_interrupted(env))
			return -EINTR;
		if (limit_ms > 0 && clock_ms() >= end)
			return -ETIMEDOUT;
	}
	*ret_has_answer = true;
	return read(pipe_fd, &answer, sizeof(answer)) == sizeof(answer) ? answer : -EIO;
}

int remover_run(const struct env *env, const struct sysfs *sysfs, int device_fd, unsigned limit_ms,
                pid_t *ret_pid)
{
	_cleanup_(closep) int ours = -1, theirs = -1;
	bool has_answer = false;
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	ours = fds[0];
	theirs = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		remover_child(sysfs, device_fd, theirs);
	close(TAKE_FD(theirs));
	r = remover_wait(env, ours, limit_ms, &has_answer);
	if (has_answer)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	*ret_pid = has_answer ? 0 : pid;
	return r;
}
