/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "cli/cli-args.h"
#include "lib/unit.h"

#define U1 "976d8cc2-4bfc-43b9-b9f9-f4af2de91ab9"
#define U2 "59e8b599-afdd-4766-a59e-415ef4f5a492"

/* A command line of at most 15 words, separated by one blank: two blanks are an empty
 * word. */
struct words {
	char buffer[512];
	char *argv[16];
	int argc;
};

static void split(const char *line, struct words *ret)
{
	char *rest = ret->buffer;

	assert_true(strlen(line) < sizeof(ret->buffer));
	strcpy(ret->buffer, line);
	for (ret->argc = 0; rest && ret->argc < 15; ret->argc++)
		ret->argv[ret->argc] = strsep(&rest, " ");
	ret->argv[ret->argc] = NULL;
	assert_null(rest);
}

/* ---- accepted -------------------------------------------------------------------- */

struct accepted {
	const char *line;
	enum cli_action action;
	const char *verb; /* NULL: the program itself */
};

static const struct accepted accepted[] = {
	{ "mdevctl list", CLI_RUN, "list" },
	{ "mdevctl list -dvu " U1, CLI_RUN, "list" },
	{ "mdevctl list -dvu=" U1, CLI_RUN, "list" },
	{ "mdevctl list -u " U1 " -p -", CLI_RUN, "list" },
	{ "mdevctl list -p-x", CLI_RUN, "list" },
	{ "mdevctl list -p=", CLI_RUN, "list" },
	{ "mdevctl list --parent ", CLI_RUN, "list" },
	{ "mdevctl list --parent=--x", CLI_RUN, "list" },
	{ "mdevctl list --", CLI_RUN, "list" },
	{ "lsmdev", CLI_RUN, "list" },
	{ "./lsmdev -d", CLI_RUN, "list" },
	{ "/usr/bin/foolsmdev --dumpjson", CLI_RUN, "list" },
	{ "mdevctl define -p p -t t", CLI_RUN, "define" },
	{ "mdevctl define -p p --attr a=1 --attr a=2", CLI_RUN, "define" },
	{ "mdevctl start -u " U1 " -u " U2, CLI_RUN, "start" },
	{ "mdevctl stop -u " U1 " --uuid=" U2 " --wait", CLI_RUN, "stop" },
	{ "mdevctl stop -p p --wait=5", CLI_RUN, "stop" },
	{ "mdevctl undefine -u " U1 " -u " U2 " -p p", CLI_RUN, "undefine" },
	{ "mdevctl monitor", CLI_RUN, "monitor" },
	{ "mdevctl monitor --json -p p -u 11111111-1111-1111-1111-11111111111a", CLI_RUN,
	  "monitor" },
	{ "mdevctl verify", CLI_RUN, "verify" },
	{ "mdevctl verify FILE", CLI_RUN, "verify" },
	{ "mdevctl start-parent-mdevs -- -x", CLI_RUN, "start-parent-mdevs" },
	/* modify: one action, or a type */
	{ "mdevctl modify -u " U1 " -t t", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " -t t -a", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " --delattr -i 4294967295", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " --delattr -i +1", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " --addattr n --value=-1", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " --addattr= --value ", CLI_RUN, "modify" },
	/* mdevctl refuses these with status 1, when it has looked at the device */
	{ "mdevctl modify -u " U1 " -l -a", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " -l --delattr", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " -l --addattr x", CLI_RUN, "modify" },
	{ "mdevctl modify -u " U1 " --jsonfile f", CLI_RUN, "modify" },
	/* libvirt's probe, and what else --help and --version pass over */
	{ "mdevctl modify --defined --live --jsonfile b --help", CLI_HELP_LONG, "modify" },
	{ "mdevctl modify -a -m -h", CLI_HELP_SHORT, "modify" },
	{ "mdevctl modify -amh", CLI_HELP_SHORT, "modify" },
	{ "mdevctl list -h --bogus", CLI_HELP_SHORT, "list" },
	{ "mdevctl list -Vh", CLI_VERSION, "list" },
	{ "mdevctl list --version", CLI_VERSION, "list" },
	{ "mdevctl -hV", CLI_HELP_SHORT, NULL },
	{ "mdevctl -V --bogus", CLI_VERSION, NULL },
	{ "mdevctl --version list", CLI_VERSION, NULL },
	{ "lsmdev -V", CLI_VERSION, "list" },
	{ "mdevctl help", CLI_HELP_LONG, NULL },
	{ "mdevctl help modify", CLI_HELP_LONG, "modify" },
	{ "mdevctl help start-parent-mdevs", CLI_HELP_LONG, "start-parent-mdevs" },
	{ "mdevctl --dump-cli", CLI_DUMP, NULL },
	{ "mdevmgr define --ap 5,6:4,0xab --reserve -a", CLI_RUN, "define" },
	{ "mdevmgr define --ap 5:4 -u " U1, CLI_RUN, "define" },
	{ "mdevmgr modify -u " U1 " --ap 5:4", CLI_RUN, "modify" },
	/* two words */
	{ "mdevmgr parent list", CLI_RUN, "parent list" },
	{ "mdevmgr parent apply", CLI_RUN, "parent apply" },
	{ "mdevmgr parent define matrix --reserve-adapters 5,6 --reserve-domains 0x47", CLI_RUN,
	  "parent define" },
	{ "mdevmgr parent define --driver vfio_ccw ccw:0.0.0100 --now", CLI_RUN, "parent define" },
	{ "mdevmgr parent --help", CLI_HELP_LONG, "parent" },
	{ "mdevmgr parent -h define", CLI_HELP_SHORT, "parent" },
	{ "mdevmgr parent define --help", CLI_HELP_LONG, "parent define" },
	{ "mdevmgr help parent", CLI_HELP_LONG, "parent" },
	{ "mdevmgr help parent define", CLI_HELP_LONG, "parent define" },
};

