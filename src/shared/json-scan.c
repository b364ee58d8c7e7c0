/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refuses what json-c takes although it is no JSON, with line and column. The
 * texts are those of mdevctl's parser. */
#include "config.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "shared/json-scan.h"
#include "shared/utf8.h"

#define PROBLEM_EOF_STRING "EOF while parsing a string"
#define PROBLEM_EOF_VALUE  "EOF while parsing a value"

static int scan_refuse(struct json_scan *s, const char *problem, size_t end)
{
	s->problem = problem;
	s->problem_end = end < s->n ? end : s->n;
	return -EINVAL;
}

static char scan_container(const struct json_scan *s)
{
	return s->depth > 0 ? s->open[s->depth - 1] : '\0';
}

static bool scan_wants_key(const struct json_scan *s)
{
	return scan_container(s) == '{' && (s->last == '{' || s->last == ',');
}

/* What a token that does not belong here should have been. */
static const char *scan_expectation(const struct json_scan *s)
{
	if (scan_wants_key(s))
		return "key must be a string";
	switch (s->last) {
	case '\0':
	case '[':
	case ',':
	case ':':
		return "expected value";
	case 'k':
		return "expected `:`";
	}
	if (s->depth == 0)
		return "trailing characters";
	return scan_container(s) == '{' ? "expected `,` or `}`" : "expected `,` or `]`";
}

static const char *scan_expectation_at_end(const struct json_scan *s)
{
	if (s->depth == 0 || s->last == ',' || s->last == ':')
		return PROBLEM_EOF_VALUE;
	return scan_container(s) == '{' ? "EOF while parsing an object"
	                                : "EOF while parsing a list";
}

/* ---- strings ------------------------------------------------------------------ */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads the four digits after \u; s->at stands on the first and moves behind the last. */
static int scan_hex(struct json_scan *s, unsigned *ret)
{
	unsigned code = 0;

	if (s->n - s->at < 4)
		return scan_refuse(s, PROBLEM_EOF_STRING, s->n);
	for (size_t i = 0; i < 4; i++) {
		int digit = hex_value(s->bytes[s->at + i]);

		if (digit < 0)
			return scan_refuse(s, "invalid escape", s->at + 4);
		code = code << 4 | (unsigned)digit;
	}
	s->at += 4;
	*ret = code;
	return 0;
}

static int scan_second_surrogate(struct json_scan *s)
{
	unsigned code;
	int r;

	if (s->at == s->n || (s->bytes[s->at] == '\\' && s->at + 1 == s->n))
		return scan_refuse(s, PROBLEM_EOF_STRING, s->n);
	if (s->bytes[s->at] != '\\' || s->bytes[s->at + 1] != 'u')
		return scan_refuse(s, "unexpected end of hex escape",
		                   s->at + (s->bytes[s->at] == '\\' ? 2 : 1));
	s->at += 2;
	r = scan_hex(s, &code);
	if (r < 0)
		return r;
	if (code < 0xdc00 || code > 0xdfff)
		return scan_refuse(s, "lone leading surrogate in hex escape", s->at);
	return 0;
}

static int scan_escape(struct json_scan *s, bool is_key)
{
	unsigned code;
	int r;

	if (s->n - s->at < 2)
		return scan_refuse(s, PROBLEM_EOF_STRING, s->n);
	s->at += 2;
	if (s->bytes[s->at - 1] != 'u')
		return s->bytes[s->at - 1] && strchr("\"\\/bfnrt", s->bytes[s->at - 1])
		               ? 0
		               : scan_refuse(s, "invalid escape", s->at);
	r = scan_hex(s, &code);
	if (r < 0)
		return r;
	if (code == 0 && is_key)
		return scan_refuse(s, "NUL character in a key", s->at);
	if (code >= 0xdc00 && code <= 0xdfff)
		return scan_refuse(s, "lone leading surrogate in hex escape", s->at);
	return code >= 0xd800 && code <= 0xdbff ? scan_second_surrogate(s) : 0;
}

