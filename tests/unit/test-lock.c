/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/lock.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define LOCK_FILE "/etc/mdevctl.d/.lock"

static const struct mdev_uuid uuid_any = { { 0 } };

/* How a second process that wants the parent's lock fares; the interrupt flag is set, so
 * that it says at once whether it would have to wait. */
static int other_process(struct tree *t, const char *parent)
{
	static const volatile sig_atomic_t flag = SIGINT;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct lock *lock;

		env_set_interrupt(t->env, &flag);
		_exit(-lock_parent(t->env, parent, &uuid_any, &lock, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void test_excludes_and_releases(void **state)
{
	struct tree *t = *state;
	struct lock *lock;

	assert_int_equal(lock_parent(t->env, "p1", &uuid_any, &lock, NULL), 0);
	assert_int_equal(other_process(t, "p1"), -EINTR);
	assert_int_equal(other_process(t, "p2"), 0);
	lock_free(lock);
	assert_int_equal(other_process(t, "p1"), 0);
}

static void assert_excludes_by(struct tree *t, struct lock_file *file)
{
	struct lock *lock;

	assert_int_equal(lock_parent_by(file, t->env, "p1", &uuid_any, &lock, NULL), 0);
	assert_true(file->fd >= 0);
	assert_int_equal(other_process(t, "p1"), -EINTR);
	assert_int_equal(other_process(t, "p2"), 0);
	lock_free(lock);
	assert_int_equal(other_process(t, "p1"), 0);
}

static void test_a_file_that_stays_open(void **state)
{
	struct lock_file file = LOCK_FILE_INIT;
	struct tree *t = *state;

	assert_excludes_by(t, &file);
	assert_excludes_by(t, &file);
	tree_remove(t, LOCK_FILE);
	assert_excludes_by(t, &file);
	lock_file_done(&file);
	assert_int_equal(file.fd, -1);
}

static void assert_private_when_locked(struct tree *t)
{
	struct lock *lock;
	struct stat st;
	char path[512];

	assert_int_equal(lock_definitions(t->env, &uuid_any, &lock, NULL), 0);
	snprintf(path, sizeof(path), "%s" LOCK_FILE, t->root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	lock_free(lock);
}

static void test_file_is_for_root_only(void **state)
{
	umask(0);
	assert_private_when_locked(*state);
}

static void test_file_that_was_opened_up_is_closed(void **state)
{
	umask(0);
	tree_file(*state, LOCK_FILE, "");
	assert_private_when_locked(*state);
}

static void test_a_link_in_its_place_is_refused(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	struct lock *lock;

	tree_file(t, "/outside", "kept");
	tree_link(t, LOCK_FILE, "../../outside");
	assert_int_equal(lock_definitions(t->env, &uuid_any, &lock, &err), -ELOOP);
	assert_non_null(strstr(err.message, LOCK_FILE));
	error_done(&err);
}

static void test_callouts_of_the_holder_pass(void **state)
{
	struct tree *t = *state;
	struct lock *lock, *nested = (struct lock *)1;

	assert_int_equal(lock_parent(t->env, "p1", &uuid_any, &lock, NULL), 0);
	assert_int_equal(setenv("MDEVMGR_LOCKED", "p1", 1), 0);
	assert_int_equal(lock_parent(t->env, "p1", &uuid_any, &nested, NULL), 0);
	assert_null(nested);
	unsetenv("MDEVMGR_LOCKED");
	lock_free(lock);
}

static void test_different_ranges(void **state)
{
	struct tree *t = *state;
	struct lock *a, *b, *c;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse("5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123", &uuid), 0);
	assert_int_equal(lock_definitions(t->env, &uuid_any, &a, NULL), 0);
	assert_int_equal(lock_parent(t->env, "p1", &uuid_any, &b, NULL), 0);
	assert_int_equal(lock_device(t->env, &uuid, &c, NULL), 0);
	lock_free(a);
	lock_free(b);
	lock_free(c);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_excludes_and_releases),
		row(test_a_file_that_stays_open),
		row(test_file_is_for_root_only),
		row(test_file_that_was_opened_up_is_closed),
		row(test_a_link_in_its_place_is_refused),
		row(test_callouts_of_the_holder_pass),
		row(test_different_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
