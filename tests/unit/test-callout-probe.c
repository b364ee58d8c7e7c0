/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scripts with versions, the reply to the probe, and attributes. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "lib/callout-world.h"
#include "lib/unit.h"

static void test_versioned_script_comes_first(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", "exit 0");
	script(w, ETC "v",
	       "[ $6 = capabilities ] && { echo '" SUPPORTS_ALL "'; echo hello >&2; exit 77; }\n"
	       "exit ${RC:-0}");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_messages(w, "FOREIGN v: hello\n\n");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "v -t T1 -e get -a capabilities -s none\n"
	                "v -t T1 -e pre -a define -s none|" COMPACT "\n"
	                "v -t T1 -e post -a define -s success|" COMPACT "\n");
	/* Asked for capabilities once per parent and type. */
	setenv("RC", "2", 1);
	assert_int_equal(operate(w, CALLOUT_STOP, false), -EPERM);
	unsetenv("RC");
	assert_error(w, "Script '\"" ETC "v\"' failed with status '2'");
	assert_trace(w, "v -t T1 -e pre -a stop -s none|" COMPACT "\n");
	w->subject.type = "T2";
	assert_int_equal(operate(w, CALLOUT_STOP, false), 0);
	assert_trace(w, "a -t T2 -e get -a capabilities -s none\n"
	                "v -t T2 -e get -a capabilities -s none\n"
	                "v -t T2 -e pre -a stop -s none|" COMPACT "\n"
	                "v -t T2 -e post -a stop -s success|" COMPACT "\n");
}

static void test_scripts_that_came_and_went_until_a_refresh(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'; exit 0");
	assert_int_equal(operate(w, CALLOUT_START, false), 0);
	free(take_trace(w));
	shell(w, "rm $0" LIB "a");
	script(w, ETC "b", "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'; exit 0");
	callouts_refresh(w->c);
	assert_int_equal(operate(w, CALLOUT_START, false), 0);
	assert_trace(w, "b -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "b -t T1 -e post -a start -s success|" COMPACT "\n");
}

static void test_scripts_that_come_where_there_were_none(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		callouts_refresh(w->c);
		assert_int_equal(operate(w, CALLOUT_START, false), 0);
		assert_trace(w, "");
	}
	script(w, LIB "a", "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'; exit 0");
	callouts_refresh(w->c);
	assert_int_equal(operate(w, CALLOUT_START, false), 0);
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "a -t T1 -e post -a start -s success|" COMPACT "\n");
}

static void test_a_file_that_becomes_a_script(void **state)
{
	struct world *w = *state;

	write_file(w, LIB "a", 0644, "#!/bin/sh\n[ $6 = capabilities ] && exit 2; exit 1\n");
	for (int i = 0; i < 3; i++) {
		callouts_refresh(w->c);
		assert_int_equal(operate(w, CALLOUT_START, false), 0);
	}
	/* No change of the directory. */
	shell(w, "chmod 755 $0" LIB "a");
	w->c->knows_dirs = true;
	callouts_refresh(w->c);
	assert_int_equal(operate(w, CALLOUT_START, false), -EPERM);
}

static void test_what_a_versioned_script_does_not_support(void **state)
{
	struct world *w = *state;
	struct attrs attrs = { 0 };
	_cleanup_(conversation_freep) struct conversation *v = NULL;

	script(w, LIB "v",
	       "[ $6 = capabilities ] && echo '{\"supports\":{\"version\":1,"
	       "\"actions\":[\"define\",\"modify\"],\"events\":[\"pre\"]}}'; exit 0");
	assert_int_equal(operate(w, CALLOUT_START, false), -EOPNOTSUPP);
	assert_error(w, "Script \"" LIB "v\" does not support action 'Start'");
	assert_int_equal(operate(w, CALLOUT_START, true), 0);
	assert_messages(w, "WARN Forcing operation 'start' despite callout failure. Error was: "
	                   "Script \"" LIB "v\" does not support action 'Start'\n");
	free(take_trace(w));
	/* Post is not supported, and nobody minds. */
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_trace(w, "v -t T1 -e pre -a define -s none|" COMPACT "\n");
	assert_int_equal(callouts_get_attributes(w->c, &w->subject, false, &attrs, &w->err),
	                 -EOPNOTSUPP);
	assert_error(w, "Script \"" LIB "v\" does not support action 'Attributes'");
	v = begin(w, CALLOUT_MODIFY);
	assert_int_equal(conversation_live(v, &w->err), -EOPNOTSUPP);
	assert_error(w, "Script \"" LIB "v\" does not support event 'Live'");
	assert_trace(w, "");
}

