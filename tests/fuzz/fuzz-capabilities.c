/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * callout_parse_capabilities(): what it understood, printed as a reply, means the same. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/callout-internal.h"
#include "fuzz/fuzz.h"

static void count(void *userdata, enum log_level level, const char *text)
{
	fuzz_require(level == LOG_LEVEL_WARN);
	fuzz_require(strstr(text, "provides unknown"));
	++*(unsigned *)userdata;
}

static void add_words(struct strbuf *out, const char *key, unsigned set, bool are_actions)
{
	const char *separator = "";

	strbuf_addf(out, ",\"%s\":[", key);
	for (unsigned i = 0; set >> i; i++) {
		if (!(set >> i & 1))
			continue;
		strbuf_addf(out, "%s\"%s\"", separator,
		            are_actions ? callout_action_name((int)i)
		                        : callout_event_name((enum callout_event)i));
		separator = ",";
	}
	strbuf_add_char(out, ']');
}

static void require_round_trip(const struct callout_capabilities *first, const struct log *log)
{
	_cleanup_(strbuf_done) struct strbuf reply = STRBUF_INIT;
	struct callout_capabilities again;

	fuzz_require(first->actions >> _CALLOUT_ALL_ACTIONS_MAX == 0);
	fuzz_require(first->events >> _CALLOUT_EVENT_MAX == 0);
	strbuf_add_str(&reply, "{\"supports\":{\"version\":2");
	add_words(&reply, "actions", first->actions, true);
	add_words(&reply, "events", first->events, false);
	strbuf_add_str(&reply, "}}");
	/* Trailing NUL bytes do not count. */
	strbuf_add(&reply, "\0", 1);
	fuzz_require(callout_parse_capabilities(reply.data, reply.len, "p", log, &again) == 0);
	fuzz_require(again.actions == first->actions && again.events == first->events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n_warnings = 0, n_warnings_before;
	struct log log = { .max = LOG_LEVEL_WARN, .sink = count, .userdata = &n_warnings };
	struct callout_capabilities found = { .actions = ~0U, .events = ~0U };
	int r = callout_parse_capabilities((const char *)data, size, "p", &log, &found);

	fuzz_require(r == 0 || r == -EINVAL || r == -ENODATA);
	n_warnings_before = n_warnings;
	if (r == 0) {
		fuzz_require(n_warnings <= 2);
		require_round_trip(&found, &log);
	} else {
		fuzz_require(n_warnings == 0);
		fuzz_require(found.actions == ~0U && found.events == ~0U);
	}
	fuzz_require(n_warnings == n_warnings_before);
	return 0;
}
