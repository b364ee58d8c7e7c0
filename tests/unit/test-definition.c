/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/definition.h"
#include "lib/unit.h"

#define KNOWN "\"mdev_type\":\"t1\",\"start\":\"auto\""

struct refused_row {
	const char *text;
	const char *told;
};

static const struct refused_row refused[] = {
	{ "", "invalid json: EOF while parsing a value at line 1 column 0" },
	{ "{\n\"mdev_type\": }", "invalid json: expected value at line 2 column 14" },
	{ "null", "invalid json: not an object" },
	{ "5", "invalid json: not an object" },
	{ "[]", "invalid json: not an object" },
	{ "{}", "invalid json: mdev_type is missing" },
	{ "{\"start\":\"auto\"}", "invalid json: mdev_type is missing" },
	{ "{\"mdev_type\":null,\"start\":\"auto\"}", "invalid json: mdev_type is missing" },
	{ "{\"mdev_type\":5,\"start\":\"auto\"}", "invalid json: mdev_type is not a string" },
	{ "{\"mdev_type\":\"a\\u0000\",\"start\":\"auto\"}",
	  "invalid json: mdev_type holds a NUL character" },
	{ "{\"mdev_type\":\"t1\"}", "invalid json: start is missing" },
	{ "{\"mdev_type\":\"t1\",\"start\":null}", "invalid json: start is missing" },
	{ "{\"attrs\":5}", "invalid json: mdev_type is missing" },
	{ "{" KNOWN ",\"attrs\":5}", "attributes field is not an array" },
	{ "{" KNOWN ",\"attrs\":{}}", "attributes field is not an array" },
	{ "{" KNOWN ",\"attrs\":[1]}", "invalid JSON format for attribute: not an object" },
	{ "{" KNOWN ",\"attrs\":[null]}", "invalid JSON format for attribute: not an object" },
	{ "{" KNOWN ",\"attrs\":[{}]}", "invalid JSON format for attribute: too many fields" },
	{ "{" KNOWN ",\"attrs\":[{\"a\":\"1\",\"b\":\"2\"}]}",
	  "invalid JSON format for attribute: too many fields" },
	{ "{" KNOWN ",\"attrs\":[{\"a\":5}]}",
	  "invalid JSON format for attribute {\"a\", 5}: value must be of type str" },
	{ "{" KNOWN ",\"attrs\":[{\"a\\\"b\":[1,\"x\",null,{\"q\":true}]}]}",
	  "invalid JSON format for attribute {\"a\\\"b\", [1,\"x\",null,{\"q\":true}]}: "
	  "value must be of type str" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct strbuf told = STRBUF_INIT;
		struct error err = ERROR_INIT;
		struct definition *d = NULL;

		assert_int_equal(
			definition_parse(refused[i].text, strlen(refused[i].text), &d, &err),
			-EINVAL);
		assert_null(d);
		error_format(&err, &told);
		assert_string_equal(strbuf_str(&told), refused[i].told);
		strbuf_done(&told);
		error_done(&err);
	}
}

struct read_row {
	const char *text;
	const char *file;
	const char *compact;
};

#define SMALLEST         "{\n  \"mdev_type\": \"t1\",\n  \"start\": \"manual\",\n  \"attrs\": []\n}"
#define SMALLEST_COMPACT "{\"mdev_type\":\"t1\",\"start\":\"manual\",\"attrs\":[]}"

