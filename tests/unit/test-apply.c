/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/apply.h"
#include "core/failure.h"
#include "core/snapshot.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define UUID   "5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123"
#define DEVICE "/sys/devices/p1/" UUID

static void plan_of(struct plan *plan, const char *const *attrs)
{
	struct plan_step step = { .kind = PLAN_CREATE, .parent = "p1", .type = "t1" };

	assert_int_equal(mdev_uuid_parse(UUID, &step.uuid), 0);
	assert_int_equal(plan_add(plan, &step), 0);
	step.kind = PLAN_SET_ATTRIBUTE;
	for (; attrs && *attrs; attrs += 2) {
		step.word = attrs[0];
		step.value = attrs[1];
		step.value_len = strlen(attrs[1]);
		assert_int_equal(plan_add(plan, &step), 0);
	}
}

/* What test and child see alike. */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

/* With nothing open yet. */
static struct apply apply_to(const struct tree *t, unsigned limit_ms)
{
	return (struct apply){
		.env = t->env,
		.sysfs = t->sysfs,
		.limit_ms = limit_ms,
		.type_fd = -1,
		.bus_fd = -1,
		.parent_fd = -1,
	};
}

static int apply_plan(struct tree *t, const struct plan *plan, unsigned limit_ms, pid_t *ret_pid,
                      struct error *err)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	_cleanup_(apply_result_done) struct apply_result result = APPLY_RESULT_INIT;
	struct apply apply = apply_to(t, limit_ms);
	int r;

	assert_int_equal(writer_new(t->sysfs, &writer), 0);
	apply.writer = writer;
	r = apply_start(&apply, plan, &result, err);
	*ret_pid = result.pid;
	return r;
}

static int start(struct tree *t, const struct plan *plan, struct error *err)
{
	pid_t pid;

	return apply_plan(t, plan, 60000, &pid, err);
}

static int stop(struct tree *t, unsigned limit_ms, pid_t *ret_pid, struct error *err)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	struct apply apply = apply_to(t, limit_ms);
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(writer_new(t->sysfs, &writer), 0);
	apply.writer = writer;
	return apply_remove(&apply, &uuid, ret_pid, err);
}

static int run_marked(struct tree *t, const char *const *attrs, enum failure mark, char **ret_text)
{
	struct plan plan = { 0 };
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	int r;

	tree_parent(t, "p1", "t1", 1);
	tree_fake_kernel(t);
	plan_of(&plan, attrs);
	r = start(t, &plan, &err);
	if (r < 0)
		error_format(&err, &text);
	assert_int_equal(err.mark, mark);
	*ret_text = strbuf_take(&text);
	error_done(&err);
	plan_done(&plan);
	return r;
}

static int run(struct tree *t, const char *const *attrs, char **ret_text)
{
	return run_marked(t, attrs, FAILURE_OTHER, ret_text);
}

static void test_creates_and_writes_in_order(void **state)
{
	static const char *const attrs[] = { "a1", "x", "a0", "y", "a1", "z", NULL };
	struct tree *t = *state;
	char *text;

	assert_int_equal(run(t, attrs, &text), 0);
	assert_string_equal(t->writes, "create=" UUID "\na1=x\na0=y\na1=z\n");
	assert_true(tree_has(t, DEVICE));
	free(text);
}

static void test_empty_value_is_no_write(void **state)
{
	static const char *const attrs[] = { "a1", "", "a0", "y", NULL };
	struct tree *t = *state;
	char *text;

	assert_int_equal(run(t, attrs, &text), 0);
	assert_string_equal(t->writes, "create=" UUID "\na0=y\n");
	free(text);
}

static void test_missing_attribute_undoes(void **state)
{
	static const char *const attrs[] = { "a0", "x", "nope", "y", NULL };
	struct tree *t = *state;
	char *text;

	assert_int_equal(run_marked(t, attrs, FAILURE_ATTRIBUTE, &text), -ENOENT);
	assert_non_null(strstr(text, "Invalid attribute 'nope'"));
	assert_string_equal(t->writes, "create=" UUID "\na0=x\nremove=1\n");
	assert_false(tree_has(t, DEVICE));
	free(text);
}

