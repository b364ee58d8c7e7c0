/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDs: read and made by ourselves, printed by libuuid. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <uuid/uuid.h>

#include "core/mdev-uuid.h"

#define UUID_LEN   (MDEV_UUID_TEXT_MAX - 1)
#define SIMPLE_LEN 32

/* A digit's value and one; zero for what is none. */
static const unsigned char digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static bool hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/* Reads 32 digits, or 36 characters with hyphens. Ours, since a listing reads each
 * name more than once and libuuid's reader took a quarter of its time. */
static int parse_digits(const char *text, bool has_hyphens, struct mdev_uuid *ret)
{
	struct mdev_uuid uuid;

	for (size_t i = 0; i < sizeof(uuid.bytes); i++) {
		unsigned int high, low;

		if (has_hyphens && hyphen_before(i) && *text++ != '-')
			return -EINVAL;
		high = digits[(unsigned char)*text++];
		low = digits[(unsigned char)*text++];
		if (high == 0 || low == 0)
			return -EINVAL;
		uuid.bytes[i] = (unsigned char)((high - 1) << 4 | (low - 1));
	}
	*ret = uuid;
	return 0;
}

int mdev_uuid_parse(const char *text, struct mdev_uuid *ret)
{
	static const char urn[] = "urn:uuid:";
	size_t len = strlen(text);

	if (len == SIMPLE_LEN)
		return parse_digits(text, false, ret);
	if (len == UUID_LEN)
		return parse_digits(text, true, ret);
	if (len == UUID_LEN + 2 && text[0] == '{' && text[len - 1] == '}')
		return parse_digits(text + 1, true, ret);
	if (len == UUID_LEN + strlen(urn) && memcmp(text, urn, strlen(urn)) == 0)
		return parse_digits(text + strlen(urn), true, ret);
	return -EINVAL;
}

void mdev_uuid_format(const struct mdev_uuid *uuid, char ret[static MDEV_UUID_TEXT_MAX])
{
	uuid_unparse_lower(uuid->bytes, ret);
}

void mdev_uuid_generate(struct mdev_uuid *ret)
{
	/* libuuid's takes seven more system calls. */
	if (getrandom(ret->bytes, sizeof(ret->bytes), GRND_NONBLOCK) != sizeof(ret->bytes)) {
		uuid_generate_random(ret->bytes);
		return;
	}
	/* RFC 9562, 5.4: version 4, by chance. */
	ret->bytes[6] = (unsigned char)((ret->bytes[6] & 0x0f) | 0x40);
	ret->bytes[8] = (unsigned char)((ret->bytes[8] & 0x3f) | 0x80);
}

int mdev_uuid_compare(const struct mdev_uuid *a, const struct mdev_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool mdev_uuid_is_canonical(const char *text)
{
	struct mdev_uuid uuid;

	return strlen(text) == UUID_LEN && !strpbrk(text, "ABCDEF") &&
	       mdev_uuid_parse(text, &uuid) == 0;
}
