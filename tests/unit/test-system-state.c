/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>

#include "daemon/system-state.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define SYSTEMCTL "/usr/bin/systemctl"

/* A systemctl that says this, and fails as the real one does for all but "running". */
static void make_systemctl(struct tree *t, const char *says)
{
	_cleanup_(freep) char *path = env_path(t->env, SYSTEMCTL);
	char script[256];

	snprintf(script, sizeof(script),
	         "#!/bin/sh\n[ \"$*\" = is-system-running ] && echo '%s'\nexit 1\n", says);
	tree_file(t, SYSTEMCTL, script);
	assert_int_equal(chmod(path, 0755), 0);
}

static void test_words(void **state)
{
	static const struct {
		const char *says;
		enum system_state state;
	} rows[] = {
		{ "initializing", SYSTEM_STARTING },
		{ "starting", SYSTEM_STARTING },
		{ "running", SYSTEM_RUNNING },
		{ "degraded", SYSTEM_RUNNING },
		{ "maintenance", SYSTEM_RUNNING },
		{ "stopping", SYSTEM_STOPPING },
		{ "offline", SYSTEM_UNKNOWN },
		{ "unknown", SYSTEM_UNKNOWN },
		{ "", SYSTEM_UNKNOWN },
		{ "stoppin", SYSTEM_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_systemctl(*state, rows[i].says);
		assert_int_equal(system_state_read(((struct tree *)*state)->env), rows[i].state);
	}
}

static void test_no_systemctl(void **state)
{
	struct tree *t = *state;

	assert_int_equal(system_state_read(t->env), SYSTEM_UNKNOWN);
	tree_file(t, SYSTEMCTL, "no program");
	assert_int_equal(system_state_read(t->env), SYSTEM_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_no_systemctl, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
