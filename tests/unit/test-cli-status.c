/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "cli/out-status.h"
#include "cli/status-value.h"
#include "core/record.h"
#include "lib/unit.h"

/* ---- columns ---------------------------------------------------------------------------- */

static void test_columns(void **state)
{
	static const enum status_column added[] = { STATUS_UUID,  STATUS_PARENT, STATUS_START,
		                                    STATUS_STATE, STATUS_SINCE,  STATUS_REASON,
		                                    STATUS_PID,   STATUS_UUID };
	struct status_columns columns;

	assert_int_equal(status_columns_parse(NULL, &columns, NULL), 0);
	assert_int_equal(columns.n, 6);
	assert_int_equal(status_columns_parse("+pid,UUID", &columns, NULL), 0);
	assert_int_equal(columns.n, ARRAY_SIZE(added));
	assert_memory_equal(columns.items, added, sizeof(added));
	assert_int_equal(status_columns_parse("Reason", &columns, NULL), 0);
	assert_int_equal(columns.n, 1);
	assert_int_equal(columns.items[0], STATUS_REASON);
}

static void test_bad_columns(void **state)
{
	static const char *const bad[] = { "", "+", ",", "uuid,", "uui", "uuids", "uuid state" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct status_columns columns = { .n = 99 };
		struct error err = ERROR_INIT;

		assert_int_equal(status_columns_parse(bad[i], &columns, &err), -EINVAL);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(strstr(err.advice, "UUID, PARENT, "));
		assert_int_equal(columns.n, 99);
		error_done(&err);
	}
}

/* ---- the summary --------------------------------------------------------------------------- */

struct summary_row {
	struct status_summary summary;
	const char *text;
};

static const struct summary_row summary_rows[] = {
	{ { 0 }, "0 defined; mdevmgrd is not running\n" },
	{ { .defined = 16,
	    .states = { [DEVICE_ACTIVE] = 14, [DEVICE_WAITING_PARENT] = 1, [DEVICE_FAILED] = 1 },
	    .daemon = 7 },
	  "16 defined, 14 active, 1 waiting for its parent, 1 failed; mdevmgrd is running "
	  "(pid 7)\n" },
	{ { .defined = 3,
	    .states = { [DEVICE_INACTIVE] = 1,
	                [DEVICE_WAITING_PARENT] = 2,
	                [DEVICE_WAITING_TYPE] = 1,
	                [DEVICE_WAITING_INSTANCE] = 2,
	                [DEVICE_BLOCKED] = 1,
	                [DEVICE_STARTING] = 1,
	                [DEVICE_DEGRADED] = 1,
	                [DEVICE_STOPPING] = 1,
	                [DEVICE_STUCK] = 1 } },
	  "3 defined, 1 inactive, 1 starting, 1 stopping, 2 waiting for their parents, "
	  "1 waiting for its type, 2 waiting for free instances, 1 blocked, 1 degraded, 1 stuck; "
	  "mdevmgrd is not running\n" },
};

static void test_summary(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(summary_rows); i++) {
		struct strbuf out = STRBUF_INIT;

		status_add_summary(&out, &summary_rows[i].summary);
		assert_string_equal(strbuf_str(&out), summary_rows[i].text);
		strbuf_done(&out);
	}
}

static void test_count(void **state)
{
	struct status_summary summary = { 0 };
	struct survey_entry e = { .is_defined = true, .is_auto = true, .state = DEVICE_STUCK };

	status_count(&summary, &e);
	e.is_auto = false;
	status_count(&summary, &e);
	e = (struct survey_entry){ .state = DEVICE_ACTIVE };
	status_count(&summary, &e);
	assert_int_equal(summary.defined, 2);
	assert_int_equal(summary.autos, 1);
	assert_int_equal(summary.bad, 1);
	assert_int_equal(summary.states[DEVICE_STUCK], 2);
	assert_int_equal(summary.states[DEVICE_ACTIVE], 1);
}

/* ---- fields ------------------------------------------------------------------------------ */

