/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recipe_parse(): what is read is printed in one form, which is read back as the same. The
 * first byte chooses the name of the file. */
#include "config.h"

#include <string.h>

#include "core/recipe.h"
#include "fuzz/fuzz.h"

static struct recipe *parse(const char *name, const char *bytes, size_t n)
{
	struct recipe *r = NULL;

	return recipe_parse(name, bytes, n, NULL, &r, NULL) < 0 ? NULL : r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	_cleanup_(recipe_freep) struct recipe *first = NULL, *second = NULL;
	const char *name = size > 0 && data[0] == 'm' ? RECIPE_MATRIX : "0.0.4711";
	char own[BUSID_TEXT_MAX];

	if (size == 0)
		return 0;
	first = parse(name, (const char *)data + 1, size - 1);
	if (!first)
		return 0;
	recipe_name(first, own);
	fuzz_require(strcmp(own, name) == 0);
	recipe_print(first, &text);
	/* A recipe of many small values grows when it is printed. */
	if (text.len > RECIPE_SIZE_MAX)
		return 0;
	second = parse(name, strbuf_str(&text), text.len);
	fuzz_require(second);
	recipe_print(second, &again);
	fuzz_require(strcmp(strbuf_str(&text), strbuf_str(&again)) == 0);
	return 0;
}
