/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The texts of AP sets: what is taken, prints to something that reads back as the same;
 * lists against a slow reader made of strtok() and strtoul(). */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/ap-set.h"
#include "fuzz/fuzz.h"

/* -1 for what is no number, or none below AP_NUMBERS, or has a leading zero. */
static long slow_number(const char *text)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && isdigit((unsigned char)text[1])))
		return -1;
	errno = 0;
	value = strtoul(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
	return *end == '\0' && errno == 0 && value < AP_NUMBERS ? (long)value : -1;
}

static bool slow_element(char *element, struct ap_set *set)
{
	char *dash = strchr(element, '-');
	long first, last;

	if (dash)
		*dash = '\0';
	first = slow_number(element);
	last = dash ? slow_number(dash + 1) : first;
	if (first < 0 || last < first)
		return false;
	for (; first <= last; first++)
		ap_set_add(set, (unsigned int)first);
	return true;
}

static bool slow_list(char *text, struct ap_set *set)
{
	char *element;

	*set = (struct ap_set){ { 0 } };
	if (*text == '\0')
		return true;
	while ((element = strsep(&text, ",")))
		if (!slow_element(element, set))
			return false;
	return true;
}

static void require_list(const char *text)
{
	struct strbuf again = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct ap_set set, expected;
	int r = ap_set_parse(text, &set, &err);
	char *copy = strdup(text);

	fuzz_require(copy);
	if (r != -E2BIG)
		fuzz_require((r == 0) == slow_list(copy, &expected));
	fuzz_require((r < 0) == error_is_set(&err));
	if (r == 0) {
		fuzz_require(ap_set_equal(&set, &expected));
		ap_set_print_list(&set, &again);
		fuzz_require(ap_set_parse(strbuf_str(&again), &expected, NULL) == 0);
		fuzz_require(ap_set_equal(&set, &expected));
	}
	free(copy);
	strbuf_done(&again);
	error_done(&err);
}

static void require_mask(const char *text, size_t len)
{
	char canonical[AP_MASK_TEXT_MAX];
	struct ap_set set, again;

	if (ap_set_parse_mask_n(text, len, &set) < 0)
		return;
	ap_set_print_mask(&set, canonical);
	fuzz_require(strlen(canonical) == AP_MASK_TEXT_MAX - 1);
	fuzz_require(ap_set_parse_mask(canonical, &again) == 0);
	fuzz_require(ap_set_equal(&set, &again));
}

static void require_number(const char *text)
{
	unsigned int value = AP_NUMBERS;
	enum ap_notation notation;
	int r = ap_number_parse(text, &value, &notation);
	char *end;

	fuzz_require(r == 0 || r == -EINVAL || r == -ERANGE);
	fuzz_require((r == 0) == (value < AP_NUMBERS));
	if (r == 0) {
		fuzz_require(strtoul(text, &end, 0) == value);
		fuzz_require(*end == '\0' || strcmp(end, "\n") == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");

	fuzz_require(text);
	require_list(text);
	require_number(text);
	require_mask(text, strlen(text));
	require_mask((const char *)data, size);
	free(text);
	return 0;
}
