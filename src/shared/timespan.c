/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lengths of time. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "shared/timespan.h"

#define SECOND INT64_C(1000000)

struct unit {
	const char *name;
	int64_t length;
};

/* What is printed comes first of its length, and the lengths descend. */
static const struct unit units[] = {
	{ "w", 604800 * SECOND },
	{ "week", 604800 * SECOND },
	{ "weeks", 604800 * SECOND },
	{ "d", 86400 * SECOND },
	{ "day", 86400 * SECOND },
	{ "days", 86400 * SECOND },
	{ "h", 3600 * SECOND },
	{ "hr", 3600 * SECOND },
	{ "hour", 3600 * SECOND },
	{ "hours", 3600 * SECOND },
	{ "min", 60 * SECOND },
	{ "m", 60 * SECOND },
	{ "minute", 60 * SECOND },
	{ "minutes", 60 * SECOND },
	{ "s", SECOND },
	{ "sec", SECOND },
	{ "second", SECOND },
	{ "seconds", SECOND },
	{ "ms", 1000 },
	{ "msec", 1000 },
	{ "us", 1 },
	{ "usec", 1 },
};

static const char digits[] = "0123456789";
static const char blanks[] = " \t";

/* A number, with what is behind its point in millionths. */
static int parse_number(const char **text, int64_t *ret, int64_t *ret_millionths)
{
	size_t n = strspn(*text, digits);
	int64_t whole = 0, millionths = 0;

	if (n == 0)
		return -EINVAL;
	if (n > 17)
		return -ERANGE;
	for (; n > 0; n--)
		whole = whole * 10 + *(*text)++ - '0';
	if (**text == '.') {
		n = strspn(++*text, digits);
		if (n == 0 || n > 6)
			return -EINVAL;
		for (size_t i = 0; i < 6; i++)
			millionths = millionths * 10 + (i < n ? *(*text)++ - '0' : 0);
	}
	*ret = whole;
	*ret_millionths = millionths;
	return 0;
}

/* The length of the unit that the text begins with. */
static int parse_unit(const char **text, int64_t *ret)
{
	size_t n = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

	if (n == 0 && **text == '\0') {
		*ret = SECOND;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == n && strncmp(units[i].name, *text, n) == 0) {
			*text += n;
			*ret = units[i].length;
			return 0;
		}
	return -EINVAL;
}

static int add_part(int64_t whole, int64_t millionths, int64_t unit, int64_t *sum)
{
	int64_t part;

	if (whole > TIMESPAN_MAX / unit)
		return -ERANGE;
	/* Units above a second are whole seconds. */
	part = unit >= SECOND ? unit / SECOND * millionths : unit * millionths / SECOND;
	part += whole * unit;
	if (part > TIMESPAN_MAX - *sum)
		return -ERANGE;
	*sum += part;
	return 0;
}

int timespan_parse(const char *text, int64_t *ret)
{
	int64_t sum = 0;

	text += strspn(text, blanks);
	do {
		int64_t whole = 0, millionths = 0, unit = 0;
		int r = parse_number(&text, &whole, &millionths);

		if (r < 0)
			return r;
		text += strspn(text, blanks);
		r = parse_unit(&text, &unit);
		if (r == 0)
			r = add_part(whole, millionths, unit, &sum);
		if (r < 0)
			return r;
		text += strspn(text, blanks);
		if (millionths > 0 && *text)
			return -EINVAL;
	} while (*text);
	*ret = sum;
	return 0;
}

void timespan_add(struct strbuf *out, int64_t microseconds)
{
	const char *separator = "";

	if (microseconds == 0)
		strbuf_add_char(out, '0');
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		int64_t n = microseconds / units[i].length;

		if (n == 0)
			continue;
		strbuf_addf(out, "%s%lld%s", separator, (long long)n, units[i].name);
		microseconds -= n * units[i].length;
		separator = " ";
	}
}
