/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/ap-set.h"
#include "lib/unit.h"

/* A set for each step of a sequence that reaches all bits in many combinations. */
static struct ap_set nth_set(unsigned int seed)
{
	struct ap_set set = { { 0 } };
	uint32_t x = seed * 2654435761u + 1;

	for (unsigned int i = 0; i < AP_NUMBERS; i++) {
		x = x * 1664525u + 1013904223u;
		if ((x >> 24) < seed)
			ap_set_add(&set, i);
	}
	return set;
}

static void test_members(void **state)
{
	for (unsigned int i = 0; i < AP_NUMBERS; i++) {
		struct ap_set set = { { 0 } };

		assert_true(ap_set_is_empty(&set));
		ap_set_add(&set, i);
		assert_int_equal(ap_set_count(&set), 1);
		assert_false(ap_set_is_empty(&set));
		for (unsigned int j = 0; j < AP_NUMBERS; j++) {
			assert_int_equal(ap_set_has(&set, j), i == j);
			assert_int_equal(ap_set_next(&set, j), j <= i ? i : AP_NUMBERS);
		}
		ap_set_remove(&set, i);
		assert_true(ap_set_is_empty(&set));
	}
}

static void test_out_of_range(void **state)
{
	struct ap_set set = { { 0 } }, all = ap_set_all();

	ap_set_add(&set, AP_NUMBERS);
	ap_set_add(&set, UINT32_MAX);
	ap_set_remove(&all, AP_NUMBERS);
	assert_true(ap_set_is_empty(&set));
	assert_int_equal(ap_set_count(&all), AP_NUMBERS);
	assert_false(ap_set_has(&all, AP_NUMBERS));
	assert_int_equal(ap_set_next(&all, AP_NUMBERS), AP_NUMBERS);
	assert_int_equal(ap_set_next(&all, UINT32_MAX), AP_NUMBERS);
}

static void assert_algebra(const struct ap_set *a, const struct ap_set *b)
{
	struct ap_set both = ap_set_union(a, b), common = ap_set_intersect(a, b);
	struct ap_set rest = ap_set_minus(a, b);

	for (unsigned int i = 0; i < AP_NUMBERS; i++) {
		bool in_a = ap_set_has(a, i), in_b = ap_set_has(b, i);

		assert_int_equal(ap_set_has(&both, i), in_a || in_b);
		assert_int_equal(ap_set_has(&common, i), in_a && in_b);
		assert_int_equal(ap_set_has(&rest, i), in_a && !in_b);
	}
	assert_int_equal(ap_set_equal(a, b), ap_set_count(&both) == ap_set_count(&common));
}

static void test_algebra(void **state)
{
	for (unsigned int i = 0; i <= 256; i += 16)
		for (unsigned int j = 0; j <= 256; j += 16) {
			struct ap_set a = nth_set(i), b = nth_set(j);

			assert_algebra(&a, &b);
		}
}

static void test_foreach(void **state)
{
	struct ap_set set = nth_set(128);
	unsigned int n = 0, last = 0;

	AP_SET_FOREACH(i, &set)
	{
		assert_true(ap_set_has(&set, i));
		assert_true(n == 0 || i > last);
		last = i;
		n++;
	}
	assert_true(n > 64);
	assert_int_equal(n, ap_set_count(&set));
}

struct number_row {
	const char *text;
	int r;
	unsigned int value;
	enum ap_notation notation;
};

static void test_numbers(void **state)
{
	static const struct number_row rows[] = {
		{ "0", 0, 0, AP_NOTATION_PLAIN },
		{ "5", 0, 5, AP_NOTATION_PLAIN },
		{ "+5", 0, 5, AP_NOTATION_PLAIN },
		{ "71\n", 0, 71, AP_NOTATION_PLAIN },
		{ "255", 0, 255, AP_NOTATION_PLAIN },
		{ "0x47", 0, 0x47, AP_NOTATION_PLAIN },
		{ "0XaB", 0, 0xab, AP_NOTATION_PLAIN },
		{ "0x0047", 0, 0x47, AP_NOTATION_PLAIN },
		{ "0047", 0, 39, AP_NOTATION_OCTAL },
		{ "00", 0, 0, AP_NOTATION_OCTAL },
		{ "0377", 0, 255, AP_NOTATION_OCTAL },
		{ "256", -ERANGE, 0, AP_NOTATION_PLAIN },
		{ "0x100", -ERANGE, 0, AP_NOTATION_PLAIN },
		{ "0400", -ERANGE, 0, AP_NOTATION_PLAIN },
		{ "4294967301", -ERANGE, 0, AP_NOTATION_PLAIN },
		{ "18446744073709551621", -ERANGE, 0, AP_NOTATION_PLAIN },
		{ "", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "\n", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "+", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "-5", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "++5", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ " 5", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "5 ", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "5\n\n", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "5,6", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "0x", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "0xg", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "ab", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "00ab", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "0089", -EINVAL, 0, AP_NOTATION_PLAIN },
		{ "300x", -EINVAL, 0, AP_NOTATION_PLAIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum ap_notation notation = AP_NOTATION_PLAIN;
		unsigned int value = 0;

		assert_int_equal(ap_number_parse(rows[i].text, &value, &notation), rows[i].r);
		assert_int_equal(value, rows[i].value);
		assert_int_equal(notation, rows[i].notation);
	}
	assert_int_equal(ap_number_parse("5", &(unsigned int){ 0 }, NULL), 0);
}

static void test_all_numbers(void **state)
{
	for (unsigned int i = 0; i < 400; i++) {
		unsigned int value = 1000;
		char text[16];
		static const char *const formats[] = { "%u", "0x%x", "0x%04X", "0%o" };

		for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text, sizeof(text), formats[f], i);
#pragma GCC diagnostic pop
			assert_int_equal(ap_number_parse(text, &value, NULL),
			                 i < AP_NUMBERS ? 0 : -ERANGE);
			assert_int_equal(value, i < AP_NUMBERS ? i : 1000);
		}
	}
}

