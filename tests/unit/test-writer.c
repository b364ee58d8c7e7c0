/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/writer.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define DIR "/sys/d"

static struct writer *new_writer(const struct tree *t)
{
	struct writer *writer;

	assert_int_equal(writer_new(t->sysfs, &writer), 0);
	return writer;
}

static int open_dir(struct tree *t)
{
	int fd;

	tree_dir(t, DIR);
	fd = sysfs_open_dir(t->sysfs, "d");
	assert_true(fd >= 0);
	return fd;
}

static int put(struct writer *writer, int dir, const char *name, const char *text)
{
	pid_t pid = -1;
	int r = writer_write(writer, NULL, dir, name, text, strlen(text), 0, &pid);

	assert_int_equal(pid, 0);
	return r;
}

static void assert_content(struct tree *t, const char *path, const char *text)
{
	char *content = tree_read(t, path);

	assert_string_equal(content, text);
	free(content);
}

static void test_writes_and_answers(void **state)
{
	static const char big[SYSFS_SIZE_MAX + 1];
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	pid_t pid;

	tree_file(t, DIR "/a", "");
	tree_file(t, DIR "/sub/b", "");
	tree_link(t, DIR "/link", "a");
	assert_int_equal(put(writer, dir, "a", "one"), 0);
	assert_int_equal(put(writer, dir, "sub/b", "two"), 0);
	assert_int_equal(put(writer, dir, "none", "x"), -ENOENT);
	assert_int_equal(put(writer, dir, "link", "x"), -ELOOP);
	assert_int_equal(put(writer, dir, "../d/a", "x"), -EXDEV);
	assert_int_equal(put(writer, dir, "", "x"), -EINVAL);
	assert_content(t, DIR "/a", "one");
	assert_content(t, DIR "/sub/b", "two");
	assert_int_equal(writer_write(writer, NULL, dir, "a", big, SYSFS_SIZE_MAX, 0, &pid), 0);
	assert_int_equal(writer_write(writer, NULL, dir, "a", big, sizeof(big), 0, &pid), -EFBIG);
	writer_free(writer);
	close(dir);
}

/* The child tells who it is, and hangs at "hang". */
static ssize_t who(void *userdata, int dirfd, const char *name, int fd, const void *bytes, size_t n)
{
	while (strcmp(name, "hang") == 0)
		pause();
	dprintf(fd, "%d", (int)getpid());
	return (ssize_t)n;
}

static pid_t child_of(struct tree *t, struct writer *writer, int dir)
{
	char *text;
	pid_t pid;

	tree_file(t, DIR "/who", "");
	assert_int_equal(put(writer, dir, "who", "?"), 0);
	text = tree_read(t, DIR "/who");
	pid = atoi(text);
	free(text);
	return pid;
}

