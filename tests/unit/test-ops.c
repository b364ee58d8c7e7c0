/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/ops-private.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1      "11111111-1111-1111-1111-111111111111"
#define U2      "22222222-2222-2222-2222-222222222222"
#define U3      "33333333-3333-3333-3333-333333333333"
#define DIR     "/etc/mdevctl.d"
#define CALLOUT "/usr/lib/mdevctl/scripts.d/callouts/c"
#define AP      "vfio_ap-passthrough"
#define TEXT    "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a0\":\"x\"},{\"a1\":\"y\"}]}"
#define MANUAL  "{\"mdev_type\":\"t1\",\"start\":\"manual\"}"
#define JSON(s)                                                                                    \
	{                                                                                          \
		.name = "file.json", .bytes = (s), .len = sizeof(s) - 1                            \
	}
#define NOT_MINE "[ $6 = capabilities ] && exit 2; "

/* A tree with parent p1 of type t1, operations whose writes a fake kernel answers, and
 * what they log. */
struct fixture {
	struct tree *tree;
	struct strbuf logged;
	struct log log;
	struct env *env;
	struct ops *ops;
	struct mdev_uuid u1;
	struct error err;
	struct strbuf told; /* err as text, after take_error() */
};

static void sink(void *userdata, enum log_level level _unused_, const char *text)
{
	struct strbuf *logged = userdata;

	strbuf_addf(logged, "%s\n", text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *tree;

	assert_int_equal(tree_setup(&tree), 0);
	f->tree = tree;
	f->log = (struct log){ .max = LOG_LEVEL_WARN, .sink = sink, .userdata = &f->logged };
	assert_int_equal(env_new(f->tree->root, &f->log, &f->env), 0);
	assert_int_equal(ops_new(f->env, &f->ops), 0);
	sysfs_set_writer(f->ops->sysfs, tree_write, f->tree);
	assert_int_equal(mdev_uuid_parse(U1, &f->u1), 0);
	tree_parent(f->tree, "p1", "t1", 4);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	error_done(&f->err);
	strbuf_done(&f->told);
	strbuf_done(&f->logged);
	ops_free(f->ops);
	env_free(f->env);
	free(f);
	return tree_teardown(&tree);
}

static const char *take_error(struct fixture *f)
{
	strbuf_clear(&f->told);
	error_format(&f->err, &f->told);
	error_done(&f->err);
	return strbuf_str(&f->told);
}

static void add_script(struct fixture *f, const char *body)
{
	struct strbuf text = STRBUF_INIT;
	char path[512];

	strbuf_addf(&text, "#!/bin/sh\nROOT=%s\n%s\n", f->tree->root, body);
	tree_file(f->tree, CALLOUT, strbuf_str(&text));
	snprintf(path, sizeof(path), "%s" CALLOUT, f->tree->root);
	assert_int_equal(chmod(path, 0755), 0);
	strbuf_done(&text);
}

/* ---- start --------------------------------------------------------------------- */

static int start(struct fixture *f, const char *parent, const char *type)
{
	const struct start_request req = { .uuid = &f->u1, .parent = parent, .type = type };
	struct mdev_uuid uuid;

	return ops_start(f->ops, &req, &uuid, NULL, &f->err);
}

static void test_start_defined(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	assert_int_equal(start(f, NULL, NULL), 0);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\na1=y\nuevent=MDEVMGR=ready\n");
	assert_int_equal(start(f, NULL, NULL), -EEXIST);
	assert_non_null(strstr(take_error(f), "Device already exists"));
}

static void test_start_transient_writes_no_definition(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "p1", "t1"), 0);
	assert_string_equal(f->tree->writes, "create=" U1 "\n");
	assert_false(tree_has(f->tree, DIR "/p1"));
}

static void test_start_elsewhere_than_defined(void **state)
{
	struct fixture *f = *state;

	tree_parent(f->tree, "p2", "t2", 1);
	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	assert_int_equal(start(f, "p2", "t2"), 0);
	assert_true(tree_has(f->tree, "/sys/devices/p2/" U1));
	assert_string_equal(f->tree->writes, "create=" U1 "\n");
}

