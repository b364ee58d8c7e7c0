/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "lib/unit.h"
#include "shared/log.h"

static void count(void *userdata, enum log_level level, const char *text)
{
	unsigned *n = userdata;

	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_true(text[0] != '\0');
	(*n)++;
}

static void test_a_log_without_memory_tells_each_time(void **state)
{
	unsigned n = 0;
	const struct log log = { .max = LOG_LEVEL_WARN, .sink = count, .userdata = &n };

	log_warn_once(NULL, "text");
	log_warn_once(&log, "text");
	log_warn_once(&log, "text");
	assert_int_equal(n, 2);
}

static void test_a_text_is_told_once(void **state)
{
	struct log_told told = { .n = 0 };
	unsigned n = 0;
	const struct log log = {
		.max = LOG_LEVEL_WARN, .sink = count, .userdata = &n, .told = &told
	};

	log_warn_once(&log, "text %d", 1);
	log_warn_once(&log, "text %d", 2);
	log_warn_once(&log, "text %d", 1);
	assert_int_equal(n, 2);
	log_warn(&log, "text %d", 1);
	assert_int_equal(n, 3);
	log_told_done(&told);
	log_warn_once(&log, "text %d", 1);
	assert_int_equal(n, 4);
	log_told_done(&told);
}

static void test_what_is_told_is_bounded(void **state)
{
	struct log_told told = { .n = 0 };
	unsigned n = 0;
	const struct log log = {
		.max = LOG_LEVEL_WARN, .sink = count, .userdata = &n, .told = &told
	};

	for (unsigned i = 0; i < 2 * LOG_TOLD_MAX; i++)
		log_warn_once(&log, "text %u", i);
	assert_int_equal(n, LOG_TOLD_MAX);
	log_told_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_log_without_memory_tells_each_time),
		cmocka_unit_test(test_a_text_is_told_once),
		cmocka_unit_test(test_what_is_told_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
