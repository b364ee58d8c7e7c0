/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real children: little shell scripts, and this program itself for what a shell
 * cannot see. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/unit.h"
#include "shared/process.h"

/* Longer than any machine needs: only a hang reaches it. */
#define AMPLE_MS 60000

/* Shorter than any script below that hangs, which is all that matters. */
#define SHORT_MS 200

static const char *self;

static char *no_environment[] = { NULL };

static void run(const struct process_request *req, struct process_result *ret)
{
	assert_int_equal(process_run(req, ret), 0);
}

/* Runs a shell command line. */
static void run_shell(const char *script, const char *input, unsigned timeout_ms,
                      struct process_result *ret)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	run(&(struct process_request){ .path = "/bin/sh",
	                               .argv = argv,
	                               .envp = no_environment,
	                               .input = input,
	                               .input_len = strlen(input),
	                               .timeout_ms = timeout_ms,
	                               .output_max = 1024 * 1024 },
	    ret);
}

static void test_input_output_status(void **state)
{
	struct process_result res;

	run_shell("cat; echo to err >&2; exit 7", "to in", AMPLE_MS, &res);
	assert_int_equal(res.status, 7);
	assert_int_equal(res.signal, 0);
	assert_false(res.skipped || res.timed_out || res.interrupted || res.truncated);
	assert_string_equal(strbuf_str(&res.out), "to in");
	assert_string_equal(strbuf_str(&res.err), "to err\n");
	process_result_done(&res);
}

static void test_arguments_and_environment(void **state)
{
	const char *argv[] = {
		"name", "-c", "echo \"$0|$1|$2|$A|$HOME\"", "zero", "a b", "", NULL
	};
	char variable[] = "A=of ours";
	char *envp[] = { variable, NULL };
	struct process_result res;

	run(&(struct process_request){ .path = "/bin/sh",
	                               .argv = argv,
	                               .envp = envp,
	                               .timeout_ms = AMPLE_MS,
	                               .output_max = 100 },
	    &res);
	assert_string_equal(strbuf_str(&res.out), "zero|a b||of ours|\n");
	process_result_done(&res);
}

static void test_death_by_signal(void **state)
{
	struct process_result res;

	run_shell("kill -TERM $$", "", AMPLE_MS, &res);
	assert_int_equal(res.status, -1);
	assert_int_equal(res.signal, SIGTERM);
	assert_false(res.timed_out);
	process_result_done(&res);
}

static void test_not_executable(void **state)
{
	char dir[] = "/tmp/test-process-XXXXXX";
	char path[64];
	static const struct {
		const char *name;
		const char *content; /* NULL: nothing is made */
		mode_t mode;
	} rows[] = {
		{ "missing", NULL, 0 },
		{ "no-x", "#!/bin/sh\n", 0644 },
		{ "no-interpreter-line", "exit 0\n", 0755 },
		{ "empty", "", 0755 },
		{ "interpreter-missing", "#!/nowhere/sh\n", 0755 },
		{ ".", NULL, 0 },
	};

	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *argv[] = { path, NULL };
		struct process_result res;

		snprintf(path, sizeof(path), "%s/%s", dir, rows[i].name);
		if (rows[i].content) {
			FILE *f = fopen(path, "w");

			assert_non_null(f);
			fputs(rows[i].content, f);
			assert_int_equal(fchmod(fileno(f), rows[i].mode), 0);
			fclose(f);
		}
		run(&(struct process_request){ .path = path,
		                               .argv = argv,
		                               .envp = no_environment,
		                               .timeout_ms = AMPLE_MS },
		    &res);
		assert_true(res.skipped);
		assert_int_equal(res.status, -1);
		process_result_done(&res);
		if (rows[i].content)
			unlink(path);
	}
	rmdir(dir);
}

static void test_more_than_a_pipe_both_ways(void **state)
{
	/* Writes all of its output before it reads: blocks for ever unless it is
	 * drained while it is fed. */
	static const char script[] =
		"head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; wc -c >&2";
	size_t n = 400000;
	_cleanup_(freep) char *input = malloc(n + 1);
	struct process_result res;

	memset(input, 'i', n);
	input[n] = '\0';
	run_shell(script, input, AMPLE_MS, &res);
	assert_int_equal(res.status, 0);
	assert_int_equal(res.out.len, 300000);
	assert_false(res.truncated);
	assert_string_equal(res.err.data + 200000, "400000\n");
	process_result_done(&res);
}

