/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/campaign.h"
#include "core/ops-private.h"
#include "core/registration.h"
#include "core/running.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1      "11111111-1111-1111-1111-111111111111"
#define U2      "22222222-2222-2222-2222-222222222222"
#define DIR     "/etc/mdevctl.d/p1/"
#define AUTO    "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a0\":\"x\"}]}"
#define MANUAL  "{\"mdev_type\":\"t1\",\"start\":\"manual\",\"attrs\":[{\"a0\":\"x\"}]}"
#define CALLOUT "/usr/lib/mdevctl/scripts.d/callouts/c"
#define REG     "/sys/devices/p1/mdev_registration"

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

/* The reason of a campaign's failure may hold values that only root may read. */
static void test_failed_start_keeps_a_private_record_private(void **state)
{
	const struct record record = { .phase = CAMPAIGN_FAILED,
		                       .registration = 7,
		                       .reason = (char *)"Failed to write secret to attribute a0" };
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	assert_int_equal(record_write(f->ops->records, "p1", &f->u1, &record, true), 0);
	f->tree->fail_name = "create";
	f->tree->fail_errno = -EIO;
	assert_int_equal(start(f), -EIO);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_FAILED);
	assert_true(record_is_private(f->ops->records, "p1", &f->u1));
	put_record(f, &f->u1, CAMPAIGN_FAILED);
	assert_int_equal(start(f), -EIO);
	assert_false(record_is_private(f->ops->records, "p1", &f->u1));
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
		{ CAMPAIGN_ARMED, CAMPAIGN_DONE },     { CAMPAIGN_RETRY, CAMPAIGN_DONE },
		{ CAMPAIGN_NO_TYPE, CAMPAIGN_DONE },   { CAMPAIGN_NO_INSTANCE, CAMPAIGN_DONE },
		{ CAMPAIGN_BLOCKED, CAMPAIGN_DONE },   { CAMPAIGN_FAILED, CAMPAIGN_DONE },
		{ CAMPAIGN_HALF_MADE, CAMPAIGN_DONE }, { CAMPAIGN_DEGRADED, CAMPAIGN_DEGRADED },
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

/* ---- tries ------------------------------------------------------------------------------- */

static const struct campaign_policy policy = CAMPAIGN_POLICY_DEFAULT;

static int attempt(struct fixture *f, const struct mdev_uuid *uuid)
{
	const struct try_request req = { .parent = "p1", .registration = 7, .policy = &policy };

	error_done(&f->err);
	return ops_try(f->ops, &req, uuid, &f->err);
}

static void arm(struct fixture *f)
{
	tree_file(f->tree, DIR U1, AUTO);
	tree_file(f->tree, DIR U2, MANUAL);
	assert_int_equal(ops_note_registration(f->ops, "p1", true, &f->err), 0);
}

static void test_a_registration_arms_what_is_auto_then(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_file(f->tree, DIR U2, AUTO);
	/* noted already: nothing changes */
	assert_int_equal(ops_note_registration(f->ops, "p1", true, &f->err), 0);
	assert_int_equal(attempt(f, &f->u2), 0);
	assert_null(f->tree->writes);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\n");
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(f->record.attempts, 1);
	assert_int_equal(f->record.registration, 7);
	assert_true(f->record.definition != 0);
}

static void test_nothing_is_armed_on_a_running_system(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	assert_int_equal(ops_note_registration(f->ops, "p1", false, &f->err), 0);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_null(f->tree->writes);
}

static void test_once_in_a_registration(void **state)
{
	struct fixture *f = *state;

	arm(f);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(stop(f), 0);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes,
	                    "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\nremove=1\n");
	/* the next life of the parent */
	tree_file(f->tree, REG, "8\n");
	assert_int_equal(attempt(f, &f->u1), -ESTALE);
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
}

struct failure_row {
	const char *name;
	int r;
	enum campaign_phase phase;
	bool has_next;
};

static void test_failures_are_classified(void **state)
{
	static const struct failure_row rows[] = {
		{ "create", -EIO, CAMPAIGN_RETRY, true },
		/* the type says that there are some */
		{ "create", -EUSERS, CAMPAIGN_NO_INSTANCE, true },
		{ "create", -ENOSPC, CAMPAIGN_NO_INSTANCE, true },
		{ "create", -EEXIST, CAMPAIGN_RETRY, true },
		{ "a0", -EINVAL, CAMPAIGN_RETRY, true },
		{ "a0", -ENOENT, CAMPAIGN_FAILED, false },
	};
	struct fixture *f = *state;

	arm(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_record(f, &f->u1, CAMPAIGN_ARMED);
		f->tree->fail_name = rows[i].name;
		f->tree->fail_errno = rows[i].r;
		assert_int_equal(attempt(f, &f->u1), rows[i].r);
		assert_int_equal(phase(f, &f->u1), rows[i].phase);
		assert_int_equal(f->record.next > 0, rows[i].has_next);
		assert_int_equal(f->record.errnum, -rows[i].r);
		assert_int_equal(f->record.attempts, 4);
		assert_non_null(f->record.reason);
		assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
		/* not due again: nothing is written */
		tree_forget_writes(f->tree);
		assert_int_equal(attempt(f, &f->u1), 0);
		assert_null(f->tree->writes);
	}
}

