/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ap_bindings_parse(): what it takes prints back as it was. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-bus.h"
#include "fuzz/fuzz.h"

static const char *without_zeros(const char *p)
{
	while (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
		p++;
	return p;
}

/* The one form of a text: no leading zeros, no newline. */
static void canonical(const char *text, char *out, size_t size)
{
	const char *slash = strchr(text, '/');

	fuzz_require(slash);
	snprintf(out, size, "%.*s/%s", (int)(slash - without_zeros(text)), without_zeros(text),
	         without_zeros(slash + 1));
	out[strcspn(out, "\n")] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");
	char printed[64], wanted[64];
	struct ap_bindings b;
	int r;

	fuzz_require(text);
	r = ap_bindings_parse(text, &b);
	fuzz_require(r == 0 || r == -EINVAL);
	if (r == 0) {
		fuzz_require(b.bound <= b.total && b.total <= AP_NUMBERS * AP_NUMBERS);
		snprintf(printed, sizeof(printed), "%u/%u%s", b.bound, b.total,
		         b.is_complete ? " (complete)" : "");
		canonical(text, wanted, sizeof(wanted));
		fuzz_require(strcmp(printed, wanted) == 0);
	}
	free(text);
	return 0;
}
