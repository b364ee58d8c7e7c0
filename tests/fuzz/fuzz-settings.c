/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * settings_parse(): whatever is in the file, each setting stays within its bounds, so that
 * all of them, printed, are read back without a warning; and warnings are few. */
#include "config.h"

#include <string.h>

#include "core/settings.h"
#include "fuzz/fuzz.h"

static void count(void *userdata, enum log_level level, const char *text)
{
	++*(unsigned *)userdata;
}

static void parse(const char *bytes, size_t n, struct settings *s, unsigned *warnings)
{
	const struct log log = { LOG_LEVEL_WARN, count, warnings };

	*warnings = 0;
	settings_init(s);
	fuzz_require(settings_parse(bytes, n, "f", &log, s) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	struct settings s, s_again;
	unsigned warnings;

	parse((const char *)data, size, &s, &warnings);
	fuzz_require(warnings <= 21);
	settings_format(&s, &text);
	parse(strbuf_str(&text), text.len, &s_again, &warnings);
	fuzz_require(warnings == 0);
	settings_format(&s_again, &again);
	fuzz_require(strcmp(strbuf_str(&text), strbuf_str(&again)) == 0);
	return 0;
}
