/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told of which change, read back from stderr. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

#include "daemon/reporter.h"
#include "lib/unit.h"

#define UUID "11111111-0001-0000-8000-00000000000a"

#define NONE (-1)

struct change {
	int before; /* state, or NONE */
	int after;
	bool is_manual;
	bool is_broken;
	bool was_broken;
	bool is_held;
	bool is_stopped;
	bool is_private;
	const char *text; /* after "UUID on p "; NULL: nothing is told */
};

static const struct change changes[] = {
	{ DEVICE_STARTING, DEVICE_ACTIVE, .text = "is active: why" },
	{ DEVICE_WAITING_PARENT, DEVICE_ACTIVE, .text = "is active: why" },
	{ DEVICE_STUCK, DEVICE_ACTIVE, .text = "goes on: the driver came back: why" },
	{ DEVICE_STUCK, DEVICE_STARTING, .text = "goes on: the driver came back: why" },
	{ DEVICE_STUCK, DEVICE_STOPPING, .is_stopped = true,
	  .text = "was stopped by somebody and stays stopped: why" },
	{ DEVICE_STUCK, DEVICE_INACTIVE, .is_stopped = true, .is_manual = true,
	  .text = "was stopped by somebody and stays stopped: why" },
	{ DEVICE_STUCK, DEVICE_INACTIVE, .text = NULL },
	{ DEVICE_STUCK, DEVICE_DEGRADED, .is_stopped = true,
	  .text = "is active, but not as defined: why" },
	{ DEVICE_STARTING, DEVICE_STOPPING, .is_stopped = true, .text = NULL },
	{ DEVICE_STARTING, DEVICE_FAILED, .text = "cannot be started: why" },
	{ DEVICE_STARTING, DEVICE_STUCK, .text = "is stuck in its driver: why" },
	{ DEVICE_ACTIVE, DEVICE_DEGRADED, .text = "is active, but not as defined: why" },
	{ DEVICE_ACTIVE, DEVICE_INACTIVE,
	  .text = "was stopped by somebody and stays stopped: why" },
	{ DEVICE_ACTIVE, DEVICE_INACTIVE, .is_manual = true, .text = NULL },
	{ DEVICE_ACTIVE, DEVICE_INACTIVE, .is_held = true, .text = NULL },
	{ DEVICE_STARTING, DEVICE_ACTIVE, .is_held = true, .text = "is active: why" },
	{ DEVICE_ACTIVE, DEVICE_WAITING_PARENT, .text = NULL },
	{ DEVICE_STARTING, DEVICE_BLOCKED, .text = "is blocked: why" },
	{ DEVICE_STARTING, DEVICE_WAITING_INSTANCE, .text = "waits for a free instance: why" },
	{ NONE, DEVICE_FAILED, .text = "cannot be started: why" },
	{ NONE, DEVICE_FAILED, .is_private = true, .text = "cannot be started" },
	{ NONE, DEVICE_ACTIVE, .text = NULL },
	{ NONE, DEVICE_INACTIVE, .text = NULL },
	{ NONE, NONE, .text = NULL },
	{ DEVICE_FAILED, DEVICE_FAILED, .text = NULL },
	{ NONE, DEVICE_FAILED, .is_broken = true,
	  .text = "has a definition that cannot be used: why" },
	{ DEVICE_ACTIVE, DEVICE_ACTIVE, .is_broken = true,
	  .text = "has a definition that cannot be used: why" },
	{ DEVICE_ACTIVE, DEVICE_INACTIVE, .is_broken = true, .was_broken = true, .text = NULL },
};

/* What is written to stderr meanwhile. */
struct capture {
	int pipe[2];
	int before;
};

static void capture_begin(struct capture *c)
{
	assert_int_equal(pipe2(c->pipe, O_CLOEXEC | O_NONBLOCK), 0);
	c->before = dup(STDERR_FILENO);
	dup2(c->pipe[1], STDERR_FILENO);
}

static void capture_end(struct capture *c, char *ret, size_t size)
{
	ssize_t n;

	dup2(c->before, STDERR_FILENO);
	close(c->before);
	close(c->pipe[1]);
	n = read(c->pipe[0], ret, size - 1);
	ret[n < 0 ? 0 : n] = '\0';
	close(c->pipe[0]);
}

static void report(const struct reporter *reporter, const struct change *change)
{
	struct survey_entry entry = { .is_defined = true,
		                      .is_held = change->is_held,
		                      .is_stopped = change->is_stopped,
		                      .is_private = change->is_private,
		                      .reason = (char *)"why" };
	struct manager_device before = { .state = (unsigned char)change->before,
		                         .is_broken = change->was_broken };
	struct manager_device after = { .state = (unsigned char)change->after,
		                        .is_defined = true,
		                        .is_auto = !change->is_manual,
		                        .is_broken = change->is_broken };

	assert_int_equal(mdev_uuid_parse(UUID, &entry.uuid), 0);
	reporter->observer.device(reporter->observer.userdata, "p",
	                          change->before == NONE ? NULL : &before,
	                          change->after == NONE ? NULL : &after, &entry);
}

static void test_changes(void **state)
{
	const struct journal journal = { .max = LOG_LEVEL_INFO };
	struct reporter reporter;

	reporter_init(&reporter, &journal);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char told[512], expected[512] = "";
		struct capture c;

		capture_begin(&c);
		report(&reporter, &changes[i]);
		capture_end(&c, told, sizeof(told));
		if (changes[i].text)
			snprintf(expected, sizeof(expected), UUID " on p %s\n", changes[i].text);
		assert_string_equal(told, expected);
	}
}

static void test_levels(void **state)
{
	const struct journal quiet = { .max = LOG_LEVEL_ERROR };
	static const struct change active = { DEVICE_STARTING, DEVICE_ACTIVE },
				   failed = { DEVICE_STARTING, DEVICE_FAILED };
	struct reporter reporter;
	struct capture c;
	char told[512];

	reporter_init(&reporter, &quiet);
	capture_begin(&c);
	report(&reporter, &active);
	report(&reporter, &failed);
	capture_end(&c, told, sizeof(told));
	assert_string_equal(told, UUID " on p cannot be started: why\n");
}

static void test_one_entry_is_one_line(void **state)
{
	const struct journal journal = { .max = LOG_LEVEL_INFO };
	struct capture c;
	char told[512];

	capture_begin(&c);
	journal_tell(&journal, &(struct journal_entry){ .priority = LOG_ERR, .text = "a\nb\033c" });
	capture_end(&c, told, sizeof(told));
	assert_string_equal(told, "a b c\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_one_entry_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
