/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real workers, in an event loop of the test's own. A task's text tells the worker what to do. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/pool.h"
#include "lib/unit.h"

/* Only a hang reaches it. */
#define AMPLE_US (UINT64_C(60) * 1000000)

#define TASKS_MAX 16

/* Longer than what is sent to a worker. */
#define LONG ((size_t)100 * 1000)

struct world {
	sd_event *event;
	struct pool *pool;
	size_t n_done;
	int gate[2]; /* a worker that waits does so for its end */
};

struct task {
	struct world *world;
	const char *text;
	struct strbuf report;
	bool is_done;
	int status;
};

/* ---- in the worker --------------------------------------------------------------------- */

/* Comes forward all the time until the gate is shut. */
static int step_until(struct world *w)
{
	struct pollfd gate = { .fd = STDIN_FILENO, .events = POLLIN };

	while (poll(&gate, 1, 10) == 0)
		pool_step(w->pool);
	return 0;
}

static int serve(void *userdata, const char *text, int fd)
{
	char byte;

	if (strcmp(text, "wait") == 0)
		return read(STDIN_FILENO, &byte, 1) < 0;
	if (strcmp(text, "step") == 0)
		return step_until(userdata);
	if (strcmp(text, "die") == 0)
		raise(SIGKILL);
	if (strcmp(text, "exit") == 0)
		_exit(7);
	if (strcmp(text, "fail") == 0)
		return -EIO;
	dprintf(fd, "%d %zu", (int)getpid(), strlen(text));
	return 0;
}

/* ---- in the test ----------------------------------------------------------------------- */

static void format(void *userdata, struct strbuf *out)
{
	const struct task *task = userdata;

	strbuf_add(out, task->text, strlen(task->text));
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

	assert_false(task->is_done);
	task->is_done = true;
	task->status = status;
	task->world->n_done++;
}

static const struct pool_calls calls = {
	.format = format, .serve = serve, .report = report, .done = done
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
	assert_int_equal(pool_new(w->event, &calls, w, 2, &w->pool), 0);
	/* What those who wait read, if any. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w->gate), 0);
	assert_true(dup2(w->gate[0], STDIN_FILENO) >= 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pool_free(w->pool);
	sd_event_unref(w->event);
	close(STDIN_FILENO);
	close(w->gate[0]);
	close(w->gate[1]);
	free(w);
	/* Nobody is left behind. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return errno == ECHILD ? 0 : -1;
}

static struct task task_of(struct world *w, const char *text)
{
	return (struct task){ .world = w, .text = text, .report = STRBUF_INIT };
}

static void add(struct world *w, struct task *task, uint64_t limit)
{
	assert_int_equal(pool_add(w->pool, task, limit), 0);
}

static void run_until(struct world *w, size_t n_done)
{
	while (w->n_done < n_done)
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
}

/* By whom, and how long the text was. */
static int worker_of(struct task *task, size_t *ret_n)
{
	int pid;

	assert_int_equal(sscanf(strbuf_str(&task->report), "%d %zu", &pid, ret_n), 2);
	strbuf_done(&task->report);
	return pid;
}

static int do_one(struct world *w, const char *text)
{
	struct task task = task_of(w, text);
	size_t n = 0;
	int pid;

	w->n_done = 0;
	add(w, &task, AMPLE_US);
	run_until(w, 1);
	assert_int_equal(task.status, 0);
	pid = worker_of(&task, &n);
	assert_int_equal(n, strlen(text));
	return pid;
}

static void test_one_worker_serves_what_comes_one_by_one(void **state)
{
	struct world *w = *state;
	int pid = do_one(w, "a");

	assert_int_equal(do_one(w, "bc"), pid);
	assert_int_equal(do_one(w, ""), pid);
	assert_int_equal(pool_busy(w->pool), 0);
}

static void test_many_tasks_are_served_by_few(void **state)
{
	struct world *w = *state;
	struct task tasks[TASKS_MAX];
	int pids[2] = { 0, 0 };

	for (size_t i = 0; i < TASKS_MAX; i++) {
		tasks[i] = task_of(w, "a");
		add(w, &tasks[i], AMPLE_US);
	}
	assert_int_equal(pool_busy(w->pool), TASKS_MAX);
	run_until(w, TASKS_MAX);
	for (size_t i = 0; i < TASKS_MAX; i++) {
		size_t n;
		int pid = worker_of(&tasks[i], &n);

		assert_int_equal(tasks[i].status, 0);
		if (pids[0] == 0 || pids[0] == pid)
			pids[0] = pid;
		else if (pids[1] == 0)
			pids[1] = pid;
		else
			assert_int_equal(pid, pids[1]);
	}
}

static void test_a_long_task_reaches_a_worker(void **state)
{
	struct world *w = *state;
	char *text = malloc(LONG + 1);
	int pid = do_one(w, "a");

	assert_non_null(text);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	assert_int_not_equal(do_one(w, text), pid);
	free(text);
}

static void test_who_is_held_up_holds_up_nobody(void **state)
{
	struct world *w = *state;
	struct task stuck = task_of(w, "wait");

	do_one(w, "a");
	add(w, &stuck, AMPLE_US);
	do_one(w, "b");
	do_one(w, "c");
	assert_false(stuck.is_done);
	assert_int_equal(pool_busy(w->pool), 1);
	w->n_done = 0;
	shutdown(w->gate[1], SHUT_WR);
	run_until(w, 1);
	assert_int_equal(stuck.status, 0);
}

/* One is begun at once: four need help. */
static void test_others_help_where_all_are_held_up(void **state)
{
	struct world *w = *state;
	struct task stuck[4];

	pool_renew(w->pool, 5);
	for (size_t i = 0; i < ARRAY_SIZE(stuck); i++) {
		stuck[i] = task_of(w, "wait");
		add(w, &stuck[i], AMPLE_US);
	}
	do_one(w, "a");
	assert_int_equal(pool_busy(w->pool), ARRAY_SIZE(stuck));
	w->n_done = 0;
	shutdown(w->gate[1], SHUT_WR);
	run_until(w, ARRAY_SIZE(stuck));
}

static void test_slow_tasks_come_to_their_end(void **state)
{
	struct world *w = *state;
	struct task slow[3];

	for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
		slow[i] = task_of(w, "step");
		add(w, &slow[i], AMPLE_US);
	}
	/* Whoever helps looks at least once. */
	assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	shutdown(w->gate[1], SHUT_WR);
	run_until(w, ARRAY_SIZE(slow));
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++)
		assert_int_equal(slow[i].status, 0);
}