/* Another device has taken the last one since we looked: it must go first. */
static ssize_t take_the_last_instance(void *userdata, int dirfd, const char *name, int fd,
                                      const void *bytes, size_t n)
{
	tree_file(userdata, "/sys/devices/p1/mdev_supported_types/t1/available_instances", "0\n");
	return -ENOSPC;
}

static void test_the_last_instance_is_waited_for(void **state)
{
	struct fixture *f = *state;

	arm(f);
	sysfs_set_writer(f->ops->sysfs, take_the_last_instance, f->tree);
	assert_int_equal(attempt(f, &f->u1), -ENOSPC);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NO_INSTANCE);
	assert_int_equal(f->record.next, 0);
}

static void test_reasons_of_private_definitions_are_private(void **state)
{
	struct fixture *f = *state;
	struct strbuf path = STRBUF_INIT;
	struct stat st;

	arm(f);
	strbuf_addf(&path, "%s" DIR U1, f->tree->root);
	assert_int_equal(chmod(strbuf_str(&path), 0640), 0);
	f->tree->fail_name = "a0";
	f->tree->fail_errno = -EINVAL;
	assert_int_equal(attempt(f, &f->u1), -EINVAL);
	strbuf_clear(&path);
	strbuf_addf(&path, "%s/run/mdevmgr/parents/p1/" U1, f->tree->root);
	assert_int_equal(stat(strbuf_str(&path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	strbuf_done(&path);
}

static void test_the_device_of_another_parent_blocks(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_parent(f->tree, "p2", "t1", 1);
	tree_file(f->tree, "/sys/devices/p2/mdev_registration", "40\n");
	tree_device(f->tree, "p2", "t1", U1, NULL);
	assert_int_equal(attempt(f, &f->u1), -EEXIST);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_BLOCKED);
	assert_string_equal(f->record.other, "p2");
	assert_int_equal(f->record.other_registration, 40);
	assert_null(f->tree->writes);
	assert_int_equal(attempt(f, &f->u1), 0);
}

static void test_a_rival_blocks_until_it_is_withdrawn(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_parent(f->tree, "p0", "t1", 1);
	tree_file(f->tree, "/sys/devices/p0/mdev_registration", "40\n");
	tree_file(f->tree, "/etc/mdevctl.d/p0/" U1, AUTO);
	assert_int_equal(attempt(f, &f->u1), -EEXIST);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_BLOCKED);
	assert_string_equal(f->record.other, "p0");
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_null(f->tree->writes);
	tree_file(f->tree, "/etc/mdevctl.d/p0/" U1, MANUAL);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_non_null(strstr(f->tree->writes, "create=" U1 "\n"));
}

static void test_a_type_that_is_not_offered_waits(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, "{\"mdev_type\":\"t9\",\"start\":\"auto\"}");
	assert_int_equal(ops_note_registration(f->ops, "p1", true, &f->err), 0);
	assert_int_equal(attempt(f, &f->u1), -ENOENT);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_NO_TYPE);
	assert_null(f->tree->writes);
	assert_int_equal(attempt(f, &f->u1), 0);
}

/* Somebody else made it, and may not know whom to tell. */
static void test_a_device_that_is_there_ends_it(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "uevent=MDEVMGR=ready\n");
}

static void test_a_device_without_attributes_is_told_of_too(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_file(f->tree, DIR U1, "{\"mdev_type\":\"t1\",\"start\":\"auto\"}");
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "create=" U1 "\nuevent=MDEVMGR=ready\n");
}

/* Copied into place by hand, by whom nobody tells its unit. Once. */
static void test_an_active_device_is_defined_by_hand(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ops_note_registration(f->ops, "p1", true, &f->err), 0);
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_null(f->tree->writes);
	tree_file(f->tree, DIR U1, MANUAL);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "uevent=MDEVMGR=ready\n");
}