struct list_row {
	const char *text;
	const char *canonical; /* NULL: refused */
	int r;
	const char *word; /* in the message */
};

static void assert_list(const struct list_row *row)
{
	struct ap_set set = nth_set(7), before = set;
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int r = ap_set_parse(row->text, &set, &err);

	assert_int_equal(r, row->r);
	if (r == 0) {
		ap_set_print_list(&set, &text);
		assert_string_equal(strbuf_str(&text), row->canonical);
		assert_false(error_is_set(&err));
	} else {
		error_format(&err, &text);
		assert_non_null(strstr(strbuf_str(&text), row->word));
		assert_true(ap_set_equal(&set, &before));
	}
	strbuf_done(&text);
	error_done(&err);
}

static void test_lists(void **state)
{
	static const struct list_row rows[] = {
		{ "", "", 0, NULL },
		{ "5", "5", 0, NULL },
		{ "6,5", "5,6", 0, NULL },
		{ "5,5,5", "5", 0, NULL },
		{ "5-10", "5-10", 0, NULL },
		{ "5-6", "5,6", 0, NULL },
		{ "7,5,6", "5-7", 0, NULL },
		{ "3,5-10,0x25", "3,5-10,37", 0, NULL },
		{ "0x47", "71", 0, NULL },
		{ "0x0a-0X0C", "10-12", 0, NULL },
		{ "0-255", "0-255", 0, NULL },
		{ "63,64,65,127,128,191,192", "63-65,127,128,191,192", 0, NULL },
		{ "0,255", "0,255", 0, NULL },
		{ "5-5", "5", 0, NULL },
		{ "047", NULL, -EINVAL, "octal" },
		{ "5,0x47,0047", NULL, -EINVAL, "'0047'" },
		{ "1-010", NULL, -EINVAL, "octal" },
		{ "08", NULL, -EINVAL, "octal" },
		{ "00ab", NULL, -EINVAL, "octal" },
		{ "256", NULL, -ERANGE, "beyond 255" },
		{ "0-256", NULL, -ERANGE, "'0-256'" },
		{ "99999999999999999999", NULL, -ERANGE, "beyond 255" },
		{ "6-5", NULL, -EINVAL, "'6-5'" },
		{ "5,", NULL, -EINVAL, "range" },
		{ ",5", NULL, -EINVAL, "range" },
		{ ",", NULL, -EINVAL, "range" },
		{ "5,,6", NULL, -EINVAL, "range" },
		{ "5 ,6", NULL, -EINVAL, "range" },
		{ "+5", NULL, -EINVAL, "range" },
		{ "-5", NULL, -EINVAL, "range" },
		{ "5-", NULL, -EINVAL, "'5-'" },
		{ "1-2-3", NULL, -EINVAL, "range" },
		{ "ab", NULL, -EINVAL, "'ab'" },
		{ "0x", NULL, -EINVAL, "'0x'" },
		{ "5\n", NULL, -EINVAL, "range" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_list(&rows[i]);
}

static void test_list_bound(void **state)
{
	char text[AP_LIST_MAX + 2];
	struct ap_set set;

	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "1,", 2);
	text[AP_LIST_MAX + 1] = '\0';
	assert_int_equal(ap_set_parse(text, &set, NULL), -E2BIG);
	text[AP_LIST_MAX - 1] = '\0';
	assert_int_equal(ap_set_parse(text, &set, NULL), 0);
	assert_int_equal(ap_set_count(&set), 1);
}

/* What the kernel makes of a change: modify_bitmap() in words of ours. */
static void apply_relative(const char *text, struct ap_set *set)
{
	while (*text) {
		unsigned int first = 0, last = 0;
		int n = 0;
		char sign = *text++;

		assert_true(sign == '+' || sign == '-');
		assert_int_equal(sscanf(text, "%u%n", &first, &n), 1);
		text += n;
		last = first;
		if (*text == '-' && sscanf(text, "-%u%n", &last, &n) == 1)
			text += n;
		assert_true(first <= last && last < AP_NUMBERS);
		for (; first <= last; first++)
			sign == '+' ? ap_set_add(set, first) : ap_set_remove(set, first);
		if (*text == ',')
			text++;
	}
}

static void assert_round_trips(const struct ap_set *set)
{
	struct strbuf text = STRBUF_INIT;
	struct ap_set again = ap_set_all();
	char mask[AP_MASK_TEXT_MAX];

	ap_set_print_list(set, &text);
	assert_int_equal(ap_set_parse(strbuf_str(&text), &again, NULL), 0);
	assert_true(ap_set_equal(set, &again));
	ap_set_print_mask(set, mask);
	assert_int_equal(strlen(mask), AP_MASK_TEXT_MAX - 1);
	again = ap_set_all();
	assert_int_equal(ap_set_parse_mask(mask, &again), 0);
	assert_true(ap_set_equal(set, &again));
	strbuf_clear(&text);
	ap_set_print_relative(set, '+', &text);
	again = (struct ap_set){ { 0 } };
	apply_relative(strbuf_str(&text), &again);
	assert_true(ap_set_equal(set, &again));
	strbuf_clear(&text);
	ap_set_print_relative(set, '-', &text);
	apply_relative(strbuf_str(&text), &again);
	assert_true(ap_set_is_empty(&again));
	strbuf_done(&text);
}

static void test_round_trips(void **state)
{
	for (unsigned int i = 0; i <= 256; i++) {
		struct ap_set set = nth_set(i), single = { { 0 } };

		assert_round_trips(&set);
		ap_set_add(&single, i);
		assert_round_trips(&single);
	}
}

static void test_relative(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct ap_set set;

	assert_int_equal(ap_set_parse("5,6,10-20", &set, NULL), 0);
	ap_set_print_relative(&set, '-', &text);
	assert_string_equal(strbuf_str(&text), "-5,-6,-10-20");
	strbuf_clear(&text);
	ap_set_print_relative(&set, '+', &text);
	assert_string_equal(strbuf_str(&text), "+5,+6,+10-20");
	strbuf_done(&text);
}

#define DIGITS_16 "0123456789abcdef"
#define ZEROS_48  "000000000000000000000000000000000000000000000000"

static void test_masks(void **state)
{
	static const struct list_row rows[] = {
		{ "0x", "", 0, NULL },
		{ "", "", 0, NULL },
		{ "0x\n", "", 0, NULL },
		{ "0x8", "0", 0, NULL },
		{ "0x41", "1,7", 0, NULL },
		{ "41\n", "1,7", 0, NULL },
		{ "0xfF", "0-7", 0, NULL },
		{ "0x0000000000000001", "63", 0, NULL },
		{ "0x00000000000000008", "64", 0, NULL },
		{ ("0x" ZEROS_48 DIGITS_16),
		  "199,202,206,207,209,213,215,217,218,221-224,228,231,232,234,236,238-241,"
		  "244,245,247-250,252-255",
		  0, NULL },
		{ ("0x" ZEROS_48 "0000000000000001\n"), "255", 0, NULL },
		{ ("0x" ZEROS_48 DIGITS_16 "0"), NULL, -EINVAL, NULL },
		{ "0x4\n\n", NULL, -EINVAL, NULL },
		{ "0x4 ", NULL, -EINVAL, NULL },
		{ "0xg", NULL, -EINVAL, NULL },
		{ "+5", NULL, -EINVAL, NULL },
		{ "0x0x", NULL, -EINVAL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf text = STRBUF_INIT;
		struct ap_set set = { { 0 } };

		assert_int_equal(ap_set_parse_mask(rows[i].text, &set), rows[i].r);
		ap_set_print_list(&set, &text);
		assert_string_equal(strbuf_str(&text), rows[i].canonical ? rows[i].canonical : "");
		strbuf_done(&text);
	}
}

static void test_mask_text(void **state)
{
	struct ap_set set = { { 0 } };
	char mask[AP_MASK_TEXT_MAX];

	ap_set_add(&set, 0);
	ap_set_add(&set, 5);
	ap_set_add(&set, 255);
	ap_set_print_mask(&set, mask);
	assert_string_equal(mask, "0x84000000000000" ZEROS_48 "01");
	assert_int_equal(ap_set_parse_mask_n("0x84,0x80", 4, &set), 0);
	assert_int_equal(ap_set_count(&set), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),     cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_algebra),     cmocka_unit_test(test_foreach),
		cmocka_unit_test(test_numbers),     cmocka_unit_test(test_all_numbers),
		cmocka_unit_test(test_lists),       cmocka_unit_test(test_list_bound),
		cmocka_unit_test(test_round_trips), cmocka_unit_test(test_relative),
		cmocka_unit_test(test_masks),       cmocka_unit_test(test_mask_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
