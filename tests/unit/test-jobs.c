/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real children, in an event loop of the test's own. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>

#include "daemon/jobs.h"
#include "lib/unit.h"
#include "shared/strbuf.h"

/* Only a hang reaches it. */
#define AMPLE_US (UINT64_C(60) * 1000000)

#define JOBS_MAX 8

struct world {
	sd_event *event;
	struct jobs *jobs;
	size_t n_done;
	size_t most_running;
	char order[JOBS_MAX + 1]; /* names of the jobs, as they ended */
};

struct task {
	struct world *world;
	char name;
	int (*work)(struct task *task, int fd);
	struct strbuf report;
	bool is_done;
	int status;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	sigset_t mask;

	assert_non_null(w);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	assert_true(sd_event_new(&w->event) >= 0);
	assert_int_equal(jobs_new(w->event, 2, &w->jobs), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	jobs_free(w->jobs);
	sd_event_unref(w->event);
	free(w);
	return 0;
}

static int work(void *userdata, int report_fd)
{
	struct task *task = userdata;

	return task->work(task, report_fd);
}

static void report(void *userdata, const char *bytes, size_t n)
{
	struct task *task = userdata;

	assert_false(task->is_done);
	strbuf_add(&task->report, bytes, n);
}

static void done(void *userdata, int status)
{
	struct task *task = userdata;
	struct world *w = task->world;

	assert_false(task->is_done);
	task->is_done = true;
	task->status = status;
	w->order[w->n_done++] = task->name;
}

static void add(struct world *w, struct task *task, uint64_t limit)
{
	static const struct job_calls calls = { .work = work, .report = report, .done = done };

	task->world = w;
	assert_int_equal(jobs_add(w->jobs, &calls, task, limit, NULL), 0);
}

static void run_until(struct world *w, size_t n_done)
{
	while (w->n_done < n_done) {
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
		if (jobs_running(w->jobs) > w->most_running)
			w->most_running = jobs_running(w->jobs);
	}
}

#define TASK(letter, function)                                                                     \
	{                                                                                          \
		.name = letter, .work = function                                                   \
	}

static int say_much(struct task *task, int fd)
{
	for (int i = 0; i < 100000; i++)
		if (dprintf(fd, "line %d\n", i) < 0)
			return 98;
	return 7;
}

static void test_report_is_complete_before_done(void **state)
{
	struct world *w = *state;
	struct task task = TASK('a', say_much);
	static const char last[] = "line 99999\n";

	add(w, &task, AMPLE_US);
	run_until(w, 1);
	assert_int_equal(task.status, 7);
	assert_true(task.report.len > sizeof(last));
	assert_string_equal(task.report.data + task.report.len - strlen(last), last);
	assert_int_equal(jobs_running(w->jobs), 0);
	strbuf_done(&task.report);
}

static int succeed(struct task *task, int fd)
{
	return 0;
}

static void test_so_many_at_a_time_in_order(void **state)
{
	struct world *w = *state;
	struct task tasks[6];

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		tasks[i] = (struct task)TASK((char)('a' + i), succeed);
		add(w, &tasks[i], 0);
	}
	assert_int_equal(jobs_waiting(w->jobs), 6);
	jobs_set_max(w->jobs, 1);
	run_until(w, 6);
	assert_string_equal(w->order, "abcdef");
	assert_int_equal(w->most_running, 1);
	assert_int_equal(jobs_waiting(w->jobs), 0);
}

static int die(struct task *task, int fd)
{
	raise(SIGKILL);
	return 0;
}

static void test_a_killed_child_is_told(void **state)
{
	struct world *w = *state;
	struct task task = TASK('a', die);

	add(w, &task, 0);
	run_until(w, 1);
	assert_int_equal(task.status, -ECHILD);
}

static int look_at_itself(struct task *task, int fd)
{
	struct sigaction pipe, hup;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe);
	sigaction(SIGHUP, NULL, &hup);
	dprintf(fd, "%d %d %d %d %d", sigismember(&mask, SIGCHLD), pipe.sa_handler == SIG_IGN,
	        hup.sa_handler == SIG_DFL, getsid(0) == getpid(), fcntl(fd + 1, F_GETFD));
	return 0;
}

static void test_a_child_begins_afresh(void **state)
{
	struct world *w = *state;
	struct task task = TASK('a', look_at_itself);
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	sigaction(SIGHUP, &ignore, &before);
	add(w, &task, 0);
	run_until(w, 1);
	sigaction(SIGHUP, &before, NULL);
	assert_string_equal(strbuf_str(&task.report), "0 1 1 1 -1");
	strbuf_done(&task.report);
}

static int wait_for_the_end(struct task *task, int fd)
{
	char byte;

	/* Standard input is what the test made it; no other descriptor is left. */
	return read(STDIN_FILENO, &byte, 1) < 0;
}

static void test_a_stuck_child_is_left_to_itself(void **state)
{
	struct world *w = *state;
	struct task stuck = TASK('a', wait_for_the_end), next = TASK('b', succeed);
	int fds[2], before = dup(STDIN_FILENO);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
	jobs_set_max(w->jobs, 1);
	add(w, &stuck, 1000);
	add(w, &next, 0);
	run_until(w, 2);
	assert_int_equal(stuck.status, -ETIMEDOUT);
	assert_int_equal(next.status, 0);
	assert_string_equal(w->order, "ab");
	/* It is there still, and its end is no event for anybody. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	close(fds[1]);
	while (waitid(P_ALL, 0, &(siginfo_t){ .si_pid = 0 }, WEXITED | WNOWAIT) == 0)
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(w->n_done, 2);
	dup2(before, STDIN_FILENO);
	close(before);
	close(fds[0]);
}

static void test_the_end_drops_what_there_is(void **state)
{
	struct world *w = *state;
	struct task runs = TASK('a', wait_for_the_end), waits = TASK('b', succeed);
	int fds[2], before = dup(STDIN_FILENO);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
	jobs_set_max(w->jobs, 1);
	add(w, &runs, 0);
	add(w, &waits, 0);
	while (jobs_running(w->jobs) == 0)
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	jobs_free(TAKE_PTR(w->jobs));
	assert_int_equal(runs.status, -ECANCELED);
	assert_int_equal(waits.status, -ECANCELED);
	/* The child lives. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	close(fds[1]);
	assert_true(waitpid(-1, NULL, 0) > 0);
	dup2(before, STDIN_FILENO);
	close(before);
	close(fds[0]);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_report_is_complete_before_done),  row(test_so_many_at_a_time_in_order),
		row(test_a_killed_child_is_told),          row(test_a_child_begins_afresh),
		row(test_a_stuck_child_is_left_to_itself), row(test_the_end_drops_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
