/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes to stdout, from made-up entries, and what is read for --jsonfile. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "cli/jsonfile.h"
#include "cli/out-json.h"
#include "cli/out-show.h"
#include "cli/out-text.h"
#include "cli/output.h"
#include "core/definition.h"
#include "lib/unit.h"

#define U1 "976d8cc2-4bfc-43b9-b9f9-f4af2de91ab9"
#define U2 "59e8b599-afdd-4766-a59e-415ef4f5a492"

static struct output new_output(bool is_terminal)
{
	struct output out;

	output_init(&out, -1);
	out.is_terminal = is_terminal;
	return out;
}

static struct list_entry new_entry(const char *uuid, const char *parent, const struct attrs *attrs)
{
	struct list_entry entry = { .parent = parent, .type = "t1", .attrs = attrs };

	assert_int_equal(mdev_uuid_parse(uuid, &entry.uuid), 0);
	return entry;
}

/* ---- devices ------------------------------------------------------------------------ */

static void test_text_marks(void **state)
{
	_cleanup_(output_done) struct output out = new_output(false);
	struct list_text active = { .out = &out }, defined = { .out = &out, .defined = true };
	struct list_entry entry = new_entry(U1, "p", NULL);

	assert_int_equal(list_text_entry(&active, &entry), 0);
	entry.is_active = true;
	assert_int_equal(list_text_entry(&active, &entry), 0);
	assert_int_equal(list_text_entry(&defined, &entry), 0);
	entry.autostart = true;
	entry.is_defined = true;
	assert_int_equal(list_text_entry(&active, &entry), 0);
	assert_string_equal(out.text.data,
	                    U1 " p t1 manual\n" U1 " p t1 manual\n" U1 " p t1 manual (active)\n" U1
	                       " p t1 auto (defined)\n");
}

static void test_text_on_a_terminal(void **state)
{
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	_cleanup_(output_done) struct output pipe = new_output(false), tty = new_output(true);
	struct list_text raw = { .out = &pipe, .verbose = true };
	struct list_text escaped = { .out = &tty, .verbose = true };
	struct list_entry entry = new_entry(U1, "p\033[31m", &attrs);

	assert_int_equal(attrs_append(&attrs, "n", "a\nb\0\xc3\xa9\xc2\x9b\x7f", 9), 0);
	assert_int_equal(list_text_entry(&raw, &entry), 0);
	assert_int_equal(list_text_entry(&escaped, &entry), 0);
	assert_non_null(strstr(pipe.text.data, " p\033[31m t1 manual\n  Attrs:\n"));
	assert_string_equal(tty.text.data, U1 " p\\x1b[31m t1 manual\n"
	                                      "  Attrs:\n"
	                                      "    @{0}: {\"n\":\"a\\x0ab\\x00\xc3\xa9"
	                                      "\\u009b\\x7f\"}\n");
}

static void test_lines_on_a_terminal(void **state)
{
	_cleanup_(output_done) struct output tty = new_output(true);

	text_add_lines(&tty, "a\033b\n\tc\nd");
	assert_string_equal(tty.text.data, "a\\x1bb\n\\x09c\nd");
}

#define DEVICE(indent)                                                                             \
	"{\n" indent "  \"mdev_type\": \"t1\",\n" indent "  \"start\": \"manual\",\n" indent       \
	"  \"attrs\": []\n" indent "}"
#define IN_TREE(uuid) "      {\n        \"" uuid "\": " DEVICE("        ") "\n      }"

static void test_json_tree(void **state)
{
	_cleanup_(output_done) struct output out = new_output(false);
	_cleanup_(list_json_done) struct list_json list = { 0 };
	struct list_entry a = new_entry(U1, "p", NULL), b = new_entry(U2, "p", NULL),
			  c = new_entry(U1, "q", NULL);

	list_json_init(&list, &out, false);
	assert_int_equal(list_json_entry(&list, &a), 0);
	assert_int_equal(list_json_entry(&list, &b), 0);
	assert_int_equal(list_json_entry(&list, &c), 0);
	list_json_finish(&list);
	assert_string_equal(out.text.data,
	                    "[\n  {\n    \"p\": [\n" IN_TREE(U1) ",\n" IN_TREE(
				    U2) "\n    ],\n    \"q\": [\n" IN_TREE(U1) "\n    ]\n  }\n]");
}

