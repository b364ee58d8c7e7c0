/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/ap-lock.h"
#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/file.h"

#define DIR       "/run/lock"
#define FILE_NAME DIR "/s390apconfig.lock"
#define LONG_MS   60000
#define USER      65534

/* Stands in for the library's: between a look and a removal there is time for others. */
int unlinkat(int dir, const char *name, int flags)
{
	const struct timespec pause = { .tv_nsec = 3000000 };

	nanosleep(&pause, NULL);
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

static int setup(void **state)
{
	int r = tree_setup(state);

	tree_dir(*state, DIR);
	return r;
}

static const char *full(const struct tree *t, const char *path)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s%s", t->root, path);
	return text;
}

/* A pid that was a process and is none. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void put_pid(struct tree *t, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d\n", (int)pid);
	tree_file(t, FILE_NAME, text);
}

static void set_age(struct tree *t, time_t age)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - age },
		                     { .tv_sec = time(NULL) - age } };

	assert_int_equal(utimensat(AT_FDCWD, full(t, FILE_NAME), times, 0), 0);
}

static void assert_carries(struct tree *t, pid_t pid)
{
	char *text = tree_read(t, FILE_NAME), wanted[32];

	snprintf(wanted, sizeof(wanted), "%d\n", (int)pid);
	assert_string_equal(text, wanted);
	free(text);
}

static int count_entry(void *userdata, const char *name _unused_, unsigned char type _unused_)
{
	(*(int *)userdata)++;
	return 0;
}

/* Nothing is left beside it. */
static void assert_files(struct tree *t, int wanted)
{
	int dir = env_open_dir(t->env, DIR), n = 0;

	assert_true(dir >= 0);
	assert_int_equal(dir_each(dir, count_entry, &n), 0);
	close(dir);
	assert_int_equal(n, wanted);
}

