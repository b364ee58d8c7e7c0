/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "core/settings.h"
#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/file.h"

/* ---- what is warned about --------------------------------------------------------------- */

static void on_message(void *userdata, enum log_level level, const char *text)
{
	assert_int_equal(level, LOG_LEVEL_WARN);
	strbuf_addf(userdata, "%s\n", text);
}

struct parsed {
	struct settings s;
	struct strbuf warnings;
};

static void parse(struct parsed *p, const char *bytes, size_t n)
{
	struct log log = { LOG_LEVEL_WARN, on_message, &p->warnings };

	p->warnings = STRBUF_INIT;
	settings_init(&p->s);
	assert_int_equal(settings_parse(bytes, n, "f", &log, &p->s), 0);
}

static void format_is(const struct settings *a, const struct settings *b)
{
	struct strbuf text_a = STRBUF_INIT, text_b = STRBUF_INIT;

	settings_format(a, &text_a);
	settings_format(b, &text_b);
	assert_string_equal(strbuf_str(&text_a), strbuf_str(&text_b));
	strbuf_done(&text_a);
	strbuf_done(&text_b);
}

struct warning_row {
	const char *text;
	const char *warnings; /* the defaults stay */
};

#define PASSING ", passing over it\n"

static const struct warning_row warning_rows[] = {
	{ "", "" },
	{ "# [Nothing]\n;FastTries=1\n \t\r\n[Campaign]", "" },
	{ "[Campaign]\nFastTries=3\nFastTries=\n", "" },
	{ "[Boot]\nFastTries=3\n", "f:2: unknown key 'FastTries' in section [Boot]" PASSING },
	{ "[Campaign]\nfasttries=3\n",
	  "f:2: unknown key 'fasttries' in section [Campaign]" PASSING },
	{ "[Campain]\nFastTries=3\nx\n",
	  "f:1: unknown section [Campain]" PASSING
	  "f:3: neither [Section] nor Key=Value, passing over the line\n" },
	{ "[Boot]\n[Campaign\nFastTries=3\n",
	  "f:2: a section ends with ']', passing over what is in it\n" },
	{ "[", "f:1: a section ends with ']', passing over what is in it\n" },
	{ "FastTries=3\n", "f:1: 'FastTries' stands before the first section" PASSING },
	{ "[Campaign]\n=3\n", "f:2: unknown key '' in section [Campaign]" PASSING },
	{ "[Campaign]\nFastTries=many\n", "f:2: FastTries= is a number, not 'many'" PASSING },
	{ "[Campaign]\nFastTries=-1\n", "f:2: FastTries= is a number, not '-1'" PASSING },
	{ "[Campaign]\nFastTries=0\n", "f:2: FastTries= is from 1 to 1000000, not '0'" PASSING },
	{ "[Campaign]\nFastTries=18446744073709551617\n",
	  "f:2: FastTries= is from 1 to 1000000, not '18446744073709551617'" PASSING },
	{ "[Boot]\nParentGraceSec=soon # 1\n",
	  "f:2: ParentGraceSec= is a time (such as 30s or 1min 30s), not 'soon # 1'" PASSING },
	{ "[Boot]\nParentGraceSec=2d\n", "f:2: ParentGraceSec= is from 0 to 1d, not '2d'" PASSING },
	{ "[Shutdown]\nStopDevices=maybe\n",
	  "f:2: StopDevices= is yes or no, not 'maybe'" PASSING },
};

static void test_warnings(void **state)
{
	struct settings defaults;

	settings_init(&defaults);
	for (size_t i = 0; i < ARRAY_SIZE(warning_rows); i++) {
		struct parsed p;

		parse(&p, warning_rows[i].text, strlen(warning_rows[i].text));
		assert_string_equal(strbuf_str(&p.warnings), warning_rows[i].warnings);
		format_is(&p.s, &defaults);
		strbuf_done(&p.warnings);
	}
}

