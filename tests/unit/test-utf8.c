/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/unit.h"
#include "shared/utf8.h"

static void test_rows(void **state)
{
	static const char *const good[] = { "",
		                            "plain",
		                            "\xc3\xa9",
		                            "\xe2\x82\xac",
		                            "\xf0\x9f\x98\x80",
		                            "\xf4\x8f\xbf\xbf",
		                            "\xed\x9f\xbf",
		                            "\xee\x80\x80" };
	static const char *const bad[] = { "\x80",
		                           "\xc3",
		                           "\xc0\xaf",
		                           "\xe0\x80\xaf",
		                           "\xed\xa0\x80",
		                           "\xf4\x90\x80\x80",
		                           "\xf5\x80\x80\x80",
		                           "\xe2\x82",
		                           "a\xff",
		                           "\xc3(" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_is_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_is_valid("a\0b", 3));
}

static void test_clean(void **state)
{
	static const struct {
		const char *text;
		bool keep_lines;
		const char *clean;
	} rows[] = {
		{ "plain \xc3\xa9", false, "plain \xc3\xa9" },
		{ "a\nb\tc", false, "a\\x0ab\\x09c" },
		{ "a\nb\tc", true, "a\nb\tc" },
		{ "\x1b[2J\x7f", true, "\\x1b[2J\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  false, "\\xc2\\x9b31m" },
		{ "\xff\xe2\x82", false, "\\xff\\xe2\\x82" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strbuf out = STRBUF_INIT;

		utf8_add_clean(&out, rows[i].text, strlen(rows[i].text), rows[i].keep_lines);
		assert_string_equal(strbuf_str(&out), rows[i].clean);
		strbuf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
		                            cmocka_unit_test(test_clean) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