static void test_failing_attribute_undoes(void **state)
{
	static const char *const attrs[] = { "a0", "val", NULL };
	struct tree *t = *state;
	char *text;

	t->fail_name = "a0";
	t->fail_errno = -EADDRINUSE;
	assert_int_equal(run(t, attrs, &text), -EADDRINUSE);
	assert_non_null(
		strstr(text, "Failed to write val to attribute a0: Address already in use"));
	assert_non_null(strstr(text, UUID));
	assert_false(tree_has(t, DEVICE));
	free(text);
}

static void test_both_errors_are_told(void **state)
{
	static const char *const attrs[] = { "a0", "val", NULL };
	struct tree *t = *state;
	char *text;

	t->fail_name = "a0";
	t->fail_errno = -EINVAL;
	t->fail_name2 = "remove";
	t->fail_errno2 = -EIO;
	assert_int_equal(run(t, attrs, &text), -EINVAL);
	assert_non_null(strstr(text, "Failed to write val to attribute a0: Invalid argument"));
	assert_non_null(strstr(text, "removing the half-configured device failed too: "
	                             "Input/output error"));
	free(text);
}

static void test_short_write_is_an_error_and_not_continued(void **state)
{
	static const char *const attrs[] = { "a0", "value", NULL };
	struct tree *t = *state;
	char *text;

	t->fail_name = "a0";
	t->fail_errno = 2; /* bytes taken */
	assert_int_equal(run(t, attrs, &text), -EIO);
	assert_string_equal(t->writes, "create=" UUID "\na0=value\nremove=1\n");
	free(text);
}

static void test_links_and_directories_are_no_attributes(void **state)
{
	static const char *const names[] = { "mdev_type", "mdev_type/create", "link", "link/x" };
	struct tree *t = *state;

	tree_file(t, "/outside/x", "untouched");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct plan plan = { 0 };
		struct error err = ERROR_INIT;
		struct plan_step step = { .kind = PLAN_SET_ATTRIBUTE,
			                  .parent = "p1",
			                  .type = "t1",
			                  .word = names[i],
			                  .value = "v",
			                  .value_len = 1 };

		if (i == 0) {
			tree_parent(t, "p1", "t1", 1);
			tree_device(t, "p1", "t1", UUID, NULL);
			tree_link(t, DEVICE "/link", "../../../../outside");
			tree_fake_kernel(t);
		}
		assert_int_equal(mdev_uuid_parse(UUID, &step.uuid), 0);
		assert_int_equal(plan_add(&plan, &step), 0);
		assert_true(start(t, &plan, &err) < 0);
		assert_null(t->writes);
		error_done(&err);
		plan_done(&plan);
	}
}

struct create_row {
	int r;
	const char *text;
	enum failure mark;
};

static void test_create_errors_are_explained(void **state)
{
	static const struct create_row rows[] = {
		{ -ENOSPC, "no free instance", FAILURE_NO_INSTANCE },
		{ -EUSERS, "no free instance", FAILURE_NO_INSTANCE },
		{ -ENODEV, "going away", FAILURE_OTHER },
		{ -EINVAL, "refused", FAILURE_OTHER },
		{ -EEXIST, "coming or going", FAILURE_OTHER },
		{ -EPERM, "root", FAILURE_OTHER },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text;

		t->fail_name = "create";
		t->fail_errno = rows[i].r;
		assert_int_equal(run_marked(t, NULL, rows[i].mark, &text), rows[i].r);
		assert_non_null(strstr(text, "Failed to create mdev " UUID ", type t1 on p1: "));
		assert_non_null(strstr(text, rows[i].text));
		free(text);
	}
}

static void test_uuid_elsewhere_is_named(void **state)
{
	struct tree *t = *state;
	char *text;

	tree_parent(t, "p2", "t2", 1);
	tree_device(t, "p2", "t2", UUID, NULL);
	t->fail_name = "create";
	t->fail_errno = -EEXIST;
	assert_int_equal(run_marked(t, NULL, FAILURE_ELSEWHERE, &text), -EEXIST);
	assert_non_null(strstr(text, "in use by the device of type t2 on parent p2"));
	free(text);
}

