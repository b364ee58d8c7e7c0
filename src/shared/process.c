/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One child at a time, watched by poll: no threads, no signal handlers, no waiting
 * without an end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "shared/clock.h"
#include "shared/process.h"

/* How long a killed child may take to disappear: one in an uninterruptible sleep
 * never does, and is left behind. */
#define REAP_MS 2000

/* Without pidfd_open() (user-mode emulation, tight seccomp filters) the end of the
 * child is looked for this often. */
#define POLL_WITHOUT_PIDFD_MS 20

enum {
	FD_IN,
	FD_OUT,
	FD_ERR,
	FD_PID,
	_FD_MAX
};

struct process {
	const struct process_request *req;
	struct process_result *ret;
	pid_t pid;
	int fds[_FD_MAX]; /* our ends and the pidfd; -1 once closed */
	size_t written;
	int64_t deadline_ms;
	bool exited;
	sigset_t mask; /* the caller's; while we run all signals are blocked but in ppoll() */
};

static bool process_is_interrupted(const struct process *p)
{
	return p->req->interrupt && *p->req->interrupt != 0;
}

static void close_and_forget(int *fd)
{
	closep(fd);
	*fd = -1;
}

/* posix_spawn's dup2 actions run one after the other: a pipe that sits on 0, 1 or 2
 * because the caller was started with these closed would be overwritten. */
static int move_above_stdio(int *fd)
{
	int above;

	if (*fd > STDERR_FILENO)
		return 0;
	above = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (above < 0)
		return -errno;
	close(*fd);
	*fd = above;
	return 0;
}

/* ours: which end (0 reads, 1 writes) stays here, nonblocking. */
static int make_pipe(int ours, int *ret_ours, int *ret_theirs)
{
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = fds[ours];
	*ret_theirs = fds[!ours];
	r = move_above_stdio(ret_ours);
	if (r == 0)
		r = move_above_stdio(ret_theirs);
	if (r == 0 && fcntl(*ret_ours, F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	return r;
}

static bool is_not_executable(int error)
{
	switch (error) {
	case EACCES:
	case EINVAL:
	case EISDIR:
	case ELIBBAD:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOEXEC:
	case ENOTDIR:
	case EPERM:
	case ETXTBSY:
		return true;
	default:
		return false;
	}
}

static int set_file_actions(posix_spawn_file_actions_t *actions, const int theirs[3])
{
	int r = 0;

	for (int fd = 0; fd < 3 && r == 0; fd++)
		r = posix_spawn_file_actions_adddup2(actions, theirs[fd], fd);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	/* Ours are O_CLOEXEC; what whoever started us left open may not be. */
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
	return r;
}

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
	                                           POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attr, 0);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	return r;
}

