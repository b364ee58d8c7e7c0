/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conversations with scripts that know no versions, time limits, interrupts. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "core/failure.h"
#include "lib/callout-world.h"
#include "lib/unit.h"

static void test_no_scripts(void **state)
{
	struct world *w = *state;
	struct attrs attrs = { 0 };

	assert_false(callouts_exist(w->c));
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_int_equal(callouts_get_attributes(w->c, &w->subject, false, &attrs, &w->err), 0);
	assert_int_equal(attrs.n, 0);

	shell(w, "rm -r $0/usr $0/etc");
	renew(w);
	assert_false(callouts_exist(w->c));
	assert_int_equal(operate(w, CALLOUT_STOP, false), 0);
	assert_messages(w, "");
}

static void test_the_bytes_that_scripts_get(void **state)
{
	struct world *w = *state;
	char path[64], bytes[4096];
	size_t n;
	FILE *f;

	write_file(
		w, LIB "s", 0755,
		"#!/bin/sh\n{ printf '%s|' \"$#\" \"$@\"; cat; echo '<'; } >>\"${0%/usr/*}\"/trace\n"
		"[ $4 = get ] && exit 2; exit 0\n");
	assert_int_equal(operate(w, CALLOUT_UNDEFINE, false), 0);
	snprintf(path, sizeof(path), "%s/trace", w->root);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	fclose(f);
	bytes[n] = '\0';
	assert_string_equal(
		bytes,
		"12|-t|T1|-e|get|-a|capabilities|-s|none|-u|" UUID "|-p|" PARENT "|"
		"{\"provides\":{\"version\":2,\"actions\":[\"start\",\"stop\",\"define\",\"undefine\","
		"\"modify\",\"attributes\",\"capabilities\"],\"events\":[\"pre\",\"post\",\"notify\","
		"\"get\",\"live\"]}}<\n"
		"12|-t|T1|-e|pre|-a|undefine|-s|none|-u|" UUID "|-p|" PARENT "|" COMPACT "<\n"
		"12|-t|T1|-e|post|-a|undefine|-s|success|-u|" UUID "|-p|" PARENT "|" COMPACT "<\n");
}

static void test_order_and_choice(void **state)
{
	struct world *w = *state;

	script(w, ETC "0-etc", NO_CAPABILITIES "exit 0");
	script(w, LIB "b", NO_CAPABILITIES "exit 2");
	script(w, LIB "a", NO_CAPABILITIES "echo dropped >&2; exit 2");
	script(w, LIB ".hidden", NO_CAPABILITIES "exit 2");
	script(w, LIB "B~", NO_CAPABILITIES "exit 2");
	script(w, ETC "9-never", NO_CAPABILITIES "exit 0");
	script(w, OLD "n2", "exit 1");
	script(w, NOTIFY "n1", "echo dropped; echo dropped >&2; kill -9 $$");
	assert_true(callouts_exist(w->c));
	assert_int_equal(operate(w, CALLOUT_START, false), 0);
	assert_trace(w, ".hidden -t T1 -e get -a capabilities -s none\n"
	                "B~ -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e get -a capabilities -s none\n"
	                "0-etc -t T1 -e get -a capabilities -s none\n"
	                "9-never -t T1 -e get -a capabilities -s none\n"
	                ".hidden -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "B~ -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "a -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "b -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "0-etc -t T1 -e pre -a start -s none|" COMPACT "\n"
	                "0-etc -t T1 -e post -a start -s success|" COMPACT "\n"
	                "n1 -t T1 -e notify -a start -s success|" COMPACT "\n"
	                "n2 -t T1 -e notify -a start -s success|" COMPACT "\n");
	assert_messages(w, "");
}