static void test_start_refusals(void **state)
{
	static const struct {
		const char *parent;
		const char *type;
		const char *told;
	} rows[] = {
		{ NULL, NULL, "Device is insufficiently specified" },
		{ NULL, "t1", "can't provide type without parent" },
		{ "p9", "t1", "Unable to find parent device 'p9'" },
		{ "P1", "t1", "Did you mean 'p1'?" },
		{ "p1", "t9", "Parent p1 does not support mdev type t9" },
		{ "full", "t1", "No available instances of t1 on full" },
		{ "../mdev_bus/p1", "t1", "Unable to find parent device" },
		{ "p1", "../mdev_supported_types/t1", "does not support mdev type" },
	};
	struct fixture *f = *state;

	tree_parent(f->tree, "full", "t1", 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(start(f, rows[i].parent, rows[i].type) < 0);
		assert_non_null(strstr(take_error(f), rows[i].told));
		assert_null(f->tree->writes);
	}
}

static void test_failed_attribute_is_told_to_post(void **state)
{
	struct fixture *f = *state;
	char *trace;

	add_script(f, NOT_MINE "echo $4 $8 $MDEVMGR_LOCKED >>$ROOT/trace");
	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	f->tree->fail_name = "a1";
	f->tree->fail_errno = -EINVAL;
	assert_int_equal(start(f, NULL, NULL), -EINVAL);
	assert_non_null(strstr(take_error(f), "Failed to write y to attribute a1"));
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
	trace = tree_read(f->tree, "/trace");
	assert_string_equal(trace, "pre none p1\npost failure p1\n");
	free(trace);
}

static void test_start_parent(void **state)
{
	const struct change_options options = { 0 };
	struct fixture *f = *state;

	tree_file(f->tree, DIR "/p1/" U1, "{\"mdev_type\":");
	tree_file(f->tree, DIR "/p1/" U2, TEXT);
	tree_file(f->tree, DIR "/p1/" U3, MANUAL);
	assert_int_equal(ops_start_parent(f->ops, "p1", &options, NULL, &f->err), 0);
	assert_string_equal(f->tree->writes, "create=" U2 "\na0=x\na1=y\nuevent=MDEVMGR=ready\n");
	assert_non_null(strstr(strbuf_str(&f->logged), "Cannot start device " U1));
	strbuf_clear(&f->logged);
	assert_int_equal(ops_start_parent(f->ops, "p1", &options, NULL, &f->err), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "Device already exists"));
	strbuf_clear(&f->logged);
	assert_int_equal(ops_start_parent(f->ops, "none", &options, NULL, &f->err), 0);
	assert_string_equal(strbuf_str(&f->logged), "");
}

/* ---- stop ---------------------------------------------------------------------- */

static int stop(struct fixture *f)
{
	const struct stop_request req = { .uuid = &f->u1 };

	return ops_stop(f->ops, &req, NULL, &f->err);
}

static void test_stop(void **state)
{
	struct fixture *f = *state;

	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(stop(f), 0);
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
	assert_int_equal(stop(f), -ENODEV);
	assert_non_null(strstr(take_error(f), "Device " U1 " is not an active mdev"));
}

static void test_stop_of_one_that_goes_or_comes(void **state)
{
	struct fixture *f = *state;

	/* off the bus, and still below its parent */
	tree_dir(f->tree, "/sys/devices/p1/" U1);
	assert_int_equal(stop(f), -ENODEV);
	assert_non_null(strstr(take_error(f), "being removed from parent p1"));
	/* on the bus, and without a type yet */
	tree_link(f->tree, "/sys/bus/mdev/devices/" U1, "../../../devices/p1/" U1);
	assert_int_equal(stop(f), -ENODEV);
	assert_non_null(strstr(take_error(f), "being created on parent p1"));
}

/* In a process of its own, which begins when go is closed. It is made before the lock is
 * taken: a lock belongs to all who inherit its descriptor. */
static pid_t prepare_stop(struct fixture *f, int *ret_go)
{
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[1]);
		if (read(fds[0], &byte, 1) != 0)
			_exit(1);
		_exit(-stop(f));
	}
	close(fds[0]);
	*ret_go = fds[1];
	return pid;
}

static bool is_waiting_for_lock(struct fixture *f, pid_t pid)
{
	char path[64], link[512];
	struct strbuf wanted = STRBUF_INIT;
	bool is_waiting = false;

	strbuf_addf(&wanted, "%s" DIR "/.lock", f->tree->root);
	for (int fd = 0; fd < 32 && !is_waiting; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		is_waiting = strcmp(link, strbuf_str(&wanted)) == 0;
	}
	strbuf_done(&wanted);
	return is_waiting;
}

static void test_stop_looks_again_when_it_has_the_lock(void **state)
{
	struct fixture *f = *state;
	struct lock *lock;
	int status, go;
	pid_t pid;

	add_script(f, "echo $4 >>$ROOT/trace; exit 2");
	tree_device(f->tree, "p1", "t1", U1, NULL);
	pid = prepare_stop(f, &go);
	assert_int_equal(lock_device(f->env, &f->u1, &lock, NULL), 0);
	close(go);
	for (int i = 0; i < 6000 && !is_waiting_for_lock(f, pid); i++)
		usleep(10000);
	tree_remove(f->tree, "/sys/bus/mdev/devices/" U1);
	lock_free(lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ENODEV);
	assert_false(tree_has(f->tree, "/trace"));
}

