/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include <json-c/json.h>

#include "lib/unit.h"
#include "shared/json.h"

/* A string literal that may hold NUL bytes, and its length. */
#define TEXT(s) (s), sizeof(s) - 1

struct refused_row {
	const char *bytes;
	size_t n;
	const char *cause;
};

/* Texts and positions are those of mdevctl 1.4.0, unless it says "ours". */
static const struct refused_row refused[] = {
	{ TEXT(""), "EOF while parsing a value at line 1 column 0" },
	{ TEXT(" \n\n "), "EOF while parsing a value at line 3 column 1" },
	{ TEXT("{"), "EOF while parsing an object at line 1 column 1" },
	{ TEXT("{\"a\""), "EOF while parsing an object at line 1 column 4" },
	{ TEXT("{\"a\":"), "EOF while parsing a value at line 1 column 5" },
	{ TEXT("{\"a\":1"), "EOF while parsing an object at line 1 column 6" },
	{ TEXT("{\"a\":1,"), "EOF while parsing a value at line 1 column 7" },
	{ TEXT("[1"), "EOF while parsing a list at line 1 column 2" },
	{ TEXT("\"abc"), "EOF while parsing a string at line 1 column 4" },
	{ TEXT("\"\\u12"), "EOF while parsing a string at line 1 column 5" },
	{ TEXT("nul"), "EOF while parsing a value at line 1 column 3" },
	{ TEXT("-"), "EOF while parsing a value at line 1 column 1" },
	{ TEXT("{\"a\":1,}"), "trailing comma at line 1 column 8" },
	{ TEXT("[\n1,\n]"), "trailing comma at line 3 column 1" },
	{ TEXT("{\"a\":1,]"), "key must be a string at line 1 column 8" },
	{ TEXT("{\"a\":1} x"), "trailing characters at line 1 column 9" },
	{ TEXT("[1]]"), "trailing characters at line 1 column 4" },
	{ TEXT("1 2"), "trailing characters at line 1 column 3" },
	{ TEXT("{} {}"), "trailing characters at line 1 column 4" },
	{ TEXT("{}\0"), "trailing characters at line 1 column 3" },
	{ TEXT("{'a':1}"), "key must be a string at line 1 column 2" },
	{ TEXT("{\"a\":'b'}"), "expected value at line 1 column 6" },
	{ TEXT("{a:1}"), "key must be a string at line 1 column 2" },
	{ TEXT("{1:2}"), "key must be a string at line 1 column 2" },
	{ TEXT("{\"a\" 1}"), "expected `:` at line 1 column 6" },
	{ TEXT("{\"a\"}"), "expected `:` at line 1 column 5" },
	{ TEXT("{\"a\":1 \"b\":2}"), "expected `,` or `}` at line 1 column 8" },
	{ TEXT("{\"a\":1]"), "expected `,` or `}` at line 1 column 7" },
	{ TEXT("[1 2]"), "expected `,` or `]` at line 1 column 4" },
	{ TEXT("[1,,2]"), "expected value at line 1 column 4" },
	{ TEXT("}"), "expected value at line 1 column 1" },
	{ TEXT("// x"), "expected value at line 1 column 1" },
	{ TEXT("\xef\xbb\xbf{}"), "expected value at line 1 column 1" },
	{ TEXT("NaN"), "expected value at line 1 column 1" },
	{ TEXT("Infinity"), "expected value at line 1 column 1" },
	{ TEXT("-Infinity"), "invalid number at line 1 column 2" },
	{ TEXT("TRUE"), "expected value at line 1 column 1" },
	{ TEXT("[tru]"), "expected ident at line 1 column 5" },
	{ TEXT("[truefalse]"), "expected `,` or `]` at line 1 column 6" },
	{ TEXT("[01]"), "invalid number at line 1 column 3" },
	{ TEXT("[1.]"), "invalid number at line 1 column 4" },
	{ TEXT("[+1]"), "expected value at line 1 column 2" },
	{ TEXT("[1e+]"), "invalid number at line 1 column 5" },
	{ TEXT("[1e400]"), "number out of range at line 1 column 6" },
	{ TEXT("-1.8e308"), "number out of range at line 1 column 8" },
	{ TEXT("{\"a\":\"x\ty\"}"),
	  "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 8" },
	{ TEXT("{\n\"a\":\"x\n\"}"),
	  "control character (\\u0000-\\u001F) found while parsing a string at line 3 column 0" },
	{ TEXT("\"\0\""),
	  "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 2" },
	{ TEXT("\"\\x\""), "invalid escape at line 1 column 3" },
	{ TEXT("\"\\\0\""), "invalid escape at line 1 column 3" },
	{ TEXT("{\"a\":\"\\ud800\"}"), "unexpected end of hex escape at line 1 column 13" },
	{ TEXT("{\"a\":\"\\ud800\\n\"}"), "unexpected end of hex escape at line 1 column 14" },
	{ TEXT("{\"a\":\"\\ud800\\u0041\"}"),
	  "lone leading surrogate in hex escape at line 1 column 18" },
	{ TEXT("{\"a\":\"\\udc00\"}"), "lone leading surrogate in hex escape at line 1 column 12" },
	/* ours: there without a position */
	{ TEXT("\"\xff\""), "stream did not contain valid UTF-8 at line 1 column 2" },
	{ TEXT("\"\xc0\x80\""), "stream did not contain valid UTF-8 at line 1 column 2" },
	{ TEXT("\"\xe0\x80\x80\""), "stream did not contain valid UTF-8 at line 1 column 2" },
	{ TEXT("\"\xed\xa0\x80\""), "stream did not contain valid UTF-8 at line 1 column 2" },
	{ TEXT("\"\xf4\x90\x80\x80\""), "stream did not contain valid UTF-8 at line 1 column 2" },
	{ TEXT("\"\xe2\x82"), "stream did not contain valid UTF-8 at line 1 column 2" },
	/* ours: it takes them */
	{ TEXT("{\"\\u0000\":1}"), "NUL character in a key at line 1 column 8" },
	{ TEXT("{\"a\":1,\"b\\u0000\":1}"), "NUL character in a key at line 1 column 15" },
	/* the first mistake is told, whoever finds it */
	{ TEXT("{\"a\"}, 'x', \"\\x\""), "expected `:` at line 1 column 5" },
	{ TEXT("[1 2 {"), "expected `,` or `]` at line 1 column 4" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = ERROR_INIT;
		struct json_object *value = (void *)&err;

		assert_int_equal(json_parse(refused[i].bytes, refused[i].n, &value, NULL, &err),
		                 -EINVAL);
		assert_ptr_equal(value, &err);
		assert_string_equal(err.message, "invalid json");
		assert_string_equal(err.cause, refused[i].cause);
		error_done(&err);
	}
}