static void test_live(void **state)
{
	struct world *w = *state;
	_cleanup_(conversation_freep) struct conversation *v = begin(w, CALLOUT_MODIFY);

	script(w, LIB "a", "exit 0");
	assert_int_equal(conversation_live(v, &w->err), -EOPNOTSUPP);
	assert_error(w, "Live modification is not supported for this device type. Changing the "
	                "device configuration requires stopping and restarting the device.");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n");

	script(w, LIB "a",
	       "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'\n"
	       "[ $4 = live ] && { echo live >&2; [ \"$RC\" = 9 ] && kill -9 $$; }\n"
	       "exit ${RC:-0}");
	renew(w);
	conversation_free(v);
	v = begin(w, CALLOUT_MODIFY);
	assert_int_equal(conversation_live(v, &w->err), 0);
	conversation_notify(v, CALLOUT_NONE);
	assert_messages(w, "FOREIGN a: live\n\n");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e live -a modify -s none|" COMPACT "\n");
	setenv("RC", "3", 1);
	assert_int_equal(conversation_live(v, &w->err), -EPERM);
	assert_messages(w, "FOREIGN a: live\n\n");
	assert_error(w, "Script '\"" LIB "a\"' failed with status '3'");
	setenv("RC", "9", 1);
	assert_int_equal(conversation_live(v, &w->err), -ECHILD);
	assert_messages(w, "FOREIGN a: live\n\n");
	assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': terminated by signal "
	                "9 (Killed)");
	unsetenv("RC");
}

/* ---- attributes -------------------------------------------------------------------------- */

static void test_get_attributes(void **state)
{
	struct world *w = *state;
	struct attrs attrs = { 0 };

	script(w, LIB "a", NO_CAPABILITIES "exit 2");
	script(w, LIB "b", NO_CAPABILITIES "echo words >&2; echo '[{\"x\":\"1\"},{\"y\":\"2\"}]'");
	assert_int_equal(callouts_get_attributes(w->c, &w->subject, false, &attrs, &w->err), 0);
	assert_int_equal(attrs.n, 2);
	assert_string_equal(attrs.items[1].name, "y");
	assert_messages(w, "FOREIGN b: words\n\n");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e get -a attributes -s none|\n"
	                "b -t T1 -e get -a attributes -s none|\n");
	attrs_done(&attrs);
}

static void test_attributes_that_fail(void **state)
{
	static const struct {
		const char *body;
		int r;
		const char *messages;
		const char *error;
	} rows[] = {
		{ "exit 1", -EPERM, "", "Script '\"" LIB "a\"' failed with status '1'" },
		{ "kill -9 $$", -ECHILD,
		  "WARN callout script \"" LIB "a\" was terminated by a signal\n",
		  "Script '\"" LIB "a\"' failed with status 'unknown': terminated by signal 9 "
		  "(Killed)" },
		{ "head -c 1048577 /dev/zero", -EFBIG, "",
		  "Script " LIB "a sent more than 1048576 bytes" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_done) struct strbuf body = STRBUF_INIT;
		struct attrs attrs = { 0 };

		strbuf_addf(&body, NO_CAPABILITIES "%s", rows[i].body);
		script(w, LIB "a", body.data);
		renew(w);
		assert_int_equal(callouts_get_attributes(w->c, &w->subject, true, &attrs, &w->err),
		                 rows[i].r);
		assert_messages(w, rows[i].messages);
		assert_error(w, rows[i].error);
		assert_int_equal(attrs.n, 0);
	}
	/* 2 from all is no failure. */
	script(w, LIB "a", "exit 2");
	renew(w);
	assert_int_equal(
		callouts_get_attributes(w->c, &w->subject, true, &(struct attrs){ 0 }, &w->err), 0);
}

static void test_attributes_that_are_no_attributes(void **state)
{
	struct world *w = *state;
	struct attrs attrs = { 0 };

	script(w, LIB "a", NO_CAPABILITIES "echo '[{\"x\":\"1\"},{\"y\":2}]'");
	assert_int_equal(callouts_get_attributes(w->c, &w->subject, false, &attrs, &w->err),
	                 -EINVAL);
	assert_non_null(strstr(w->err.advice, LIB "a"));
	assert_int_equal(attrs.n, 0);
	assert_int_equal(callouts_get_attributes(w->c, &w->subject, true, &attrs, NULL), 0);
	assert_int_equal(attrs.n, 1);
	attrs_done(&attrs);
}

/* ---- the reply to the probe ----------------------------------------------------------------- */