/* Its unit was ready without a definition, and would not be with one. */
static void test_an_active_device_that_is_defined_stays_ready(void **state)
{
	struct fixture *f = *state;
	struct define_request req = { .uuid = &f->u1, .parent = "p2", .type = "t1" };
	struct mdev_uuid uuid;

	tree_parent(f->tree, "p2", "t1", 4);
	tree_device(f->tree, "p1", "t1", U1, NULL);
	assert_int_equal(ops_define(f->ops, &req, &uuid, NULL, &f->err), 0);
	assert_null(f->tree->writes);
	req.parent = "p1";
	assert_int_equal(ops_define(f->ops, &req, &uuid, NULL, &f->err), 0);
	assert_string_equal(f->tree->writes, "uevent=MDEVMGR=ready\n");
}

/* mdevctl's own rule: it comes between our look and our create. */
static ssize_t create_before_us(void *userdata, int dirfd, const char *name, int fd,
                                const void *bytes, size_t n)
{
	if (strcmp(name, "create") != 0)
		return tree_write(userdata, dirfd, name, fd, bytes, n);
	tree_device(userdata, "p1", "t1", U1, NULL);
	return -EEXIST;
}

static void test_success_by_another_hand(void **state)
{
	struct fixture *f = *state;

	arm(f);
	sysfs_set_writer(f->ops->sysfs, create_before_us, f->tree);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "uevent=MDEVMGR=ready\n");
}

/* ---- a driver that does not come back ----------------------------------------------------- */

static ssize_t hang(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                    size_t n)
{
	while (strcmp(name, "create") == 0)
		pause();
	return tree_write(userdata, dirfd, name, fd, bytes, n);
}

static void test_a_stuck_driver_keeps_no_lock(void **state)
{
	struct fixture *f = *state;
	struct lock *lock;
	pid_t pid;

	arm(f);
	sysfs_set_writer(f->ops->sysfs, hang, f->tree);
	f->ops->create_ms = 1;
	assert_int_equal(attempt(f, &f->u1), -ETIMEDOUT);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_STUCK);
	pid = f->record.pid;
	assert_true(pid > 0);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(lock_parent(f->env, "p1", &f->u2, &lock, &f->err), 0);
	lock_free(lock);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const char *const attributes[] = { "a0", NULL };

/* ---- ... and a stop meanwhile ------------------------------------------------------------- */

#define WRITER "/proc/42/stat"

/* A writer, process 42, inside the driver since tick 99; or it was. */
static void make_stuck(struct fixture *f, bool is_alive)
{
	const struct record record = { .phase = CAMPAIGN_STUCK,
		                       .registration = 7,
		                       .attempts = 3,
		                       .pid = 42,
		                       .pid_start = 99,
		                       .reason = (char *)"does not come back" };

	if (is_alive)
		tree_file(f->tree, WRITER, "42 (w) D 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 99 0\n");
	assert_int_equal(record_write(f->ops->records, "p1", &f->u1, &record, false), 0);
}

static void assert_stopped(struct fixture *f, enum campaign_phase expected)
{
	assert_int_equal(phase(f, &f->u1), expected);
	assert_true(f->record.is_stopped);
	assert_int_equal(f->record.attempts, 3);
	assert_non_null(strstr(f->record.reason, "stopped by "));
}

/* Told to stop, while its writer is inside the driver. */
static void stop_stuck(struct fixture *f)
{
	arm(f);
	make_stuck(f, true);
	assert_int_equal(stop(f), -ENODEV);
	assert_stopped(f, CAMPAIGN_STUCK);
}

static void test_stop_of_what_is_being_made_names_who_makes_it(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	assert_int_equal(f->record.pid, 42);
	assert_int_equal(f->record.pid_start, 99);
	assert_non_null(strstr(f->err.cause, "process 42 is inside the driver"));
	assert_non_null(strstr(f->err.advice, "not started automatically"));
	assert_non_null(strstr(f->err.advice, "mdevmgrd is not running"));
	assert_int_equal(running_mark(f->env), 0);
	assert_int_equal(stop(f), -ENODEV);
	assert_stopped(f, CAMPAIGN_STUCK);
	assert_non_null(strstr(f->err.advice, "mdevmgrd removes it"));
	/* looked at as long as it is inside, and nothing else */
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_stopped(f, CAMPAIGN_STUCK);
	assert_null(f->tree->writes);
}

static void test_what_was_stopped_while_it_was_made_is_not_tried_again(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_remove(f->tree, WRITER);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_false(f->record.is_stopped);
	assert_non_null(strstr(f->record.reason, "stopped by "));
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_null(f->tree->writes);
}