struct printed_row {
	const char *bytes;
	size_t n;
	const char *pretty;
	bool lossy;
};

static const struct printed_row printed[] = {
	{ TEXT("null"), "null" },
	{ TEXT(" true\n"), "true" },
	{ TEXT("[]"), "[]" },
	{ TEXT("{}"), "{}" },
	{ TEXT("[ {},[],[[ ]]]"), "[\n  {},\n  [],\n  [\n    []\n  ]\n]" },
	{ TEXT("{\"z\":1,\"a\":{\"q\":null}}"),
	  "{\n  \"z\": 1,\n  \"a\": {\n    \"q\": null\n  }\n}" },
	{ TEXT("{\"a\":1,\"b\":2,\"a\":3}"), "{\n  \"a\": 3,\n  \"b\": 2\n}" },
	{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\\u00e9\\ud83d\\ude00 '\""),
	  "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80 '\"" },
	{ TEXT("\"a\\u0000b\""), "\"a\\u0000b\"" },
	{ TEXT("0"), "0" },
	{ TEXT("-0"), "0", true },
	{ TEXT("[-0]"), "[\n  0\n]", true },
	{ TEXT("18446744073709551615"), "18446744073709551615" },
	{ TEXT("18446744073709551616"), "18446744073709551615", true },
	{ TEXT("-9223372036854775808"), "-9223372036854775808" },
	{ TEXT("-9223372036854775809"), "-9223372036854775808", true },
	{ TEXT("100000000000000000000"), "18446744073709551615", true },
	{ TEXT("1.50"), "1.50" },
	{ TEXT("-0.0"), "-0.0" },
	{ TEXT("1E5"), "1E5" },
	{ TEXT("1e-400"), "1e-400" },
	{ TEXT("1.7976931348623157e308"), "1.7976931348623157e308" },
};

static void test_printed(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(printed); i++) {
		struct error err = ERROR_INIT;
		struct strbuf out = STRBUF_INIT;
		struct json_object *value;
		bool lossy;

		assert_int_equal(json_parse(printed[i].bytes, printed[i].n, &value, &lossy, &err),
		                 0);
		json_add_value(&out, value, 0);
		assert_string_equal(strbuf_str(&out), printed[i].pretty);
		assert_int_equal(lossy, printed[i].lossy);
		strbuf_done(&out);
		json_object_put(value);
	}
}

static void nest(struct strbuf *out, unsigned depth, const char *inner)
{
	strbuf_clear(out);
	for (unsigned i = 0; i < depth; i++)
		strbuf_add_char(out, '[');
	strbuf_add_str(out, inner);
	for (unsigned i = 0; i < depth; i++)
		strbuf_add_char(out, ']');
}

static void test_nesting(void **state)
{
	static const char *const inner[] = { "", "1", "{}" };
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct json_object *value;

	for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
		nest(&text, inner[i][0] == '{' ? 126 : 127, inner[i]);
		assert_int_equal(json_parse(text.data, text.len, &value, NULL, &err), 0);
		json_object_put(value);
		nest(&text, inner[i][0] == '{' ? 127 : 128, inner[i]);
		assert_int_equal(json_parse(text.data, text.len, &value, NULL, &err), -EINVAL);
		assert_string_equal(err.cause, "recursion limit exceeded at line 1 column 128");
	}
	error_done(&err);
	strbuf_done(&text);
}

/* No byte after the n-th may be looked at: there need not be a NUL. */
static void test_reads_n_bytes(void **state)
{
	struct json_object *value;

	assert_int_equal(json_parse("123456", 3, &value, NULL, NULL), 0);
	assert_int_equal(json_object_get_int(value), 123);
	json_object_put(value);
	assert_int_equal(json_parse("[true]", 4, &value, NULL, NULL), -EINVAL);
	assert_int_equal(json_parse("{}x", 2, &value, NULL, NULL), 0);
	json_object_put(value);
}

static void test_indent(void **state)
{
	struct strbuf out = STRBUF_INIT;

	json_add_line(&out, 0);
	json_add_line(&out, 2);
	json_add_string(&out, "", 0);
	assert_string_equal(strbuf_str(&out), "\n\n  \"\"");
	strbuf_done(&out);
}

static void test_too_large(void **state)
{
	struct json_object *value;

	assert_int_equal(json_parse("", (size_t)JSON_SIZE_MAX + 1, &value, NULL, NULL), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_printed),
		cmocka_unit_test(test_nesting), cmocka_unit_test(test_reads_n_bytes),
		cmocka_unit_test(test_indent),  cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