static void test_uuid_going_or_coming_is_named(void **state)
{
	struct tree *t = *state;
	char *text;

	tree_parent(t, "p2", "t2", 1);
	tree_dir(t, "/sys/devices/p2/" UUID);
	t->fail_name = "create";
	t->fail_errno = -EEXIST;
	assert_int_equal(run(t, NULL, &text), -EEXIST);
	assert_non_null(strstr(text, "on parent p2 is being removed"));
	free(text);
	tree_link(t, "/sys/bus/mdev/devices/" UUID, "../../../devices/p2/" UUID);
	assert_int_equal(run(t, NULL, &text), -EEXIST);
	assert_non_null(strstr(text, "on parent p2 is being created"));
	free(text);
}

static void test_interrupt_before_creates_nothing(void **state)
{
	static const char *const attrs[] = { "a0", "x", NULL };
	static volatile sig_atomic_t flag;
	struct tree *t = *state;
	struct plan plan = { 0 };
	struct error err = ERROR_INIT;

	tree_parent(t, "p1", "t1", 1);
	tree_fake_kernel(t);
	plan_of(&plan, attrs);
	flag = SIGINT;
	env_set_interrupt(t->env, &flag);
	assert_int_equal(start(t, &plan, &err), -EINTR);
	assert_null(t->writes);
	error_done(&err);
	plan_done(&plan);
}

/* What a writer of the tests does when the first attribute is written. */
struct intruder {
	struct tree *tree;
	volatile sig_atomic_t interrupt; /* set then */
	bool replaces;                   /* the device, by another of the same UUID */
};

static void replace_device(struct tree *t)
{
	static const char *const attrs[] = { "a0", "a1", NULL };

	tree_rename(t, DEVICE, "/sys/devices/p1/old");
	tree_remove(t, "/sys/bus/mdev/devices/" UUID);
	tree_remove(t, "/sys/devices/p1/mdev_supported_types/t1/devices/" UUID);
	tree_remove(t, "/sys/devices/p1/old/remove");
	tree_remove(t, "/sys/devices/p1/old/a1");
	tree_device(t, "p1", "t1", UUID, attrs);
}

static ssize_t intrude(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                       size_t n)
{
	struct intruder *i = userdata;

	if (strcmp(name, "a0") == 0 && i->replaces)
		replace_device(i->tree);
	else if (strcmp(name, "a0") == 0)
		i->interrupt = SIGTERM;
	return tree_write(i->tree, dirfd, name, fd, bytes, n);
}

static int run_with_intruder(struct tree *t, bool replaces)
{
	struct intruder *i = shared(sizeof(*i));
	static const char *const attrs[] = { "a0", "x", "a1", "y", NULL };
	struct plan plan = { 0 };
	struct error err = ERROR_INIT;
	int r;

	*i = (struct intruder){ .tree = t, .replaces = replaces };
	tree_parent(t, "p1", "t1", 1);
	sysfs_set_writer(t->sysfs, intrude, i);
	env_set_interrupt(t->env, &i->interrupt);
	plan_of(&plan, attrs);
	r = start(t, &plan, &err);
	env_set_interrupt(t->env, NULL);
	assert_int_equal(err.mark, FAILURE_OTHER);
	munmap(i, sizeof(*i));
	error_done(&err);
	plan_done(&plan);
	return r;
}

static void test_interrupt_between_attributes_undoes(void **state)
{
	struct tree *t = *state;

	assert_int_equal(run_with_intruder(t, false), -EINTR);
	assert_string_equal(t->writes, "create=" UUID "\na0=x\nremove=1\n");
	assert_false(tree_has(t, DEVICE));
}

static void test_device_of_another_is_left_alone(void **state)
{
	struct tree *t = *state;

	assert_int_equal(run_with_intruder(t, true), -ENODEV);
	assert_string_equal(t->writes, "create=" UUID "\na0=x\n");
	assert_true(tree_has(t, DEVICE "/a0"));
}