static void add_user(struct fixture *f)
{
	tree_dir(f->tree, "/sys/kernel/iommu_groups/7");
	tree_link(f->tree, "/sys/devices/p1/" U1 "/iommu_group", "../../../kernel/iommu_groups/7");
	tree_file(f->tree, "/proc/11/comm", "qemu\n");
	tree_file(f->tree, "/proc/11/cmdline", "qemu");
	tree_link(f->tree, "/proc/11/fd/0", "/dev/vfio/7");
	tree_link(f->tree, "/proc/11/fd/1", "anon_inode:[vfio-device]");
}

/* It comes, and somebody uses it, when the stop waits for who makes it: the stop fails, and
 * nothing may remove the device later. */
static void test_a_stop_that_fails_is_not_remembered(void **state)
{
	const struct record creating = { .phase = CAMPAIGN_CREATING, .registration = 7 };
	struct fixture *f = *state;
	struct record found = { 0 };
	struct lock *lock;
	int status, go;
	pid_t pid;

	tree_dir(f->tree, "/run/mdevmgr");
	tree_file(f->tree, "/sys/devices/p1/mdev_registration", "7\n");
	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	assert_int_equal(record_write(f->ops->records, "p1", &f->u1, &creating, false), 0);
	pid = prepare_stop(f, &go);
	assert_int_equal(lock_parent(f->env, "p1", &f->u1, &lock, NULL), 0);
	close(go);
	for (int i = 0; i < 6000 && !is_waiting_for_lock(f, pid); i++)
		usleep(10000);
	tree_device(f->tree, "p1", "t1", U1, NULL);
	add_user(f);
	lock_free(lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EBUSY);
	assert_int_equal(record_read(f->ops->records, "p1", &f->u1, &found), 0);
	assert_int_equal(found.phase, CAMPAIGN_CREATING);
	assert_false(found.is_stopped);
	record_done(&found);
}

/* ---- define --------------------------------------------------------------------- */

static int define(struct fixture *f, const struct define_request *req)
{
	struct mdev_uuid uuid;
	int r = ops_define(f->ops, req, &uuid, NULL, &f->err);

	if (r == 0)
		assert_int_equal(mdev_uuid_compare(&uuid, &f->u1), 0);
	return r;
}

static void assert_file(struct fixture *f, const char *path, const char *expected)
{
	char *text = tree_read(f->tree, path);

	assert_string_equal(text, expected);
	free(text);
}

static void test_define_active_asks_callouts_for_attributes(void **state)
{
	struct fixture *f = *state;

	add_script(f, NOT_MINE "[ $4 = get ] && echo '[{\"a0\":\"7\"}]'; exit 0");
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(define(f, &(struct define_request){ .uuid = &f->u1 }), 0);
	assert_file(f, DIR "/p1/" U1,
	            "{\n  \"mdev_type\": \"t1\",\n  \"start\": \"manual\",\n  \"attrs\": [\n"
	            "    {\n      \"a0\": \"7\"\n    }\n  ]\n}");
}

static void test_define_active_reads_a_matrix(void **state)
{
	struct fixture *f = *state;

	tree_parent(f->tree, "matrix", AP, 1);
	tree_device(f->tree, "matrix", AP, U1, NULL);
	tree_file(f->tree, "/sys/devices/matrix/" U1 "/matrix", "05.0047\n");
	tree_file(f->tree, "/sys/devices/matrix/" U1 "/control_domains", "0047\n");
	assert_int_equal(define(f, &(struct define_request){ .uuid = &f->u1 }), 0);
	assert_file(f, DIR "/matrix/" U1,
	            "{\n  \"mdev_type\": \"" AP "\",\n  \"start\": \"manual\",\n  \"attrs\": [\n"
	            "    {\n      \"assign_adapter\": \"5\"\n    },\n"
	            "    {\n      \"assign_domain\": \"71\"\n    },\n"
	            "    {\n      \"assign_control_domain\": \"71\"\n    }\n  ]\n}");
}

static void test_define_fails_without_the_attributes(void **state)
{
	struct fixture *f = *state;
	struct define_request req = { .uuid = &f->u1, .options.force = true };

	add_script(f, NOT_MINE "[ $4 = get ] && exit 1; exit 0");
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(define(f, &req), -EPERM);
	assert_non_null(strstr(take_error(f), "failed with status '1'"));
	assert_false(tree_has(f->tree, DIR "/p1"));
}

