/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDs, by libuuid. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <uuid/uuid.h>

#include "core/mdev-uuid.h"

#define UUID_LEN   (MDEV_UUID_TEXT_MAX - 1)
#define SIMPLE_LEN 32

static void hyphenate(const char *simple, char ret[static MDEV_UUID_TEXT_MAX])
{
	for (size_t i = 0, at = 0; i < SIMPLE_LEN; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			ret[at++] = '-';
		ret[at++] = simple[i];
	}
	ret[UUID_LEN] = '\0';
}

/* Brings any spelling to the one that libuuid reads; the digits are not looked at. */
static int respell(const char *text, char ret[static MDEV_UUID_TEXT_MAX])
{
	static const char urn[] = "urn:uuid:";
	size_t len = strlen(text);

	if (len == SIMPLE_LEN) {
		hyphenate(text, ret);
		return 0;
	}
	if (len == UUID_LEN + 2 && text[0] == '{' && text[len - 1] == '}')
		text++;
	else if (len == UUID_LEN + strlen(urn) && memcmp(text, urn, strlen(urn)) == 0)
		text += strlen(urn);
	else if (len != UUID_LEN)
		return -EINVAL;
	memcpy(ret, text, UUID_LEN);
	ret[UUID_LEN] = '\0';
	return 0;
}

int mdev_uuid_parse(const char *text, struct mdev_uuid *ret)
{
	char spelling[MDEV_UUID_TEXT_MAX];
	struct mdev_uuid uuid;
	int r;

	r = respell(text, spelling);
	if (r < 0)
		return r;
	if (uuid_parse(spelling, uuid.bytes) < 0)
		return -EINVAL;
	*ret = uuid;
	return 0;
}

void mdev_uuid_format(const struct mdev_uuid *uuid, char ret[static MDEV_UUID_TEXT_MAX])
{
	uuid_unparse_lower(uuid->bytes, ret);
}

void mdev_uuid_generate(struct mdev_uuid *ret)
{
	uuid_generate_random(ret->bytes);
}

int mdev_uuid_compare(const struct mdev_uuid *a, const struct mdev_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool mdev_uuid_is_canonical(const char *text)
{
	char canonical[MDEV_UUID_TEXT_MAX];
	struct mdev_uuid uuid;

	if (mdev_uuid_parse(text, &uuid) < 0)
		return false;
	mdev_uuid_format(&uuid, canonical);
	return strcmp(text, canonical) == 0;
}