static const struct read_row rows[] = {
	{ SMALLEST, SMALLEST, SMALLEST_COMPACT },
	{ "{\"mdev_type\":\"t1\",\"start\":\"AUTO\",\"attrs\":null}", SMALLEST, SMALLEST_COMPACT },
	{ "{\"mdev_type\":\"t1\",\"start\":\"auto\\u0000\"}", SMALLEST, SMALLEST_COMPACT },
	{ "{\"start\":1,\"mdev_type\":\"t1\"}", SMALLEST, SMALLEST_COMPACT },
	{ "{\"mdev_type\":\"b\",\"start\":\"auto\",\"mdev_type\":\"t1\",\"start\":false}", SMALLEST,
	  SMALLEST_COMPACT },
	{ "{\"mdev_type\":\"t1\",\"mdev_type\":\"\",\"start\":\"auto\"}",
	  "{\n  \"mdev_type\": \"\",\n  \"start\": \"auto\",\n  \"attrs\": []\n}",
	  "{\"mdev_type\":\"\",\"start\":\"auto\",\"attrs\":[]}" },
	{ "{\"attrs\":[{\"b/c\":\"1\"},{\"\":\"\"},{\"b/c\":\"x\\u0000\\n\"}],\"start\":\"auto\","
	  "\"mdev_type\":\"t \\\"1\"}",
	  "{\n  \"mdev_type\": \"t \\\"1\",\n  \"start\": \"auto\",\n  \"attrs\": [\n"
	  "    {\n      \"b/c\": \"1\"\n    },\n    {\n      \"\": \"\"\n    },\n"
	  "    {\n      \"b/c\": \"x\\u0000\\n\"\n    }\n  ]\n}",
	  "{\"mdev_type\":\"t \\\"1\",\"start\":\"auto\",\"attrs\":[{\"b/c\":\"1\"},{\"\":\"\"},"
	  "{\"b/c\":\"x\\u0000\\n\"}]}" },
	{ "{\"z\":[],\"mdev_type\":\"t1\",\"a\":{\"n\":[1.50,null]},\"start\":\"manual\",\"z\":{}}",
	  "{\n  \"mdev_type\": \"t1\",\n  \"start\": \"manual\",\n  \"attrs\": [],\n  \"z\": {},\n"
	  "  \"a\": {\n    \"n\": [\n      1.50,\n      null\n    ]\n  }\n}",
	  SMALLEST_COMPACT },
	{ "{\"mdev_type\":\"t1\",\"start\":\"manual\",\"note\":null,\"big\":18446744073709551615}",
	  "{\n  \"mdev_type\": \"t1\",\n  \"start\": \"manual\",\n  \"attrs\": [],\n"
	  "  \"note\": null,\n  \"big\": 18446744073709551615\n}",
	  SMALLEST_COMPACT },
};

static struct definition *must_parse(const char *text)
{
	struct definition *d = NULL;

	assert_int_equal(definition_parse(text, strlen(text), &d, NULL), 0);
	return d;
}

static void test_read_and_print(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct definition *d = must_parse(rows[i].text), *copy = NULL;
		struct strbuf out = STRBUF_INIT;

		assert_int_equal(definition_copy(d, &copy), 0);
		definition_free(d);
		assert_int_equal(definition_print_file(copy, &out, NULL), 0);
		assert_string_equal(strbuf_str(&out), rows[i].file);
		strbuf_clear(&out);
		definition_print_compact(copy, &out);
		assert_string_equal(strbuf_str(&out), rows[i].compact);
		strbuf_done(&out);
		definition_free(copy);
	}
}

/* As we write it ourselves, and near to it. */
static const char *const plain[] = {
	SMALLEST,
	(SMALLEST "\n"),
	(SMALLEST "\n\n"),
	("{\n  \"mdev_type\": \"t 1\",\n  \"start\": \"auto\",\n  \"attrs\": [\n"
	 "    {\n      \"b/c\": \"1\"\n    },\n    {\n      \"\": \"\"\n    }\n  ]\n}"),
};

/* A blank before it makes the JSON parser read the same document. */
static void check_both_ways(const char *bytes, size_t n)
{
	_cleanup_(definition_freep) struct definition *a = NULL, *b = NULL;
	_cleanup_(strbuf_done) struct strbuf blank = STRBUF_INIT;
	int r;

	strbuf_add_char(&blank, ' ');
	strbuf_add(&blank, bytes, n);
	r = definition_parse(bytes, n, &a, NULL);
	assert_int_equal(r, definition_parse(blank.data, blank.len, &b, NULL));
	if (r < 0)
		return;
	assert_string_equal(a->type, b->type);
	assert_int_equal(a->autostart, b->autostart);
	assert_true(attrs_equal(&a->attrs, &b->attrs));
	assert_int_equal(!a->unknown, !b->unknown);
}

