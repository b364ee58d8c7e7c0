/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "lib/unit.h"
#include "shared/error.h"

static void assert_formats(const struct error *err, const char *expected)
{
	struct strbuf b = STRBUF_INIT;

	error_format(err, &b);
	assert_string_equal(strbuf_str(&b), expected);
	strbuf_done(&b);
}

static void test_parts(void **state)
{
	struct error err = ERROR_INIT;

	assert_false(error_is_set(&err));
	assert_int_equal(error_set(&err, -EEXIST, "Device %s", "U"), -EEXIST);
	assert_true(error_is_set(&err));
	assert_int_equal(err.errnum, EEXIST);
	assert_formats(&err, "Device U");
	error_set_cause(&err, "old");
	error_set_cause(&err, "cause");
	error_set_advice(&err, "do %d", 1);
	assert_formats(&err, "Device U: cause (do 1)");
	error_add_cause(&err, "in %s", "f");
	assert_formats(&err, "Device U: cause, in f (do 1)");
	error_done(&err);
	assert_false(error_is_set(&err));
}

static void test_errno_is_the_cause(void **state)
{
	struct error err = ERROR_INIT;

	assert_int_equal(error_set_errno(&err, -ENOENT, "Cannot open %s", "f"), -ENOENT);
	assert_formats(&err, "Cannot open f: No such file or directory");
	error_done(&err);
}

static void test_one_line_whatever_the_names(void **state)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EINVAL, "parent 'a\nb\x1b[2J'");
	assert_formats(&err, "parent 'a b [2J'");
	error_done(&err);
}

static void test_null_is_fine(void **state)
{
	assert_int_equal(error_set(NULL, -EIO, "x"), -EIO);
	error_set_cause(NULL, "x");
	error_set_advice(NULL, "x");
	error_set_kind(NULL, ERROR_IN_USE);
	error_done(NULL);
}

static void test_exit_status(void **state)
{
	struct error err = ERROR_INIT;

	assert_int_equal(error_exit_status(&err), 1);
	error_set(&err, -EBUSY, "used");
	error_set_kind(&err, ERROR_IN_USE);
	assert_int_equal(error_exit_status(&err), 4);
	error_set(&err, -EBUSY, "a new message is of the ordinary kind");
	assert_int_equal(error_exit_status(&err), 1);
	error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_errno_is_the_cause),
		cmocka_unit_test(test_one_line_whatever_the_names),
		cmocka_unit_test(test_null_is_fine),
		cmocka_unit_test(test_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
