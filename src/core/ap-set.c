/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of AP numbers: 256 bits, and their texts. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-set.h"

#define WORD_BITS 64
#define WORDS     (AP_NUMBERS / WORD_BITS)

static uint64_t bit_of(unsigned int number)
{
	return UINT64_C(1) << (WORD_BITS - 1 - number % WORD_BITS);
}

bool ap_set_has(const struct ap_set *set, unsigned int number)
{
	return number < AP_NUMBERS && (set->words[number / WORD_BITS] & bit_of(number)) != 0;
}

void ap_set_add(struct ap_set *set, unsigned int number)
{
	if (number < AP_NUMBERS)
		set->words[number / WORD_BITS] |= bit_of(number);
}

void ap_set_remove(struct ap_set *set, unsigned int number)
{
	if (number < AP_NUMBERS)
		set->words[number / WORD_BITS] &= ~bit_of(number);
}

struct ap_set ap_set_all(void)
{
	struct ap_set all;

	memset(&all, 0xff, sizeof(all));
	return all;
}

bool ap_set_is_empty(const struct ap_set *set)
{
	return ap_set_next(set, 0) == AP_NUMBERS;
}

unsigned int ap_set_count(const struct ap_set *set)
{
	unsigned int n = 0;

	for (size_t i = 0; i < WORDS; i++)
		n += (unsigned int)__builtin_popcountll(set->words[i]);
	return n;
}

bool ap_set_equal(const struct ap_set *a, const struct ap_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct ap_set ap_set_union(const struct ap_set *a, const struct ap_set *b)
{
	struct ap_set result = *a;

	for (size_t i = 0; i < WORDS; i++)
		result.words[i] |= b->words[i];
	return result;
}

struct ap_set ap_set_intersect(const struct ap_set *a, const struct ap_set *b)
{
	struct ap_set result = *a;

	for (size_t i = 0; i < WORDS; i++)
		result.words[i] &= b->words[i];
	return result;
}

struct ap_set ap_set_minus(const struct ap_set *a, const struct ap_set *b)
{
	struct ap_set result = *a;

	for (size_t i = 0; i < WORDS; i++)
		result.words[i] &= ~b->words[i];
	return result;
}

unsigned int ap_set_next(const struct ap_set *set, unsigned int from)
{
	while (from < AP_NUMBERS) {
		uint64_t rest = set->words[from / WORD_BITS] << (from % WORD_BITS);

		if (rest != 0)
			return from + (unsigned int)__builtin_clzll(rest);
		from = (from / WORD_BITS + 1) * WORD_BITS;
	}
	return AP_NUMBERS;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Takes the digits of a base; *p stands behind them afterwards. -EINVAL if there are
 * none, -ERANGE from AP_NUMBERS on. */
static int take_digits(const char **p, int base, unsigned int *ret)
{
	const char *start = *p;
	unsigned int value = 0;
	int digit;

	for (; (digit = digit_value(**p)) >= 0 && digit < base; ++*p)
		if (value < AP_NUMBERS)
			value = value * (unsigned int)base + (unsigned int)digit;
	if (*p == start)
		return -EINVAL;
	if (value >= AP_NUMBERS)
		return -ERANGE;
	*ret = value;
	return 0;
}

/* Takes a number as the kernel sees it, base 0. */
static int take_number(const char **p, unsigned int *ret, enum ap_notation *ret_notation)
{
	const char *s = *p;

	*ret_notation = AP_NOTATION_PLAIN;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) >= 0) {
		*p = s + 2;
		return take_digits(p, 16, ret);
	}
	if (s[0] != '0' || digit_value(s[1]) < 0)
		return take_digits(p, 10, ret);
	*ret_notation = AP_NOTATION_OCTAL;
	return take_digits(p, 8, ret);
}

int ap_number_parse(const char *text, unsigned int *ret, enum ap_notation *ret_notation)
{
	const char *p = text + (*text == '+');
	enum ap_notation notation;
	unsigned int value = 0;
	int r = take_number(&p, &value, &notation);

	/* What follows the digits is looked at first: "300x" is no number at all. */
	p += *p == '\n';
	if (r == -EINVAL || *p != '\0')
		return -EINVAL;
	if (r < 0)
		return r;
	*ret = value;
	if (ret_notation)
		*ret_notation = notation;
	return 0;
}

/* How much of the text a message names: the element that it is about. */
static int element_len(const char *element)
{
	size_t len = strcspn(element, ",");

	return len < 32 ? (int)len : 32;
}