static void test_what_comes_in_spite_of_a_stop_is_removed(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_non_null(strstr(f->record.reason, "stopped by "));
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

static void test_what_is_manual_and_comes_in_spite_of_a_stop_is_removed(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_file(f->tree, DIR U1, MANUAL);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

/* Somebody has it already: it stays, is told as what it is, and gets no attributes. */
static void test_what_comes_in_spite_of_a_stop_and_is_used_stays(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	tree_dir(f->tree, "/sys/kernel/iommu_groups/7");
	tree_link(f->tree, "/sys/devices/p1/" U1 "/iommu_group", "../../../kernel/iommu_groups/7");
	tree_file(f->tree, "/proc/11/comm", "qemu\n");
	tree_file(f->tree, "/proc/11/cmdline", "qemu");
	tree_link(f->tree, "/proc/11/fd/0", "/dev/vfio/7");
	tree_link(f->tree, "/proc/11/fd/1", "anon_inode:[vfio-device]");
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DEGRADED);
	assert_non_null(strstr(f->record.reason, "stopped by "));
	assert_non_null(strstr(f->record.reason, "somebody uses it"));
	assert_null(f->tree->writes);
}

static void test_what_cannot_be_removed_in_spite_of_a_stop_is_degraded(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	f->tree->fail_name = "remove";
	f->tree->fail_errno = -EIO;
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DEGRADED);
	assert_non_null(strstr(f->record.reason, "failed too: Input/output error"));
	assert_string_equal(f->tree->writes, "remove=1\n");
}

/* Whoever worked on it has died, and its writer, whom nobody knows, has not or has come to
 * the driver yet. */
static void test_stop_of_what_a_left_writer_makes(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	assert_int_equal(stop(f), -ENODEV);
	assert_stopped(f, CAMPAIGN_CREATING);
	assert_non_null(strstr(f->err.advice, "not started automatically"));
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_stopped(f, CAMPAIGN_CREATING);
	assert_null(f->tree->writes);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

/* Its pid, which may be somebody else's by now, is forgotten. */
static void test_stop_when_the_writer_has_gone(void **state)
{
	struct fixture *f = *state;

	arm(f);
	make_stuck(f, false);
	assert_int_equal(stop(f), -ENODEV);
	assert_stopped(f, CAMPAIGN_STUCK);
	assert_int_equal(f->record.pid, 0);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_null(f->tree->writes);
}

/* By hand, since the daemon has not come to it yet. */
static void test_stop_again_removes_what_has_come(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	assert_int_equal(stop(f), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

/* It fails: the kernel still makes it. But it is wanted again. */
static void test_start_takes_the_stop_back(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	f->tree->fail_name = "create";
	f->tree->fail_errno = -EEXIST;
	assert_int_equal(start(f), -EEXIST);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_STUCK);
	assert_false(f->record.is_stopped);
	assert_int_equal(f->record.pid, 42);
	assert_int_equal(f->record.pid_start, 99);
	tree_remove(f->tree, WRITER);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	tree_forget_writes(f->tree);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "a0=x\nuevent=MDEVMGR=ready\n");
}

/* Not as long as a try may still bring the device. */
static void test_interrupted_stop_promises_nothing(void **state)
{
	static volatile sig_atomic_t flag = SIGTERM;
	struct fixture *f = *state;
	struct lock *lock;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	assert_int_equal(lock_parent(f->env, "p1", &f->u2, &lock, &f->err), 0);
	env_set_interrupt(f->env, &flag);
	assert_int_equal(stop(f), -EINTR);
	assert_non_null(strstr(f->err.message, "Interrupted while waiting"));
	lock_free(lock);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_CREATING);
	assert_false(f->record.is_stopped);
}

/* ---- half made ------------------------------------------------------------------------------- */

static void add_script(struct fixture *f, const char *body)
{
	struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;

	strbuf_addf(&text, "#!/bin/sh\nROOT=%s\n%s\n", f->tree->root, body);
	tree_file(f->tree, CALLOUT, strbuf_str(&text));
	strbuf_addf(&path, "%s" CALLOUT, f->tree->root);
	assert_int_equal(chmod(strbuf_str(&path), 0755), 0);
	strbuf_done(&text);
	strbuf_done(&path);
}

static void test_half_made_is_finished(void **state)
{
	struct fixture *f = *state;
	char *trace;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	add_script(f, "[ $6 = capabilities ] && exit 2; echo $4 $8 $MDEVMGR_LOCKED >>$ROOT/trace");
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "a0=x\nuevent=MDEVMGR=ready\n");
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	/* leave was given before; who gave it waits for the end */
	trace = tree_read(f->tree, "/trace");
	assert_string_equal(trace, "post success p1\n");
	free(trace);
}

static void test_half_made_and_refused_is_degraded(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	f->tree->fail_name = "a0";
	f->tree->fail_errno = -EBUSY;
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DEGRADED);
	assert_non_null(strstr(f->record.reason, "Failed to write x to attribute a0"));
	assert_true(tree_has(f->tree, "/sys/devices/p1/" U1));
}