static pid_t make_hang(struct writer *writer, int dir)
{
	pid_t pid = 0;

	assert_int_equal(writer_write(writer, NULL, dir, "hang", "?", 1, 1, &pid), -ETIMEDOUT);
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_one_child_until_it_hangs(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	pid_t first, second;

	tree_file(t, DIR "/hang", "");
	sysfs_set_writer(t->sysfs, who, NULL);
	first = child_of(t, writer, dir);
	assert_int_not_equal(first, getpid());
	assert_int_equal(child_of(t, writer, dir), first);
	assert_int_equal(make_hang(writer, dir), first);
	second = child_of(t, writer, dir);
	assert_int_not_equal(second, first);
	/* Not signalled: it is still there. */
	assert_int_equal(kill(first, 0), 0);
	assert_int_equal(waitpid(first, NULL, WNOHANG), 0);
	end(first);
	writer_free(writer);
	assert_int_equal(kill(second, 0), -1);
	close(dir);
}

static int put_kept(struct writer *writer, uint64_t *file, int dir, const char *name,
                    const char *text)
{
	pid_t pid = -1;
	int r = writer_write_kept(writer, file, dir, name, text, strlen(text), 0, &pid);

	assert_int_equal(pid, 0);
	return r;
}

/* Not by its name any more, which is how it can be seen. */
static void test_a_kept_file_is_opened_once(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	uint64_t a = 0, b = 0;

	tree_file(t, DIR "/a", "");
	tree_file(t, DIR "/b", "");
	assert_int_equal(put_kept(writer, &a, dir, "a", "long"), 0);
	tree_rename(t, DIR "/a", DIR "/was-a");
	assert_int_equal(put_kept(writer, &a, dir, "a", "two"), 0);
	assert_content(t, DIR "/was-a", "two");
	assert_int_equal(put(writer, dir, "b", "other"), 0);
	assert_int_equal(put_kept(writer, &a, dir, "a", "3"), 0);
	assert_content(t, DIR "/was-a", "3");
	/* One at a time. */
	assert_int_equal(put_kept(writer, &b, dir, "b", "kept"), 0);
	assert_int_equal(put_kept(writer, &a, dir, "a", "x"), -ENOENT);
	tree_file(t, DIR "/a", "");
	assert_int_equal(put_kept(writer, &a, dir, "a", "new"), 0);
	assert_content(t, DIR "/a", "new");
	assert_content(t, DIR "/b", "kept");
	writer_free(writer);
	close(dir);
}

static void test_another_child_keeps_nothing(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	uint64_t file = 0;
	pid_t pid;

	sysfs_set_writer(t->sysfs, who, NULL);
	tree_file(t, DIR "/a", "");
	pid = child_of(t, writer, dir);
	assert_int_equal(put_kept(writer, &file, dir, "a", "?"), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(put_kept(writer, &file, dir, "a", "?"), 0);
	assert_int_not_equal(child_of(t, writer, dir), pid);
	writer_free(writer);
	close(dir);
}

static void test_killed_child_is_replaced(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	pid_t pid;

	sysfs_set_writer(t->sysfs, who, NULL);
	pid = child_of(t, writer, dir);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_not_equal(child_of(t, writer, dir), pid);
	writer_free(writer);
	close(dir);
}

/* A process that inherits a writer gets a child of its own, or the answers mix. */
static void test_fork_of_the_owner(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t), status;
	pid_t ours, pid;

	sysfs_set_writer(t->sysfs, who, NULL);
	ours = child_of(t, writer, dir);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool is_other = child_of(t, writer, dir) != ours;

		writer_free(writer);
		_exit(is_other ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(child_of(t, writer, dir), ours);
	writer_free(writer);
	close(dir);
}

static pid_t child_by_kept(struct tree *t, struct writer *writer, uint64_t *file, int dir,
                           const char *name)
{
	char *text, path[64];
	pid_t pid;

	assert_int_equal(put_kept(writer, file, dir, name, "?"), 0);
	snprintf(path, sizeof(path), DIR "/%s", name);
	text = tree_read(t, path);
	pid = atoi(text);
	free(text);
	return pid;
}

/* With files that it begins anew, as the header says. */
static void test_fork_of_who_keeps_a_file(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t), status;
	uint64_t kept = 0;
	pid_t ours, pid;

	tree_file(t, DIR "/a", "");
	tree_file(t, DIR "/b", "");
	sysfs_set_writer(t->sysfs, who, NULL);
	ours = child_by_kept(t, writer, &kept, dir, "a");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uint64_t own = 0;
		pid_t theirs = child_by_kept(t, writer, &own, dir, "b");
		bool is_same = child_by_kept(t, writer, &own, dir, "b") == theirs;

		writer_free(writer);
		_exit(theirs != ours && is_same ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(child_by_kept(t, writer, &kept, dir, "a"), ours);
	writer_free(writer);
	close(dir);
}

static void test_interrupt(void **state)
{
	static volatile sig_atomic_t flag;
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	pid_t pid;

	tree_file(t, DIR "/hang", "");
	sysfs_set_writer(t->sysfs, who, NULL);
	flag = SIGINT;
	env_set_interrupt(t->env, &flag);
	assert_int_equal(writer_write(writer, t->env, dir, "hang", "?", 1, 0, &pid), -EINTR);
	end(pid);
	writer_free(writer);
	close(dir);
}

/* ---- what a child that hangs keeps ------------------------------------------------------ */

/* The child may not have come that far yet. */
static bool comes_to_be_null(int pid, int fd)
{
	const struct timespec pause_for = { .tv_nsec = 10000000 };
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	for (int i = 0; i < 3000; i++) {
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n > 0 && (size_t)n == strlen("/dev/null") &&
		    memcmp(target, "/dev/null", (size_t)n) == 0)
			return true;
		nanosleep(&pause_for, NULL);
	}
	return false;
}

/* Else whoever reads our output to its end waits for the driver, too. */
static void test_no_output_is_kept(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t), saved = dup(STDOUT_FILENO), fds[2];
	struct pollfd output = { .events = POLLIN };
	pid_t pid;

	tree_file(t, DIR "/hang", "");
	sysfs_set_writer(t->sysfs, who, NULL);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	pid = make_hang(writer, dir);
	dup2(saved, STDOUT_FILENO);
	close(fds[1]);
	output.fd = fds[0];
	assert_int_equal(poll(&output, 1, 30000), 1);
	assert_int_equal(output.revents, POLLHUP);
	for (int fd = 0; fd <= 2; fd++)
		assert_true(comes_to_be_null(pid, fd));
	end(pid);
	close(fds[0]);
	close(saved);
	writer_free(writer);
	close(dir);
}

/* It was made while we held one. */
static void test_no_lock_is_kept(void **state)
{
	struct tree *t = *state;
	struct writer *writer = new_writer(t);
	int dir = open_dir(t);
	struct mdev_uuid uuid = { { 1 } };
	struct error err = ERROR_INIT;
	struct lock *lock;
	pid_t pid;

	tree_file(t, DIR "/hang", "");
	sysfs_set_writer(t->sysfs, who, NULL);
	assert_int_equal(lock_parent(t->env, "p1", &uuid, &lock, &err), 0);
	pid = make_hang(writer, dir);
	lock_free(lock);
	assert_int_equal(lock_parent(t->env, "p1", &uuid, &lock, &err), 0);
	lock_free(lock);
	assert_int_equal(kill(pid, 0), 0);
	end(pid);
	writer_free(writer);
	close(dir);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_writes_and_answers),         row(test_one_child_until_it_hangs),
		row(test_a_kept_file_is_opened_once), row(test_another_child_keeps_nothing),
		row(test_killed_child_is_replaced),   row(test_fork_of_the_owner),
		row(test_fork_of_who_keeps_a_file),   row(test_interrupt),
		row(test_no_output_is_kept),          row(test_no_lock_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