static void test_accepted(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		_cleanup_(arguments_done) struct arguments args = { 0 };
		_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;
		struct words words;

		print_message("%s\n", accepted[i].line);
		split(accepted[i].line, &words);
		assert_int_equal(cli_parse(words.argc, words.argv, &args, &message), 0);
		assert_int_equal(message.len, 0);
		assert_int_equal(args.action, accepted[i].action);
		if (accepted[i].verb)
			assert_string_equal(args.verb->name, accepted[i].verb);
		else
			assert_ptr_equal(args.verb, &cli_top);
	}
}

/* ---- refused --------------------------------------------------------------------- */

struct refused {
	const char *line;
	const char *message; /* its beginning, after "error: " */
};

#define MISSING "the following required arguments were not provided:\n  "

static const struct refused refused[] = {
	{ "mdevctl bogus", "unrecognized subcommand 'bogus'\n\nUsage: mdevctl <COMMAND>\n" },
	{ "mdevctl defin",
	  "unrecognized subcommand 'defin'\n\n  tip: a similar subcommand exists: 'define'\n" },
	{ "mdevctl help bogus", "unrecognized subcommand 'bogus'" },
	{ "mdevmgr parent bogus",
	  "unrecognized subcommand 'bogus'\n\nUsage: mdevmgr parent <COMMAND>\n" },
	{ "mdevmgr parent aply", "unrecognized subcommand 'aply'\n\n  tip: a similar subcommand "
	                         "exists: 'apply'\n" },
	{ "mdevmgr define --ap 5:4 -p matrix",
	  "the argument '--ap <MATRIX>' cannot be used with '--parent <PARENT>'" },
	{ "mdevmgr define --ap 5:4 --attr a=b", "the argument '--ap <MATRIX>' cannot be used" },
	{ "mdevmgr define -p p -t t --reserve", MISSING "--ap <MATRIX>" },
	{ "mdevmgr modify -u " U1 " --ap 5:4 --delattr",
	  "the argument '--ap <MATRIX>' cannot be used with '--delattr'" },
	{ "mdevmgr parent define", MISSING "<PARENT>" },
	{ "mdevmgr parent define matrix 0.0.4711", "unexpected argument '0.0.4711' found" },
	{ "mdevmgr parent --now", "unexpected argument '--now' found" },
	{ "mdevmgr help parent bogus", "unrecognized subcommand 'bogus'" },
	{ "mdevmgr help parent define x", "unexpected argument 'x' found" },
	{ "mdevmgr help list define", "unexpected argument 'define' found" },
	{ "mdevmgr apply", "unrecognized subcommand 'apply'" },
	{ "mdevctl -- list", "unexpected argument 'list' found" },
	{ "mdevctl --bogus", "unexpected argument '--bogus' found\n\nUsage: mdevctl <COMMAND>\n" },
	{ "mdevctl define -V", "unexpected argument '-V' found" },
	{ "mdevctl list extra",
	  "unexpected argument 'extra' found\n\nUsage: mdevctl list [OPTIONS]\n\n"
	  "For more information, try '--help'.\n" },
	{ "lsmdev list", "unexpected argument 'list' found\n\nUsage: lsmdev [OPTIONS]\n" },
	{ "mdevctl list -- -d", "unexpected argument '-d' found" },
	{ "mdevctl list -dx", "unexpected argument '-x' found" },
	{ "mdevctl list -x -h", "unexpected argument '-x' found" },
	{ "mdevctl list -d=1", "unexpected argument '-=' found" },
	{ "mdevctl list -\xc3\xa9", "unexpected argument '-\\xc3' found" },
	/* no abbreviations */
	{ "mdevctl list --defi", "unexpected argument '--defi' found\n\n"
	                         "  tip: a similar argument exists: '--defined'\n" },
	{ "mdevctl list --uui=" U1, "unexpected argument '--uui' found" },
	{ "mdevctl list --uui " U1, "unexpected argument '--uui' found" },
	{ "mdevctl list --uui", "unexpected argument '--uui' found" },
	{ "mdevctl list --dump=1", "unexpected argument '--dump' found" },
	{ "mdevctl --dump", "unexpected argument '--dump' found\n\nUsage" },
	/* values */
	{ "mdevctl list --dumpjson=true",
	  "unexpected value 'true' for '--dumpjson' found; no more were expected" },
	{ "mdevctl list --help=x", "unexpected value 'x' for '--help' found" },
	{ "mdevctl list -u", "a value is required for '--uuid <UUID>' but none was supplied" },
	{ "mdevctl list -p --defined", "a value is required for '--parent <PARENT>'" },
	{ "mdevctl list -p --defined=1", "a value is required for '--parent <PARENT>'" },
	{ "mdevctl list -p -d", "a value is required for '--parent <PARENT>'" },
	{ "mdevctl list -p --", "a value is required for '--parent <PARENT>'" },
	{ "mdevctl list -p -1", "unexpected argument '-1' found" },
	{ "mdevctl list -p --x", "unexpected argument '--x' found" },
	{ "mdevctl list -p \xff", "invalid UTF-8 was detected in one or more arguments" },
	{ "mdevctl list -p \xed\xa0\x80", "invalid UTF-8 was detected in one or more arguments" },
	{ "mdevctl define -p p --jsonfile ", "a value is required for '--jsonfile <JSONFILE>'" },
	{ "mdevctl list -u zz", "invalid value 'zz' for '--uuid <UUID>': " },
	{ "mdevctl list --uuid= -h", "invalid value '' for '--uuid <UUID>': " },
	{ "mdevctl stop -u " U1 " -u zz", "invalid value 'zz' for '--uuid <UUID>': " },
	{ "mdevctl modify --delattr -i ", "invalid value '' for '--index <INDEX>': cannot parse" },
	{ "mdevctl modify --delattr -i 0x1", "invalid value '0x1' for '--index <INDEX>': invalid" },
	{ "mdevctl modify --delattr -i=-1",
	  "invalid value '-1' for '--index <INDEX>': -1 is not in 0..=4294967295" },
	{ "mdevctl modify --delattr -i 4294967296", "invalid value '4294967296'" },
	{ "mdevctl modify --delattr -i 99999999999999999999", "invalid value '9999999" },
	{ "mdevctl stop -p p --wait=0",
	  "invalid value '0' for '--wait[=<SECONDS>]': 0 is not in 1..=4294967295" },
	{ "mdevctl stop -p p --wait 5", "unexpected argument '5' found" },
	{ "mdevctl define -p p --attr x", "invalid value 'x' for '--attr <NAME=VALUE>': " },
	{ "mdevctl define -p p --attr =x", "invalid value '=x' for '--attr <NAME=VALUE>': " },
	/* twice */
	{ "mdevctl list -dd", "the argument '--defined' cannot be used multiple times" },
	{ "mdevctl list -dd -h", "the argument '--defined' cannot be used multiple times" },
	{ "mdevctl define -u " U1 " -u " U1, "the argument '--uuid <UUID>' cannot be used mult" },
	/* missing */
	{ "mdevctl define", MISSING "--uuid <UUID>\n  --parent <PARENT>\n\nUsage: mdevctl define" },
	{ "mdevctl undefine -p p", MISSING "--uuid <UUID>\n\n" },
	{ "mdevctl stop", MISSING "--uuid <UUID>\n  --parent <PARENT>\n\n" },
	{ "mdevctl start --jsonfile f", MISSING "--uuid <UUID>\n  --parent <PARENT>\n\n" },
	{ "mdevctl start-parent-mdevs", MISSING "<PARENT>\n\n" },
	{ "mdevctl show", MISSING "--uuid <UUID>\n\n" },
	{ "mdevctl modify -a", MISSING "--uuid <UUID>\n\n" },
	{ "mdevctl modify -u " U1,
	  MISSING "<--type <type>|--addattr <attr_name>|--delattr|"
	          "--ap <MATRIX>|--auto|--manual|--jsonfile <JSONFILE>>\n\n" },
	{ "mdevctl modify -u " U1 " -l", MISSING "<--type <type>|" },
	{ "mdevctl modify -u " U1 " -d -f -p p", MISSING "<--type <type>|" },
	{ "mdevctl modify -u " U1 " --addattr x", MISSING "--value <attr_value>\n\n" },
	{ "mdevctl modify -u " U1 " -t t --value v", MISSING "--addattr <attr_name>\n\n" },
	{ "mdevctl modify -u " U1 " -t t -i 1", MISSING "<--addattr <attr_name>|--delattr>\n\n" },
	/* conflicts, told in the order given and before what is missing */
	{ "mdevctl modify -a -m", "the argument '--auto' cannot be used with '--manual'\n" },
	{ "mdevctl modify -m -a", "the argument '--manual' cannot be used with '--auto'\n" },
	{ "mdevctl modify --delattr --value v -a",
	  "the argument '--delattr' cannot be used with:\n  --value <attr_value>\n  --auto\n" },
	{ "mdevctl modify -l -t t -a",
	  "the argument '--live' cannot be used with '--type <type>'" },
	{ "mdevctl modify --jsonfile f -t t", "the argument '--jsonfile <JSONFILE>' cannot be " },
	{ "mdevctl define -p p --jsonfile f -t t -a",
	  "the argument '--jsonfile <JSONFILE>' cannot be used with:\n  --auto\n  --type <type>\n" },
	{ "mdevctl define -p p --attr a=b --jsonfile f", "the argument '--attr <NAME=VALUE>' can" },
	{ "mdevctl stop -u " U1 " -p p", "the argument '--uuid <UUID>' cannot be used with '--pa" },
	{ "mdevctl stop -p p --wait --in-use", "the argument '--wait[=<SECONDS>]' cannot be used" },
	{ "mdevctl show -u " U1 " --qemu --json",
	  "the argument '--qemu' cannot be used with '--j" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(arguments_done) struct arguments args = { 0 };
		_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;
		size_t n = strlen(refused[i].message);
		struct words words;

		print_message("%s\n", refused[i].line);
		split(refused[i].line, &words);
		assert_int_equal(cli_parse(words.argc, words.argv, &args, &message), -EINVAL);
		assert_memory_equal(strbuf_str(&message), "error: ", 7);
		if (strncmp(message.data + 7, refused[i].message, n) != 0)
			assert_string_equal(message.data + 7, refused[i].message);
		assert_int_equal(message.data[message.len - 1], '\n');
	}
}