static void test_json_single(void **state)
{
	for (int hits = 0; hits <= 2; hits++) {
		const char *const want[] = {
			"[]",
			DEVICE(""),
			"[\n  {\n    \"p\": [\n" IN_TREE(U1) "\n    ],\n    \"q\": [\n" IN_TREE(
				U1) "\n    ]\n  }\n]",
		};
		_cleanup_(output_done) struct output out = new_output(false);
		_cleanup_(list_json_done) struct list_json list = { 0 };
		char *parents[] = { strdup("p"), strdup("q") };

		list_json_init(&list, &out, true);
		for (int i = 0; i < hits; i++) {
			struct list_entry entry = new_entry(U1, parents[i], NULL);

			assert_int_equal(list_json_entry(&list, &entry), 0);
			memset(parents[i], 'x', 1); /* the entry lives during the call only */
		}
		list_json_finish(&list);
		assert_string_equal(out.text.data, want[hits]);
		free(parents[0]);
		free(parents[1]);
	}
}

/* ---- types -------------------------------------------------------------------------- */

static const struct types_entry types[] = {
	{ .parent = "a", .name = "", .description = "" },
	{ .parent = "b", .name = "", .description = "" },
	{ .parent = "c",
	  .type = "t",
	  .available_instances = -5,
	  .device_api = "vfio-pci",
	  .name = "n\"",
	  .description = "x\n\ny" },
	{ .parent = "c", .type = "u", .device_api = "", .name = "", .description = "" },
	{ .parent = "d", .name = "", .description = "" },
};

static void test_types_text(void **state)
{
	_cleanup_(output_done) struct output out = new_output(false);
	struct types_text list = { .out = &out, .parent = STRBUF_INIT };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(types_text_entry(&list, &types[i]), 0);
	strbuf_done(&list.parent);
	assert_string_equal(out.text.data, "a\nb\nc\n"
	                                   "  t\n"
	                                   "    Available instances: -5\n"
	                                   "    Device API: vfio-pci\n"
	                                   "    Name: n\"\n"
	                                   "    Description: x, , y\n"
	                                   "  u\n"
	                                   "    Available instances: 0\n"
	                                   "    Device API: \n"
	                                   "d\n");
}

static void test_types_json(void **state)
{
	_cleanup_(output_done) struct output out = new_output(false);
	struct types_json list = { .out = &out, .parent = STRBUF_INIT };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(types_json_entry(&list, &types[i]), 0);
	types_json_finish(&list);
	strbuf_done(&list.parent);
	assert_string_equal(out.text.data, "[\n  {\n    \"a\": [],\n    \"b\": [],\n    \"c\": [\n"
	                                   "      {\n        \"t\": {\n"
	                                   "          \"available_instances\": -5,\n"
	                                   "          \"device_api\": \"vfio-pci\",\n"
	                                   "          \"name\": \"n\\\"\",\n"
	                                   "          \"description\": \"x, , y\"\n"
	                                   "        }\n      },\n"
	                                   "      {\n        \"u\": {\n"
	                                   "          \"available_instances\": 0,\n"
	                                   "          \"device_api\": \"\"\n"
	                                   "        }\n      }\n"
	                                   "    ],\n    \"d\": []\n  }\n]");
}

static void test_types_json_ends_with_types(void **state)
{
	_cleanup_(output_done) struct output out = new_output(false);
	struct types_json list = { .out = &out, .parent = STRBUF_INIT };

	types_json_finish(&list);
	assert_string_equal(out.text.data, "[]");
	strbuf_clear(&out.text);
	assert_int_equal(types_json_entry(&list, &types[3]), 0);
	types_json_finish(&list);
	strbuf_done(&list.parent);
	assert_non_null(strstr(out.text.data, "        }\n      }\n    ]\n  }\n]"));
}

/* ---- handing over to a guest ------------------------------------------------------------ */

