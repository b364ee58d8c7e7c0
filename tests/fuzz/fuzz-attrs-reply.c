/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * definition_parse_attrs_reply(), strict and lenient: what is accepted strictly is
 * the same leniently, and goes through a definition unchanged. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/definition.h"
#include "fuzz/fuzz.h"

static int parse(const uint8_t *data, size_t size, bool keep_leading, struct attrs *ret)
{
	struct error err = ERROR_INIT;
	int r = definition_parse_attrs_reply((const char *)data, size, keep_leading, ret, &err);

	fuzz_require(error_is_set(&err) == (r < 0));
	if (r < 0) {
		fuzz_require(r == -EINVAL || r == -EFBIG || r == -E2BIG);
		fuzz_require(ret->n == 0 && !ret->items);
		fuzz_require(err.errnum == -r && err.message && err.cause);
	}
	error_done(&err);
	return r;
}

static void require_round_trip(const struct attrs *attrs)
{
	_cleanup_(definition_freep) struct definition *again = NULL;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char type[] = "t";
	struct definition d = { .type = type, .attrs = *attrs };

	definition_print_compact(&d, &text);
	if (text.len > DEFINITION_SIZE_MAX)
		return;
	fuzz_require(definition_parse(text.data, text.len, &again, NULL) == 0);
	fuzz_require(attrs_equal(&again->attrs, attrs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attrs strict = { 0 }, lenient = { 0 };
	int r = parse(data, size, false, &strict);
	int r_lenient = parse(data, size, true, &lenient);

	fuzz_require(r_lenient == r || r == -EINVAL);
	if (r == 0)
		fuzz_require(attrs_equal(&strict, &lenient));
	require_round_trip(&lenient);
	attrs_done(&strict);
	attrs_done(&lenient);
	return 0;
}