/* ---- values ---------------------------------------------------------------------- */

static void parse(const char *line, struct words *words, struct arguments *ret)
{
	_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;

	split(line, words);
	assert_int_equal(cli_parse(words->argc, words->argv, ret, &message), 0);
}

static void test_values(void **state)
{
	_cleanup_(arguments_done) struct arguments args = { 0 };
	char text[MDEV_UUID_TEXT_MAX];
	struct words words;

	parse("mdevctl start -p=P --type=T -fu {976D8CC2-4BFC-43B9-B9F9-F4AF2DE91AB9} -u " U2,
	      &words, &args);
	assert_string_equal(args.values[OPTION_PARENT], "P");
	assert_string_equal(args.values[OPTION_TYPE], "T");
	assert_true(arguments_has(&args, FORCE));
	assert_false(arguments_has(&args, DRY_RUN));
	assert_int_equal(args.n_uuids, 2);
	mdev_uuid_format(arguments_uuid(&args), text);
	assert_string_equal(text, U1);
	mdev_uuid_format(&args.uuids[1], text);
	assert_string_equal(text, U2);
}

static void test_numbers(void **state)
{
	_cleanup_(arguments_done) struct arguments modify = { 0 }, stop = { 0 }, endless = { 0 };
	struct words words;

	parse("mdevctl modify -u " U1 " --delattr --index=007", &words, &modify);
	assert_int_equal(modify.index, 7);
	parse("mdevctl stop -p p --wait=90", &words, &stop);
	assert_int_equal(stop.wait_seconds, 90);
	parse("mdevctl stop -p p --wait", &words, &endless);
	assert_true(arguments_has(&endless, WAIT));
	assert_int_equal(endless.wait_seconds, 0);
}

