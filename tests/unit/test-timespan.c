/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "lib/unit.h"
#include "shared/timespan.h"

struct row {
	const char *text;
	int r;
	int64_t value;
	const char *printed;
};

static const struct row rows[] = {
	{ "0", 0, 0, "0" },
	{ "5", 0, 5000000, "5s" },
	{ "0.25", 0, 250000, "250ms" },
	{ "1.5h", 0, INT64_C(5400000000), "1h 30min" },
	{ "100ms", 0, 100000, "100ms" },
	{ "1us", 0, 1, "1us" },
	{ "1min 30s", 0, 90000000, "1min 30s" },
	{ "1min30", 0, 90000000, "1min 30s" },
	{ " 2 hours\t1 m ", 0, INT64_C(7260000000), "2h 1min" },
	{ "8d", 0, INT64_C(691200000000), "1w 1d" },
	{ "1day 1msec 1usec", 0, INT64_C(86400001001), "1d 1ms 1us" },
	{ "1.000001s", 0, 1000001, "1s 1us" },
	{ "100000000000", 0, TIMESPAN_MAX, "165343w 6d 9h 46min 40s" },
	{ "100000000001", -ERANGE, 0, NULL },
	{ "100000000000s 1us", -ERANGE, 0, NULL },
	{ "99999999999999999w", -ERANGE, 0, NULL },
	{ "999999999999999999999", -ERANGE, 0, NULL },
	{ "", -EINVAL, 0, NULL },
	{ " ", -EINVAL, 0, NULL },
	{ "s", -EINVAL, 0, NULL },
	{ "-1s", -EINVAL, 0, NULL },
	{ "1.", -EINVAL, 0, NULL },
	{ ".5", -EINVAL, 0, NULL },
	{ "1.1234567s", -EINVAL, 0, NULL },
	{ "1.5h 10s", -EINVAL, 0, NULL },
	{ "5 30s", -EINVAL, 0, NULL },
	{ "1 parsec", -EINVAL, 0, NULL },
	{ "1S", -EINVAL, 0, NULL },
	{ "1s,", -EINVAL, 0, NULL },
	{ "infinity", -EINVAL, 0, NULL },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf out = STRBUF_INIT;
		int64_t value = -1;

		if (timespan_parse(rows[i].text, &value) != rows[i].r)
			fail_msg("'%s': not %d", rows[i].text, rows[i].r);
		assert_int_equal(value, rows[i].r < 0 ? -1 : rows[i].value);
		if (!rows[i].printed)
			continue;
		timespan_add(&out, value);
		assert_string_equal(strbuf_str(&out), rows[i].printed);
		strbuf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