static void test_define_refusals(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct define_request req;
		const char *told;
	} rows[] = {
		{ { .type = "t1" }, "No parent specified" },
		{ { .parent = "p1" }, "No type specified" },
		{ { .parent = "p1", .type = "t1" }, "Device " U1 " on p1 already defined" },
		{ { .parent = "p1", .json = JSON(TEXT) }, "Cowardly refusing to overwrite" },
		{ { .json = JSON(TEXT) }, "Parent device required to define device via" },
		{ { .parent = "..", .type = "t1" }, "Invalid parent name '..'" },
		{ { .parent = "a/b", .json = JSON(TEXT) }, "Invalid parent name 'a/b'" },
		{ { .parent = "p2", .json = JSON("{") }, "in file.json" },
		{ { .parent = "p2", .type = "a b" }, "is the name of a type" },
	};

	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct define_request req = rows[i].req;

		req.uuid = &f->u1;
		assert_true(define(f, &req) < 0);
		assert_non_null(strstr(take_error(f), rows[i].told));
		assert_file(f, DIR "/p1/" U1, TEXT);
		assert_false(tree_has(f->tree, DIR "/p2"));
	}
}

/* ---- undefine ------------------------------------------------------------------- */

static void test_undefine_everywhere(void **state)
{
	const struct change_options options = { 0 };
	struct fixture *f = *state;

	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	tree_file(f->tree, DIR "/p2/" U1, "{broken");
	tree_file(f->tree, DIR "/p2/" U2, TEXT);
	assert_int_equal(ops_undefine(f->ops, &f->u1, NULL, &options, NULL, &f->err), 0);
	assert_false(tree_has(f->tree, DIR "/p1/" U1));
	assert_false(tree_has(f->tree, DIR "/p2/" U1));
	assert_true(tree_has(f->tree, DIR "/p2/" U2));
	assert_non_null(strstr(strbuf_str(&f->logged), "Removing a broken definition"));
	assert_int_equal(ops_undefine(f->ops, &f->u1, NULL, &options, NULL, &f->err), -ENOENT);
	assert_non_null(strstr(take_error(f), "No devices match the specified uuid"));
}

static void test_undefine_refused_keeps_it(void **state)
{
	const struct change_options options = { 0 };
	struct fixture *f = *state;

	add_script(f, NOT_MINE "exit 1");
	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	assert_int_equal(ops_undefine(f->ops, &f->u1, NULL, &options, NULL, &f->err), -EPERM);
	assert_non_null(strstr(take_error(f), "Undefine failed"));
	assert_file(f, DIR "/p1/" U1, TEXT);
}

/* ---- live modify ------------------------------------------------------------------ */

static void test_live_refusals(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct modify_request req;
		const char *told;
	} rows[] = {
		{ { .set_auto = true }, "'auto' cannot be changed on active mdev" },
		{ { .set_manual = true }, "'manual' cannot be changed on active mdev" },
		{ { .attr = MODIFY_ATTR_DELETE }, "'live' option must be used with 'jsonfile'" },
		{ { .parent = "p2", .json = JSON(TEXT) },
		  "Mediated device p2/" U1 " is not active" },
		{ { .json = JSON("{\"mdev_type\":\"t2\",\"start\":\"auto\"}") },
		  "'type' cannot be changed on active mdev" },
		{ { .defined = true, .json = JSON(TEXT) },
		  "'type' of active and defined mdev does not match" },
		{ { .json = JSON(TEXT) },
		  "Live modification is not supported for this device type." },
	};

	tree_device(f->tree, "p1", "t1", U1, NULL);
	tree_file(f->tree, DIR "/p1/" U1, "{\"mdev_type\":\"t2\",\"start\":\"auto\"}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct modify_request req = rows[i].req;

		req.uuid = &f->u1;
		req.live = true;
		assert_true(ops_modify(f->ops, &req, NULL, &f->err) < 0);
		assert_non_null(strstr(take_error(f), rows[i].told));
		assert_null(f->tree->writes);
	}
}

/* ---- verify and show --------------------------------------------------------------- */

static int on_finding(void *userdata, const struct verify_finding *finding)
{
	strbuf_addf(userdata, "%s %s: %s\n", finding->is_error ? "error" : "note",
	            strrchr(finding->path, '/') - 2, finding->text);
	return 0;
}