static void test_output_is_bounded(void **state)
{
	const char *argv[] = { "sh", "-c", "head -c 500000 /dev/zero; echo all written >&2", NULL };
	struct process_result res;

	run(&(struct process_request){ .path = "/bin/sh",
	                               .argv = argv,
	                               .envp = no_environment,
	                               .timeout_ms = AMPLE_MS,
	                               .output_max = 1000 },
	    &res);
	assert_int_equal(res.status, 0);
	assert_true(res.truncated);
	assert_int_equal(res.out.len, 1000);
	assert_string_equal(strbuf_str(&res.err), "all written\n");
	process_result_done(&res);
}

static void test_input_that_nobody_reads(void **state)
{
	size_t n = 1024 * 1024;
	_cleanup_(freep) char *input = calloc(1, n + 1);
	struct process_result res;
	sigset_t pending;

	memset(input, 'i', n);
	run_shell("exec <&-; echo fine; exit 3", input, AMPLE_MS, &res);
	assert_int_equal(res.status, 3);
	assert_string_equal(strbuf_str(&res.out), "fine\n");
	sigpending(&pending);
	assert_false(sigismember(&pending, SIGPIPE));
	process_result_done(&res);
}

static void test_time_limit(void **state)
{
	struct process_result res;

	run_shell("sleep 1000", "", SHORT_MS, &res);
	assert_true(res.timed_out);
	assert_false(res.interrupted);
	assert_int_equal(res.status, -1);
	assert_int_equal(res.signal, SIGKILL);
	process_result_done(&res);
}

/* True if the process is gone, or dead and only waits for its new parent. */
static bool is_dead(pid_t pid)
{
	char path[64];
	char what = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (fscanf(f, "%*d %*s %c", &what) != 1)
		what = '?';
	fclose(f);
	return what == 'Z' || what == 'X';
}

static volatile sig_atomic_t interrupted_by;

static void on_signal(int sig)
{
	interrupted_by = sig;
}

