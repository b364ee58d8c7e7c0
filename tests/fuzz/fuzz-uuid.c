/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdev_uuid_parse() against the same rule written as a regular expression. */
#include "config.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "core/mdev-uuid.h"
#include "fuzz/fuzz.h"

#define X      "[0-9a-fA-F]"
#define GROUPS X "{8}(-" X "{4}){3}-" X "{12}"
#define RULE   "^(" X "{32}|" GROUPS "|[{]" GROUPS "[}]|urn:uuid:" GROUPS ")$"

static bool rule_takes(const char *text)
{
	static regex_t rule;
	static bool is_compiled;

	if (!is_compiled) {
		fuzz_require(regcomp(&rule, RULE, REG_EXTENDED | REG_NOSUB) == 0);
		is_compiled = true;
	}
	return regexec(&rule, text, 0, NULL, 0) == 0;
}

static void require_round_trip(const char *text, const struct mdev_uuid *uuid)
{
	char canonical[MDEV_UUID_TEXT_MAX];
	struct mdev_uuid again;

	mdev_uuid_format(uuid, canonical);
	fuzz_require(strlen(canonical) == MDEV_UUID_TEXT_MAX - 1);
	fuzz_require(mdev_uuid_is_canonical(canonical));
	fuzz_require(mdev_uuid_is_canonical(text) == (strcmp(text, canonical) == 0));
	fuzz_require(mdev_uuid_parse(canonical, &again) == 0);
	fuzz_require(mdev_uuid_compare(uuid, &again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");
	struct mdev_uuid uuid;
	int r;

	fuzz_require(text);
	r = mdev_uuid_parse(text, &uuid);
	fuzz_require(r == 0 || r == -EINVAL);
	fuzz_require((r == 0) == rule_takes(text));
	if (r == 0)
		require_round_trip(text, &uuid);
	else
		fuzz_require(!mdev_uuid_is_canonical(text));
	free(text);
	return 0;
}