static void test_half_made_stays_so_when_interrupted(void **state)
{
	static volatile sig_atomic_t flag = SIGTERM;
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	tree_device(f->tree, "p1", "t1", U1, attributes);
	env_set_interrupt(f->env, &flag);
	assert_int_equal(attempt(f, &f->u1), -EINTR);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_CREATING);
	assert_true(tree_has(f->tree, "/sys/devices/p1/" U1));
}

/* The writer outlives its worker, and comes between our look and our create. */
static ssize_t create_by_the_left_writer(void *userdata, int dirfd, const char *name, int fd,
                                         const void *bytes, size_t n)
{
	if (strcmp(name, "create") != 0)
		return tree_write(userdata, dirfd, name, fd, bytes, n);
	tree_device(userdata, "p1", "t1", U1, attributes);
	return -EEXIST;
}

static void test_made_late_by_a_left_writer_is_finished(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	sysfs_set_writer(f->ops->sysfs, create_by_the_left_writer, f->tree);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "a0=x\nuevent=MDEVMGR=ready\n");
}

static void test_being_made_by_a_left_writer_is_half_made(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	f->tree->fail_name = "create";
	f->tree->fail_errno = -EEXIST;
	assert_int_equal(attempt(f, &f->u1), -EEXIST);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_CREATING);
	f->tree->fail_name = NULL;
	tree_device(f->tree, "p1", "t1", U1, attributes);
	tree_forget_writes(f->tree);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "a0=x\nuevent=MDEVMGR=ready\n");
}

/* ---- an attribute that fails ------------------------------------------------------------------ */

#define TWO "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a0\":\"x\"},{\"a1\":\"y\"}]}"

/* As the daemon does, which comes back; the next try is due. */
static int attempt_of_daemon(struct fixture *f)
{
	const struct try_request req = {
		.parent = "p1", .registration = 7, .policy = &policy, .comes_back = true
	};
	int r;

	if (phase(f, &f->u1) == CAMPAIGN_HALF_MADE && f->record.next > 1) {
		f->record.next = 1;
		assert_int_equal(record_write(f->ops->records, "p1", &f->u1, &f->record, false), 0);
	}
	error_done(&f->err);
	r = ops_try(f->ops, &req, &f->u1, &f->err);
	phase(f, &f->u1);
	return r;
}

static void fail_at(struct fixture *f, const char *name, int r)
{
	f->tree->fail_name = name;
	f->tree->fail_errno = r;
}

/* A device whose second attribute has failed. */
static void make_half(struct fixture *f)
{
	arm(f);
	tree_file(f->tree, DIR U1, TWO);
	fail_at(f, "a1", -EBUSY);
	assert_int_equal(attempt_of_daemon(f), -EBUSY);
	assert_int_equal(f->record.phase, CAMPAIGN_HALF_MADE);
	assert_true(tree_has(f->tree, "/sys/devices/p1/" U1));
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\na1=y\n");
	tree_forget_writes(f->tree);
}

static void test_a_failed_attribute_is_tried_again_on_the_same_device(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	assert_int_equal(f->record.written, 1);
	assert_int_equal(f->record.errnum, EBUSY);
	assert_true(f->record.next > 0);
	assert_non_null(strstr(f->record.reason, "Failed to write y to attribute a1"));
	/* not due yet */
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_null(f->tree->writes);
	assert_int_equal(attempt_of_daemon(f), -EBUSY);
	assert_int_equal(f->record.phase, CAMPAIGN_HALF_MADE);
	assert_int_equal(f->record.written, 1);
	assert_int_equal(f->record.attempts, 2);
	fail_at(f, NULL, 0);
	assert_int_equal(attempt_of_daemon(f), 0);
	assert_int_equal(f->record.phase, CAMPAIGN_DONE);
	assert_int_equal(f->record.attempts, 3);
	/* no create, and nothing twice that went well */
	assert_string_equal(f->tree->writes, "a1=y\na1=y\nuevent=MDEVMGR=ready\n");
}

/* By somebody, who is in time for the attribute. */
static ssize_t remove_before_a0(void *userdata, int dirfd, const char *name, int fd,
                                const void *bytes, size_t n)
{
	if (strcmp(name, "a0") != 0)
		return tree_write(userdata, dirfd, name, fd, bytes, n);
	tree_write(userdata, dirfd, "remove", fd, "1", 1);
	return -ENOENT;
}

