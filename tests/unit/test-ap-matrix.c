/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/ap-matrix.h"
#include "lib/unit.h"

static void assert_prints(const struct ap_matrix *m, const char *expected)
{
	struct strbuf text = STRBUF_INIT;

	ap_matrix_print(m, &text);
	assert_string_equal(strbuf_str(&text), expected);
	strbuf_done(&text);
}

static struct ap_matrix matrix_of(const char *text)
{
	struct ap_matrix m;

	assert_int_equal(ap_matrix_parse(text, &m, NULL), 0);
	return m;
}

struct text_row {
	const char *text;
	const char *canonical; /* NULL: refused */
	const char *word;      /* in the message */
};

static void assert_text(const struct text_row *row)
{
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct ap_matrix m;
	int r = ap_matrix_parse(row->text, &m, &err);

	if (row->canonical) {
		assert_int_equal(r, 0);
		assert_prints(&m, row->canonical);
	} else {
		assert_true(r < 0);
		error_format(&err, &text);
		assert_non_null(strstr(strbuf_str(&text), row->word));
	}
	strbuf_done(&text);
	error_done(&err);
}

static void test_text(void **state)
{
	static const struct text_row rows[] = {
		{ "5,6:4,0xab", "5,6:4,171", NULL },
		{ "0x5:0x47:0x47,1", "5:71:1,71", NULL },
		{ "5:", "5:", NULL },
		{ ":4", ":4", NULL },
		{ "::4", "::4", NULL },
		{ "5:4:", "5:4", NULL },
		{ "0-255:0-255:0-255", "0-255:0-255:0-255", NULL },
		{ "", NULL, "ADAPTERS:DOMAINS" },
		{ ":", NULL, "ADAPTERS:DOMAINS" },
		{ "::", NULL, "ADAPTERS:DOMAINS" },
		{ "5", NULL, "ADAPTERS:DOMAINS" },
		{ "5:4:3:2", NULL, "ADAPTERS:DOMAINS" },
		{ "5:4:3:", NULL, "ADAPTERS:DOMAINS" },
		{ "5.4", NULL, "'5.4'" },
		{ "5:0047", NULL, "octal" },
		{ "5:256", NULL, "beyond 255" },
		{ "5: 4", NULL, "' 4'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_text(&rows[i]);
}

/* Attributes as "NAME=VALUE NAME=VALUE". */
static void attrs_of(const char *text, struct attrs *attrs)
{
	char *copy = strdup(text), *rest = copy, *word;

	assert_non_null(copy);
	while ((word = strsep(&rest, " ")) && *word) {
		char *value = strchr(word, '=');

		assert_non_null(value);
		*value++ = '\0';
		assert_int_equal(attrs_append(attrs, word, value, strlen(value)), 0);
	}
	free(copy);
}

#define ZEROS_62 "00000000000000000000000000000000000000000000000000000000000000"

struct attrs_row {
	const char *attrs;
	const char *canonical;
	int bad; /* -1: none */
	int octal;
};

static void test_attrs(void **state)
{
	static const struct attrs_row rows[] = {
		{ "", ":", -1, -1 },
		{ "assign_adapter=5 assign_domain=4 assign_control_domain=0xab", "5:4:171", -1,
		  -1 },
		{ "assign_domain=4 assign_adapter=6 assign_adapter=5", "5,6:4", -1, -1 },
		{ "assign_adapter=5 assign_adapter=5", "5:", -1, -1 },
		{ "assign_adapter=5 unassign_adapter=5 assign_domain=1", ":1", -1, -1 },
		{ "unassign_adapter=5 assign_adapter=5", "5:", -1, -1 },
		{ "assign_domain=3 unassign_control_domain=3", ":3", -1, -1 },
		{ "assign_domain=0047 assign_domain=071", ":39,57", -1, 0 },
		{ "assign_adapter=1 assign_domain=0089", "1:", 1, -1 },
		{ "assign_adapter=1,2 assign_adapter=3", "3:", 0, -1 },
		{ "assign_adapter=256 assign_adapter=x", ":", 0, -1 },
		{ "assign_adapter=1 colour=blue assign_domain=x", "1:", 1, -1 },
		{ ("assign_adapter=9 ap_config=0x04,0x08,0x80"), "5:4:0", -1, -1 },
		{ ("ap_config=0x04" ZEROS_62 ",0x08,0x assign_domain=1"), "5:1,4", -1, -1 },
		{ "assign_adapter=9 ap_config=0x04,0x08", "9:", 1, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct attrs attrs = { 0 };
		struct ap_attrs_report report;
		struct ap_matrix m;

		attrs_of(rows[i].attrs, &attrs);
		ap_matrix_from_attrs(&attrs, &m, &report);
		assert_prints(&m, rows[i].canonical);
		assert_int_equal(report.bad, rows[i].bad < 0 ? attrs.n : (size_t)rows[i].bad);
		assert_int_equal(report.octal, rows[i].octal < 0 ? attrs.n : (size_t)rows[i].octal);
		ap_matrix_from_attrs(&attrs, &m, NULL);
		assert_prints(&m, rows[i].canonical);
		attrs_done(&attrs);
	}
}

static void test_nul_in_value(void **state)
{
	struct attrs attrs = { 0 };
	struct ap_attrs_report report;
	struct ap_matrix m;

	assert_int_equal(attrs_append(&attrs, "assign_adapter", "5\0006", 3), 0);
	ap_matrix_from_attrs(&attrs, &m, &report);
	assert_true(ap_matrix_is_empty(&m));
	assert_int_equal(report.bad, 0);
	attrs_done(&attrs);
}

static void test_canonical_attrs(void **state)
{
	struct ap_matrix m = matrix_of("6,0x5:0xab,4:1"), again;
	struct strbuf text = STRBUF_INIT;
	struct attrs attrs = { 0 };

	assert_int_equal(ap_matrix_to_attrs(&m, &attrs), 0);
	for (size_t i = 0; i < attrs.n; i++) {
		assert_true(ap_matrix_has_attr(attrs.items[i].name));
		strbuf_addf(&text, "%s=%s ", attrs.items[i].name, attrs.items[i].value);
	}
	assert_string_equal(strbuf_str(&text),
	                    "assign_adapter=5 assign_adapter=6 assign_domain=4 assign_domain=171 "
	                    "assign_control_domain=1 ");
	ap_matrix_from_attrs(&attrs, &again, NULL);
	assert_true(ap_matrix_equal(&m, &again));
	assert_true(ap_matrix_has_attr("ap_config"));
	assert_true(ap_matrix_has_attr("unassign_control_domain"));
	assert_false(ap_matrix_has_attr("matrix"));
	strbuf_done(&text);
	attrs_done(&attrs);
}

static void test_sysfs(void **state)
{
	static const struct {
		const char *matrix, *control, *canonical;
	} rows[] = {
		{ "", "", ":" },
		{ "05.0004\n05.00ab\n06.0004\n06.00ab\n", "0047\n00ff\n", "5,6:4,171:71,255" },
		{ "05.\n0a.\n", "", "5,10:" },
		{ ".0004\n", "", ":4" },
		{ "05.0004", "0004", "5:4:4" },
		{ "nonsense\nffff.ffff\n100.0004\n05.0004 \n05.0004x\n5\n.\n\n", "x\n100\n0004 \n",
		  ":" },
		{ "0000005.4\n", "00004\n", ":" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ap_matrix m;

		ap_matrix_from_sysfs(rows[i].matrix, rows[i].control, &m);
		assert_prints(&m, rows[i].canonical);
	}
}

static void test_config(void **state)
{
	static const char *const refused[] = {
		"",
		"0x04",
		"0x04,0x08",
		"0x04,0x08,0x80,",
		"0x04,0x08,0x80\n\n",
		"0x04,0x08,g",
		"0x04\n0x08,0x80",
		"5,x,7",
		"0x04, 0x08,0x80",
	};
	struct ap_matrix m = matrix_of("5,255:4:0"), again;
	char text[AP_CONFIG_TEXT_MAX];

	ap_matrix_print_config(&m, text);
	assert_string_equal(text, "0x04000000000000"
	                          "00000000000000000000000000000000000000000000"
	                          "000001,0x08" ZEROS_62 ",0x80" ZEROS_62);
	assert_int_equal(ap_matrix_parse_config(text, &again), 0);
	assert_true(ap_matrix_equal(&m, &again));
	assert_int_equal(ap_matrix_parse_config("0x04,0x08,0x80\n", &again), 0);
	assert_prints(&again, "5:4:0");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(ap_matrix_parse_config(refused[i], &again), -EINVAL);
	assert_prints(&again, "5:4:0");
}

static void assert_queues(const char *matrix, const char *expected)
{
	struct strbuf text = STRBUF_INIT;
	struct ap_matrix m;
	struct ap_queue queue;
	char name[AP_QUEUE_TEXT_MAX];

	m = matrix_of(matrix);
	for (bool more = ap_matrix_first_queue(&m, &queue); more;
	     more = ap_matrix_next_queue(&m, &queue)) {
		ap_queue_format(&queue, name);
		strbuf_addf(&text, "%s ", name);
	}
	assert_string_equal(strbuf_str(&text), expected);
	assert_int_equal(ap_matrix_has_no_queue(&m), *expected == '\0');
	strbuf_done(&text);
}

static void test_queues(void **state)
{
	struct ap_matrix all = matrix_of("0-255:0-255");
	struct ap_queue queue;
	size_t n = 0;

	assert_queues("5,0xab:4,71", "05.0004 05.0047 ab.0004 ab.0047 ");
	assert_queues("255:255", "ff.00ff ");
	assert_queues("5:", "");
	assert_queues(":5:1", "");
	for (bool more = ap_matrix_first_queue(&all, &queue); more;
	     more = ap_matrix_next_queue(&all, &queue)) {
		assert_int_equal(queue.adapter * AP_NUMBERS + queue.domain, n);
		n++;
	}
	assert_int_equal(n, AP_NUMBERS * AP_NUMBERS);
}

static void test_common(void **state)
{
	struct ap_matrix a = matrix_of("5,6:4,71:1"), b = matrix_of("6,7:4:1");
	struct ap_matrix common = ap_matrix_common(&a, &b), c = matrix_of("5:5");

	assert_prints(&common, "6:4");
	common = ap_matrix_common(&a, &c);
	assert_true(ap_matrix_has_no_queue(&common));
	assert_false(ap_matrix_is_empty(&common));
}

static void test_queue_names(void **state)
{
	static const char *const refused[] = { "",          "05",      "05.",      ".0004",
		                               "05.0004\n", "card05",  "100.0004", "05.0100",
		                               "05.00004",  "0A.0004", "5-4",      " 5.4" };
	struct ap_queue queue;
	char name[AP_QUEUE_TEXT_MAX];

	assert_int_equal(ap_queue_parse("ab.00cd", &queue), 0);
	assert_int_equal(queue.adapter, 0xab);
	assert_int_equal(queue.domain, 0xcd);
	assert_int_equal(ap_queue_parse("5.4", &queue), 0);
	ap_queue_format(&queue, name);
	assert_string_equal(name, "05.0004");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(ap_queue_parse(refused[i], &queue), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),        cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_common),      cmocka_unit_test(test_nul_in_value),
		cmocka_unit_test(test_sysfs),       cmocka_unit_test(test_canonical_attrs),
		cmocka_unit_test(test_config),      cmocka_unit_test(test_queues),
		cmocka_unit_test(test_queue_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
