/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The script protocol with real little scripts below a root of their own. Each script
 * writes "NAME ARGUMENTS|STDIN" into a trace, which is what most tests look at. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/callout-internal.h"
#include "lib/unit.h"
#include "shared/process.h"

#define UUID   "976d8cc2-4bfc-43b9-b9f5-f4af2de91ab9"
#define PARENT "0000:00:03.0"
#define LIB    "/usr/lib/mdevctl/scripts.d/callouts/"
#define ETC    "/etc/mdevctl.d/scripts.d/callouts/"
#define NOTIFY "/usr/lib/mdevctl/scripts.d/notifiers/"
#define OLD    "/etc/mdevctl.d/scripts.d/notifiers/"

#define COMPACT "{\"mdev_type\":\"T1\",\"start\":\"manual\",\"attrs\":[]}"

/* Longer than any machine needs: only a hang reaches it. */
#define AMPLE_MS 60000

/* Shorter than what hangs, which is all that matters. */
#define SHORT_MS 200

/* The reply of a script that takes part in everything. */
#define SUPPORTS_ALL                                                                               \
	"{\"supports\":{\"version\":2,\"actions\":[\"start\",\"stop\",\"define\",\"undefine\","    \
	"\"modify\",\"attributes\",\"capabilities\"],\"events\":[\"pre\",\"post\",\"notify\","     \
	"\"get\",\"live\"]}}"

/* Most scripts are to be taken for unversioned ones. */
#define NO_CAPABILITIES "[ $6 = capabilities ] && exit 2; "

struct world {
	char root[32];
	struct strbuf messages; /* what was logged: "LEVEL TEXT" and a newline each */
	struct log log;
	struct env *env;
	struct callouts *c;
	struct definition *definition;
	struct mdev_uuid uuid;
	struct callout_subject subject;
	struct error err;
	volatile sig_atomic_t interrupt;
};

/* ---- the world ------------------------------------------------------------------- */

static void shell(const struct world *w, const char *command)
{
	char *argv[] = { NULL };
	struct process_result res;

	assert_int_equal(
		process_run(
			&(struct process_request){
				.path = "/bin/sh",
				.argv = (const char *[]){ "sh", "-ec", command, w->root, NULL },
				.envp = argv,
				.timeout_ms = AMPLE_MS,
			},
			&res),
		0);
	assert_int_equal(res.status, 0);
	process_result_done(&res);
}

static void collect(void *userdata, enum log_level level, const char *text)
{
	static const char *const names[] = {
		[LOG_LEVEL_ERROR] = "ERROR", [LOG_LEVEL_WARN] = "WARN",
		[LOG_LEVEL_INFO] = "INFO",   [LOG_LEVEL_DEBUG] = "DEBUG",
		[LOG_LEVEL_TRACE] = "TRACE", [LOG_LEVEL_FOREIGN] = "FOREIGN",
	};
	struct world *w = userdata;

	strbuf_addf(&w->messages, "%s %s\n", names[level], text);
}

/* Forgets what was read and asked before, as a new process would. */
static void renew(struct world *w)
{
	callouts_free(w->c);
	assert_int_equal(callouts_new(w->env, &w->c), 0);
	callouts_set_limits(w->c, AMPLE_MS, AMPLE_MS);
	error_done(&w->err);
	strbuf_clear(&w->messages);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->root, "/tmp/test-callout-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	shell(w, "mkdir -p $0/usr/lib/mdevctl/scripts.d/callouts "
	         "$0/usr/lib/mdevctl/scripts.d/notifiers "
	         "$0/etc/mdevctl.d/scripts.d/callouts $0/etc/mdevctl.d/scripts.d/notifiers");
	w->messages = STRBUF_INIT;
	w->log = (struct log){ .max = LOG_LEVEL_WARN, .sink = collect, .userdata = w };
	assert_int_equal(env_new(w->root, &w->log, &w->env), 0);
	env_set_interrupt(w->env, &w->interrupt);
	assert_int_equal(definition_new(&w->definition), 0);
	w->definition->type = strdup("T1");
	assert_int_equal(mdev_uuid_parse(UUID, &w->uuid), 0);
	w->subject = (struct callout_subject){
		.uuid = &w->uuid, .parent = PARENT, .type = "T1", .definition = w->definition
	};
	w->err = ERROR_INIT;
	renew(w);
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;

	shell(w, "rm -rf $0");
	callouts_free(w->c);
	definition_free(w->definition);
	env_free(w->env);
	error_done(&w->err);
	strbuf_done(&w->messages);
	free(w);
	return 0;
}

