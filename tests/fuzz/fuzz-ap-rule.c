/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * chzdev's rule: whatever else is in the file, a rule of ours at its end wins. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-rule.h"
#include "fuzz/fuzz.h"

#define LAST "\nATTR{../../bus/ap/apmask}=\"0x04\"\n"

static void require_last_wins(const uint8_t *data, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	struct ap_rule rule;
	unsigned line;

	strbuf_add(&text, data, size);
	strbuf_add_str(&text, LAST);
	fuzz_require(ap_rule_parse(strbuf_str(&text), text.len, &rule, &line) == 0);
	fuzz_require(rule.has_adapters && ap_set_count(&rule.masks.adapters) == 1);
	fuzz_require(ap_set_has(&rule.masks.adapters, 5));
	strbuf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ap_rule rule = { 0 };
	unsigned line = 0;
	int r = ap_rule_parse((const char *)data, size, &rule, &line);

	fuzz_require(r == 0 || r == -EINVAL);
	fuzz_require((r < 0) == (line > 0));
	fuzz_require(rule.has_adapters || ap_set_is_empty(&rule.masks.adapters));
	fuzz_require(rule.has_domains || ap_set_is_empty(&rule.masks.domains));
	if (r == 0)
		require_last_wins(data, size);
	return 0;
}