/* Returns a positive errno, as the functions it calls. */
static int spawn(struct process *p, const int theirs[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = set_file_actions(&actions, theirs);
		if (r == 0)
			r = set_attributes(&attr);
		if (r == 0)
			r = posix_spawn(&p->pid, p->req->path, &actions, &attr,
			                (char *const *)p->req->argv, p->req->envp);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int process_start(struct process *p)
{
	int theirs[3] = { -1, -1, -1 };
	int r = 0;

	for (int i = 0; i < 3 && r == 0; i++)
		r = make_pipe(i == FD_IN, &p->fds[i], &theirs[i]);
	if (r == 0)
		r = -spawn(p, theirs);
	for (int i = 0; i < 3; i++)
		closep(&theirs[i]);
	if (is_not_executable(-r)) {
		p->ret->skipped = true;
		return 0;
	}
#ifdef SYS_pidfd_open
	if (r == 0)
		p->fds[FD_PID] = (int)syscall(SYS_pidfd_open, p->pid, 0);
#endif
	return r;
}

/* A write to a pipe that nobody reads raises SIGPIPE. It is blocked here: take it
 * back, so that it does not hit the caller later. */
static void forget_sigpipe(void)
{
	static const struct timespec at_once = { 0 };
	sigset_t pipe_only;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
		;
}

static void process_feed(struct process *p)
{
	size_t left = p->req->input_len - p->written;
	ssize_t n;

	if (left > 0) {
		n = write(p->fds[FD_IN], p->req->input + p->written, left);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			if (errno == EPIPE)
				forget_sigpipe();
			close_and_forget(&p->fds[FD_IN]);
			return;
		}
		p->written += (size_t)n;
	}
	if (p->written == p->req->input_len)
		close_and_forget(&p->fds[FD_IN]);
}

/* Reads once, at most max bytes. Returns how many came, 0 at the end or when there
 * is nothing now. */
static size_t process_drain(struct process *p, int which, size_t max)
{
	struct strbuf *buf = which == FD_OUT ? &p->ret->out : &p->ret->err;
	size_t room = p->req->output_max - buf->len;
	char bytes[16384];
	ssize_t n;

	n = read(p->fds[which], bytes, max < sizeof(bytes) ? max : sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		close_and_forget(&p->fds[which]);
		return 0;
	}
	if ((size_t)n > room)
		p->ret->truncated = true;
	strbuf_add(buf, bytes, (size_t)n > room ? room : (size_t)n);
	return (size_t)n;
}

/* What lies in the pipe at the child's end, and not what a background child goes on
 * writing into it. */
static void process_drain_rest(struct process *p, int which)
{
	int left = 0;

	if (p->fds[which] < 0 || ioctl(p->fds[which], FIONREAD, &left) < 0)
		return;
	while (left > 0 && p->fds[which] >= 0) {
		size_t n = process_drain(p, which, (size_t)left);

		if (n == 0)
			return;
		left -= (int)n;
	}
}

/* 0, or -ECHILD when somebody else took the status. */
static int process_reap(struct process *p)
{
	int status;
	pid_t pid = waitpid(p->pid, &status, WNOHANG);

	if (pid == 0)
		return 0;
	p->exited = true;
	if (pid < 0)
		return -errno;
	if (WIFSIGNALED(status))
		p->ret->signal = WTERMSIG(status);
	else
		p->ret->status = WEXITSTATUS(status);
	return 0;
}

/* Waits until something happens or the deadline; 0, -ETIMEDOUT, -EINTR for a signal. */
static int process_poll(struct process *p, struct pollfd polls[_FD_MAX])
{
	int64_t left = p->deadline_ms - clock_ms();
	struct timespec ts;
	int n;

	if (left <= 0)
		return -ETIMEDOUT;
	if (p->fds[FD_PID] < 0 && left > POLL_WITHOUT_PIDFD_MS)
		left = POLL_WITHOUT_PIDFD_MS;
	ts = (struct timespec){ .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
	for (int i = 0; i < _FD_MAX; i++)
		polls[i] = (struct pollfd){ .fd = p->fds[i],
			                    .events = i == FD_IN ? POLLOUT : POLLIN };
	n = ppoll(polls, _FD_MAX, &ts, &p->mask);
	return n < 0 ? -errno : 0;
}

static int process_step(struct process *p)
{
	struct pollfd polls[_FD_MAX];
	int r = process_poll(p, polls);

	if (r < 0)
		return r == -EINTR ? 0 : r;
	if (polls[FD_IN].revents)
		process_feed(p);
	for (int i = FD_OUT; i <= FD_ERR; i++)
		if (polls[i].revents)
			process_drain(p, i, SIZE_MAX);
	if (polls[FD_PID].revents || p->fds[FD_PID] < 0)
		return process_reap(p);
	return 0;
}

static void process_kill(struct process *p)
{
	kill(-p->pid, SIGKILL);
	/* It may have left its group. */
	kill(p->pid, SIGKILL);
	p->deadline_ms = clock_ms() + REAP_MS;
	while (!p->exited)
		if (process_step(p) < 0)
			return;
}

static int process_watch(struct process *p)
{
	int r = 0;

	while (!p->exited && r == 0) {
		if (process_is_interrupted(p))
			p->ret->interrupted = true;
		else
			r = process_step(p);
		if (r == -ETIMEDOUT)
			p->ret->timed_out = true;
		if (p->ret->interrupted || p->ret->timed_out)
			break;
	}
	if (p->exited) {
		process_drain_rest(p, FD_OUT);
		process_drain_rest(p, FD_ERR);
		return r;
	}
	process_kill(p);
	return r == -ETIMEDOUT ? 0 : r;
}

static int process_run_blocked(struct process *p)
{
	int r;

	if (process_is_interrupted(p)) {
		p->ret->interrupted = true;
		return 0;
	}
	r = process_start(p);
	if (r < 0 || p->ret->skipped)
		return r;
	r = process_watch(p);
	if (r == 0)
		r = strbuf_error(&p->ret->out);
	if (r == 0)
		r = strbuf_error(&p->ret->err);
	return r;
}

/* Whoever started us may have ignored SIGCHLD, which is inherited: the kernel would
 * then throw our children's statuses away. */
static void heed_sigchld(struct sigaction *ret_before)
{
	struct sigaction heed = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, NULL, ret_before);
	if (ret_before->sa_handler == SIG_IGN || ret_before->sa_flags & SA_NOCLDWAIT)
		sigaction(SIGCHLD, &heed, NULL);
}

int process_run(const struct process_request *req, struct process_result *ret)
{
	struct process p = {
		.req = req,
		.ret = ret,
		.fds = { -1, -1, -1, -1 },
		.deadline_ms = clock_ms() + req->timeout_ms,
	};
	struct sigaction sigchld;
	sigset_t all;
	int r;

	*ret = (struct process_result){ .status = -1, .out = STRBUF_INIT, .err = STRBUF_INIT };
	/* Else a signal between the look at the interrupt flag and the poll is noticed
	 * only when the child does something. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &p.mask);
	heed_sigchld(&sigchld);
	r = process_run_blocked(&p);
	sigaction(SIGCHLD, &sigchld, NULL);
	sigprocmask(SIG_SETMASK, &p.mask, NULL);
	for (int i = 0; i < _FD_MAX; i++)
		closep(&p.fds[i]);
	if (r < 0)
		process_result_done(ret);
	return r;
}

void process_result_done(struct process_result *r)
{
	strbuf_done(&r->out);
	strbuf_done(&r->err);
}
