/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ops-private.h"
#include "core/registration.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1     "11111111-1111-1111-1111-111111111111"
#define U2     "22222222-2222-2222-2222-222222222222"
#define DIR    "/etc/mdevctl.d/p1/"
#define AUTO   "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a0\":\"x\"}]}"
#define MANUAL "{\"mdev_type\":\"t1\",\"start\":\"manual\",\"attrs\":[{\"a0\":\"x\"}]}"
#define REG    "/sys/devices/p1/mdev_registration"

/* Parent p1 in its registration 7, type t1, a fake kernel, and a place for records. */
struct fixture {
	struct tree *tree;
	struct strbuf logged;
	struct log log;
	struct env *env;
	struct ops *ops;
	struct mdev_uuid u1, u2;
	struct error err;
	struct record record; /* the last that was looked at */
};

static void sink(void *userdata, enum log_level level, const char *text)
{
	strbuf_addf(userdata, "%s\n", text);
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
	assert_int_equal(mdev_uuid_parse(U2, &f->u2), 0);
	tree_parent(f->tree, "p1", "t1", 4);
	tree_file(f->tree, REG, "7\n");
	tree_dir(f->tree, "/run/mdevmgr");
	f->err = ERROR_INIT;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	record_done(&f->record);
	error_done(&f->err);
	strbuf_done(&f->logged);
	ops_free(f->ops);
	env_free(f->env);
	free(f);
	return tree_teardown(&tree);
}

/* The phase that is written down; the rest is in f->record. */
static enum campaign_phase phase(struct fixture *f, const struct mdev_uuid *uuid)
{
	record_done(&f->record);
	return record_read(f->ops->records, "p1", uuid, &f->record) == 0 ? f->record.phase
	                                                                 : CAMPAIGN_NONE;
}

static void put_record(struct fixture *f, const struct mdev_uuid *uuid, enum campaign_phase value)
{
	const struct record record = {
		.phase = value, .registration = 7, .since = 1, .attempts = 3
	};

	assert_int_equal(record_write(f->ops->records, "p1", uuid, &record, false), 0);
}

/* ---- what the verbs tell campaigns ------------------------------------------------------ */

static int start(struct fixture *f)
{
	const struct start_request req = { .uuid = &f->u1 };
	struct mdev_uuid uuid;

	error_done(&f->err);
	return ops_start(f->ops, &req, &uuid, NULL, &f->err);
}

static int stop(struct fixture *f)
{
	const struct stop_request req = { .uuid = &f->u1 };

	error_done(&f->err);
	return ops_stop(f->ops, &req, NULL, &f->err);
}

static void test_start_is_the_end(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	put_record(f, &f->u1, CAMPAIGN_RETRY);
	assert_int_equal(start(f), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(f->record.registration, 7);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\n");
}

static void test_failed_start_changes_nothing(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	f->tree->fail_name = "create";
	f->tree->fail_errno = -EIO;
	assert_int_equal(start(f), -EIO);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NONE);
	put_record(f, &f->u1, CAMPAIGN_BLOCKED);
	assert_int_equal(start(f), -EIO);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_BLOCKED);
	assert_int_equal(f->record.attempts, 3);
}

static void test_transient_start_is_nobodys_campaign(void **state)
{
	struct fixture *f = *state;
	const struct start_request req = { .uuid = &f->u1, .parent = "p1", .type = "t1" };
	struct mdev_uuid uuid;

	assert_int_equal(ops_start(f->ops, &req, &uuid, NULL, &f->err), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NONE);
	/* udev holds nobody's unit back for it, so nobody is told */
	assert_string_equal(f->tree->writes, "create=" U1 "\n");
}

static void test_json_start_of_a_defined_device_tells_its_unit(void **state)
{
	struct fixture *f = *state;
	const struct start_request req = {
		.uuid = &f->u1,
		.parent = "p1",
		.json = { .name = "j", .bytes = MANUAL, .len = sizeof(MANUAL) - 1 }
	};
	struct mdev_uuid uuid;

	tree_file(f->tree, DIR U1, AUTO);
	assert_int_equal(ops_start(f->ops, &req, &uuid, NULL, &f->err), 0);
	assert_non_null(strstr(f->tree->writes, "uevent=MDEVMGR=ready"));
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
}