static void test_what_is_removed_while_it_is_configured_was_stopped(void **state)
{
	struct fixture *f = *state;

	arm(f);
	sysfs_set_writer(f->ops->sysfs, remove_before_a0, f->tree);
	assert_int_equal(attempt_of_daemon(f), -ENODEV);
	assert_int_equal(f->record.phase, CAMPAIGN_HALF_MADE);
	assert_int_equal(attempt_of_daemon(f), 0);
	assert_int_equal(f->record.phase, CAMPAIGN_DONE);
	assert_non_null(strstr(f->record.reason, "it was stopped"));
	assert_string_equal(f->tree->writes, "create=" U1 "\nremove=1\n");
}

static void test_a_failed_attribute_that_says_eexist_is_no_other_device(void **state)
{
	struct fixture *f = *state;

	arm(f);
	fail_at(f, "a0", -EEXIST);
	assert_int_equal(attempt_of_daemon(f), -EEXIST);
	assert_int_equal(f->record.phase, CAMPAIGN_HALF_MADE);
}

/* Half made, it asks again; a refusal is the end, and of the device too. */
static void test_callouts_are_asked_at_each_try(void **state)
{
	struct fixture *f = *state;
	char *trace;

	add_script(f, "[ $6 = capabilities ] && exit 2; echo $4 $8 >>$ROOT/trace\n"
	              "[ $4 != pre ] || [ ! -e $ROOT/refuse ]");
	make_half(f);
	tree_file(f->tree, "/refuse", "");
	assert_true(attempt_of_daemon(f) < 0);
	trace = tree_read(f->tree, "/trace");
	assert_non_null(strstr(trace, "pre none\npost failure\npre none\n"));
	free(trace);
	assert_int_equal(f->record.phase, CAMPAIGN_FAILED);
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
	assert_string_equal(f->tree->writes, "remove=1\n");
	tree_remove(f->tree, "/refuse");
	assert_int_equal(attempt_of_daemon(f), 0);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

static void test_what_cannot_heal_undoes_the_device(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	fail_at(f, "a1", -ENOENT);
	assert_int_equal(attempt_of_daemon(f), -ENOENT);
	assert_int_equal(f->record.phase, CAMPAIGN_FAILED);
	assert_non_null(strstr(f->record.reason, "Invalid attribute 'a1'"));
	assert_false(tree_has(f->tree, "/sys/devices/p1/" U1));
	assert_string_equal(f->tree->writes, "a1=y\nremove=1\n");
}

/* Nothing may be left of what the old definition has written. */
static void test_half_made_by_another_definition_is_made_anew(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	fail_at(f, NULL, 0);
	tree_file(f->tree, DIR U1,
	          "{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a1\":\"z\"}]}");
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes,
	                    "remove=1\ncreate=" U1 "\na1=z\nuevent=MDEVMGR=ready\n");
}

static void test_half_made_and_manual_now_is_undone(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	tree_file(f->tree, DIR U1, MANUAL);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

static void test_half_made_that_cannot_be_removed_is_degraded(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	fail_at(f, "a1", -ENOENT);
	f->tree->fail_name2 = "remove";
	f->tree->fail_errno2 = -EIO;
	assert_int_equal(attempt_of_daemon(f), -ENOENT);
	assert_int_equal(f->record.phase, CAMPAIGN_DEGRADED);
	assert_non_null(strstr(f->record.reason, "removing the half-configured device failed too"));
	assert_string_equal(f->tree->writes, "a1=y\nremove=1\nuevent=MDEVMGR=ready\n");
}

static void test_stop_of_a_half_made_device_is_the_end(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	assert_int_equal(stop(f), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(attempt_of_daemon(f), 0);
	assert_string_equal(f->tree->writes, "remove=1\n");
}

static void test_who_does_not_come_back_undoes_it(void **state)
{
	struct fixture *f = *state;

	arm(f);
	fail_at(f, "a0", -EBUSY);
	assert_int_equal(attempt(f, &f->u1), -EBUSY);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_RETRY);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nremove=1\n");
}

static void test_not_made_is_tried_again(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_CREATING);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\n");
}

/* ---- what is written down before --------------------------------------------------------------- */

/* In the writer, another process: a file tells. */
static ssize_t look_for_record(void *userdata, int dirfd, const char *name, int fd,
                               const void *bytes, size_t n)
{
	struct tree *t = userdata;

	if (strcmp(name, "create") == 0 && tree_has(t, "/run/mdevmgr/parents/p1/" U1))
		tree_file(t, "/was-recorded", "");
	return tree_write(t, dirfd, name, fd, bytes, n);
}

static bool is_recorded_before(struct fixture *f)
{
	sysfs_set_writer(f->ops->sysfs, look_for_record, f->tree);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(f->record.attempts, 1);
	return tree_has(f->tree, "/was-recorded");
}

static void test_what_can_be_half_made_is_recorded_before(void **state)
{
	struct fixture *f = *state;

	arm(f);
	assert_true(is_recorded_before(f));
}