static void test_actions_and_states(void **state)
{
	struct world *w = *state;
	static const struct {
		enum callout_action action;
		const char *trace;
	} rows[] = {
		{ CALLOUT_DEFINE, "s -t T1 -e post -a define -s failure|" COMPACT "\n" },
		{ CALLOUT_UNDEFINE, "s -t T1 -e post -a undefine -s failure|" COMPACT "\n" },
		{ CALLOUT_MODIFY, "s -t T1 -e post -a modify -s failure|" COMPACT "\n" },
		{ CALLOUT_START, "s -t T1 -e post -a start -s failure|" COMPACT "\n" },
		{ CALLOUT_STOP, "s -t T1 -e post -a stop -s failure|" COMPACT "\n" },
	};

	script(w, LIB "s", NO_CAPABILITIES "exit 0");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(conversation_freep) struct conversation *v = begin(w, rows[i].action);

		assert_int_equal(conversation_pre(v, false, &w->err), 0);
		free(take_trace(w));
		conversation_post(v, CALLOUT_FAILURE);
		assert_trace(w, rows[i].trace);
	}
}

static void test_post_repeats_the_text_of_pre(void **state)
{
	struct world *w = *state;
	_cleanup_(conversation_freep) struct conversation *v = begin(w, CALLOUT_DEFINE);

	script(w, LIB "s", NO_CAPABILITIES "exit 0");
	script(w, NOTIFY "n", "exit 0");
	assert_int_equal(conversation_pre(v, false, &w->err), 0);
	assert_int_equal(attrs_append(&w->definition->attrs, "a", "b", 1), 0);
	free(take_trace(w));
	conversation_post(v, CALLOUT_SUCCESS);
	conversation_notify(v, CALLOUT_SUCCESS);
	assert_trace(w, "s -t T1 -e post -a define -s success|" COMPACT "\n"
	                "n -t T1 -e notify -a define -s success|{\"mdev_type\":\"T1\","
	                "\"start\":\"manual\",\"attrs\":[{\"a\":\"b\"}]}\n");
}

static void test_refusal(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", NO_CAPABILITIES "printf 'no: reason 1\\nreason 2\\n' >&2; exit 1");
	script(w, LIB "b", NO_CAPABILITIES "exit 0");
	script(w, NOTIFY "n", "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), -EPERM);
	assert_int_equal(w->err.mark, FAILURE_REFUSED);
	assert_messages(w, "FOREIGN a: no: reason 1\nreason 2\n\n");
	assert_error(w, "Script '\"" LIB "a\"' failed with status '1'");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e pre -a define -s none|" COMPACT "\n"
	                "n -t T1 -e notify -a define -s none|" COMPACT "\n");
}

static void test_force(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", NO_CAPABILITIES "exit 2");
	script(w, LIB "b", NO_CAPABILITIES "[ $4 = pre ] && exit 77; exit 0");
	assert_int_equal(operate(w, CALLOUT_STOP, true), 0);
	assert_messages(w, "WARN Forcing operation 'stop' despite callout failure. Error was: "
	                   "Script '\"" LIB "b\"' failed with status '77'\n");
	assert_false(error_is_set(&w->err));
	/* Nobody was chosen: post searches again. */
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e pre -a stop -s none|" COMPACT "\n"
	                "b -t T1 -e pre -a stop -s none|" COMPACT "\n"
	                "a -t T1 -e post -a stop -s success|" COMPACT "\n"
	                "b -t T1 -e post -a stop -s success|" COMPACT "\n");
}

static void test_nobody_is_responsible(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", "exit 2");
	assert_int_equal(operate(w, CALLOUT_STOP, false), 0);
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e pre -a stop -s none|" COMPACT "\n"
	                "a -t T1 -e post -a stop -s success|" COMPACT "\n");
}

static void test_death_is_a_refusal(void **state)
{
	struct world *w = *state;

	script(w, LIB "a",
	       NO_CAPABILITIES "[ $4 = pre ] && { echo oops >&2; kill -SEGV $$; }; exit 0");
	script(w, LIB "b", NO_CAPABILITIES "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), -ECHILD);
	assert_messages(w, "FOREIGN a: oops\n\n");
	assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': terminated by signal "
	                "11 (Segmentation fault)");
	assert_int_equal(operate(w, CALLOUT_DEFINE, true), 0);
}