static void test_nothing_is_remembered_without_a_place(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	tree_rename(f->tree, "/run/mdevmgr", "/run/elsewhere");
	assert_int_equal(start(f), 0);
	assert_int_equal(stop(f), 0);
	assert_false(tree_has(f->tree, "/run/mdevmgr"));
	assert_string_equal(strbuf_str(&f->logged), "");
}

static void test_stop_is_the_end(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(stop(f), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(f->record.pid, 0);
	assert_non_null(strstr(f->record.reason, "stopped by "));
}

static void test_stop_of_a_transient_device_is_not_remembered(void **state)
{
	struct fixture *f = *state;

	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(stop(f), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NONE);
}

static void test_stop_ends_what_waits(void **state)
{
	static const struct {
		enum campaign_phase before, after;
	} rows[] = {
		{ CAMPAIGN_ARMED, CAMPAIGN_DONE },        { CAMPAIGN_RETRY, CAMPAIGN_DONE },
		{ CAMPAIGN_NO_TYPE, CAMPAIGN_DONE },      { CAMPAIGN_NO_INSTANCE, CAMPAIGN_DONE },
		{ CAMPAIGN_BLOCKED, CAMPAIGN_DONE },      { CAMPAIGN_FAILED, CAMPAIGN_DONE },
		{ CAMPAIGN_CREATING, CAMPAIGN_CREATING }, { CAMPAIGN_STUCK, CAMPAIGN_STUCK },
		{ CAMPAIGN_DEGRADED, CAMPAIGN_DEGRADED },
	};
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_record(f, &f->u1, rows[i].before);
		assert_int_equal(stop(f), -ENODEV);
		assert_int_equal(phase(f, &f->u1), rows[i].after);
		assert_int_equal(rows[i].after == CAMPAIGN_DONE,
		                 strstr(f->err.advice, "not started automatically") != NULL);
	}
}

static void test_stop_ends_what_was_armed_and_not_tried(void **state)
{
	struct fixture *f = *state;
	struct registration registration = { .id = 7, .since = 1, .armed = &f->u1, .n_armed = 1 };

	tree_file(f->tree, DIR U1, AUTO);
	assert_int_equal(registration_remember(f->ops->records, "p1", &registration), 0);
	assert_int_equal(stop(f), -ENODEV);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
}

static int modify(struct fixture *f, bool set_auto)
{
	const struct modify_request req = { .uuid = &f->u1,
		                            .set_auto = set_auto,
		                            .set_manual = !set_auto };

	return ops_modify(f->ops, &req, NULL, &f->err);
}

static void test_manual_ends_what_waits(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	put_record(f, &f->u1, CAMPAIGN_RETRY);
	assert_int_equal(modify(f, true), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_RETRY);
	assert_int_equal(modify(f, false), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_non_null(strstr(f->record.reason, "set to manual by "));
}

static void test_undefine_forgets(void **state)
{
	struct fixture *f = *state;
	const struct change_options options = { 0 };

	tree_file(f->tree, DIR U1, AUTO);
	put_record(f, &f->u1, CAMPAIGN_DONE);
	assert_int_equal(ops_undefine(f->ops, &f->u1, NULL, &options, NULL, &f->err), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NONE);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_start_is_the_end),
		row(test_failed_start_changes_nothing),
		row(test_transient_start_is_nobodys_campaign),
		row(test_json_start_of_a_defined_device_tells_its_unit),
		row(test_nothing_is_remembered_without_a_place),
		row(test_stop_is_the_end),
		row(test_stop_of_a_transient_device_is_not_remembered),
		row(test_stop_ends_what_waits),
		row(test_stop_ends_what_was_armed_and_not_tried),
		row(test_manual_ends_what_waits),
		row(test_undefine_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