static void test_who_is_slow_but_steady_does_not_keep_others_waiting(void **state)
{
	struct world *w = *state;
	struct task slow, other = task_of(w, "a");
	size_t n;

	pool_renew(w->pool, 2);
	slow = task_of(w, "step");
	add(w, &slow, AMPLE_US);
	add(w, &other, AMPLE_US);
	/* Each is a look of whoever helps, or something that the other task tells. */
	for (unsigned i = 0; i < 100 && !other.is_done; i++)
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	assert_true(other.is_done);
	worker_of(&other, &n);
	assert_false(slow.is_done);
	shutdown(w->gate[1], SHUT_WR);
	run_until(w, 2);
	assert_int_equal(slow.status, 0);
}

static void test_a_task_has_its_own_time(void **state)
{
	struct world *w = *state;
	struct task stuck = task_of(w, "wait");
	int pid = do_one(w, "a");

	w->n_done = 0;
	add(w, &stuck, 1000);
	run_until(w, 1);
	assert_int_equal(stuck.status, -ETIMEDOUT);
	assert_int_not_equal(do_one(w, "b"), pid);
	shutdown(w->gate[1], SHUT_WR);
}

static void test_a_killed_worker_is_told_and_replaced(void **state)
{
	struct world *w = *state;
	struct task task = task_of(w, "die");

	do_one(w, "a");
	w->n_done = 0;
	add(w, &task, 0);
	run_until(w, 1);
	assert_int_equal(task.status, -ECHILD);
	do_one(w, "b");
}

static void test_one_that_died_idle_costs_no_task(void **state)
{
	struct world *w = *state;
	int pid = do_one(w, "a");

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ .si_pid = 0 }, WEXITED | WNOWAIT),
	                 0);
	assert_int_not_equal(do_one(w, "b"), pid);
}

static void test_the_end_of_a_process_is_that_of_its_task(void **state)
{
	struct world *w = *state;
	struct task exits = task_of(w, "exit"), fails = task_of(w, "fail");

	add(w, &exits, 0);
	run_until(w, 1);
	assert_int_equal(exits.status, 7);
	add(w, &fails, 0);
	run_until(w, 2);
	assert_int_equal(fails.status, EXIT_FAILURE);
}

static void test_what_is_renewed_serves_no_more(void **state)
{
	struct world *w = *state;
	int pid = do_one(w, "a");

	pool_renew(w->pool, 2);
	assert_int_not_equal(do_one(w, "b"), pid);
}

static void test_idle_workers_end(void **state)
{
	struct world *w = *state;
	int pid = do_one(w, "a");

	while (waitid(P_PID, (id_t)pid, &(siginfo_t){ .si_pid = 0 }, WEXITED | WNOWAIT | WNOHANG) ==
	       0)
		assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	assert_int_equal(errno, ECHILD);
}

static void test_the_end_drops_what_there_is(void **state)
{
	struct world *w = *state;
	struct task tasks[TASKS_MAX];

	for (size_t i = 0; i < TASKS_MAX; i++) {
		tasks[i] = task_of(w, "wait");
		add(w, &tasks[i], 0);
	}
	assert_true(sd_event_run(w->event, AMPLE_US) > 0);
	pool_free(TAKE_PTR(w->pool));
	for (size_t i = 0; i < TASKS_MAX; i++)
		assert_int_equal(tasks[i].status, -ECANCELED);
	shutdown(w->gate[1], SHUT_WR);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_one_worker_serves_what_comes_one_by_one),
		row(test_many_tasks_are_served_by_few),
		row(test_a_long_task_reaches_a_worker),
		row(test_who_is_held_up_holds_up_nobody),
		row(test_others_help_where_all_are_held_up),
		row(test_slow_tasks_come_to_their_end),
		row(test_who_is_slow_but_steady_does_not_keep_others_waiting),
		row(test_a_task_has_its_own_time),
		row(test_a_killed_worker_is_told_and_replaced),
		row(test_one_that_died_idle_costs_no_task),
		row(test_the_end_of_a_process_is_that_of_its_task),
		row(test_what_is_renewed_serves_no_more),
		row(test_idle_workers_end),
		row(test_the_end_drops_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