/* The bytes of a string that need no look. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static int scan_special(struct json_scan *s, bool is_key)
{
	size_t len;

	if (s->bytes[s->at] == '\\')
		return scan_escape(s, is_key);
	if ((unsigned char)s->bytes[s->at] < 0x20)
		return scan_refuse(
			s, "control character (\\u0000-\\u001F) found while parsing a string",
			s->at + 1);
	/* json-c lets overlong forms, surrogates and what is beyond U+10FFFF through. */
	len = utf8_sequence(s->bytes + s->at, s->n - s->at);
	if (len == 0)
		return scan_refuse(s, "stream did not contain valid UTF-8", s->at + 1);
	s->at += len;
	return 0;
}

static int scan_string(struct json_scan *s)
{
	bool is_key = scan_wants_key(s);
	int r;

	s->at++;
	for (;;) {
		while (s->at < s->n && is_plain((unsigned char)s->bytes[s->at]))
			s->at++;
		if (s->at == s->n)
			return scan_refuse(s, PROBLEM_EOF_STRING, s->n);
		if (s->bytes[s->at] == '"')
			break;
		r = scan_special(s, is_key);
		if (r < 0)
			return r;
	}
	s->at++;
	s->last = is_key ? 'k' : '"';
	return 0;
}

/* ---- numbers ------------------------------------------------------------------ */

static bool is_digit_at(const struct json_scan *s, size_t at)
{
	return at < s->n && s->bytes[at] >= '0' && s->bytes[at] <= '9';
}

static bool is_one_of_at(const struct json_scan *s, size_t at, char a, char b)
{
	return at < s->n && (s->bytes[at] == a || s->bytes[at] == b);
}

/* At least one digit. */
static int scan_digits(struct json_scan *s)
{
	if (!is_digit_at(s, s->at))
		return scan_refuse(s, s->at < s->n ? "invalid number" : PROBLEM_EOF_VALUE,
		                   s->at + 1);
	while (is_digit_at(s, s->at))
		s->at++;
	return 0;
}

/* Fraction and exponent. */
static int scan_number_tail(struct json_scan *s)
{
	int r;

	if (is_one_of_at(s, s->at, '.', '.')) {
		s->at++;
		r = scan_digits(s);
		if (r < 0)
			return r;
	}
	if (!is_one_of_at(s, s->at, 'e', 'E'))
		return 0;
	s->at++;
	if (is_one_of_at(s, s->at, '+', '-'))
		s->at++;
	return scan_digits(s);
}

/* Beyond what json-c keeps of an integer; -0 would lose its sign. */
static bool integer_is_inexact(const char *text, size_t n)
{
	static const char lowest[] = "9223372036854775808", highest[] = "18446744073709551615";
	bool is_negative = text[0] == '-';
	const char *limit = is_negative ? lowest : highest;
	size_t max = strlen(limit);

	if (is_negative) {
		text++;
		n--;
		if (text[0] == '0')
			return true;
	}
	return n > max || (n == max && memcmp(text, limit, n) > 0);
}

/* True for what is infinite as a double. The point is a point in any locale. */
static bool number_overflows(const char *text, size_t n)
{
	_cleanup_(freep) char *copy = strndup(text, n);
	locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	bool overflows = copy && c_locale && isinf(strtod_l(copy, NULL, c_locale));

	if (c_locale)
		freelocale(c_locale);
	return overflows;
}

static bool number_may_overflow(const char *text, size_t n)
{
	return n > DBL_MAX_10_EXP || memchr(text, 'e', n) || memchr(text, 'E', n);
}

static int scan_integer(struct json_scan *s)
{
	size_t start;
	int r;

	if (s->bytes[s->at] == '-')
		s->at++;
	start = s->at;
	r = scan_digits(s);
	if (r < 0)
		return r;
	if (s->bytes[start] == '0' && s->at > start + 1)
		return scan_refuse(s, "invalid number", start + 2);
	return 0;
}