static void test_attributes_in_order(void **state)
{
	_cleanup_(arguments_done) struct arguments args = { 0 };
	struct words words;

	parse("mdevctl define -p p --attr b=1 --attr=a= --attr b=x=y", &words, &args);
	assert_int_equal(args.attrs.n, 3);
	assert_string_equal(args.attrs.items[0].name, "b");
	assert_string_equal(args.attrs.items[1].name, "a");
	assert_int_equal(args.attrs.items[1].value_len, 0);
	assert_string_equal(args.attrs.items[2].value, "x=y");
}

static void test_file_may_be_any_bytes(void **state)
{
	_cleanup_(arguments_done) struct arguments args = { 0 };
	struct words words;

	parse("mdevctl define -p p --jsonfile \xff", &words, &args);
	assert_string_equal(args.values[OPTION_JSONFILE], "\xff");
}

/* The help goes where errors go, and the status is that of an error. */
static void test_no_arguments(void **state)
{
	static char *const none[] = { NULL };
	const char *const lines[] = { "mdevctl", "mdevmgr", "mdevctl --" };

	for (size_t i = 0; i <= ARRAY_SIZE(lines); i++) {
		_cleanup_(arguments_done) struct arguments args = { 0 };
		_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;
		struct words words = { .argc = 0 };

		if (i < ARRAY_SIZE(lines))
			split(lines[i], &words);
		assert_int_equal(
			cli_parse(words.argc, words.argc ? words.argv : none, &args, &message),
			-EINVAL);
		assert_non_null(strstr(strbuf_str(&message), "\nCommands:\n"));
	}
}

/* Words of the command line reach the terminal: not as escape sequences. */
static void test_control_characters_are_not_repeated(void **state)
{
	_cleanup_(arguments_done) struct arguments args = { 0 };
	_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT;
	char *argv[] = { (char[]){ "mdevctl" }, (char[]){ "list" }, (char[]){ "\033[31mx\177" },
		         NULL };

	assert_int_equal(cli_parse(3, argv, &args, &message), -EINVAL);
	assert_null(strchr(strbuf_str(&message), '\033'));
	assert_null(strchr(strbuf_str(&message), '\177'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_attributes_in_order),
		cmocka_unit_test(test_file_may_be_any_bytes),
		cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_control_characters_are_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
