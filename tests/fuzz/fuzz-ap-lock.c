/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ap_lock_parse() against the same rule by strtoimax(). */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/ap-lock.h"
#include "fuzz/fuzz.h"

/* As the C library reads a number, but for the white space that no lock begins with. */
static int parse_again(const char *text, intmax_t *ret)
{
	const char *p = text + strspn(text, " \t");
	char *end;

	if (*p == '+' || strchr("\n\v\f\r", *p))
		return 0;
	*ret = strtoimax(p, &end, 10);
	if (end == p)
		return 0;
	return *ret > 0 && *ret <= INT_MAX ? 1 : -ESRCH;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");
	intmax_t wanted = 0;
	pid_t pid = 0;
	int r;

	fuzz_require(text);
	r = ap_lock_parse(text, &pid);
	fuzz_require(r == parse_again(text, &wanted));
	fuzz_require(r == 1 ? pid == wanted : pid == 0);
	free(text);
	return 0;
}
