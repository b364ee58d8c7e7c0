/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Child processes and their reports in the event loop. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/jobs.h"
#include "shared/file.h"

/* Where a child finds its end of the socket. */
#define REPORT_FD 3

/* Read of one report at a time, so that one child cannot keep the loop; and at its end, when
 * no more than the socket holds can be left. */
#define PIECE_SIZE  4096
#define PIECES_LAST 256

struct job {
	struct jobs *jobs;
	struct job *next;
	struct job_calls calls;
	void *userdata;
	uint64_t limit;
	uint64_t end; /* by its limit, CLOCK_MONOTONIC; 0: none */
	bool is_told; /* done() was called: only to be reaped */
	int fd;       /* the report */
	sd_event_source *child;
	sd_event_source *report;
	sd_event_source *timer;
};

struct jobs {
	sd_event *event;
	unsigned max;
	size_t n_running;
	size_t n_waiting;
	struct job *running; /* those left to themselves too */
	struct job *waiting; /* first come, first served */
	struct job **waiting_tail;
	sd_event_source *starter; /* begins what waits, from the loop */
};

static void job_free(struct job *job)
{
	sd_event_source_disable_unref(job->child);
	sd_event_source_disable_unref(job->report);
	sd_event_source_disable_unref(job->timer);
	if (job->fd >= 0)
		close(job->fd);
	free(job);
}

static void unlink_running(struct job *job)
{
	struct job **at = &job->jobs->running;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
}

/* ---- the child ------------------------------------------------------------------------- */

/* The daemon takes signals by descriptors and handles none; whoever started it may have let
 * it ignore some. */