static void test_takes_and_releases(void **state)
{
	struct tree *t = *state;
	struct stat st;

	assert_false(ap_lock_is_own(t->env));
	umask(077);
	assert_int_equal(ap_lock_take(t->env, 0, NULL), 1);
	umask(022);
	assert_carries(t, getpid());
	assert_int_equal(stat(full(t, FILE_NAME), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_files(t, 1);
	assert_true(ap_lock_is_own(t->env));
	assert_int_equal(ap_lock_take(t->env, 0, NULL), 0);
	ap_lock_release(t->env);
	assert_files(t, 0);
	ap_lock_release(t->env);
}

static void test_nothing_without_a_place(void **state)
{
	struct tree *t = *state;

	assert_int_equal(rmdir(full(t, DIR)), 0);
	assert_int_equal(ap_lock_take(t->env, 0, NULL), 0);
	assert_false(tree_has(t, DIR));
	ap_lock_release(t->env);
}

static void test_another_holder_is_named(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	char pid[32];

	put_pid(t, getppid());
	assert_int_equal(ap_lock_take(t->env, 0, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.message, FILE_NAME));
	snprintf(pid, sizeof(pid), "process %d ", (int)getppid());
	assert_non_null(strstr(err.advice, pid));
	error_done(&err);
	assert_false(ap_lock_is_own(t->env));
	ap_lock_release(t->env);
	assert_carries(t, getppid());
	assert_files(t, 1);
}

static void test_the_wait_can_be_interrupted(void **state)
{
	static const volatile sig_atomic_t flag = SIGINT;
	struct tree *t = *state;

	put_pid(t, getppid());
	env_set_interrupt(t->env, &flag);
	assert_int_equal(ap_lock_take(t->env, LONG_MS, NULL), -EINTR);
	assert_carries(t, getppid());
}

static void assert_is_taken_over(struct tree *t)
{
	assert_int_equal(ap_lock_take(t->env, LONG_MS, NULL), 1);
	assert_carries(t, getpid());
	assert_files(t, 1);
	ap_lock_release(t->env);
}

static void test_a_dead_one_is_taken_over(void **state)
{
	struct tree *t = *state;

	put_pid(t, dead_pid());
	assert_is_taken_over(t);
	tree_file(t, FILE_NAME, "0\n");
	assert_is_taken_over(t);
	tree_file(t, FILE_NAME, "-1\n");
	assert_is_taken_over(t);
	tree_file(t, FILE_NAME, "99999999999999999999\n");
	assert_is_taken_over(t);
}

static void test_without_a_pid_it_is_taken_over_when_old(void **state)
{
	struct tree *t = *state;

	tree_file(t, FILE_NAME, "");
	assert_int_equal(ap_lock_take(t->env, 0, NULL), -ETIMEDOUT);
	set_age(t, 110);
	assert_int_equal(ap_lock_take(t->env, 0, NULL), -ETIMEDOUT);
	set_age(t, 125);
	assert_is_taken_over(t);
	tree_file(t, FILE_NAME, "what\n");
	set_age(t, 125);
	assert_is_taken_over(t);
}

static void test_a_left_one_of_our_pid_is_ours(void **state)
{
	struct tree *t = *state;

	put_pid(t, getpid());
	assert_int_equal(ap_lock_take(t->env, 0, NULL), 0);
	ap_lock_release(t->env);
	assert_files(t, 0);
}

/* Links, pipes and files that a user puts there keep nobody off, and nothing is followed. */
static void test_what_is_no_lock(void **state)
{
	struct tree *t = *state;
	char *text;

	tree_file(t, "/outside", "1\n");
	tree_link(t, FILE_NAME, "../../outside");
	if (geteuid() == 0) {
		/* root's own is left alone */
		assert_int_equal(ap_lock_take(t->env, LONG_MS, NULL), -ELOOP);
		assert_int_equal(lchown(full(t, FILE_NAME), USER, USER), 0);
	}
	assert_is_taken_over(t);
	text = tree_read(t, "/outside");
	assert_string_equal(text, "1\n");
	free(text);
	assert_int_equal(mkfifo(full(t, FILE_NAME), 0666), 0);
	if (geteuid() == 0)
		assert_int_equal(lchown(full(t, FILE_NAME), USER, USER), 0);
	assert_is_taken_over(t);
}

static void test_a_users_file_is_no_lock(void **state)
{
	struct tree *t = *state;

	if (geteuid() != 0)
		skip();
	put_pid(t, getpid());
	assert_int_equal(lchown(full(t, FILE_NAME), USER, USER), 0);
	assert_false(ap_lock_is_own(t->env));
	ap_lock_release(t->env);
	assert_files(t, 1);
	put_pid(t, 1);
	assert_is_taken_over(t);
}

static void test_parses_pids(void **state _unused_)
{
	static const struct {
		const char *text;
		int r;
		pid_t pid;
	} rows[] = {
		{ "1\n", 1, 1 },
		{ "4711", 1, 4711 },
		{ " 12\n", 1, 12 },
		{ "12x", 1, 12 },
		{ "", 0, 0 },
		{ "\n", 0, 0 },
		{ "x12", 0, 0 },
		{ "-", 0, 0 },
		{ "0\n", -ESRCH, 0 },
		{ "-1\n", -ESRCH, 0 },
		{ "000", -ESRCH, 0 },
		{ "2147483647\n", 1, 2147483647 },
		{ "007\n", 1, 7 },
		{ "2147483648", -ESRCH },
		{ "99999999999999999999", -ESRCH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = 0;

		assert_int_equal(ap_lock_parse(rows[i].text, &pid), rows[i].r);
		assert_int_equal(pid, rows[i].pid);
	}
}

/* ---- several at once ------------------------------------------------------------------------- */

#define TAKERS 4
#define TURNS  12

struct counter {
	int inside;
	int worst;
	int turns;
};

static void be_inside(struct counter *c)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	int now = __atomic_add_fetch(&c->inside, 1, __ATOMIC_SEQ_CST);

	if (now > __atomic_load_n(&c->worst, __ATOMIC_SEQ_CST))
		__atomic_store_n(&c->worst, now, __ATOMIC_SEQ_CST);
	nanosleep(&pause, NULL);
	__atomic_add_fetch(&c->turns, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&c->inside, 1, __ATOMIC_SEQ_CST);
}

static int take_turns(struct tree *t, struct counter *c, pid_t corpse)
{
	for (int i = 0; i < TURNS; i++) {
		if (ap_lock_take(t->env, LONG_MS, NULL) != 1)
			return 1;
		be_inside(c);
		/* a holder that died in its turn, every third time */
		if (i % 3 == 1) {
			put_pid(t, corpse);
			continue;
		}
		ap_lock_release(t->env);
	}
	return 0;
}

/* As chzdev has it: it links a file of its own, and removes nothing that a living process has
 * put there. */
static int take_turns_as_chzdev(struct tree *t, struct counter *c)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char own[512], lock[512];

	snprintf(lock, sizeof(lock), "%s" FILE_NAME, t->root);
	snprintf(own, sizeof(own), "%s" DIR "/chzdev.%d", t->root, (int)getpid());
	for (int i = 0; i < TURNS; i++) {
		FILE *file = fopen(own, "w");

		if (!file)
			return 1;
		fprintf(file, "%d\n", (int)getpid());
		fclose(file);
		while (link(own, lock) < 0)
			nanosleep(&pause, NULL);
		unlink(own);
		be_inside(c);
		unlink(lock);
	}
	return 0;
}

static void wait_for_all(int n)
{
	for (int i = 0; i < n; i++) {
		int status;

		assert_true(waitpid(-1, &status, 0) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static struct counter *make_counter(void)
{
	struct counter *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
	                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(c != MAP_FAILED);
	return c;
}

static void test_one_at_a_time(void **state)
{
	struct tree *t = *state;
	struct counter *c = make_counter();
	pid_t corpse = dead_pid();

	for (int i = 0; i < TAKERS; i++)
		if (fork() == 0)
			_exit(i == 0 ? take_turns_as_chzdev(t, c) : take_turns(t, c, corpse));
	wait_for_all(TAKERS);
	assert_int_equal(c->worst, 1);
	assert_int_equal(c->turns, TAKERS * TURNS);
	munmap(c, sizeof(*c));
}

/* All find the same dead holder at once. */
static void test_one_takes_over(void **state)
{
	struct tree *t = *state;
	struct counter *c = make_counter();
	pid_t corpse = dead_pid();

	for (int round = 0; round < TURNS; round++) {
		put_pid(t, corpse);
		for (int i = 0; i < TAKERS; i++)
			if (fork() == 0) {
				int r = ap_lock_take(t->env, LONG_MS, NULL);

				be_inside(c);
				ap_lock_release(t->env);
				_exit(r != 1);
			}
		wait_for_all(TAKERS);
	}
	assert_int_equal(c->worst, 1);
	assert_int_equal(c->turns, TAKERS * TURNS);
	munmap(c, sizeof(*c));
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_takes_and_releases),
		row(test_nothing_without_a_place),
		row(test_another_holder_is_named),
		row(test_the_wait_can_be_interrupted),
		row(test_a_dead_one_is_taken_over),
		row(test_without_a_pid_it_is_taken_over_when_old),
		row(test_a_left_one_of_our_pid_is_ours),
		row(test_what_is_no_lock),
		row(test_a_users_file_is_no_lock),
		row(test_parses_pids),
		row(test_one_at_a_time),
		row(test_one_takes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