/* A NUL byte costs its line only. */
static void test_nul(void **state)
{
	static const char text[] = "[Boot]\nParentGraceSec=1\0 2\nDevicesTimeoutSec=5";
	struct parsed p;

	parse(&p, text, sizeof(text) - 1);
	assert_string_equal(strbuf_str(&p.warnings), "f:2: a NUL byte, passing over the line\n");
	assert_int_equal(p.s.parent_grace, 15000000);
	assert_int_equal(p.s.devices_timeout, 5000000);
	strbuf_done(&p.warnings);
}

static void test_many_warnings(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	size_t lines = 0;

	for (unsigned i = 0; i < 1000; i++)
		strbuf_add_str(&text, "nonsense\n");
	strbuf_add_str(&text, "[Campaign]\nFastTries=7");
	parse(&p, strbuf_str(&text), text.len);
	for (const char *c = strbuf_str(&p.warnings); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 21);
	assert_non_null(strstr(p.warnings.data, "f:20: "));
	assert_non_null(strstr(p.warnings.data, "f: more mistakes are not told\n"));
	assert_int_equal(p.s.retry.fast_tries, 7);
	strbuf_done(&text);
	strbuf_done(&p.warnings);
}

/* ---- values -------------------------------------------------------------------------------- */

static void test_values(void **state)
{
	static const char text[] = " [Campaign] \r\n  RetryMinSec = 1min 30s\r\nFastTries=0042\n"
				   "[Daemon]\nWorkerSandbox=OFF\nWorkersMax=1\n"
				   "[Campaign]\nRetrySlowSec=2h\n"
				   "[Shutdown]\nStopDevices=false\nUsersGraceSec=0";
	struct settings wanted;
	struct parsed p;

	settings_init(&wanted);
	wanted.retry.retry_min = 90000000;
	wanted.retry.fast_tries = 42;
	wanted.retry.retry_slow = INT64_C(7200000000);
	wanted.worker_sandbox = false;
	wanted.workers_max = 1;
	wanted.stop_at_shutdown = false;
	wanted.users_grace = 0;
	parse(&p, text, sizeof(text) - 1);
	assert_string_equal(strbuf_str(&p.warnings), "");
	format_is(&p.s, &wanted);
	assert_false(p.s.worker_sandbox);
	strbuf_done(&p.warnings);
}

static void test_booleans(void **state)
{
	static const char *const words[] = { "no", "yes", "False", "true", "0", "1", "off", "ON" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct parsed p;
		char text[64];
		int n = snprintf(text, sizeof(text), "[Shutdown]\nStopDevices=%s", words[i]);

		parse(&p, text, (size_t)n);
		assert_string_equal(strbuf_str(&p.warnings), "");
		assert_int_equal(p.s.stop_at_shutdown, i % 2);
		strbuf_done(&p.warnings);
	}
}

/* Each key is printed, read back, and belongs to one member: no two share one. */
static void test_format(void **state)
{
	struct settings s = {
		.retry = { 1001, 1002, 3, 1000004 },
		.create_timeout = 1000005,
		.callout_timeout = 1000006,
		.settle = 7,
		.settle_max = 8,
		.workers_max = 9,
		.calls_max = 10,
		.parent_grace = 11,
		.devices_timeout = 1000012,
		.users_grace = 13,
		.stop_at_shutdown = false,
		.worker_sandbox = false,
	};
	struct strbuf text = STRBUF_INIT;
	struct parsed p;

	settings_format(&s, &text);
	parse(&p, strbuf_str(&text), text.len);
	assert_string_equal(strbuf_str(&p.warnings), "");
	assert_int_equal(p.s.retry.retry_min, 1001);
	assert_int_equal(p.s.retry.retry_max, 1002);
	assert_int_equal(p.s.retry.fast_tries, 3);
	assert_int_equal(p.s.retry.retry_slow, 1000004);
	assert_int_equal(p.s.create_timeout, 1000005);
	assert_int_equal(p.s.callout_timeout, 1000006);
	assert_int_equal(p.s.settle, 7);
	assert_int_equal(p.s.settle_max, 8);
	assert_int_equal(p.s.workers_max, 9);
	assert_int_equal(p.s.calls_max, 10);
	assert_int_equal(p.s.parent_grace, 11);
	assert_int_equal(p.s.devices_timeout, 1000012);
	assert_int_equal(p.s.users_grace, 13);
	assert_false(p.s.stop_at_shutdown);
	assert_false(p.s.worker_sandbox);
	strbuf_done(&text);
	strbuf_done(&p.warnings);
}