static void reset_signals(void)
{
	static const int reset[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(reset); i++)
		signal(reset[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(const struct job *job, int fd)
{
	/* Not the terminal's signals: they are for the daemon. */
	setsid();
	reset_signals();
	if (fd != REPORT_FD && dup3(fd, REPORT_FD, O_CLOEXEC) < 0)
		_exit(EXIT_FAILURE);
	file_close_from(REPORT_FD + 1);
	_exit(job->calls.work(job->userdata, REPORT_FD));
}

/* ---- the end of a job ------------------------------------------------------------------- */

/* True while there may be more to read. */
static bool read_report(struct job *job)
{
	char bytes[PIECE_SIZE];
	ssize_t n;

	n = job->fd < 0 ? 0 : read(job->fd, bytes, sizeof(bytes));
	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (job->calls.report)
		job->calls.report(job->userdata, bytes, (size_t)n);
	return true;
}

static void tell_done(struct job *job, int status)
{
	job->is_told = true;
	job->report = sd_event_source_disable_unref(job->report);
	job->timer = sd_event_source_disable_unref(job->timer);
	if (job->fd >= 0)
		close(job->fd);
	job->fd = -1;
	job->jobs->n_running--;
	job->calls.done(job->userdata, status);
}

static void wake_starter(struct jobs *jobs)
{
	if (jobs->waiting && jobs->n_running < jobs->max)
		sd_event_source_set_enabled(jobs->starter, SD_EVENT_ONESHOT);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct job *job = userdata;
	struct jobs *jobs = job->jobs;

	unlink_running(job);
	if (!job->is_told) {
		for (int i = 0; i < PIECES_LAST && read_report(job); i++)
			;
		tell_done(job, info->si_code == CLD_EXITED ? info->si_status : -ECHILD);
	}
	job_free(job);
	wake_starter(jobs);
	return 0;
}

static int on_report(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct job *job = userdata;

	if (!read_report(job))
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

/* Another limit may have been set since the timer was. */
static int on_limit(sd_event_source *source, uint64_t now, void *userdata)
{
	struct job *job = userdata;
	struct jobs *jobs = job->jobs;

	if (job->end == 0)
		return 0;
	if (job->end > now) {
		sd_event_source_set_time(source, job->end);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	tell_done(job, -ETIMEDOUT);
	wake_starter(jobs);
	return 0;
}

/* ---- the beginning of a job -------------------------------------------------------------- */

/* The timer goes off then, or before: it is not set anew for each task of a worker. */
static int set_limit(struct job *job)
{
	uint64_t now, at;
	int r;

	job->end = 0;
	if (job->limit == 0)
		return 0;
	r = sd_event_now(job->jobs->event, CLOCK_MONOTONIC, &now);
	if (r < 0)
		return r;
	job->end = now + job->limit;
	if (!job->timer)
		return sd_event_add_time(job->jobs->event, &job->timer, CLOCK_MONOTONIC, job->end,
		                         0, on_limit, job);
	if (sd_event_source_get_enabled(job->timer, NULL) > 0 &&
	    sd_event_source_get_time(job->timer, &at) >= 0 && at <= job->end)
		return 0;
	sd_event_source_set_time(job->timer, job->end);
	return sd_event_source_set_enabled(job->timer, SD_EVENT_ONESHOT);
}

static int watch_child(struct job *job, pid_t pid)
{
	sd_event *event = job->jobs->event;
	int r;

	r = sd_event_add_child(event, &job->child, pid, WEXITED, on_child, job);
	if (r >= 0)
		r = sd_event_add_io(event, &job->report, job->fd, EPOLLIN, on_report, job);
	return r < 0 ? r : set_limit(job);
}

/* Nothing is done before its end can be heard of: a child begins when it was told to, over
 * the socket that it reports on. */
static _Noreturn void await_go(const struct job *job, int fd)
{
	char go;

	if (read(fd, &go, 1) != 1)
		_exit(EXIT_FAILURE);
	run_child(job, fd);
}

static int fork_child(struct job *job)
{
	_cleanup_(closep) int child_fd = -1;
	int fds[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	job->fd = fds[0];
	child_fd = fds[1];
	if (fcntl(job->fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(job->fd);
		await_go(job, child_fd);
	}
	r = watch_child(job, pid);
	if (r >= 0 && send(job->fd, "", 1, MSG_NOSIGNAL) == 1)
		return 0;
	close(job->fd);
	job->fd = -1;
	job->child = sd_event_source_disable_unref(job->child);
	waitpid(pid, NULL, 0);
	return r < 0 ? r : -EIO;
}

static int begin(struct job *job)
{
	struct jobs *jobs = job->jobs;
	int r = fork_child(job);

	if (r < 0)
		return r;
	job->next = jobs->running;
	jobs->running = job;
	jobs->n_running++;
	return 0;
}

static struct job *take_waiting(struct jobs *jobs)
{
	struct job *job = jobs->waiting;

	jobs->waiting = job->next;
	if (!jobs->waiting)
		jobs->waiting_tail = &jobs->waiting;
	jobs->n_waiting--;
	return job;
}

static int on_starter(sd_event_source *source, void *userdata)
{
	struct jobs *jobs = userdata;

	while (jobs->waiting && jobs->n_running < jobs->max) {
		struct job *job = take_waiting(jobs);
		int r = begin(job);

		if (r < 0) {
			job->calls.done(job->userdata, r);
			job_free(job);
		}
	}
	return 0;
}

int jobs_add(struct jobs *jobs, const struct job_calls *calls, void *userdata, uint64_t limit,
             struct job **ret)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.jobs = jobs, .calls = *calls, .userdata = userdata, .limit = limit, .fd = -1
	};
	*jobs->waiting_tail = job;
	jobs->waiting_tail = &job->next;
	jobs->n_waiting++;
	wake_starter(jobs);
	if (ret)
		*ret = job;
	return 0;
}

/* ---- talking to one ----------------------------------------------------------------------- */

int job_send(struct job *job, const void *bytes, size_t n)
{
	ssize_t sent = send(job->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0)
		return -errno;
	return (size_t)sent == n ? 0 : -EAGAIN;
}

void job_end(struct job *job)
{
	shutdown(job->fd, SHUT_WR);
}

/* Where there is no memory for a timer, as when it began: without. */
void job_set_limit(struct job *job, uint64_t limit)
{
	job->limit = limit;
	(void)set_limit(job);
}

/* ---- all of them ----------------------------------------------------------------------- */

int jobs_new(sd_event *event, unsigned max, struct jobs **ret)
{
	_cleanup_(jobs_freep) struct jobs *jobs = calloc(1, sizeof(*jobs));
	int r;

	if (!jobs)
		return -ENOMEM;
	jobs->event = event;
	jobs->max = max;
	jobs->waiting_tail = &jobs->waiting;
	r = sd_event_add_defer(event, &jobs->starter, on_starter, jobs);
	if (r >= 0)
		r = sd_event_source_set_enabled(jobs->starter, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(jobs);
	return 0;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	jobs->max = 0;
	while (jobs->waiting) {
		struct job *job = take_waiting(jobs);

		job->calls.done(job->userdata, -ECANCELED);
		job_free(job);
	}
	while (jobs->running) {
		struct job *job = jobs->running;

		jobs->running = job->next;
		if (!job->is_told)
			tell_done(job, -ECANCELED);
		job_free(job);
	}
	sd_event_source_disable_unref(jobs->starter);
	free(jobs);
}

void jobs_set_max(struct jobs *jobs, unsigned max)
{
	jobs->max = max;
	wake_starter(jobs);
}

size_t jobs_running(const struct jobs *jobs)
{
	return jobs->n_running;
}

size_t jobs_waiting(const struct jobs *jobs)
{
	return jobs->n_waiting;
}