static void test_verify_all(void **state)
{
	const struct json_source none = { 0 };
	struct fixture *f = *state;
	struct strbuf found = STRBUF_INIT;
	size_t files, errors;

	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	tree_file(f->tree, DIR "/p1/" U2,
	          "{\"mdev_type\":\"t9\",\"start\":\"auto\",\"attrs\":[{\"../x\":\"\"}]}");
	tree_file(f->tree, DIR "/p2/" U1, TEXT);
	tree_file(f->tree, DIR "/p2/" U3, "{");
	assert_int_equal(ops_verify(f->ops, &none, on_finding, &found, &files, &errors, &f->err),
	                 0);
	assert_int_equal(files, 4);
	assert_int_equal(errors, 2);
	assert_non_null(strstr(strbuf_str(&found), "note p1/" U2 ": parent p1 does not offer t"));
	assert_non_null(strstr(strbuf_str(&found), "error p1/" U2 ": attribute 0, '../x'"));
	assert_non_null(strstr(strbuf_str(&found), "note p2/" U1 ": parent p2 is not registered"));
	assert_non_null(strstr(strbuf_str(&found), "error p2/" U3 ": invalid json"));
	assert_non_null(
		strstr(strbuf_str(&found), "note p1/" U1 ": the UUID is defined on parent p2"));
	assert_non_null(
		strstr(strbuf_str(&found), "note p2/" U1 ": the UUID is defined on parent p1"));
	strbuf_done(&found);
}

static void test_verify_two_spellings(void **state)
{
	const struct json_source none = { 0 };
	struct fixture *f = *state;
	struct strbuf found = STRBUF_INIT;
	size_t files, errors;

	tree_file(f->tree, DIR "/p1/aaaaaaaa-1111-1111-1111-111111111111", TEXT);
	tree_file(f->tree, DIR "/p1/AAAAAAAA-1111-1111-1111-111111111111", TEXT);
	assert_int_equal(ops_verify(f->ops, &none, on_finding, &found, &files, &errors, &f->err),
	                 0);
	assert_int_equal(errors, 2);
	assert_non_null(strstr(strbuf_str(&found), "another file of this directory"));
	strbuf_done(&found);
}

static void test_show(void **state)
{
	static const char *const attrs[] = { "a0", NULL };
	struct fixture *f = *state;
	struct device_info info = { 0 };

	assert_int_equal(ops_show(f->ops, &f->u1, &info, &f->err), -ENOENT);
	assert_non_null(strstr(take_error(f), "neither defined nor active"));
	tree_device(f->tree, "p1", "t1", U1, attrs);
	tree_file(f->tree, "/sys/devices/p1/" U1 "/a0", "42\n");
	tree_dir(f->tree, "/sys/kernel/iommu_groups/7");
	tree_link(f->tree, "/sys/devices/p1/" U1 "/iommu_group", "../../../kernel/iommu_groups/7");
	tree_file(f->tree, DIR "/p1/" U1, TEXT);
	tree_file(f->tree, DIR "/p2/" U1, "{");
	assert_int_equal(ops_show(f->ops, &f->u1, &info, &f->err), 0);
	assert_int_equal(info.n_definitions, 2);
	assert_true(info.definitions[0].autostart);
	assert_int_equal(info.definitions[0].attrs.n, 2);
	assert_null(info.definitions[1].type);
	assert_non_null(strstr(info.definitions[1].problem, "invalid json"));
	assert_true(info.is_active);
	assert_string_equal(info.parent, "p1");
	assert_string_equal(info.sysfs_path, "/sys/devices/p1/" U1);
	assert_string_equal(info.device_node, "/dev/vfio/7");
	assert_string_equal(info.device_api, "vfio-pci");
	/* a1 is defined, but the device does not have it */
	assert_int_equal(info.attrs.n, 1);
	assert_string_equal(info.attrs.items[0].value, "42");
	device_info_done(&info);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_start_defined),
		row(test_start_transient_writes_no_definition),
		row(test_start_elsewhere_than_defined),
		row(test_start_refusals),
		row(test_failed_attribute_is_told_to_post),
		row(test_start_parent),
		row(test_stop),
		row(test_stop_of_one_that_goes_or_comes),
		row(test_stop_looks_again_when_it_has_the_lock),
		row(test_a_stop_that_fails_is_not_remembered),
		row(test_define_active_asks_callouts_for_attributes),
		row(test_define_active_reads_a_matrix),
		row(test_define_fails_without_the_attributes),
		row(test_define_refusals),
		row(test_undefine_everywhere),
		row(test_undefine_refused_keeps_it),
		row(test_live_refusals),
		row(test_verify_all),
		row(test_verify_two_spellings),
		row(test_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
