/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The line that systemd shows. */
#include "config.h"

#include "daemon/notify.h"
#include "lib/unit.h"

struct line {
	struct manager_counts counts;
	unsigned rescans_every;
	const char *text;
};

static void test_lines(void **state)
{
	static const struct line lines[] = {
		{ .counts = { .autos = 0 }, .text = "0 of 0 active" },
		{ .counts = { .autos = 16,
		              .auto_states = { [DEVICE_ACTIVE] = 14,
		                               [DEVICE_WAITING_PARENT] = 1,
		                               [DEVICE_FAILED] = 1 } },
		  .text = "14 of 16 active, 1 waiting for its parent, 1 failed" },
		{ .counts = { .autos = 6,
		              .auto_states = { [DEVICE_WAITING_PARENT] = 2,
		                               [DEVICE_STUCK] = 3,
		                               [DEVICE_INACTIVE] = 1 } },
		  .text = "0 of 6 active, 2 waiting for their parents, 1 stopped, 3 stuck" },
		{ .counts = { .autos = 1, .auto_states = { [DEVICE_ACTIVE] = 1 } },
		  .rescans_every = 30,
		  .text = "1 of 1 active (no kernel events here: looking every 30 s)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

		notify_format(&lines[i].counts, lines[i].rescans_every, &text);
		assert_string_equal(strbuf_str(&text), lines[i].text);
	}
}

/* A state without words would be counted by nobody. */
static void test_every_state_is_told(void **state)
{
	for (int i = 0; i < _DEVICE_STATE_MAX; i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
		struct manager_counts counts = { .autos = 1 };

		counts.auto_states[i] = 1;
		notify_format(&counts, 0, &text);
		assert_string_not_equal(strbuf_str(&text), "0 of 1 active");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_state_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