static void check_each_byte_changed(const char *text)
{
	static const char others[] = { '"', '\\', '\0', '\n', '\x7f', '\x80', 'x', ',', '}', ']' };
	size_t n = strlen(text);
	char copy[512];

	for (size_t at = 0; at < n; at++) {
		check_both_ways(text, at);
		for (size_t i = 0; i < sizeof(others); i++) {
			memcpy(copy, text, n);
			copy[at] = others[i];
			check_both_ways(copy, n);
		}
	}
}

static void test_both_ways_agree(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		check_both_ways(plain[i], strlen(plain[i]));
		check_each_byte_changed(plain[i]);
	}
}

static void test_long_attribute_name(void **state)
{
	char name[400];
	struct strbuf text = STRBUF_INIT;
	struct definition *d;

	for (size_t n = 120; n < sizeof(name); n += 8) {
		memset(name, 'n', n);
		name[n] = '\0';
		strbuf_clear(&text);
		strbuf_addf(&text,
		            "{\n  \"mdev_type\": \"t\",\n  \"start\": \"auto\",\n"
		            "  \"attrs\": [\n    {\n      \"%s\": \"v\"\n    }\n  ]\n}",
		            name);
		d = must_parse(text.data);
		assert_int_equal(d->attrs.n, 1);
		assert_string_equal(d->attrs.items[0].name, name);
		definition_free(d);
	}
	strbuf_done(&text);
}

static void test_lossy(void **state)
{
	struct definition *d = must_parse("{" KNOWN ",\"n\":[123456789012345678901]}"), *copy;
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	assert_true(d->is_lossy);
	assert_int_equal(definition_copy(d, &copy), 0);
	assert_int_equal(definition_print_file(copy, &out, &err), -EOPNOTSUPP);
	assert_int_equal(out.len, 0);
	assert_true(error_is_set(&err));
	definition_print_compact(copy, &out);
	assert_string_equal(strbuf_str(&out),
	                    "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[]}");
	definition_free(copy);
	definition_free(d);
	/* Known keys are rewritten by us, so nothing is lost in them. */
	d = must_parse("{\"mdev_type\":\"t1\",\"start\":123456789012345678901}");
	assert_false(d->is_lossy);
	definition_free(d);
	strbuf_done(&out);
	error_done(&err);
}

static void test_object_at_indent(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct attrs attrs = { 0 };

	definition_print_object("t", false, &attrs, 2, &out);
	assert_string_equal(strbuf_str(&out), "{\n    \"mdev_type\": \"t\",\n    \"start\": "
	                                      "\"manual\",\n    \"attrs\": []\n  }");
	strbuf_clear(&out);
	assert_int_equal(attrs_append(&attrs, "n", "v", 1), 0);
	definition_print_object("t", true, &attrs, 1, &out);
	assert_string_equal(strbuf_str(&out),
	                    "{\n   \"mdev_type\": \"t\",\n   \"start\": \"auto\",\n   \"attrs\": "
	                    "[\n     {\n       \"n\": \"v\"\n     }\n   ]\n }");
	attrs_done(&attrs);
	strbuf_done(&out);
}