static void test_interrupt_kills_the_group(void **state)
{
	/* The grandchild holds both pipes; the signal comes when all is in place. */
	const char *argv[] = { "sh", "-c", "sleep 1000 & echo $!; kill -USR1 $PPID; wait", NULL };
	struct process_request req = { .path = "/bin/sh",
		                       .argv = argv,
		                       .envp = no_environment,
		                       .timeout_ms = AMPLE_MS,
		                       .output_max = 100,
		                       .interrupt = &interrupted_by };
	struct process_result res;
	pid_t grandchild;

	interrupted_by = 0;
	signal(SIGUSR1, on_signal);
	run(&req, &res);
	assert_true(res.interrupted);
	assert_false(res.timed_out);
	assert_int_equal(res.signal, SIGKILL);
	grandchild = (pid_t)atol(strbuf_str(&res.out));
	assert_true(grandchild > 0);
	/* SIGKILL is on its way when kill() returns, no more. */
	for (int i = 0; i < 6000 && !is_dead(grandchild); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_true(is_dead(grandchild));
	process_result_done(&res);

	/* Set already: nothing is begun. */
	run(&req, &res);
	assert_true(res.interrupted);
	assert_int_equal(res.signal, 0);
	process_result_done(&res);
	signal(SIGUSR1, SIG_DFL);
}

static void test_background_child_does_not_hold_us(void **state)
{
	struct process_result res;

	run_shell("sleep 1000 & echo $!; exit 4", "", AMPLE_MS, &res);
	assert_int_equal(res.status, 4);
	assert_false(res.timed_out);
	/* It is alive: its group is not killed after a normal end. */
	assert_int_equal(kill((pid_t)atol(strbuf_str(&res.out)), SIGKILL), 0);
	process_result_done(&res);
}

static void test_background_writer_does_not_hold_us(void **state)
{
	struct process_result res;

	run_shell("yes & echo $! >&2", "", AMPLE_MS, &res);
	assert_int_equal(res.status, 0);
	kill((pid_t)atol(strbuf_str(&res.err)), SIGKILL);
	process_result_done(&res);
}

/* What a child of ours sees of signals, descriptors and its group; exit status 0 if
 * all is as promised. */
static int look_around(void)
{
	static const int signals[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,
		                       SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2 };
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	/* Not all: sanitizers take some for themselves. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction sa;

		if (sigismember(&mask, signals[i]) == 1)
			return 10;
		if (sigaction(signals[i], NULL, &sa) < 0 || sa.sa_handler != SIG_DFL)
			return 11;
	}
	for (int fd = 0; fd < 1024; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd < 3))
			return 20;
	if (fcntl(0, F_GETFL) & O_NONBLOCK || fcntl(1, F_GETFL) & O_NONBLOCK)
		return 21;
	if (getpgrp() != getpid())
		return 30;
	printf("%ld\n", (long)getppid());
	return 0;
}

static void run_self(struct process_result *ret)
{
	const char *argv[] = { self, "look-around", NULL };

	run(&(struct process_request){ .path = self,
	                               .argv = argv,
	                               .envp = no_environment,
	                               .timeout_ms = AMPLE_MS,
	                               .output_max = 1000 },
	    ret);
}

static void test_what_the_child_inherits(void **state)
{
	struct process_result res;
	sigset_t usr1, before, after;
	int leaking = open("/dev/null", O_RDONLY);

	assert_true(leaking > 2);
	assert_int_equal(fcntl(leaking, F_GETFD) & FD_CLOEXEC, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	sigprocmask(SIG_SETMASK, NULL, &before);

	run_self(&res);
	assert_int_equal(res.status, 0);
	assert_int_equal(atol(strbuf_str(&res.out)), getpid());
	process_result_done(&res);

	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int sig = 1; sig < SIGRTMIN; sig++)
		assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	close(leaking);
}

/* In a process of its own: cmocka needs its standard descriptors. */
static void test_closed_standard_descriptors(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct process_result res;

		close(0);
		close(1);
		close(2);
		run_shell("cat; echo err >&2", "in", AMPLE_MS, &res);
		_exit(res.status == 0 && strcmp(strbuf_str(&res.out), "in") == 0 &&
		                      strcmp(strbuf_str(&res.err), "err\n") == 0
		              ? 0
		              : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_ignored_sigchld(void **state)
{
	struct process_result res;

	signal(SIGCHLD, SIG_IGN);
	run_shell("exit 9", "", AMPLE_MS, &res);
	assert_int_equal(res.status, 9);
	process_result_done(&res);
	assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

static size_t count_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	return n;
}

static void test_nothing_is_left(void **state)
{
	size_t before = count_descriptors();
	struct process_result res;

	run_shell("exit 0", "x", AMPLE_MS, &res);
	process_result_done(&res);
	run_shell("sleep 1000", "x", SHORT_MS, &res);
	process_result_done(&res);
	run(&(struct process_request){ .path = "/nowhere",
	                               .argv = (const char *[]){ "nowhere", NULL },
	                               .envp = no_environment,
	                               .timeout_ms = AMPLE_MS },
	    &res);
	assert_true(res.skipped);
	process_result_done(&res);
	assert_int_equal(count_descriptors(), before);
	/* No zombie, no child. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input_output_status),
		cmocka_unit_test(test_arguments_and_environment),
		cmocka_unit_test(test_death_by_signal),
		cmocka_unit_test(test_not_executable),
		cmocka_unit_test(test_more_than_a_pipe_both_ways),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_input_that_nobody_reads),
		cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_interrupt_kills_the_group),
		cmocka_unit_test(test_background_child_does_not_hold_us),
		cmocka_unit_test(test_background_writer_does_not_hold_us),
		cmocka_unit_test(test_what_the_child_inherits),
		cmocka_unit_test(test_closed_standard_descriptors),
		cmocka_unit_test(test_ignored_sigchld),
		cmocka_unit_test(test_nothing_is_left),
	};

	if (argc > 1 && strcmp(argv[1], "look-around") == 0)
		return look_around();
	self = argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
