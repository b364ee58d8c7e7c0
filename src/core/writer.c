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
	int sock;         /* -1: no child */
	pid_t pid;        /* of the child */
	pid_t owner;      /* who made it */
	uint64_t kept;    /* the file that the child keeps open, 0: none */
	uint64_t n_files; /* that were ever kept */
};

/* One message: this, the name with its end, the bytes; and the directory's descriptor, unless
 * it is about the file that is kept. */
struct request {
	uint32_t name_size; /* with its NUL */
	uint32_t n;
	bool keeps; /* or goes on with what is kept, if no descriptor comes */
};

/* In the child: what it keeps open, -1: nothing. */
struct kept {
	int dirfd;
	int fd;
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

static void drop_kept(struct kept *kept)
{
	closep(&kept->fd);
	closep(&kept->dirfd);
	*kept = (struct kept){ .dirfd = -1, .fd = -1 };
}

static int write_kept(const struct sysfs *sysfs, struct kept *kept, int dirfd, const char *name,
                      const void *bytes, size_t n)
{
	if (dirfd >= 0) {
		drop_kept(kept);
		kept->dirfd = dirfd;
		kept->fd = sysfs_open_for_writing(sysfs, dirfd, name);
		if (kept->fd < 0)
			return kept->fd;
	}
	return kept->fd < 0 ? -EPROTO
	                    : sysfs_write_again(sysfs, kept->dirfd, name, kept->fd, bytes, n);
}

static int write_once(const struct sysfs *sysfs, int dirfd, const char *name, const void *bytes,
                      size_t n)
{
	int r = dirfd < 0 ? -EPROTO : sysfs_write(sysfs, dirfd, name, bytes, n);

	if (dirfd >= 0)
		close(dirfd);
	return r;
}

/* One request; false at the end, or when nobody wants to know any more. */
static bool serve(const struct sysfs *sysfs, struct kept *kept, char *buffer, size_t size)
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
	if ((size_t)n == sizeof(request) + request.name_size + request.n)
		answer = (request.keeps ? write_kept(sysfs, kept, fd, buffer,
		                                     buffer + request.name_size, request.n)
		                        : write_once(sysfs, fd, buffer, buffer + request.name_size,
		                                     request.n));
	return send(CHILD_SOCK, &answer, sizeof(answer), 0) == sizeof(answer);
}

