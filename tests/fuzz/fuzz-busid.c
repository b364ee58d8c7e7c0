/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * busid_parse() against the same rule written as a regular expression, and lists of bus ids
 * against each line of theirs on its own. */
#include "config.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "core/busid.h"
#include "fuzz/fuzz.h"

#define X    "[0-9a-fA-F]"
#define ID   X "{1,2}[.][0-3][.]" X "{4}"
#define LINE "^" ID "(-" ID ")?$"

static bool rule_takes(const char *pattern, const char *text)
{
	regex_t rule;
	bool takes;

	fuzz_require(regcomp(&rule, pattern, REG_EXTENDED | REG_NOSUB) == 0);
	takes = regexec(&rule, text, 0, NULL, 0) == 0;
	regfree(&rule);
	return takes;
}

static void check_id(const char *text)
{
	char canonical[BUSID_TEXT_MAX];
	struct busid id, again;
	int r = busid_parse(text, &id);

	fuzz_require(r == 0 || r == -EINVAL);
	fuzz_require((r == 0) == rule_takes("^" ID "$", text));
	if (r < 0)
		return;
	busid_format(&id, canonical);
	fuzz_require(busid_is_canonical(canonical));
	fuzz_require(busid_is_canonical(text) == (strcmp(text, canonical) == 0));
	fuzz_require(busid_parse(canonical, &again) == 0 && busid_compare(&id, &again) == 0);
	fuzz_require(busid_parse_short(text, &again) == 0 && busid_compare(&id, &again) == 0);
}

/* One line of a list holds what lies between its ends; any other holds nothing. */
static bool line_has(char *line, const struct busid *id)
{
	struct busid from, to;
	char *dash;

	if (!rule_takes(LINE, line))
		return false;
	dash = strchr(line, '-');
	if (dash)
		*dash = '\0';
	fuzz_require(busid_parse(line, &from) == 0);
	fuzz_require(busid_parse(dash ? dash + 1 : line, &to) == 0);
	return busid_compare(&from, id) <= 0 && busid_compare(&to, id) >= 0;
}

static void check_list(const char *text)
{
	static const struct busid ids[] = { { 0, 0, 0 }, { 0, 0, 0x4711 }, { 0, 1, 0xffff } };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char *lines = strdup(text), *rest = lines, *line;
		bool has = false;

		fuzz_require(lines);
		while ((line = strsep(&rest, "\n")))
			has = line_has(line, &ids[i]) || has;
		fuzz_require(busid_list_has(text, &ids[i]) == has);
		free(lines);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");

	fuzz_require(text);
	check_id(text);
	check_list(text);
	free(text);
	return 0;
}