static void test_guest_forms(void **state)
{
	struct device_info info = { .device_api = (char[]){ "vfio-ccw" } };
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	assert_int_equal(mdev_uuid_parse(U1, &info.uuid), 0);
	show_add_qemu(&text, &info);
	assert_string_equal(text.data, "-device vfio-ccw,sysfsdev=/sys/bus/mdev/devices/" U1 "\n");
	strbuf_clear(&text);
	show_add_libvirt(&text, &info);
	assert_string_equal(text.data, "<hostdev mode='subsystem' type='mdev' model='vfio-ccw'>\n"
	                               "  <source>\n    <address uuid='" U1 "'/>\n  </source>\n"
	                               "</hostdev>\n");
}

/* ---- writing ------------------------------------------------------------------------ */

static void test_write_errors(void **state)
{
	_cleanup_(closep) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(output_done) struct output out = { 0 };

	if (full < 0)
		skip();
	output_init(&out, full);
	assert_int_equal(output_flush(&out, &err), 0); /* nothing to write is no failure */
	strbuf_add_str(&out.text, "x");
	assert_int_equal(output_advance(&out), 0);
	assert_int_equal(output_flush(&out, &err), -ENOSPC);
	assert_string_equal(err.message, "Failed to write data");
	assert_int_equal(error_exit_status(&err), 1);
}

static void test_a_closed_pipe_is_an_error(void **state)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(output_done) struct output out = { 0 };
	int ends[2], r = 0;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	output_init(&out, ends[1]);
	for (int i = 0; i < 100000 && r == 0; i++) {
		strbuf_add_str(&out.text, "line\n");
		r = output_advance(&out);
	}
	assert_int_equal(r, -EPIPE); /* told while it goes on, not at the end only */
	assert_int_equal(output_flush(&out, &err), -EPIPE);
	close(ends[1]);
}

static void test_large_output_is_whole(void **state)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(output_done) struct output out = { 0 };
	FILE *file = tmpfile();
	size_t n = 0;

	assert_non_null(file);
	output_init(&out, fileno(file));
	for (int i = 0; i < 50000; i++) {
		strbuf_addf(&out.text, "%d\n", i);
		assert_int_equal(output_advance(&out), 0);
		assert_true(out.text.len < 65536);
	}
	assert_int_equal(output_flush(&out, &err), 0);
	rewind(file);
	for (int i, want = 0; fscanf(file, "%d\n", &i) == 1; n++)
		assert_int_equal(i, want++);
	assert_int_equal(n, 50000);
	fclose(file);
}

/* ---- --jsonfile --------------------------------------------------------------------- */

static void test_jsonfile_from_a_pipe(void **state)
{
	_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
	_cleanup_(error_done) struct error err = ERROR_INIT;
	char path[32];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "a\0b", 3), 3);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(jsonfile_read(path, "file", &content, &err), 0);
	assert_int_equal(content.len, 3);
	assert_memory_equal(content.data, "a\0b", 4);
	close(ends[0]);
}

static void test_jsonfile_errors(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *message;
	} rows[] = {
		{ "/nonexistent/x", -ENOENT, "Unable to read file \"/nonexistent/x\"" },
		{ "/", -EISDIR, "Unable to read jsonfile \"/\"" },
		{ "/dev/zero", -EFBIG, "Unable to read jsonfile \"/dev/zero\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
		_cleanup_(error_done) struct error err = ERROR_INIT;

		assert_int_equal(jsonfile_read(rows[i].path, "file", &content, &err), rows[i].r);
		assert_string_equal(err.message, rows[i].message);
		assert_true(content.len <= DEFINITION_SIZE_MAX + 65536);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_marks),
		cmocka_unit_test(test_text_on_a_terminal),
		cmocka_unit_test(test_lines_on_a_terminal),
		cmocka_unit_test(test_json_tree),
		cmocka_unit_test(test_json_single),
		cmocka_unit_test(test_types_text),
		cmocka_unit_test(test_types_json),
		cmocka_unit_test(test_types_json_ends_with_types),
		cmocka_unit_test(test_guest_forms),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_a_closed_pipe_is_an_error),
		cmocka_unit_test(test_large_output_is_whole),
		cmocka_unit_test(test_jsonfile_from_a_pipe),
		cmocka_unit_test(test_jsonfile_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
