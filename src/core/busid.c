/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bus ids: the syntax is that of parse_busid() in drivers/s390/cio/blacklist.c (Linux 6.12),
 * without its prefix 0x. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/busid.h"

#define SSID_MAX 3

/* "fe.3.ffff-fe.3.ffff" */
#define RANGE_TEXT_MAX (2 * BUSID_TEXT_MAX)

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

/* Digits from *p on, which is left behind them. -1 if there are too few or too many. */
static int take_hex(const char **p, int min, int max)
{
	int value = 0, n = 0;

	for (; digit_value(**p) >= 0; (*p)++, n++) {
		if (n == max)
			return -1;
		value = value * 16 + digit_value(**p);
	}
	return n < min ? -1 : value;
}

static bool take_dot(const char **p)
{
	if (**p != '.')
		return false;
	(*p)++;
	return true;
}

int busid_parse(const char *text, struct busid *ret)
{
	int cssid, ssid, number;

	cssid = take_hex(&text, 1, 2);
	if (cssid < 0 || !take_dot(&text))
		return -EINVAL;
	ssid = take_hex(&text, 1, 1);
	if (ssid < 0 || ssid > SSID_MAX || !take_dot(&text))
		return -EINVAL;
	number = take_hex(&text, 4, 4);
	if (number < 0 || *text != '\0')
		return -EINVAL;
	*ret = (struct busid){ .cssid = (uint8_t)cssid,
		               .ssid = (uint8_t)ssid,
		               .number = (uint16_t)number };
	return 0;
}

int busid_parse_short(const char *text, struct busid *ret)
{
	const char *end = text;
	int number = take_hex(&end, 1, 4);

	if (number < 0 || *end != '\0')
		return busid_parse(text, ret);
	*ret = (struct busid){ .number = (uint16_t)number };
	return 0;
}

void busid_format(const struct busid *id, char ret[static BUSID_TEXT_MAX])
{
	snprintf(ret, BUSID_TEXT_MAX, "%x.%x.%04x", id->cssid, id->ssid & SSID_MAX, id->number);
}

static uint32_t busid_value(const struct busid *id)
{
	return (uint32_t)id->cssid << 24 | (uint32_t)id->ssid << 16 | id->number;
}

int busid_compare(const struct busid *a, const struct busid *b)
{
	uint32_t x = busid_value(a), y = busid_value(b);

	return x < y ? -1 : x > y;
}

bool busid_is_canonical(const char *text)
{
	char canonical[BUSID_TEXT_MAX];
	struct busid id;

	if (busid_parse(text, &id) < 0)
		return false;
	busid_format(&id, canonical);
	return strcmp(text, canonical) == 0;
}

static bool range_has(const char *line, size_t n, const struct busid *id)
{
	char text[RANGE_TEXT_MAX], *dash;
	struct busid from, to;

	if (n >= sizeof(text))
		return false;
	memcpy(text, line, n);
	text[n] = '\0';
	dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	if (busid_parse(text, &from) < 0 || busid_parse(dash ? dash + 1 : text, &to) < 0)
		return false;
	return busid_compare(&from, id) <= 0 && busid_compare(id, &to) <= 0;
}

bool busid_list_has(const char *text, const struct busid *id)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (range_has(text, strcspn(text, "\n"), id))
			return true;
	return false;
}