static void value_is(const struct survey_entry *e, enum status_column column, const char *text)
{
	const struct status_row row = { .parent = "p", .entry = e };
	struct strbuf out = STRBUF_INIT;

	status_value_add(&out, &row, column);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_done(&out);
}

static void test_values(void **state)
{
	char type[] = "t", reason[] = "why";
	const struct survey_entry none = { .state = DEVICE_ACTIVE };
	const struct survey_entry all = {
		.is_defined = true,
		.is_auto = true,
		.state = DEVICE_STUCK,
		.type = type,
		.reason = reason,
		.attempts = 2,
		.errnum = EBUSY,
		.pid = 17,
	};
	struct survey_entry broken = { .is_defined = true, .is_broken = true };

	value_is(&none, STATUS_PARENT, "p");
	value_is(&none, STATUS_STATE, "active");
	for (enum status_column c = STATUS_SINCE; c < _STATUS_COLUMN_MAX; c++)
		value_is(&none, c, "-");
	value_is(&none, STATUS_TYPE, "-");
	value_is(&none, STATUS_START, "-");
	value_is(&all, STATUS_START, "auto");
	value_is(&all, STATUS_TYPE, "t");
	value_is(&all, STATUS_ATTEMPTS, "2");
	value_is(&all, STATUS_ERRNO, "EBUSY");
	value_is(&all, STATUS_PID, "17");
	value_is(&all, STATUS_REASON, "why");
	value_is(&broken, STATUS_START, "-");
	broken.is_broken = false;
	value_is(&broken, STATUS_START, "manual");
}

/* The wall clock's time of now, in both forms; a second may pass meanwhile. */
static void test_times(void **state)
{
	struct strbuf out = STRBUF_INIT;
	time_t before = time(NULL), t;
	struct tm tm = { 0 };

	status_add_utc_time(&out, record_now());
	assert_int_equal(strlen(out.data), strlen("2026-01-31T12:00:00Z"));
	assert_ptr_equal(strptime(out.data, "%Y-%m-%dT%H:%M:%SZ", &tm), out.data + out.len);
	t = timegm(&tm);
	assert_in_range(t, before - 1, time(NULL) + 1);

	strbuf_clear(&out);
	status_add_local_time(&out, record_now());
	assert_int_equal(strlen(out.data), strlen("12:00:00"));
	strbuf_clear(&out);
	status_add_local_time(&out, record_now() - INT64_C(50000) * 1000000);
	assert_int_equal(strlen(out.data), strlen("2026-01-31 12:00"));
	strbuf_done(&out);
}

/* A number that has no name. */
static void test_errno(void **state)
{
	struct strbuf out = STRBUF_INIT;

	status_add_errno(&out, 99999);
	assert_string_equal(out.data, "99999");
	strbuf_done(&out);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void test_json(void **state)
{
	char reason[] = "say \"no\"\n\xff";
	struct survey_entry e = { .state = DEVICE_FAILED, .reason = reason };
	const struct status_row row = { .parent = "p", .entry = &e };
	struct status_summary summary = { 0 };
	struct strbuf out = STRBUF_INIT;

	status_add_json(&out, &summary, NULL, 0, "");
	assert_non_null(strstr(out.data, "\"daemon\": null\n  },\n  \"devices\": [],\n"
	                                 "  \"recipes\": []\n}\n"));
	strbuf_clear(&out);
	status_add_json(&out, &summary, &row, 1, "");
	assert_non_null(strstr(out.data, "\"reason\": \"say \\\"no\\\"\\n\xef\xbf\xbd\""));
	assert_non_null(strstr(out.data, "\"errno\": null,"));
	assert_non_null(strstr(out.data, "\"error\": null,"));
	assert_non_null(strstr(out.data, "\"attempts\": 0,"));
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns), cmocka_unit_test(test_bad_columns),
		cmocka_unit_test(test_summary), cmocka_unit_test(test_count),
		cmocka_unit_test(test_values),  cmocka_unit_test(test_times),
		cmocka_unit_test(test_errno),   cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