static void test_death_at_the_probe_is_a_refusal(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", "[ $6 = capabilities ] && kill -TERM $$; exit 2");
	script(w, LIB "b", "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'; exit 0");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(operate(w, CALLOUT_DEFINE, false), -ECHILD);
		/* Once: the answer is kept. */
		assert_messages(w, i == 0 ? "WARN callout script \"" LIB
		                            "a\" was terminated by a signal\n"
		                          : "");
		assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': terminated by "
		                "signal 15 (Terminated)");
		assert_trace(w, i == 0 ? "a -t T1 -e get -a capabilities -s none\n" : "");
	}
	assert_int_equal(operate(w, CALLOUT_DEFINE, true), 0);
	assert_trace(w, "");
}

/* A script may have taken something at pre that only its post gives back. */
static void test_post_after_a_death_at_pre(void **state)
{
	static const struct {
		const char *death;
		int r;
	} rows[] = {
		{ "kill -9 $$", -ECHILD },
		{ "exec sleep 1000", -ETIMEDOUT },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_done) struct strbuf body = STRBUF_INIT;

		strbuf_addf(&body,
		            "[ $6 = capabilities ] && echo '" SUPPORTS_ALL "'; [ $4 = pre ] && %s",
		            rows[i].death);
		script(w, LIB "v", body.data);
		renew(w);
		if (rows[i].r == -ETIMEDOUT)
			callouts_set_limits(w->c, 10 * SHORT_MS, AMPLE_MS);
		assert_int_equal(operate(w, CALLOUT_START, false), rows[i].r);
		assert_trace(w, "v -t T1 -e get -a capabilities -s none\n"
		                "v -t T1 -e pre -a start -s none|" COMPACT "\n"
		                "v -t T1 -e post -a start -s failure|" COMPACT "\n");
		error_done(&w->err);
	}
}

static void test_nobody_waits_long_for_post_after_a_death(void **state)
{
	struct world *w = *state;
	struct callout_probe *probe;
	struct timespec begin, end;

	script(w, LIB "a",
	       NO_CAPABILITIES
	       "[ $4 = pre ] && kill -9 $$; [ $4 = post ] && exec sleep 1000; exit 2");
	/* The limit that follows is not meant for the probe. */
	assert_int_equal(callouts_probe(w->c, &w->subject, &probe, &w->err), 0);
	callouts_set_limits(w->c, AMPLE_MS, SHORT_MS);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(operate(w, CALLOUT_START, false), -ECHILD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec < AMPLE_MS / 1000);
}

