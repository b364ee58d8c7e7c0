/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What daemon and worker say to each other. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/worker.h"
#include "lib/unit.h"

#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"

static void test_a_task_is_read_back(void **state)
{
	static const char text[] = "p1\n7 1\n" U1 " 0\n" U2 " 1 p0\n";
	struct strbuf out = STRBUF_INIT;
	struct worker_task task;

	assert_int_equal(worker_task_parse(text, &task), 0);
	assert_string_equal(task.parent, "p1");
	assert_int_equal(task.n, 2);
	assert_null(task.items[0].made.type);
	worker_task_format(&task, &out);
	assert_string_equal(strbuf_str(&out), text);
	worker_task_done(&task);
	strbuf_done(&out);
}

static void test_tasks_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"p1\n",
		"../p1\n7 1\n",
		"p1\n7 2\n",
		"p1\n7 1 \n",
		"p1\nx 1\n",
		"p1\n7 1\n" U1 "\n",
		"p1\n7 1\n" U1 " 2\n",
		"p1\n7 1\n" U1 " 0 a/b\n",
		"p1\n7 1\n" U1 " 0x\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct worker_task task;

		assert_int_equal(worker_task_parse(texts[i], &task), -EBADMSG);
	}
}

static void test_reports(void **state)
{
	static const struct {
		const char *line;
		int result;
		const char *type; /* NULL: not made */
		unsigned attempts;
		int64_t since;
	} rows[] = {
		{ U1 " 0", 0, NULL, 0, 0 },
		{ U1 " -110", -110, NULL, 0, 0 },
		{ U1 " 0 1 123456789 t1", 0, "t1", 1, 123456789 },
		{ U1 " 0 3 5 a type", 0, "a type", 3, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct worker_report report;

		assert_true(worker_report_parse(rows[i].line, &report));
		assert_int_equal(report.result, rows[i].result);
		assert_int_equal(report.made.attempts, rows[i].attempts);
		assert_true(report.made.since == rows[i].since);
		assert_int_equal(report.made.type != NULL, rows[i].type != NULL);
		if (rows[i].type)
			assert_string_equal(report.made.type, rows[i].type);
		try_made_done(&report.made);
	}
}

static void test_reports_that_are_none(void **state)
{
	static const char *const lines[] = {
		"",
		U1,
		U1 " ",
		U1 " x",
		U1 " 0x",
		"x 0",
		U1 " 0 ",
		U1 " 0 1 2",
		U1 " 0 1 2 ",
		U1 " 0 x 2 t1",
		U1 " 0 1 x t1",
		U1 " -5 1 2 t1",
		" 0",
		U1 "1 0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct worker_report report;

		assert_false(worker_report_parse(lines[i], &report));
		assert_null(report.made.type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_task_is_read_back),
		cmocka_unit_test(test_tasks_that_are_none),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_reports_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
