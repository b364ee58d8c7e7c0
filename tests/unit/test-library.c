/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "lib/unit.h"
#include "shared/library.h"

struct table {
	const char *before;
	__typeof__(ldexp) *ldexp;
	__typeof__(frexp) *frexp;
	const char *after;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct table, frexp),
	LIBRARY_SYMBOL(struct table, ldexp),
};

#define TABLE_INIT                                                                                 \
	{                                                                                          \
		.before = "before", .after = "after"                                               \
	}

static void assert_frame(const struct table *table)
{
	assert_string_equal(table->before, "before");
	assert_string_equal(table->after, "after");
}

static void test_functions_are_found(void **state)
{
	struct table table = TABLE_INIT;
	int exponent;

	assert_int_equal(
		library_load("libm.so.6", "libc6", symbols, ARRAY_SIZE(symbols), &table, NULL), 0);
	assert_frame(&table);
	assert_true(table.ldexp(1.0, 3) == 8.0);
	assert_true(table.frexp(8.0, &exponent) == 0.5);
	assert_int_equal(exponent, 4);
}

static void test_missing_library_names_its_package(void **state)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct table table = TABLE_INIT;

	assert_int_equal(library_load("libmdevmgr-none.so.7", "libmdevmgr-none7", symbols,
	                              ARRAY_SIZE(symbols), &table, &err),
	                 -ELIBACC);
	error_format(&err, &text);
	assert_string_equal(strbuf_str(&text),
	                    "Cannot load the library libmdevmgr-none.so.7: libmdevmgr-none.so.7: "
	                    "cannot open shared object file: No such file or directory "
	                    "(install the package libmdevmgr-none7)");
	assert_frame(&table);
	assert_null(table.ldexp);
	error_done(&err);
}

static void test_missing_function_leaves_the_table(void **state)
{
	static const struct library_symbol wrong[] = {
		LIBRARY_SYMBOL(struct table, ldexp),
		{ "mdevmgr_no_such_function", offsetof(struct table, frexp) },
	};
	struct error err = ERROR_INIT;
	struct table table = TABLE_INIT;

	assert_int_equal(library_load("libm.so.6", "libc6", wrong, ARRAY_SIZE(wrong), &table, &err),
	                 -ELIBBAD);
	assert_non_null(strstr(err.cause, "mdevmgr_no_such_function"));
	assert_string_equal(err.advice, "install the package libc6");
	assert_frame(&table);
	assert_null(table.ldexp);
	assert_null(table.frexp);
	error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_are_found),
		cmocka_unit_test(test_missing_library_names_its_package),
		cmocka_unit_test(test_missing_function_leaves_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