static void test_bounds(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct definition *d = NULL;

	strbuf_add_str(&text, "{" KNOWN ",\"attrs\":[{\"n\":\"\"}");
	for (size_t i = 1; i < ATTRS_MAX; i++)
		strbuf_add_str(&text, ",{\"n\":\"\"}");
	strbuf_add_str(&text, "]}");
	assert_int_equal(definition_parse(text.data, text.len, &d, &err), 0);
	assert_int_equal(d->attrs.n, ATTRS_MAX);
	definition_free(d);
	text.len -= 2;
	strbuf_add_str(&text, ",{\"n\":\"\"}]}");
	assert_int_equal(definition_parse(text.data, text.len, &d, &err), -E2BIG);
	assert_string_equal(err.message, "more than 65536 attributes");
	strbuf_clear(&text);
	strbuf_add_str(&text, SMALLEST);
	while (text.len < DEFINITION_SIZE_MAX)
		strbuf_add_char(&text, '\n');
	assert_int_equal(definition_parse(text.data, text.len, &d, &err), 0);
	definition_free(d);
	strbuf_add_char(&text, '\n');
	assert_int_equal(definition_parse(text.data, text.len, &d, &err), -EFBIG);
	strbuf_done(&text);
	error_done(&err);
}

struct reply_row {
	const char *bytes;
	size_t n;
	bool keep_leading;
	size_t n_attrs;
	const char *told; /* NULL: accepted */
};

#define TEXT(s)   (s), sizeof(s) - 1
#define IN_REPLY  ": reply of the callout script"
#define REFUSED   "Invalid JSON received from callout script: "
#define NO_OBJECT "invalid JSON format for attribute: not an object"
#define TOO_MANY  "invalid JSON format for attribute: too many fields"

static const struct reply_row replies[] = {
	{ TEXT(""), false, 0, NULL },
	{ TEXT("\0\0"), false, 0, NULL },
	{ TEXT("[{}]"), false, 0, NULL },
	{ TEXT("null"), false, 0, NULL },
	{ TEXT("[]\n"), false, 0, NULL },
	{ TEXT("[{\"a\":\"1\"},{\"b\":\"2\"}]"), false, 2, NULL },
	{ TEXT("[{\"a\":\"1\"}]\n\0\0"), false, 1, NULL },
	{ TEXT("[{\"a\":\"1\"}]\0\n"), false, 0,
	  REFUSED "trailing characters at line 1 column 12" },
	{ TEXT("\n"), false, 0, REFUSED "EOF while parsing a value at line 2 column 0" },
	{ TEXT("{}"), true, 0, "attributes field is not an array" IN_REPLY },
	{ TEXT("[{\"a\":\"1\"},5]"), false, 0, NO_OBJECT IN_REPLY },
	{ TEXT("[{\"a\":\"1\"},5,{\"b\":\"2\"}]"), true, 1, NULL },
	{ TEXT("[{\"a\":\"1\"},{}]"), false, 0, TOO_MANY IN_REPLY },
	{ TEXT("[{\"a\":\"1\"},{}]"), true, 1, NULL },
	{ TEXT("[{\"a\":\"1\"},"), true, 0,
	  REFUSED "EOF while parsing a value at line 1 column 11" },
};

static void test_replies(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		const struct reply_row *row = &replies[i];
		struct strbuf told = STRBUF_INIT;
		struct error err = ERROR_INIT;
		struct attrs attrs = { 0 };
		int r = definition_parse_attrs_reply(row->bytes, row->n, row->keep_leading, &attrs,
		                                     &err);

		assert_int_equal(r, row->told ? -EINVAL : 0);
		assert_int_equal(attrs.n, row->n_attrs);
		if (row->told) {
			error_format(&err, &told);
			assert_string_equal(strbuf_str(&told), row->told);
		}
		attrs_done(&attrs);
		strbuf_done(&told);
		error_done(&err);
	}
}

/* Else half a definition would be written, and be told as success. */
static void test_short_memory_is_told(void **state)
{
	struct definition *d = must_parse(SMALLEST);
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	out.error = -ENOMEM;
	assert_int_equal(definition_print_file(d, &out, &err), -ENOMEM);
	assert_true(error_is_set(&err));
	error_done(&err);
	strbuf_done(&out);
	definition_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read_and_print),
		cmocka_unit_test(test_both_ways_agree),
		cmocka_unit_test(test_long_attribute_name),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_object_at_indent),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_short_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
