/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/attrs.h"
#include "lib/unit.h"

static void test_order_and_repetition(void **state)
{
	struct attrs a = { 0 }, b = { 0 };

	assert_int_equal(attrs_append(&a, "assign_adapter", "5", 1), 0);
	assert_int_equal(attrs_append(&a, "assign_adapter", "6", 1), 0);
	assert_int_equal(attrs_insert(&a, 0, "first", "a\0b", 3), 0);
	assert_int_equal(a.n, 3);
	assert_string_equal(a.items[0].name, "first");
	assert_memory_equal(a.items[0].value, "a\0b", 4);
	assert_int_equal(attrs_copy(&a, &b), 0);
	assert_true(attrs_equal(&a, &b));
	assert_int_equal(attrs_remove(&b, 1), 0);
	assert_false(attrs_equal(&a, &b));
	assert_string_equal(b.items[1].value, "6");
	attrs_done(&a);
	attrs_done(&b);
}

static void test_index_bounds(void **state)
{
	struct attrs a = { 0 };

	assert_int_equal(attrs_remove(&a, 0), -EINVAL);
	assert_int_equal(attrs_insert(&a, 1, "n", "v", 1), -EINVAL);
	assert_int_equal(a.n, 0);
	assert_int_equal(attrs_insert(&a, 0, "n", "v", 1), 0);
	assert_int_equal(attrs_remove(&a, 1), -EINVAL);
	attrs_done(&a);
}

static void test_bounded(void **state)
{
	struct attrs a = { 0 };

	for (int i = 0; i < ATTRS_MAX; i++)
		assert_int_equal(attrs_append(&a, "n", "", 0), 0);
	assert_int_equal(attrs_append(&a, "n", "", 0), -E2BIG);
	assert_int_equal(a.n, ATTRS_MAX);
	attrs_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_repetition),
		cmocka_unit_test(test_index_bounds),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
