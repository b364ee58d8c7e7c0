/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Preloaded into mdevmgrd: its children are killed before or after the Nth of their calls
 * that change something, whichever of them makes it. The files below /tmp/kill-at say so:
 * "plan" has "before N" or "after N", "calls" gets a line of LINE bytes for each call,
 * "killed" comes to be when somebody was. Without "calls" nothing is counted. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIR  "/tmp/kill-at/"
#define LINE 16
#define MAIN "KILL_AT_MAIN"

/* The daemon's own process, which is spared; 0: this is another program. */
static pid_t main_pid;

/* Children that are programs of their own inherit who that is. */
__attribute__((constructor)) static void begin(void)
{
	char pid[16];

	if (strcmp(program_invocation_short_name, "mdevmgrd") != 0)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv(MAIN, pid, 0);
	main_pid = atoi(getenv(MAIN));
}

static int open_raw(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0644);
}

/* Its number, 0: it does not count. */
static long count(const char *name)
{
	char line[LINE + 1];
	long n;
	int fd;

	if (main_pid == 0 || getpid() == main_pid)
		return 0;
	fd = open_raw(DIR "calls", O_WRONLY | O_APPEND);
	if (fd < 0)
		return 0;
	snprintf(line, sizeof(line), "%-*.*s\n", LINE - 1, LINE - 1, name);
	syscall(SYS_write, fd, line, LINE);
	n = lseek(fd, 0, SEEK_CUR) / LINE;
	syscall(SYS_close, fd);
	return n;
}

static void die_at(const char *when, long n)
{
	char plan[64] = "", wanted[64];
	int fd = open_raw(DIR "plan", O_RDONLY);

	if (fd < 0)
		return;
	syscall(SYS_read, fd, plan, sizeof(plan) - 1);
	syscall(SYS_close, fd);
	snprintf(wanted, sizeof(wanted), "%s %ld\n", when, n);
	if (strcmp(plan, wanted) != 0)
		return;
	open_raw(DIR "killed", O_WRONLY | O_CREAT);
	syscall(SYS_kill, getpid(), SIGKILL);
}

static long before(const char *name)
{
	int error = errno;
	long n = count(name);

	if (n > 0)
		die_at("before", n);
	errno = error;
	return n;
}

static void after(long n)
{
	int error = errno;

	if (n > 0)
		die_at("after", n);
	errno = error;
}

/* A call as it is in libc. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(type, name, parameters, ...)                                                          \
	type name parameters                                                                       \
	{                                                                                          \
		long n = before(#name);                                                            \
		type r = REAL(name)(__VA_ARGS__);                                                  \
                                                                                                   \
		after(n);                                                                          \
		return r;                                                                          \
	}

WRAP(ssize_t, write, (int fd, const void *bytes, size_t size), fd, bytes, size)
WRAP(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), fd, bytes, size, flags)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), fd, msg, flags)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to), from_fd, from,
     to_fd, to)
WRAP(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
     from_fd, from, to_fd, to, flags)
WRAP(int, unlinkat, (int fd, const char *name, int flags), fd, name, flags)
WRAP(int, mkdirat, (int fd, const char *name, mode_t mode), fd, name, mode)
WRAP(int, fchmod, (int fd, mode_t mode), fd, mode)
WRAP(int, posix_spawn,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attr, char *const argv[], char *const env[]),
     pid, path, actions, attr, argv, env)

/* Those that only look do not count. */
int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	long n;
	int fd;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	n = flags & O_CREAT ? before("openat") : 0;
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	after(n);
	return fd;
}

/* Locks do; what the others are given is a pointer or an int. */
int fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;
	long n;
	int r;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	n = command == F_OFD_SETLK || command == F_OFD_SETLKW ? before("fcntl lock") : 0;
	r = REAL(fcntl)(fd, command, arg);
	after(n);
	return r;
}

pid_t fork(void)
{
	long n = before("fork");
	pid_t pid = REAL(fork)();

	if (pid != 0)
		after(n);
	return pid;
}
