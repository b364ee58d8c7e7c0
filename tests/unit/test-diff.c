/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/unit.h"
#include "shared/diff.h"

struct row {
	const char *old_text;
	const char *new_text;
	const char *diff;
};

#define HEAD   "--- a\n+++ b\n"
#define NO_EOL "\\ No newline at end of file\n"

/* As diff -u prints them. */
static const struct row rows[] = {
	{ "x\n", "x\n", "" },
	{ "", "", "" },
	{ NULL, "x", "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+x\n" NO_EOL },
	{ NULL, "x\ny\n", "--- /dev/null\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n" },
	{ "x\n", NULL, "--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" },
	{ "x", "x\n", HEAD "@@ -1 +1 @@\n-x\n" NO_EOL "+x\n" },
	{ "x\ny", "z\ny", HEAD "@@ -1,2 +1,2 @@\n-x\n+z\n y\n" NO_EOL },
	{ "a\nb\nc\nd\ne\n", "a\nb\nc\nX\nd\ne\n",
	  HEAD "@@ -1,5 +1,6 @@\n a\n b\n c\n+X\n d\n e\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\n",
	  HEAD "@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n" },
	/* six lines between two changes: one hunk; seven: two */
	{ "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	  HEAD "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n" },
	{ "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	  HEAD "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n" },
	{ "x\ny\n\nz\n", "p\n\nq\nz\n", HEAD "@@ -1,4 +1,4 @@\n-x\n-y\n+p\n \n+q\n z\n" },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf out = STRBUF_INIT;

		assert_int_equal(diff_unified("a", rows[i].old_text, "b", rows[i].new_text, &out),
		                 0);
		assert_string_equal(strbuf_str(&out), rows[i].diff);
		strbuf_done(&out);
	}
}

static void add_numbered(struct strbuf *text, const char *prefix, unsigned n)
{
	strbuf_clear(text);
	strbuf_add_str(text, "same\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_addf(text, "%s\ncommon %u\n", i % 2 ? prefix : "both", i);
}

/* Beyond the limit common lines are told as replaced: big, but right. */
static void test_bounded(void **state)
{
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT, out = STRBUF_INIT;

	add_numbered(&a, "a", 500);
	add_numbered(&b, "b", 500);
	assert_int_equal(diff_unified("a", a.data, "b", b.data, &out), 0);
	assert_non_null(strstr(out.data, "\n common 250\n"));
	strbuf_clear(&out);
	add_numbered(&a, "a", 1100);
	add_numbered(&b, "b", 1100);
	assert_int_equal(diff_unified("a", a.data, "b", b.data, &out), 0);
	assert_null(strstr(out.data, "\n common 250\n"));
	assert_non_null(strstr(out.data, "\n-common 250\n"));
	assert_non_null(strstr(out.data, "\n+common 250\n"));
	assert_null(strstr(out.data, "-same\n"));
	strbuf_done(&a);
	strbuf_done(&b);
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
