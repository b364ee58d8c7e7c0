/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "lib/unit.h"
#include "shared/strbuf.h"

static void test_empty(void **state)
{
	struct strbuf b = STRBUF_INIT;
	char *s;

	assert_string_equal(strbuf_str(&b), "");
	s = strbuf_take(&b);
	assert_string_equal(s, "");
	free(s);
	strbuf_done(&b);
}

static void test_append(void **state)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_add_str(&b, "a");
	strbuf_add_char(&b, 'b');
	strbuf_add(&b, "\0c", 2);
	strbuf_addf(&b, "%d-%s", 7, "x");
	assert_int_equal(strbuf_error(&b), 0);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "ab\0c7-x", 8);
	strbuf_clear(&b);
	assert_string_equal(strbuf_str(&b), "");
	strbuf_done(&b);
}

static void test_grows(void **state)
{
	struct strbuf b = STRBUF_INIT;

	for (int i = 0; i < 10000; i++)
		strbuf_addf(&b, "%04d", i);
	assert_int_equal(strbuf_error(&b), 0);
	assert_int_equal(b.len, 40000);
	assert_memory_equal(b.data + 39996, "9999", 5);
	strbuf_done(&b);
}

static void test_error_sticks(void **state)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_add_str(&b, "kept");
	assert_null(strbuf_reserve(&b, SIZE_MAX - 10));
	assert_int_equal(strbuf_error(&b), -ENOMEM);
	strbuf_add_str(&b, "dropped");
	assert_string_equal(strbuf_str(&b), "kept");
	assert_null(strbuf_take(&b));
	strbuf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