static void test_remove(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	pid_t pid;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	tree_fake_kernel(t);
	assert_int_equal(stop(t, 60000, &pid, &err), 0);
	assert_false(tree_has(t, DEVICE));
	t->fail_name = "remove";
	t->fail_errno = -EAGAIN;
	tree_device(t, "p1", "t1", UUID, NULL);
	assert_int_equal(stop(t, 60000, &pid, &err), -EAGAIN);
	assert_int_equal(pid, 0);
	assert_string_equal(err.message, "Error removing device " UUID);
	error_done(&err);
}

/* ---- drivers that do not come back ----------------------------------------------------- */

/* Of the file named. */
static ssize_t hang(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                    size_t n)
{
	const char *where = userdata;

	while (strcmp(name, where) == 0)
		pause();
	return (ssize_t)n;
}

static void test_hanging_remove_is_left_to_itself(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	int told = 0;
	pid_t pid = 0;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	sysfs_set_writer(t->sysfs, hang, (void *)"remove");
	assert_int_equal(stop(t, 1, &pid, &err), -ETIMEDOUT);
	assert_int_equal(sscanf(err.advice, "process %d goes on", &told), 1);
	assert_int_equal(told, pid);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	error_done(&err);
}

static void check_stuck(struct tree *t, const struct plan_step *step, const char *where,
                        const char *message)
{
	struct error err = ERROR_INIT;
	struct plan plan = { 0 };
	struct strbuf text = STRBUF_INIT, wanted = STRBUF_INIT;
	pid_t pid;

	sysfs_set_writer(t->sysfs, hang, (void *)where);
	assert_int_equal(plan_add(&plan, step), 0);
	assert_int_equal(apply_plan(t, &plan, 1, &pid, &err), -ETIMEDOUT);
	assert_int_equal(err.mark, FAILURE_STUCK);
	assert_true(pid > 0);
	error_format(&err, &text);
	strbuf_addf(&wanted, "process %d goes on", (int)pid);
	assert_non_null(strstr(strbuf_str(&text), message));
	assert_non_null(strstr(strbuf_str(&text), "the driver has not answered"));
	assert_non_null(strstr(strbuf_str(&text), strbuf_str(&wanted)));
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	strbuf_done(&text);
	strbuf_done(&wanted);
	error_done(&err);
	plan_done(&plan);
}

static void test_hanging_driver_is_left_to_itself(void **state)
{
	struct tree *t = *state;
	struct plan_step step = { .kind = PLAN_CREATE, .parent = "p1", .type = "t1" };

	assert_int_equal(mdev_uuid_parse(UUID, &step.uuid), 0);
	tree_parent(t, "p1", "t1", 1);
	check_stuck(t, &step, "create", "Failed to create mdev " UUID ", type t1 on p1");
	tree_device(t, "p1", "t1", UUID, (const char *[]){ "a0", NULL });
	step = (struct plan_step){ .kind = PLAN_SET_ATTRIBUTE,
		                   .uuid = step.uuid,
		                   .parent = "p1",
		                   .type = "t1",
		                   .word = "a0",
		                   .value = "x",
		                   .value_len = 1 };
	check_stuck(t, &step, "a0", "device " UUID);
}

/* ---- telling udev ---------------------------------------------------------------------- */

#define MOVED "/sys/devices/p1/moved"

static void assert_told(struct tree *t, const char *device, const char *text)
{
	char path[128], *found;

	snprintf(path, sizeof(path), "%s/uevent", device);
	found = tree_read(t, path);
	assert_string_equal(found, text);
	free(found);
}

/* Of one UUID there may be another device soon: it is told nothing in the name of ours. */
static void check_told(struct tree *t, int parent_fd, const char *const *attrs)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	_cleanup_(apply_result_done) struct apply_result result = APPLY_RESULT_INIT;
	struct apply apply = apply_to(t, 0);
	struct mdev_uuid uuid;
	struct plan plan = { 0 };

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(writer_new(t->sysfs, &writer), 0);
	apply.writer = writer;
	apply.parent_fd = parent_fd;
	plan_of(&plan, attrs);
	assert_int_equal(apply_start(&apply, &plan, &result, NULL), 0);
	tree_rename(t, "/sys/devices/p1/" UUID, MOVED);
	tree_file(t, "/sys/devices/p1/" UUID "/uevent", "");
	assert_int_equal(apply_tell_ready(&apply, &uuid, &result), 0);
	assert_told(t, MOVED, "change " UUID " MDEVMGR=ready");
	assert_told(t, "/sys/devices/p1/" UUID, "");
	plan_done(&plan);
}

