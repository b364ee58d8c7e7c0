/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parsing by json-c, printing by ourselves: json-c's own printer differs from
 * mdevctl's and from one version to the next. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "shared/json-scan.h"
#include "shared/json.h"

DEFINE_CLEANUP(struct json_tokener, json_tokener_free);

/* ---- parsing ------------------------------------------------------------------ */

/* A document that is a bare word or number ends only where json-c sees a NUL. */
static struct json_object *tokener_parse(struct json_tokener *tok, const char *bytes, size_t n)
{
	struct json_object *value = json_tokener_parse_ex(tok, bytes, (int)n);

	if (json_tokener_get_error(tok) == json_tokener_continue)
		value = json_tokener_parse_ex(tok, "", 1);
	return value;
}

static int tokener_new(const struct json_scan *scan, struct json_tokener **ret, struct error *err)
{
	/* No deeper than needed: making the usual depth's stack costs a tenth of
	 * parsing a definition. */
	struct json_tokener *tok = json_tokener_new_ex((int)scan->deepest + 1);

	if (!tok)
		return error_set_errno(err, -ENOMEM, "Failed to parse json");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*ret = tok;
	return 0;
}

/* The user is told of the first mistake, which may be one that only json-c sees. */
static int refuse_scanned(struct json_scan *scan, struct error *err)
{
	_cleanup_(json_tokener_freep) struct json_tokener *tok = NULL;
	enum json_tokener_error status;
	int r;

	r = tokener_new(scan, &tok, err);
	if (r < 0)
		return r;
	json_object_put(json_tokener_parse_ex(tok, scan->bytes, (int)scan->at));
	status = json_tokener_get_error(tok);
	if (status != json_tokener_success && status != json_tokener_continue)
		json_scan_explain(scan, json_tokener_get_parse_end(tok));
	return json_scan_report(scan, err);
}

int json_parse(const char *bytes, size_t n, struct json_object **ret, bool *ret_lossy,
               struct error *err)
{
	_cleanup_(json_tokener_freep) struct json_tokener *tok = NULL;
	struct json_object *value;
	struct json_scan scan;
	int r;

	if (n > JSON_SIZE_MAX)
		return error_set(err, -EFBIG, "invalid json: larger than %d bytes", JSON_SIZE_MAX);
	if (json_scan(&scan, bytes, n) < 0)
		return refuse_scanned(&scan, err);
	r = tokener_new(&scan, &tok, err);
	if (r < 0)
		return r;
	value = tokener_parse(tok, bytes, n);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_scan_explain(&scan, json_tokener_get_parse_end(tok));
		return json_scan_report(&scan, err);
	}
	*ret = value;
	if (ret_lossy)
		*ret_lossy = scan.has_inexact_number;
	return 0;
}

/* ---- printing ----------------------------------------------------------------- */

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void add_escape(struct strbuf *out, unsigned char c)
{
	static const char letters[0x20] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
	};
	char letter = c < 0x20 ? letters[c] : (char)c;

	if (letter)
		strbuf_add(out, (const char[]){ '\\', letter }, 2);
	else
		strbuf_addf(out, "\\u%04x", c);
}

void json_add_string(struct strbuf *out, const char *s, size_t n)
{
	size_t start = 0;

	strbuf_add_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (!needs_escape((unsigned char)s[i]))
			continue;
		strbuf_add(out, s + start, i - start);
		add_escape(out, (unsigned char)s[i]);
		start = i + 1;
	}
	strbuf_add(out, s + start, n - start);
	strbuf_add_char(out, '"');
}

void json_add_line(struct strbuf *out, size_t indent)
{
	char *p = strbuf_reserve(out, indent + 1);

	if (!p)
		return;
	p[0] = '\n';
	memset(p + 1, ' ', indent);
	p[indent + 1] = '\0';
	out->len += indent + 1;
}

static void add_line(struct strbuf *out, bool is_first, size_t indent)
{
	if (!is_first)
		strbuf_add_char(out, ',');
	json_add_line(out, indent);
}

static void add_close(struct strbuf *out, bool is_empty, size_t indent, char bracket)
{
	if (!is_empty)
		json_add_line(out, indent);
	strbuf_add_char(out, bracket);
}

static void add_array(struct strbuf *out, struct json_object *array, size_t indent)
{
	size_t n = json_object_array_length(array);

	strbuf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		add_line(out, i == 0, indent + 2);
		json_add_value(out, json_object_array_get_idx(array, i), indent + 2);
	}
	add_close(out, n == 0, indent, ']');
}

static void add_object(struct strbuf *out, struct json_object *object, size_t indent)
{
	bool is_empty = true;

	strbuf_add_char(out, '{');
	json_object_object_foreach(object, key, value)
	{
		add_line(out, is_empty, indent + 2);
		json_add_string(out, key, strlen(key));
		strbuf_add_str(out, ": ");
		json_add_value(out, value, indent + 2);
		is_empty = false;
	}
	add_close(out, is_empty, indent, '}');
}

void json_add_value(struct strbuf *out, struct json_object *value, size_t indent)
{
	switch (json_object_get_type(value)) {
	case json_type_object:
		add_object(out, value, indent);
		return;
	case json_type_array:
		add_array(out, value, indent);
		return;
	case json_type_string:
		json_add_string(out, json_object_get_string(value),
		                (size_t)json_object_get_string_len(value));
		return;
	case json_type_null:
		strbuf_add_str(out, "null");
		return;
	case json_type_boolean:
	case json_type_int:
	case json_type_double: {
		/* A double keeps the text it was read from. */
		const char *text = json_object_to_json_string(value);

		if (text)
			strbuf_add_str(out, text);
		else
			out->error = -ENOMEM;
		return;
	}
	}
}