/* ---- files --------------------------------------------------------------------------------- */

#define ETC "/etc/mdevmgr/mdevmgr.conf"
#define LIB "/usr/lib/mdevmgr/mdevmgr.conf"

/* The files' settings, and what was warned of, both freed by the caller. */
static struct settings read_tree(struct tree *t, struct strbuf *warnings)
{
	struct log log = { LOG_LEVEL_WARN, on_message, warnings };
	struct settings s;
	struct env *env;

	*warnings = STRBUF_INIT;
	assert_int_equal(env_new(t->root, &log, &env), 0);
	assert_int_equal(settings_read(env, &s), 0);
	env_free(env);
	return s;
}

static struct settings read_quietly(struct tree *t)
{
	struct strbuf warnings;
	struct settings s = read_tree(t, &warnings);

	assert_string_equal(strbuf_str(&warnings), "");
	strbuf_done(&warnings);
	return s;
}

static void test_files(void **state)
{
	struct tree *t = *state;
	struct settings defaults, s = read_quietly(t);

	settings_init(&defaults);
	format_is(&s, &defaults);
	tree_file(t, LIB, "[Campaign]\nFastTries=1\n[Boot]\nParentGraceSec=1\n");
	tree_file(t, LIB ".d/50-a.conf", "[Daemon]\nCallsMax=2\nWorkersMax=2\n");
	tree_file(t, LIB ".d/70-b.conf", "[Daemon]\nWorkersMax=3\n");
	s = read_quietly(t);
	assert_int_equal(s.retry.fast_tries, 1);
	assert_int_equal(s.parent_grace, 1000000);
	assert_int_equal(s.calls_max, 2);
	assert_int_equal(s.workers_max, 3);

	tree_file(t, ETC, "[Campaign]\nFastTries=4\n");
	tree_file(t, ETC ".d/60-c.conf", "[Daemon]\nWorkersMax=5\n[Campaign]\nFastTries=6\n");
	tree_file(t, ETC ".d/50-a.conf", "");
	tree_file(t, ETC ".d/99.conf~", "[Daemon]\nWorkersMax=9\n");
	tree_file(t, ETC ".d/.99.conf", "[Daemon]\nWorkersMax=9\n");
	tree_file(t, ETC ".d/.conf", "[Daemon]\nWorkersMax=9\n");
	s = read_quietly(t);
	assert_int_equal(s.retry.fast_tries, 6);
	assert_int_equal(s.parent_grace, defaults.parent_grace); /* the vendor's file is hidden */
	assert_int_equal(s.calls_max, defaults.calls_max);       /* 50-a.conf too */
	assert_int_equal(s.workers_max, 3);
}

static void test_hidden_by_link(void **state)
{
	struct tree *t = *state;
	struct settings s;

	tree_file(t, LIB, "[Campaign]\nFastTries=1\n");
	tree_dir(t, "/etc/mdevmgr");
	tree_link(t, ETC, "/dev/null");
	s = read_quietly(t);
	assert_int_equal(s.retry.fast_tries, 20);
}