#define ACTION(a) (1U << CALLOUT_##a)

static void test_parse_capabilities(void **state)
{
	static const char unknown_action[] =
		"WARN Callout script \"/a \\\"b\\\"\" provides unknown Action type\n";
	static const char unknown_event[] =
		"WARN Callout script \"/a \\\"b\\\"\" provides unknown Event type\n";
	static const struct {
		const char *reply;
		size_t nuls; /* after it */
		int r;
		unsigned actions;
		unsigned events;
		const char *messages;
	} rows[] = {
#define REPLY(version, actions, events)                                                            \
	"{\"supports\":{\"version\":" version ",\"actions\":" actions ",\"events\":" events "}}"
		{ REPLY("2", "[\"start\",\"attributes\"]", "[\"get\"]"), 0, 0,
		  ACTION(START) | ACTION(ATTRIBUTES), ACTION(GET), "" },
		{ " " REPLY("0", "[]", "[]") "\n", 3, 0, 0, 0, "" },
		{ REPLY("4294967295", "[\"stop\",\"stop\"]", "[\"pre\",\"post\",\"live\"]"), 0, 0,
		  ACTION(STOP), ACTION(PRE) | ACTION(POST) | ACTION(LIVE), "" },
		{ REPLY("2", "[\"define\",\"foo\",\"bar\"]", "[\"notify\"]"), 0, 0, ACTION(DEFINE),
		  ACTION(NOTIFY), unknown_action },
		{ REPLY("2", "[\"modify\"]", "[\"Pre\"]"), 0, 0, ACTION(MODIFY), 0, unknown_event },
		{ "{\"x\":1,\"supports\":{\"y\":2,\"events\":[],\"version\":1,\"actions\":["
		  "\"undefine\",\"capabilities\"]}}",
		  0, 0, ACTION(UNDEFINE) | ACTION(CAPABILITIES), 0, "" },
		{ REPLY("4294967296", "[]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("-1", "[]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("2.0", "[]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("\"2\"", "[]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("99999999999999999999", "[]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("2", "[1]", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("2", "[\"foo\"]", "[null]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("2", "\"start\"", "[]"), 0, -EINVAL, 0, 0, "" },
		{ REPLY("2", "[]", "{}"), 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":{\"version\":2,\"actions\":[]}}", 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":{\"version\":2,\"events\":[]}}", 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":{\"actions\":[],\"events\":[]}}", 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":[]}", 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":null}", 0, -ENODATA, 0, 0, "" },
		{ "{}", 0, -ENODATA, 0, 0, "" },
		{ "null", 0, -EINVAL, 0, 0, "" },
		{ "[]", 0, -EINVAL, 0, 0, "" },
		{ "", 0, -EINVAL, 0, 0, "" },
		{ "", 2, -EINVAL, 0, 0, "" },
		{ "usage: a -t TYPE\n", 0, -EINVAL, 0, 0, "" },
		{ "{\"supports\":\"\xff\"}", 0, -EINVAL, 0, 0, "" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct callout_capabilities got = { 0 };
		size_t n = strlen(rows[i].reply);
		_cleanup_(freep) char *bytes = calloc(1, n + rows[i].nuls + 1);

		memcpy(bytes, rows[i].reply, n);
		assert_int_equal(callout_parse_capabilities(bytes, n + rows[i].nuls, "/a \"b\"",
		                                            &w->log, &got),
		                 rows[i].r);
		assert_int_equal(got.actions, rows[i].actions);
		assert_int_equal(got.events, rows[i].events);
		assert_messages(w, rows[i].messages);
	}
}

static void test_quoting(void **state)
{
	_cleanup_(strbuf_done) struct strbuf b = STRBUF_INIT;

	callout_add_quoted(&b, "/a\"b\\c\n\t\r\x1b\x7f \xc3\xa4");
	assert_string_equal(strbuf_str(&b), "\"/a\\\"b\\\\c\\n\\t\\r\\u{1b}\\u{7f} \xc3\xa4\"");
}

int main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, make_world, end_world)
	const struct CMUnitTest tests[] = {
		ROW(test_versioned_script_comes_first),
		ROW(test_scripts_that_came_and_went_until_a_refresh),
		ROW(test_scripts_that_come_where_there_were_none),
		ROW(test_a_file_that_becomes_a_script),
		ROW(test_what_a_versioned_script_does_not_support),
		ROW(test_live),
		ROW(test_get_attributes),
		ROW(test_attributes_that_fail),
		ROW(test_attributes_that_are_no_attributes),
		ROW(test_parse_capabilities),
		ROW(test_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