static int refuse(int r, const char *element, struct error *err)
{
	int len = element_len(element);

	if (r == -ERANGE)
		return error_set(err, r, "AP number in '%.*s' is beyond 255", len, element);
	error_set(err, r, "'%.*s' is not an AP number or a range of them", len, element);
	error_set_advice(err, "decimal or 0x numbers, commas between them: 5,0x47,10-20");
	return r;
}

static int refuse_octal(const char *element, struct error *err)
{
	error_set(err, -EINVAL, "AP number with a leading zero in '%.*s'", element_len(element),
	          element);
	error_set_cause(err, "the kernel would read it as octal");
	error_set_advice(err, "lszcrypt prints hexadecimal: write 0x before it; a decimal number "
	                      "has no leading zero");
	return -EINVAL;
}

/* Takes "N" or "N-M", up to the comma or the end. */
static int take_element(const char **p, struct ap_set *set, struct error *err)
{
	enum ap_notation first_notation, last_notation = AP_NOTATION_PLAIN;
	unsigned int first = 0, last = 0;
	const char *element = *p;
	int r = take_number(p, &first, &first_notation);

	last = first;
	if (r == 0 && **p == '-') {
		++*p;
		r = take_number(p, &last, &last_notation);
	}
	if (first_notation == AP_NOTATION_OCTAL || last_notation == AP_NOTATION_OCTAL)
		return refuse_octal(element, err);
	if (r == 0 && (last < first || (**p != '\0' && **p != ',')))
		r = -EINVAL;
	if (r < 0)
		return refuse(r, element, err);
	for (unsigned int i = first; i <= last; i++)
		ap_set_add(set, i);
	return 0;
}

int ap_set_parse(const char *text, struct ap_set *ret, struct error *err)
{
	struct ap_set set = { { 0 } };
	const char *p = text;

	if (strnlen(text, AP_LIST_MAX + 1) > AP_LIST_MAX)
		return error_set(err, -E2BIG, "List of AP numbers is longer than %d bytes",
		                 AP_LIST_MAX);
	while (*p) {
		int r = take_element(&p, &set, err);

		if (r < 0)
			return r;
		/* A comma stands between two: at the end there is none. */
		if (*p == ',' && *++p == '\0')
			return refuse(-EINVAL, p - 1, err);
	}
	*ret = set;
	return 0;
}

int ap_set_parse_mask_n(const char *text, size_t len, struct ap_set *ret)
{
	struct ap_set set = { { 0 } };
	unsigned int number = 0;
	size_t i = 0;

	if (len >= 2 && text[0] == '0' && text[1] == 'x')
		i = 2;
	for (; i < len && digit_value(text[i]) >= 0 && number < AP_NUMBERS; i++, number += 4)
		set.words[number / WORD_BITS] |= (uint64_t)digit_value(text[i])
		                                 << (WORD_BITS - 4 - number % WORD_BITS);
	if (i < len && text[i] == '\n')
		i++;
	if (i != len)
		return -EINVAL;
	*ret = set;
	return 0;
}

int ap_set_parse_mask(const char *text, struct ap_set *ret)
{
	return ap_set_parse_mask_n(text, strnlen(text, AP_MASK_TEXT_MAX + 1), ret);
}

void ap_set_print_mask(const struct ap_set *set, char ret[static AP_MASK_TEXT_MAX])
{
	snprintf(ret, AP_MASK_TEXT_MAX, "0x%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
	         set->words[0], set->words[1], set->words[2], set->words[3]);
}

/* The last number of the run that begins with first. */
static unsigned int end_of_run(const struct ap_set *set, unsigned int first)
{
	while (ap_set_has(set, first + 1))
		first++;
	return first;
}

/* The elements of a list, each with the prefix before it. */
static void print_elements(const struct ap_set *set, const char *prefix, struct strbuf *out)
{
	const char *separator = "";

	for (unsigned int i = ap_set_next(set, 0); i < AP_NUMBERS; i = ap_set_next(set, i + 1)) {
		unsigned int last = end_of_run(set, i);

		strbuf_addf(out, "%s%s%u", separator, prefix, i);
		separator = ",";
		if (last < i + 2)
			continue;
		strbuf_addf(out, "-%u", last);
		i = last;
	}
}

void ap_set_print_list(const struct ap_set *set, struct strbuf *out)
{
	print_elements(set, "", out);
}

void ap_set_print_relative(const struct ap_set *set, char sign, struct strbuf *out)
{
	const char prefix[] = { sign, '\0' };

	print_elements(set, prefix, out);
}