static void write_file(const struct world *w, const char *path, mode_t mode, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", w->root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	assert_int_equal(fclose(f), 0);
}

/* A script that writes its trace line and then does what body says. $ROOT is set. */
static void script(const struct world *w, const char *path, const char *body)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
	            "#!/bin/sh\nROOT=%s\n"
	            "printf '%%s %%s|%%s\\n' \"${0##*/}\" \"$*\" \"$(cat)\" >>$ROOT/trace\n%s\n",
	            w->root, body);
	write_file(w, path, 0755, text.data);
}

/* The trace so far, which is emptied. Without "-u UUID -p PARENT" and the probes'
 * stdin, which have tests of their own. */
static char *take_trace(const struct world *w)
{
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
	char path[64], line[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/trace", w->root);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *tail = strstr(line, " -u " UUID " -p " PARENT "|");
		char *input = tail ? strchr(tail, '|') : NULL;

		assert_non_null(input);
		strbuf_add(&out, line, (size_t)(tail - line));
		strbuf_add_str(&out, strncmp(input, "|{\"provides\"", 12) == 0 ? "\n" : input);
	}
	if (f)
		fclose(f);
	unlink(path);
	return strbuf_take(&out);
}

#define assert_trace(w, expected)                                                                  \
	do {                                                                                       \
		_cleanup_(freep) char *trace_ = take_trace(w);                                     \
		assert_string_equal(trace_, expected);                                             \
	} while (0)

/* What was logged, with the root cut out. */
static void assert_messages(struct world *w, const char *expected)
{
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
	const char *from = strbuf_str(&w->messages);
	const char *at;

	while ((at = strstr(from, w->root))) {
		strbuf_add(&out, from, (size_t)(at - from));
		from = at + strlen(w->root);
	}
	strbuf_add_str(&out, from);
	assert_string_equal(strbuf_str(&out), expected);
	strbuf_clear(&w->messages);
}

/* The error's one line, with the root cut out. */
static void assert_error(struct world *w, const char *expected)
{
	assert_int_equal(w->messages.len, 0);
	error_format(&w->err, &w->messages);
	assert_messages(w, expected);
	error_done(&w->err);
}

static struct conversation *begin(struct world *w, enum callout_action action)
{
	struct conversation *v;

	assert_int_equal(conversation_new(w->c, action, &w->subject, &v), 0);
	return v;
}

/* A whole operation that succeeds if it is allowed to. */
static int operate(struct world *w, enum callout_action action, bool force)
{
	_cleanup_(conversation_freep) struct conversation *v = begin(w, action);
	int r = conversation_pre(v, force, &w->err);

	if (r == 0)
		conversation_post(v, CALLOUT_SUCCESS);
	conversation_notify(v, r == 0 ? CALLOUT_SUCCESS : CALLOUT_NONE);
	return r;
}

/* ---- without versions ---------------------------------------------------------------- */

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

	script(w, LIB "a", NO_CAPABILITIES "echo oops >&2; kill -SEGV $$");
	script(w, LIB "b", NO_CAPABILITIES "exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), -EPERM);
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
		assert_int_equal(operate(w, CALLOUT_DEFINE, false), -EPERM);
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
	       NO_CAPABILITIES "[ $4 = pre ] && printf '100%%s no newline' >&2; exit 0");
	w->log.max = LOG_LEVEL_OFF;
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	assert_messages(w, "FOREIGN a: 100%s no newline\n");
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

	callouts_set_limits(w->c, SHORT_MS, AMPLE_MS);
	script(w, LIB "a", NO_CAPABILITIES "sleep 1000");
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

	script(w, LIB "a", NO_CAPABILITIES "sleep 1000 & echo $! >$ROOT/pid; exit 0");
	assert_int_equal(operate(w, CALLOUT_DEFINE, false), 0);
	shell(w, "kill $(cat $0/pid)");
}

/* ---- with versions ------------------------------------------------------------------- */

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
	assert_int_equal(conversation_live(v, &w->err), -EPERM);
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
		{ "kill -9 $$", -EPERM,
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
		ROW(test_versioned_script_comes_first),
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