/* In a session of its own, so that a terminal's Ctrl-C does not reach it. */
static _Noreturn void writer_child(const struct sysfs *sysfs, int sock)
{
	char *buffer = malloc(PATH_MAX + SYSFS_SIZE_MAX);
	struct kept kept = { .dirfd = -1, .fd = -1 };

	setsid();
	ignore_signals();
	if (!buffer || !keep_only(sock))
		_exit(1);
	while (serve(sysfs, &kept, buffer, PATH_MAX + SYSFS_SIZE_MAX))
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
	writer->kept = 0;
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

/* Most answers come before an interrupt is looked for: without a poll(). */
static void limit_waiting(int sock)
{
	const struct timeval limit = { .tv_usec = POLL_MS * 1000 };

	(void)setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static int writer_spawn(struct writer *writer)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	limit_waiting(fds[0]);
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

/* What is written: where, and what. */
struct job {
	int dirfd;
	const char *name;
	const void *bytes;
	size_t n;
	uint64_t *kept; /* the file's number, 0: none yet; NULL: it is not kept */
};

static bool is_kept(const struct writer *writer, const struct job *job)
{
	return job->kept && *job->kept != 0 && *job->kept == writer->kept;
}

static int writer_ready(struct writer *writer, const struct job *job)
{
	/* Whoever goes on with a file has made it known himself, not before a fork. */
	if (is_kept(writer, job))
		return 0;
	/* After a fork the number may be any file's: it is not ours to close. */
	if (writer->sock >= 0 && writer->owner != getpid()) {
		writer->sock = -1;
		writer->kept = 0;
	}
	return writer->sock >= 0 ? 0 : writer_spawn(writer);
}

static int writer_send(const struct writer *writer, const struct job *job)
{
	struct request request = { .name_size = (uint32_t)strlen(job->name) + 1,
		                   .n = (uint32_t)job->n,
		                   .keeps = job->kept };
	union fd_control control = { .header = { .cmsg_len = CMSG_LEN(sizeof(job->dirfd)),
		                                 .cmsg_level = SOL_SOCKET,
		                                 .cmsg_type = SCM_RIGHTS } };
	struct iovec iov[] = { { &request, sizeof(request) },
		               { (char *)job->name, request.name_size },
		               { (void *)job->bytes, job->n } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };

	if (!is_kept(writer, job)) {
		memcpy(CMSG_DATA(&control.header), &job->dirfd, sizeof(job->dirfd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	while (sendmsg(writer->sock, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int take_answer(int sock, bool *ret_has_answer)
{
	int answer;
	ssize_t n = recv(sock, &answer, sizeof(answer), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -errno;
	*ret_has_answer = true;
	return n == sizeof(answer) ? answer : -ECHILD;
}

/* For as long as an interrupt may wait, or for less. */
static int wait_a_while(int sock, int64_t left, bool *ret_has_answer)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int n = left < POLL_MS ? poll(&pfd, 1, (int)left) : 1;

	return n > 0 ? take_answer(sock, ret_has_answer) : n < 0 ? -errno : -EAGAIN;
}

/* The child's answer, or why we do not wait for it any longer. *ret_has_answer tells
 * the two apart. */
static int writer_wait(const struct env *env, int sock, unsigned limit_ms, bool *ret_has_answer)
{
	int64_t end = 0, left = limit_ms > 0 ? limit_ms : INT64_MAX;
	int r;

	/* Most answers come at once, without a look at the clock. */
	while ((r = wait_a_while(sock, left, ret_has_answer)) < 0 && !*ret_has_answer) {
		int64_t now = clock_ms();

		if (r != -EAGAIN && r != -EINTR)
			return r;
		if (env && env_is_interrupted(env))
			return -EINTR;
		if (end == 0)
			end = now + limit_ms - (r == -EINTR ? 0 : left > POLL_MS ? POLL_MS : left);
		if (limit_ms > 0 && now >= end)
			return -ETIMEDOUT;
		if (limit_ms > 0)
			left = end - now;
	}
	return r;
}

/* A child that somebody killed while it had nothing to do is replaced. */
static int writer_ask(struct writer *writer, const struct job *job)
{
	int r = writer_ready(writer, job);

	if (r == 0)
		r = writer_send(writer, job);
	if (r != -EPIPE && r != -ECONNRESET)
		return r;
	writer_reap(writer);
	r = writer_spawn(writer);
	return r < 0 ? r : writer_send(writer, job);
}

static int writer_do(struct writer *writer, const struct env *env, const struct job *job,
                     unsigned limit_ms, pid_t *ret_pid)
{
	bool has_answer = false;
	int r;

	*ret_pid = 0;
	if (job->n > SYSFS_SIZE_MAX)
		return -EFBIG;
	if (strlen(job->name) >= PATH_MAX)
		return -ENAMETOOLONG;
	r = writer_ask(writer, job);
	if (r < 0)
		return r;
	r = writer_wait(env, writer->sock, limit_ms, &has_answer);
	if (!has_answer) {
		*ret_pid = writer->pid;
		writer_part(writer);
	} else if (r == -ECHILD) {
		writer_reap(writer);
	} else if (job->kept && !is_kept(writer, job)) {
		/* What failed may have been its opening. */
		writer->kept = r < 0 ? 0 : ++writer->n_files;
		*job->kept = writer->kept;
	}
	return r;
}

int writer_write(struct writer *writer, const struct env *env, int dirfd, const char *name,
                 const void *bytes, size_t n, unsigned limit_ms, pid_t *ret_pid)
{
	const struct job job = { .dirfd = dirfd, .name = name, .bytes = bytes, .n = n };

	return writer_do(writer, env, &job, limit_ms, ret_pid);
}

int writer_write_kept(struct writer *writer, uint64_t *file, int dirfd, const char *name,
                      const void *bytes, size_t n, unsigned limit_ms, pid_t *ret_pid)
{
	const struct job job = {
		.dirfd = dirfd, .name = name, .bytes = bytes, .n = n, .kept = file
	};

	return writer_do(writer, NULL, &job, limit_ms, ret_pid);
}