static void test_failures_of_post_are_passed_over(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", NO_CAPABILITIES "[ $4 = post ] && { echo hm >&2; exit 2; }; exit 0");
	script(w, LIB "b", NO_CAPABILITIES "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_messages(w, "FOREIGN a: hm\n\n");
	assert_trace(w, "a -t T1 -e get -a capabilities -s none\n"
	                "b -t T1 -e get -a capabilities -s none\n"
	                "a -t T1 -e pre -a define -s none|" COMPACT "\n"
	                "a -t T1 -e post -a define -s success|" COMPACT "\n");
}

static void test_what_cannot_be_executed_is_skipped(void **state)
{
	struct world *w = *state;
	_cleanup_(strbuf_done) struct strbuf described = STRBUF_INIT;

	write_file(w, LIB "a-README", 0644, "text");
	write_file(w, LIB "b-no-interpreter", 0755, "exit 1\n");
	shell(w, "mkdir $0" LIB "c-directory; ln -s nowhere $0" LIB "d-dangling; "
	         "ln -s ../../../../../etc/mdevctl.d/real $0" LIB "e-link");
	script(w, "/etc/mdevctl.d/real", NO_CAPABILITIES "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_trace(w, "e-link -t T1 -e get -a capabilities -s none\n"
	                "e-link -t T1 -e pre -a define -s none|" COMPACT "\n"
	                "e-link -t T1 -e post -a define -s success|" COMPACT "\n");
	assert_messages(w, "");
	script(w, NOTIFY "n", "exit 0");
	renew(w);
	callouts_describe(w->c, &described);
	strbuf_add_str(&w->messages, strbuf_str(&described));
	assert_messages(w, "would ask " LIB "b-no-interpreter\nwould ask " LIB "e-link\n"
	                   "would notify " NOTIFY "n\n");
	assert_trace(w, "");
}

static void test_same_parent_process_for_pre_and_post(void **state)
{
	struct world *w = *state;
	_cleanup_(strbuf_done) struct strbuf expected = STRBUF_INIT;
	char path[64], bytes[256];
	size_t n;
	FILE *f;

	script(w, LIB "a", NO_CAPABILITIES "echo $4 $PPID >>$ROOT/pids; exit 0");
	assert_int_equal(operate(w, CALLOUT_START, false), 0);
	snprintf(path, sizeof(path), "%s/pids", w->root);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	fclose(f);
	bytes[n] = '\0';
	strbuf_addf(&expected, "pre %ld\npost %ld\n", (long)getpid(), (long)getpid());
	assert_string_equal(bytes, strbuf_str(&expected));
}

static void test_environment(void **state)
{
	struct world *w = *state;
	_cleanup_(conversation_freep) struct conversation *v = begin(w, CALLOUT_START);

	script(w, LIB "a", NO_CAPABILITIES "echo \"$4 $MDEVMGR_LOCKED $INHERITED\" >&2");
	script(w, NOTIFY "n", "echo \"$4 $MDEVMGR_LOCKED\" >$ROOT/notified");
	setenv("INHERITED", "as before", 1);
	setenv("MDEVMGR_LOCKED", "outer", 1);
	assert_int_equal(conversation_pre(v, false, &w->err), 0);
	conversation_set_locked(v, true);
	conversation_post(v, CALLOUT_SUCCESS);
	unsetenv("MDEVMGR_LOCKED");
	conversation_notify(v, CALLOUT_SUCCESS);
	assert_messages(w, "FOREIGN a: pre outer as before\n\n"
	                   "FOREIGN a: post " PARENT " as before\n\n");
	shell(w, "[ \"$(cat $0/notified)\" = 'notify ' ]");
	unsetenv("INHERITED");
}

static void test_stderr_as_it_is(void **state)
{
	struct world *w = *state;

	script(w, LIB "a",
	       NO_CAPABILITIES "[ $4 = pre ] && printf '100%%s a\\0b no newline' >&2; exit 0");
	w->log.max = LOG_LEVEL_OFF;
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_messages(w, "FOREIGN a: 100%s a b no newline\n");
}

static void test_much_in_both_directions(void **state)
{
	struct world *w = *state;
	_cleanup_(freep) char *value = malloc(300001);
	struct stat st;
	char path[64];

	memset(value, 'v', 300000);
	value[300000] = '\0';
	assert_int_equal(attrs_append(&w->definition->attrs, "a", value, 300000), 0);
	/* Would block for ever if input came first or output were not drained. */
	write_file(w, LIB "a", 0755,
	           "#!/bin/sh\n" NO_CAPABILITIES "head -c 200000 /dev/zero\n"
	           "head -c 200000 /dev/zero | tr '\\0' e >&2\ncat >\"${0%/usr/*}\"/input\n");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	snprintf(path, sizeof(path), "%s/input", w->root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, strlen(COMPACT) + strlen("{\"a\":\"\"}") + 300000);
	/* pre and post, cut. */
	assert_int_equal(w->messages.len,
	                 2 * (strlen("FOREIGN a: ") + CALLOUT_WORDS_MAX + strlen("\n")));
}

/* ---- time and interrupts ---------------------------------------------------------------- */

static void test_time_limit(void **state)
{
	struct world *w = *state;
	struct callout_probe *probe;

	script(w, LIB "a", NO_CAPABILITIES "sleep 1000");
	/* The limit that follows is not meant for the probe. */
	assert_int_equal(callouts_probe(w->c, &w->subject, &probe, &w->err), 0);
	callouts_set_limits(w->c, SHORT_MS, AMPLE_MS);
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), -ETIMEDOUT);
	assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': no end within 0.2 s, "
	                "killed");
	assert_int_equal(operate(w, CALLOUT_DEFINE, true), 0);
	assert_messages(w, "WARN Forcing operation 'define' despite callout failure. Error was: "
	                   "Script '\"" LIB "a\"' failed with status 'unknown': no end within 0.2 "
	                   "s, killed\n");
}

