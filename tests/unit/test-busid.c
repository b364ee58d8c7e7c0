/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/busid.h"
#include "lib/unit.h"

static struct busid id_of(const char *text)
{
	struct busid id;

	assert_int_equal(busid_parse(text, &id), 0);
	return id;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
	} rows[] = {
		{ "0.0.4711", "0.0.4711" },   { "0.1.00ab", "0.1.00ab" },
		{ "0.0.00AB", "0.0.00ab" },   { "00.3.ffff", "0.3.ffff" },
		{ "fe.0.0000", "fe.0.0000" }, { "0A.0.0100", "a.0.0100" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct busid id = id_of(rows[i].text);
		char text[BUSID_TEXT_MAX];

		busid_format(&id, text);
		assert_string_equal(text, rows[i].canonical);
		assert_int_equal(busid_is_canonical(rows[i].text),
		                 strcmp(rows[i].text, rows[i].canonical) == 0);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const rows[] = {
		"",           "0",         "0.0",        "0.0.",      "0.0.471",   "0.0.47110",
		"0.4.4711",   "0.00.4711", "000.0.4711", ".0.4711",   "0..4711",   "0.0.4711 ",
		" 0.0.4711",  "0.0.4711/", "0.0.47g1",   "0x0.0.471", "0.0.4711.", "0.0.-711",
		"0.0.4711\n", "+.0.4711",  "0.0.0x47",   "4711",      "../../etc", "0-0-4711",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct busid id = { .number = 1 };

		assert_int_equal(busid_parse(rows[i], &id), -EINVAL);
		assert_int_equal(id.number, 1);
		assert_false(busid_is_canonical(rows[i]));
	}
}

static void test_parse_short(void **state)
{
	static const struct {
		const char *text;
		const char *canonical; /* NULL: refused */
	} rows[] = {
		{ "4711", "0.0.4711" }, { "a", "0.0.000a" }, { "0.1.4711", "0.1.4711" },
		{ "47110", NULL },      { "", NULL },        { "0x47", NULL },
		{ "4711-4712", NULL },  { "4711 ", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[BUSID_TEXT_MAX];
		struct busid id;
		int r = busid_parse_short(rows[i].text, &id);

		assert_int_equal(r, rows[i].canonical ? 0 : -EINVAL);
		if (r < 0)
			continue;
		busid_format(&id, text);
		assert_string_equal(text, rows[i].canonical);
	}
}

static void test_order(void **state)
{
	static const char *const rows[] = { "0.0.0000", "0.0.00ff", "0.0.ffff",
		                            "0.1.0000", "0.3.0001", "1.0.0000" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			struct busid a = id_of(rows[i]), b = id_of(rows[j]);
			int expected = i < j ? -1 : i > j;

			assert_int_equal(busid_compare(&a, &b), expected);
		}
}

static void test_list(void **state)
{
	static const char list[] = "0.0.0000-0.0.00ff\n0.0.4711\n\n"
				   "nonsense\n0.0.5000-\n-0.0.6000\n0.0.7000-0.0.6000\n"
				   "0.0.8000-0.0.8001-0.0.8fff\n"
				   "0.0.9000-0.0.9fffffffffffffffffffffffffffffffff\n"
				   "0.1.0010-0.1.0020\n0.2.0001";
	static const struct {
		const char *id;
		bool is_listed;
	} rows[] = {
		{ "0.0.0000", true },  { "0.0.00ff", true },  { "0.0.0100", false },
		{ "0.0.4711", true },  { "0.0.4712", false }, { "0.0.5000", false },
		{ "0.0.6000", false }, { "0.0.6500", false }, { "0.0.8000", false },
		{ "0.0.9000", false }, { "0.1.0015", true },  { "0.1.0021", false },
		{ "0.0.0015", true },  { "0.2.0001", true },  { "0.3.0001", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct busid id = id_of(rows[i].id);

		assert_int_equal(busid_list_has(list, &id), rows[i].is_listed);
		assert_false(busid_list_has("", &id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),       cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_short), cmocka_unit_test(test_order),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