#define PLAIN "{\"mdev_type\":\"t1\",\"start\":\"auto\"}"

static void test_what_is_whole_at_once_is_recorded_after(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_file(f->tree, DIR U1, PLAIN);
	assert_false(is_recorded_before(f));
}

static void test_what_a_script_is_told_of_is_recorded_before(void **state)
{
	struct fixture *f = *state;

	arm(f);
	tree_file(f->tree, DIR U1, PLAIN);
	add_script(f, "exit 0\n");
	assert_true(is_recorded_before(f));
}

/* ---- retry --------------------------------------------------------------------------------- */

static size_t retry(struct fixture *f, const struct mdev_uuid *uuid, const char *parent,
                    int expected)
{
	const struct change_options options = { 0 };
	size_t n = 0;

	error_done(&f->err);
	assert_int_equal(ops_retry(f->ops, uuid, parent, &options, &n, &f->err), expected);
	return n;
}

static void test_retry_arms_what_is_not_active(void **state)
{
	static const enum campaign_phase rows[] = {
		CAMPAIGN_DONE,    CAMPAIGN_RETRY,  CAMPAIGN_NO_TYPE,
		CAMPAIGN_BLOCKED, CAMPAIGN_FAILED, CAMPAIGN_NO_INSTANCE,
	};
	struct fixture *f = *state;

	arm(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_record(f, &f->u1, rows[i]);
		assert_int_equal(retry(f, &f->u1, NULL, 0), 1);
		assert_int_equal(phase(f, &f->u1), CAMPAIGN_ARMED);
		assert_int_equal(f->record.attempts, 0);
	}
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(retry(f, NULL, NULL, 0), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_int_equal(retry(f, &f->u2, NULL, -ENOENT), 0);
	assert_int_equal(retry(f, NULL, "p9", -ENOENT), 0);
}

/* At once, and on the device that is there. */
static void test_retry_does_not_make_a_half_made_device_anew(void **state)
{
	struct fixture *f = *state;

	make_half(f);
	assert_int_equal(retry(f, &f->u1, NULL, 0), 1);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_HALF_MADE);
	assert_int_equal(f->record.attempts, 0);
	assert_int_equal(f->record.written, 1);
	fail_at(f, NULL, 0);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_string_equal(f->tree->writes, "a1=y\nuevent=MDEVMGR=ready\n");
}

static void test_retry_takes_the_stop_back(void **state)
{
	struct fixture *f = *state;

	stop_stuck(f);
	assert_int_equal(retry(f, &f->u1, NULL, 0), 1);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_STUCK);
	assert_false(f->record.is_stopped);
	assert_int_equal(f->record.pid, 42);
	assert_null(f->record.reason);
	assert_int_equal(retry(f, &f->u1, NULL, 0), 0);
	tree_remove(f->tree, WRITER);
	assert_int_equal(attempt(f, &f->u1), 0);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_DONE);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\n");
}

/* What p0 remembers cannot be written. */
static void test_retry_goes_on_after_a_failure(void **state)
{
	struct fixture *f = *state;

	arm(f);
	put_record(f, &f->u1, CAMPAIGN_FAILED);
	tree_parent(f->tree, "p0", "t1", 4);
	tree_file(f->tree, "/sys/devices/p0/mdev_registration", "7\n");
	tree_file(f->tree, "/etc/mdevctl.d/p0/" U2, AUTO);
	tree_file(f->tree, "/run/mdevmgr/parents/p0", "");
	assert_int_equal(retry(f, NULL, NULL, -ENOTDIR), 1);
	assert_int_equal(phase(f, &f->u1), CAMPAIGN_ARMED);
	assert_non_null(strstr(strbuf_str(&f->logged), "devices of parent p0: "));
	assert_non_null(strstr(f->err.message, "1 parent"));
}

static void test_retry_needs_records(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	tree_rename(f->tree, "/run/mdevmgr", "/run/elsewhere");
	retry(f, &f->u1, NULL, -EOPNOTSUPP);
	assert_non_null(strstr(f->err.advice, "mdevmgr start"));
}

/* ---- start-parent-mdevs ---------------------------------------------------------------------- */

static int start_parent(struct fixture *f)
{
	const struct change_options options = { 0 };

	error_done(&f->err);
	strbuf_clear(&f->logged);
	return ops_start_parent(f->ops, "p1", &options, NULL, &f->err);
}