static void check_told_below_parent(struct tree *t, const char *const *attrs)
{
	_cleanup_(closep) int fd = -1;

	tree_parent(t, "p1", "t1", 1);
	tree_fake_kernel(t);
	fd = sysfs_open_parent(t->sysfs, "p1");
	assert_true(fd >= 0);
	check_told(t, fd, attrs);
}

static void test_ready_is_told_to_what_was_made(void **state)
{
	struct tree *t = *state;

	tree_parent(t, "p1", "t1", 1);
	tree_fake_kernel(t);
	check_told(t, -1, NULL);
}

static void test_ready_is_told_below_the_parent(void **state)
{
	check_told_below_parent(*state, NULL);
}

static void test_ready_is_told_to_what_was_configured(void **state)
{
	static const char *const attrs[] = { "a0", "x", NULL };

	check_told_below_parent(*state, attrs);
}

/* ---- the life of the parent that is meant ---------------------------------------------- */

static int start_in(struct tree *t, uint64_t registration, char **ret_text)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	_cleanup_(apply_result_done) struct apply_result result = APPLY_RESULT_INIT;
	struct apply apply = apply_to(t, 0);
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct plan plan = { 0 };
	int r;

	assert_int_equal(writer_new(t->sysfs, &writer), 0);
	apply.writer = writer;
	apply.registration = registration;
	plan_of(&plan, NULL);
	r = apply_start(&apply, &plan, &result, &err);
	if (r < 0)
		error_format(&err, &text);
	*ret_text = strbuf_take(&text);
	plan_done(&plan);
	error_done(&err);
	return r;
}

/* A parent that registers while create is asked for. */
static ssize_t register_anew(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                             size_t n)
{
	tree_file(userdata, "/sys/devices/p1/mdev_registration", "8\n");
	return -ENODEV;
}

static void test_create_in_one_registration_only(void **state)
{
	struct tree *t = *state;
	char *text;

	tree_parent(t, "p1", "t1", 1);
	tree_file(t, "/sys/devices/p1/mdev_registration", "7\n");
	tree_fake_kernel(t);
	assert_int_equal(start_in(t, 6, &text), -ESTALE);
	assert_non_null(strstr(text, "registered anew"));
	assert_null(t->writes);
	free(text);
	t->fail_name = "create";
	t->fail_errno = -ENODEV;
	assert_int_equal(start_in(t, 7, &text), -ENODEV);
	free(text);
	sysfs_set_writer(t->sysfs, register_anew, t);
	assert_int_equal(start_in(t, 7, &text), -ESTALE);
	free(text);
	tree_fake_kernel(t);
	t->fail_name = NULL;
	assert_int_equal(start_in(t, 8, &text), 0);
	assert_true(tree_has(t, DEVICE));
	free(text);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_creates_and_writes_in_order),
		row(test_empty_value_is_no_write),
		row(test_missing_attribute_undoes),
		row(test_failing_attribute_undoes),
		row(test_both_errors_are_told),
		row(test_short_write_is_an_error_and_not_continued),
		row(test_links_and_directories_are_no_attributes),
		row(test_create_errors_are_explained),
		row(test_uuid_elsewhere_is_named),
		row(test_uuid_going_or_coming_is_named),
		row(test_interrupt_before_creates_nothing),
		row(test_interrupt_between_attributes_undoes),
		row(test_device_of_another_is_left_alone),
		row(test_remove),
		row(test_hanging_remove_is_left_to_itself),
		row(test_hanging_driver_is_left_to_itself),
		row(test_ready_is_told_to_what_was_made),
		row(test_ready_is_told_below_the_parent),
		row(test_ready_is_told_to_what_was_configured),
		row(test_create_in_one_registration_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