static int scan_number(struct json_scan *s)
{
	size_t start = s->at, int_end;
	int r;

	r = scan_integer(s);
	if (r < 0)
		return r;
	int_end = s->at;
	r = scan_number_tail(s);
	if (r < 0)
		return r;
	if (number_may_overflow(s->bytes + start, s->at - start) &&
	    number_overflows(s->bytes + start, s->at - start))
		return scan_refuse(s, "number out of range", s->at);
	if (s->at == int_end && integer_is_inexact(s->bytes + start, s->at - start))
		s->has_inexact_number = true;
	s->last = 'v';
	return 0;
}

/* ---- tokens ------------------------------------------------------------------- */

static int scan_word(struct json_scan *s, const char *word)
{
	for (size_t i = 0; word[i]; i++, s->at++) {
		if (s->at == s->n)
			return scan_refuse(s, PROBLEM_EOF_VALUE, s->n);
		if (s->bytes[s->at] != word[i])
			return scan_refuse(s, "expected ident", s->at + 1);
	}
	s->last = 'v';
	return 0;
}

static int scan_open(struct json_scan *s)
{
	if (s->depth == JSON_NESTING_MAX)
		return scan_refuse(s, "recursion limit exceeded", s->at + 1);
	s->last = s->bytes[s->at++];
	s->open[s->depth++] = s->last;
	if (s->depth > s->deepest)
		s->deepest = s->depth;
	return 0;
}

static int scan_close(struct json_scan *s)
{
	if (s->depth == 0)
		return scan_refuse(s, scan_expectation(s), s->at + 1);
	if (s->last == ',' && s->bytes[s->at] == (scan_container(s) == '{' ? '}' : ']'))
		return scan_refuse(s, "trailing comma", s->at + 1);
	s->depth--;
	s->last = s->bytes[s->at++];
	return 0;
}

/* A token at the top level after the document is complete. */
static bool scan_is_trailing(const struct json_scan *s)
{
	return s->depth == 0 && s->last != '\0';
}

static int scan_token(struct json_scan *s)
{
	if (scan_is_trailing(s))
		return scan_refuse(s, "trailing characters", s->at + 1);
	switch (s->bytes[s->at]) {
	case '"':
		return scan_string(s);
	case '{':
	case '[':
		return scan_open(s);
	case '}':
	case ']':
		return scan_close(s);
	case ',':
	case ':':
		s->last = s->bytes[s->at++];
		return 0;
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '-':
	case '0' ... '9':
		return scan_number(s);
	}
	return scan_refuse(s, scan_expectation(s), s->at + 1);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static int scan_until(struct json_scan *s, size_t end)
{
	int r;

	for (;;) {
		while (s->at < end && is_blank(s->bytes[s->at]))
			s->at++;
		if (s->at >= end)
			return 0;
		r = scan_token(s);
		if (r < 0)
			return r;
	}
}

static void scan_init(struct json_scan *s, const char *bytes, size_t n)
{
	s->bytes = bytes;
	s->n = n;
	s->at = 0;
	s->depth = 0;
	s->deepest = 0;
	s->last = '\0';
	s->has_inexact_number = false;
	s->problem = NULL;
	s->problem_end = 0;
}

int json_scan(struct json_scan *s, const char *bytes, size_t n)
{
	int r;

	scan_init(s, bytes, n);
	r = scan_until(s, n);
	if (r < 0)
		return r;
	return s->depth > 0 || s->last == '\0' ? scan_refuse(s, scan_expectation_at_end(s), n) : 0;
}

void json_scan_explain(struct json_scan *s, size_t end)
{
	scan_init(s, s->bytes, s->n);
	if (scan_until(s, end) < 0)
		return;
	scan_refuse(s, end < s->n ? scan_expectation(s) : scan_expectation_at_end(s), end + 1);
}

int json_scan_report(const struct json_scan *s, struct error *err)
{
	size_t line = 1, column = 0;

	for (size_t i = 0; i < s->problem_end; i++) {
		column++;
		if (s->bytes[i] == '\n') {
			line++;
			column = 0;
		}
	}
	error_set(err, -EINVAL, "invalid json");
	error_set_cause(err, "%s at line %zu column %zu", s->problem, line, column);
	return -EINVAL;
}