static void test_start_parent_starts_once(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	tree_file(f->tree, DIR U2, MANUAL);
	assert_int_equal(start_parent(f), 0);
	assert_int_equal(start_parent(f), 0);
	assert_int_equal(stop(f), 0);
	assert_int_equal(start_parent(f), 0);
	assert_string_equal(f->tree->writes,
	                    "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\nremove=1\n");
	tree_forget_writes(f->tree);
	tree_file(f->tree, REG, "8\n");
	assert_int_equal(start_parent(f), 0);
	assert_string_equal(f->tree->writes, "create=" U1 "\na0=x\nuevent=MDEVMGR=ready\n");
	assert_string_equal(strbuf_str(&f->logged), "");
}

static void test_start_parent_tells_failures(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR U1, AUTO);
	tree_file(f->tree, DIR U2, "{");
	f->tree->fail_name = "create";
	f->tree->fail_errno = -EIO;
	assert_int_equal(start_parent(f), 0);
	assert_non_null(strstr(strbuf_str(&f->logged),
	                       "Cannot start device " U1 " on parent p1: Failed to create"));
	assert_non_null(strstr(strbuf_str(&f->logged), "Cannot start device " U2));
	tree_remove(f->tree, "/sys/class/mdev_bus/p1");
	assert_int_equal(start_parent(f), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "Unable to find parent device 'p1'"));
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_start_is_the_end),
		row(test_failed_start_changes_nothing),
		row(test_failed_start_keeps_a_private_record_private),
		row(test_transient_start_is_nobodys_campaign),
		row(test_json_start_of_a_defined_device_tells_its_unit),
		row(test_nothing_is_remembered_without_a_place),
		row(test_stop_is_the_end),
		row(test_stop_of_a_transient_device_is_not_remembered),
		row(test_stop_ends_what_waits),
		row(test_stop_ends_what_was_armed_and_not_tried),
		row(test_manual_ends_what_waits),
		row(test_undefine_forgets),
		row(test_a_registration_arms_what_is_auto_then),
		row(test_nothing_is_armed_on_a_running_system),
		row(test_once_in_a_registration),
		row(test_failures_are_classified),
		row(test_the_last_instance_is_waited_for),
		row(test_reasons_of_private_definitions_are_private),
		row(test_the_device_of_another_parent_blocks),
		row(test_a_rival_blocks_until_it_is_withdrawn),
		row(test_a_type_that_is_not_offered_waits),
		row(test_a_device_that_is_there_ends_it),
		row(test_a_device_without_attributes_is_told_of_too),
		row(test_an_active_device_is_defined_by_hand),
		row(test_an_active_device_that_is_defined_stays_ready),
		row(test_success_by_another_hand),
		row(test_what_can_be_half_made_is_recorded_before),
		row(test_what_is_whole_at_once_is_recorded_after),
		row(test_what_a_script_is_told_of_is_recorded_before),
		row(test_a_stuck_driver_keeps_no_lock),
		row(test_stop_of_what_is_being_made_names_who_makes_it),
		row(test_what_was_stopped_while_it_was_made_is_not_tried_again),
		row(test_what_comes_in_spite_of_a_stop_is_removed),
		row(test_what_is_manual_and_comes_in_spite_of_a_stop_is_removed),
		row(test_what_comes_in_spite_of_a_stop_and_is_used_stays),
		row(test_what_cannot_be_removed_in_spite_of_a_stop_is_degraded),
		row(test_stop_of_what_a_left_writer_makes),
		row(test_stop_when_the_writer_has_gone),
		row(test_stop_again_removes_what_has_come),
		row(test_start_takes_the_stop_back),
		row(test_interrupted_stop_promises_nothing),
		row(test_half_made_is_finished),
		row(test_half_made_and_refused_is_degraded),
		row(test_half_made_stays_so_when_interrupted),
		row(test_made_late_by_a_left_writer_is_finished),
		row(test_being_made_by_a_left_writer_is_half_made),
		row(test_a_failed_attribute_is_tried_again_on_the_same_device),
		row(test_what_is_removed_while_it_is_configured_was_stopped),
		row(test_a_failed_attribute_that_says_eexist_is_no_other_device),
		row(test_callouts_are_asked_at_each_try),
		row(test_what_cannot_heal_undoes_the_device),
		row(test_half_made_by_another_definition_is_made_anew),
		row(test_half_made_and_manual_now_is_undone),
		row(test_half_made_that_cannot_be_removed_is_degraded),
		row(test_stop_of_a_half_made_device_is_the_end),
		row(test_who_does_not_come_back_undoes_it),
		row(test_not_made_is_tried_again),
		row(test_retry_arms_what_is_not_active),
		row(test_retry_does_not_make_a_half_made_device_anew),
		row(test_retry_takes_the_stop_back),
		row(test_retry_goes_on_after_a_failure),
		row(test_retry_needs_records),
		row(test_start_parent_starts_once),
		row(test_start_parent_tells_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
