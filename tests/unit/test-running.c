/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "core/running.h"
#include "lib/tree.h"
#include "lib/unit.h"

/* A pid of which no process is left. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void test_mark(void **state)
{
	struct tree *t = *state;

	assert_int_equal(running_mark(t->env), -ENOENT);
	assert_int_equal(running_pid(t->env), 0);
	tree_dir(t, "/run/mdevmgr");
	assert_int_equal(running_pid(t->env), 0);
	assert_int_equal(running_mark(t->env), 0);
	assert_int_equal(running_pid(t->env), getpid());
	assert_int_equal(running_mark(t->env), 0);
	assert_int_equal(running_pid(t->env), getpid());
	running_unmark(t->env);
	assert_false(tree_has(t, RUNNING_FILE));
	assert_int_equal(running_pid(t->env), 0);
}

static void test_what_does_not_count(void **state)
{
	static const char *const texts[] = { "", "x", "0", "-1", "99999999999999999999999999" };
	struct tree *t = *state;
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_file(t, RUNNING_FILE, texts[i]);
		assert_int_equal(running_pid(t->env), 0);
	}
	snprintf(text, sizeof(text), "%d\n", (int)dead_pid());
	tree_file(t, RUNNING_FILE, text);
	assert_int_equal(running_pid(t->env), 0);
	tree_file(t, RUNNING_FILE, "1\n");
	assert_int_equal(running_pid(t->env), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mark, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_what_does_not_count, tree_setup,
		                                tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