static void test_unreadable(void **state)
{
	struct tree *t = *state;
	struct strbuf warnings, big = STRBUF_INIT;
	struct settings s;

	for (unsigned i = 0; i < SETTINGS_SIZE_MAX / 8 + 1; i++)
		strbuf_add_str(&big, "# large\n");
	tree_file(t, ETC, strbuf_str(&big));
	tree_dir(t, ETC ".d/10-dir.conf");
	tree_file(t, ETC ".d/20.conf", "[Campaign]\nFastTries=2\n");
	s = read_tree(t, &warnings);
	assert_int_equal(s.retry.fast_tries, 2);
	assert_non_null(strstr(strbuf_str(&warnings), ETC ": File too large\n"));
	assert_non_null(strstr(strbuf_str(&warnings), "10-dir.conf: Invalid argument\n"));
	strbuf_done(&warnings);
	strbuf_done(&big);
}

static void test_bounds(void **state)
{
	struct tree *t = *state;
	struct strbuf warnings;
	struct settings s;

	tree_file(t, ETC, "[Campaign]\nRetryMinSec=2min\n[Daemon]\nSettleMaxSec=0\n");
	s = read_tree(t, &warnings);
	assert_int_equal(s.retry.retry_max, 120000000);
	assert_int_equal(s.settle_max, 50000);
	assert_non_null(strstr(warnings.data, "RetryMaxSec= is less than RetryMinSec="));
	assert_non_null(strstr(warnings.data, "SettleMaxSec= is less than SettleSec="));
	strbuf_done(&warnings);
}

/* ---- documents ------------------------------------------------------------------------------ */

static void read_source(const char *name, struct strbuf *text)
{
	const char *top = getenv("top_srcdir");
	struct strbuf path = STRBUF_INIT;
	int fd;

	*text = STRBUF_INIT;
	strbuf_addf(&path, "%s/%s", top ? top : ".", name);
	fd = open(strbuf_str(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s is not there", path.data);
	assert_int_equal(file_read_regular(fd, 1 << 20, text), 0);
	close(fd);
	strbuf_done(&path);
}

/* Takes the settings out of a document: lines "[Section]", and keys as line_key finds. */
static void collect(const char *document, void (*add)(const char *line, struct strbuf *out),
                    struct strbuf *out)
{
	struct strbuf text;

	read_source(document, &text);
	for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
		if (line[0] == '[' && isupper((unsigned char)line[1]))
			strbuf_addf(out, "%s%s\n", out->len ? "\n" : "", line);
		else
			add(line, out);
	strbuf_done(&text);
}

/* #Key=VALUE */
static void add_example(const char *line, struct strbuf *out)
{
	if (line[0] == '#' && isupper((unsigned char)line[1]) && strchr(line, '='))
		strbuf_addf(out, "%s\n", line + 1);
}

/* **Key=**, and later: Default: VALUE. */
static void add_manual(const char *line, struct strbuf *out)
{
	const char *found = strstr(line, "Default: ");

	if (strncmp(line, "**", 2) == 0 && strstr(line, "=**"))
		strbuf_addf(out, "%.*s", (int)strlen(line) - 4, line + 2);
	if (found)
		strbuf_addf(out, "%.*s\n", (int)strcspn(found + 9, "."), found + 9);
}

static void assert_document(const char *document, void (*add)(const char *line, struct strbuf *out))
{
	struct strbuf found = STRBUF_INIT, wanted = STRBUF_INIT;
	struct settings defaults;

	settings_init(&defaults);
	settings_format(&defaults, &wanted);
	collect(document, add, &found);
	assert_string_equal(strbuf_str(&found), strbuf_str(&wanted));
	strbuf_done(&found);
	strbuf_done(&wanted);
}

static void test_documents(void **state)
{
	assert_document("units/mdevmgr.conf", add_example);
	assert_document("man/mdevmgr.conf.5.rst", add_manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_format),
		cmocka_unit_test_setup_teardown(test_files, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_hidden_by_link, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_bounds, tree_setup, tree_teardown),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