static void test_notifiers_have_a_limit(void **state)
{
	struct world *w = *state;

	callouts_set_limits(w->c, SHORT_MS, AMPLE_MS);
	script(w, NOTIFY "a", "sleep 1000");
	script(w, NOTIFY "b", "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_messages(w, "");
}

static void test_attributes_that_hang_are_asked_once(void **state)
{
	struct world *w = *state;

	script(w, LIB "a", NO_CAPABILITIES "sleep 1000");
	callouts_set_limits(w->c, AMPLE_MS, AMPLE_MS);
	for (int i = 0; i < 2; i++) {
		struct attrs attrs = { 0 };

		if (i == 0) {
			/* The probe, which must be answered, gets all the time. */
			struct callout_probe *probe;

			assert_int_equal(callouts_probe(w->c, &w->subject, &probe, &w->err), 0);
			free(take_trace(w));
			callouts_set_limits(w->c, AMPLE_MS, SHORT_MS);
		}
		assert_int_equal(callouts_get_attributes(w->c, &w->subject, true, &attrs, &w->err),
		                 -ETIMEDOUT);
		assert_messages(w, i == 0 ? "WARN callout script \"" LIB
		                            "a\" took too long and was killed\n"
		                          : "");
		assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': no end within "
		                "0.2 s, killed");
		free(take_trace(w));
	}
}

static void on_signal(int sig)
{
}

static volatile sig_atomic_t *interrupt_flag;

static void on_interrupt(int sig)
{
	*interrupt_flag = sig;
}

static void test_interrupt(void **state)
{
	struct world *w = *state;

	interrupt_flag = &w->interrupt;
	signal(SIGUSR1, on_interrupt);
	script(w, LIB "a",
	       NO_CAPABILITIES "[ $4 = pre ] && { kill -USR1 $PPID; sleep 1000; }; exit 0");
	assert_int_equal(operate(w, CALLOUT_START, true), -EINTR);
	signal(SIGUSR1, on_signal);
	assert_error(w, "Script '\"" LIB "a\"' failed with status 'unknown': interrupted");
	signal(SIGUSR1, SIG_DFL);
}

static void test_post_and_notify_after_an_interrupt(void **state)
{
	struct world *w = *state;
	_cleanup_(conversation_freep) struct conversation *v = begin(w, CALLOUT_START);

	script(w, LIB "a", NO_CAPABILITIES "exit 0");
	script(w, NOTIFY "n", "exit 0");
	assert_int_equal(conversation_pre(v, false, &w->err), 0);
	free(take_trace(w));
	w->interrupt = SIGINT;
	conversation_post(v, CALLOUT_FAILURE);
	conversation_notify(v, CALLOUT_FAILURE);
	assert_trace(w, "a -t T1 -e post -a start -s failure|" COMPACT "\n"
	                "n -t T1 -e notify -a start -s failure|" COMPACT "\n");
}

static void test_background_child_does_not_hold_us(void **state)
{
	struct world *w = *state;

	script(w, LIB "a",
	       NO_CAPABILITIES "[ $4 = pre ] && { sleep 1000 & echo $! >$ROOT/pid; }; exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	shell(w, "kill $(cat $0/pid)");
}

int main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, make_world, end_world)
	const struct CMUnitTest tests[] = {
		ROW(test_no_scripts),
		ROW(test_the_bytes_that_scripts_get),
		ROW(test_order_and_choice),
		ROW(test_actions_and_states),
		ROW(test_post_repeats_the_text_of_pre),
		ROW(test_refusal),
		ROW(test_force),
		ROW(test_nobody_is_responsible),
		ROW(test_death_is_a_refusal),
		ROW(test_death_at_the_probe_is_a_refusal),
		ROW(test_post_after_a_death_at_pre),
		ROW(test_nobody_waits_long_for_post_after_a_death),
		ROW(test_failures_of_post_are_passed_over),
		ROW(test_what_cannot_be_executed_is_skipped),
		ROW(test_same_parent_process_for_pre_and_post),
		ROW(test_environment),
		ROW(test_stderr_as_it_is),
		ROW(test_much_in_both_directions),
		ROW(test_time_limit),
		ROW(test_notifiers_have_a_limit),
		ROW(test_attributes_that_hang_are_asked_once),
		ROW(test_interrupt),
		ROW(test_post_and_notify_after_an_interrupt),
		ROW(test_background_child_does_not_hold_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
