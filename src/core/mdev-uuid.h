/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDs as names of mediated devices: 16 bytes here, lower case with hyphens
 * everywhere outside. The only includer of libuuid. */
#pragma once

#include <stdbool.h>

#include "shared/macro.h"

#define MDEV_UUID_TEXT_MAX 37 /* 36 characters and the NUL */

struct mdev_uuid {
	unsigned char bytes[16];
};

/** Reads the spellings that mdevctl takes: hyphenated, 32 hex digits, {...},
 * urn:uuid:... (prefix in lower case), digits in any case. -EINVAL otherwise,
 * *ret untouched. */
int mdev_uuid_parse(const char *text, struct mdev_uuid *ret) _must_check_;

/** Writes the canonical text, lower case with hyphens. */
void mdev_uuid_format(const struct mdev_uuid *uuid, char ret[static MDEV_UUID_TEXT_MAX]);

/** Makes a random (version 4) UUID. */
void mdev_uuid_generate(struct mdev_uuid *ret);

/** Orders by bytes, as mdevctl's output is ordered. */
int mdev_uuid_compare(const struct mdev_uuid *a, const struct mdev_uuid *b) _pure_;

/** True if the text is the canonical form of a UUID. */
bool mdev_uuid_is_canonical(const char *text);
