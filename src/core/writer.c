/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing without being held by the kernel: create is in the driver's hands, and vfio
 * unregistration (vfio_unregister_group_dev, Linux 6.1) waits for the last user inside the
 * write of remove. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/writer.h"
#include "shared/clock.h"
#include "shared/file.h"

/* How often an interrupt is looked for. */
#define POLL_MS 100

/* Where the child keeps the only descriptor that it needs. */
#define CHILD_SOCK (STDERR_FILENO + 1)

struct writer {
	const struct sysfs *sysfs;
	int sock;    /* -1: no child */
	pid_t pid;   /* of the child */
	pid_t owner; /* who made it */
};

/* One message: this, the name with its end, the bytes; and the directory's descriptor. */
struct request {
	uint32_t name_size; /* with its NUL */
	uint32_t n;
};

union fd_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

/* ---- the child ---------------------------------------------------------------------- */

/* Without our other descriptors, at once: a lock of ours belongs to the open file, which
 * fork shares, so that the child would hold it for as long as a driver holds the child;
 * and whoever reads our output waits until all who have it are gone. */
static bool keep_only(int sock)
{
	if (sock != CHILD_SOCK && dup2(sock, CHILD_SOCK) < 0)
		return false;
	file_close_from(CHILD_SOCK + 1);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	/* What a library may write to them must not land in a device. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (open("/dev/null", O_RDWR) < 0)
			return false;
	return true;
}

/* A signal would end nothing, but make the sleep in the kernel uninterruptible. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int received_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd;

	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* One request; false at the end, or when nobody wants to know any more. */
static bool serve(const struct sysfs *sysfs, char *buffer, size_t size)
{
	struct request request;
	union fd_control control;
	struct iovec iov[] = { { &request, sizeof(request) }, { buffer, size } };
	struct msghdr msg = { .msg_iov = iov,
		              .msg_iovlen = ARRAY_SIZE(iov),
		              .msg_control = &control,
		              .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(CHILD_SOCK, &msg, MSG_CMSG_CLOEXEC);
	int answer = -EPROTO, fd;

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	fd = received_fd(&msg);
	if (fd >= 0 && (size_t)n == sizeof(request) + request.name_size + request.n)
		answer = sysfs_write(sysfs, fd, buffer, buffer + request.name_size, request.n);
	if (fd >= 0)
		close(fd);
	return send(CHILD_SOCK, &answer, sizeof(answer), 0) == sizeof(answer);
}

/* In a session of its own, so that a terminal's Ctrl-C does not reach it. */
static _Noreturn void writer_child(const struct sysfs *sysfs, int sock)
{
	char *buffer = malloc(PATH_MAX + SYSFS_SIZE_MAX);

	setsid();
	ignore_signals();
	if (!buffer || !keep_only(sock))
		_exit(1);
	while (serve(sysfs, buffer, PATH_MAX + SYSFS_SIZE_MAX))
		;
	_exit(0);
}

/* ---- its parent ------------------------------------------------------------------------ */

int writer_new(const struct sysfs *sysfs, struct writer **ret)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->sysfs = sysfs;
	writer->sock = -1;
	*ret = writer;
	return 0;
}

/* The child ends by itself at the end of its socket. */
static void writer_part(struct writer *writer)
{
	close(writer->sock);
	writer->sock = -1;
}

static void writer_reap(struct writer *writer)
{
	writer_part(writer);
	while (waitpid(writer->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->sock >= 0 && writer->owner == getpid())
		writer_reap(writer);
	free(writer);
}

static int writer_spawn(struct writer *writer)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		writer_child(writer->sysfs, fds[1]);
	if (pid < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	close(fds[1]);
	writer->sock = fds[0];
	writer->pid = pid;
	writer->owner = getpid();
	return 0;
}

static int writer_ready(struct writer *writer)
{
	/* After a fork the number may be any file's: it is not ours to close. */
	if (writer->sock >= 0 && writer->owner != getpid())
		writer->sock = -1;
	return writer->sock >= 0 ? 0 : writer_spawn(writer);
}

static int writer_send(struct writer *writer, int dirfd, const char *name, const void *bytes,
                       size_t n)
{
	struct request request = { .name_size = (uint32_t)strlen(name) + 1, .n = (uint32_t)n };
	union fd_control control = { .header = { .cmsg_len = CMSG_LEN(sizeof(dirfd)),
		                                 .cmsg_level = SOL_SOCKET,
		                                 .cmsg_type = SCM_RIGHTS } };
	struct iovec iov[] = { { &request, sizeof(request) },
		               { (char *)name, request.name_size },
		               { (void *)bytes, n } };
	struct msghdr msg = { .msg_iov = iov,
		              .msg_iovlen = ARRAY_SIZE(iov),
		              .msg_control = &control,
		              .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &dirfd, sizeof(dirfd));
	while (sendmsg(writer->sock, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* The child's answer, or why we do not wait for it any longer. *ret_has_answer tells
 * the two apart. */
static int writer_wait(const struct env *env, int sock, unsigned limit_ms, bool *ret_has_answer)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int64_t end = 0, left = limit_ms > 0 ? limit_ms : INT64_MAX;
	int answer, n;

	/* Most answers come at once, without a look at the clock. */
	while ((n = poll(&pfd, 1, (int)(left > POLL_MS ? POLL_MS : left))) <= 0) {
		int64_t now = clock_ms();

		if (n < 0 && errno != EINTR)
			return -errno;
		if (env && env_is_interrupted(env))
			return -EINTR;
		if (end == 0)
			end = now + limit_ms - (n < 0 ? 0 : left > POLL_MS ? POLL_MS : left);
		if (limit_ms > 0 && now >= end)
			return -ETIMEDOUT;
		if (limit_ms > 0)
			left = end - now;
	}
	*ret_has_answer = true;
	return recv(sock, &answer, sizeof(answer), 0) == sizeof(answer) ? answer : -ECHILD;
}

/* A child that somebody killed while it had nothing to do is replaced. */
static int writer_ask(struct writer *writer, int dirfd, const char *name, const void *bytes,
                      size_t n)
{
	int r = writer_ready(writer);

	if (r == 0)
		r = writer_send(writer, dirfd, name, bytes, n);
	if (r != -EPIPE && r != -ECONNRESET)
		return r;
	writer_reap(writer);
	r = writer_spawn(writer);
	return r < 0 ? r : writer_send(writer, dirfd, name, bytes, n);
}

int writer_write(struct writer *writer, const struct env *env, int dirfd, const char *name,
                 const void *bytes, size_t n, unsigned limit_ms, pid_t *ret_pid)
{
	bool has_answer = false;
	int r;

	*ret_pid = 0;
	if (n > SYSFS_SIZE_MAX)
		return -EFBIG;
	if (strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	r = writer_ask(writer, dirfd, name, bytes, n);
	if (r < 0)
		return r;
	r = writer_wait(env, writer->sock, limit_ms, &has_answer);
	if (!has_answer) {
		*ret_pid = writer->pid;
		writer_part(writer);
	} else if (r == -ECHILD) {
		writer_reap(writer);
	}
	return r;
}
