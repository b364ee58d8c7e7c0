/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/apply.h"
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

static int run(struct tree *t, const char *const *attrs, char **ret_text)
{
	struct plan plan = { 0 };
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	int r;

	tree_parent(t, "p1", "t1", 1);
	tree_fake_kernel(t);
	plan_of(&plan, attrs);
	r = apply_start(t->env, t->sysfs, &plan, &err);
	if (r < 0)
		error_format(&err, &text);
	*ret_text = strbuf_take(&text);
	error_done(&err);
	plan_done(&plan);
	return r;
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

	assert_int_equal(run(t, attrs, &text), -ENOENT);
	assert_non_null(strstr(text, "Invalid attribute 'nope'"));
	assert_string_equal(t->writes, "create=" UUID "\na0=x\n");
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
	assert_string_equal(t->writes, "create=" UUID "\na0=value\n");
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
		assert_true(apply_start(t->env, t->sysfs, &plan, &err) < 0);
		assert_null(t->writes);
		error_done(&err);
		plan_done(&plan);
	}
}

struct create_row {
	int r;
	const char *text;
};

static void test_create_errors_are_explained(void **state)
{
	static const struct create_row rows[] = {
		{ -ENOSPC, "no free instance" }, { -EUSERS, "no free instance" },
		{ -ENODEV, "going away" },       { -EINVAL, "refused" },
		{ -EEXIST, "coming or going" },  { -EPERM, "root" },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text;

		t->fail_name = "create";
		t->fail_errno = rows[i].r;
		assert_int_equal(run(t, NULL, &text), rows[i].r);
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
	assert_int_equal(run(t, NULL, &text), -EEXIST);
	assert_non_null(strstr(text, "in use by the device of type t2 on parent p2"));
	free(text);
}

static void test_uuid_being_removed_is_named(void **state)
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
	assert_int_equal(apply_start(t->env, t->sysfs, &plan, &err), -EINTR);
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

static int run_with_intruder(struct tree *t, struct intruder *i)
{
	static const char *const attrs[] = { "a0", "x", "a1", "y", NULL };
	struct plan plan = { 0 };
	struct error err = ERROR_INIT;
	int r;

	tree_parent(t, "p1", "t1", 1);
	sysfs_set_writer(t->sysfs, intrude, i);
	env_set_interrupt(t->env, &i->interrupt);
	plan_of(&plan, attrs);
	r = apply_start(t->env, t->sysfs, &plan, &err);
	error_done(&err);
	plan_done(&plan);
	return r;
}

static void test_interrupt_between_attributes_undoes(void **state)
{
	struct tree *t = *state;
	struct intruder i = { .tree = t };

	assert_int_equal(run_with_intruder(t, &i), -EINTR);
	assert_string_equal(t->writes, "create=" UUID "\na0=x\n");
	assert_false(tree_has(t, DEVICE));
}

static void test_device_of_another_is_left_alone(void **state)
{
	struct tree *t = *state;
	struct intruder i = { .tree = t, .replaces = true };

	assert_int_equal(run_with_intruder(t, &i), -ENOENT);
	assert_string_equal(t->writes, "create=" UUID "\na0=x\n");
	assert_true(tree_has(t, DEVICE "/a0"));
}

static void test_remove(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	struct mdev_uuid uuid;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	tree_fake_kernel(t);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(apply_remove(t->env, t->sysfs, &uuid, 60000, &err), 0);
	assert_false(tree_has(t, DEVICE));
	t->fail_name = "remove";
	t->fail_errno = -EAGAIN;
	tree_device(t, "p1", "t1", UUID, NULL);
	assert_int_equal(apply_remove(t->env, t->sysfs, &uuid, 60000, &err), -EAGAIN);
	assert_string_equal(err.message, "Error removing device " UUID);
	error_done(&err);
}

static __attribute__((noreturn)) ssize_t hang(void *userdata, int dirfd, const char *name, int fd,
                                              const void *bytes, size_t n)
{
	for (;;)
		pause();
}

/* The child may not have come that far yet. */
static bool comes_to_be_null(int pid, int fd)
{
	const struct timespec pause_for = { .tv_nsec = 10000000 };
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	for (int i = 0; i < 3000; i++) {
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n > 0 && (size_t)n == strlen("/dev/null") &&
		    memcmp(target, "/dev/null", (size_t)n) == 0)
			return true;
		nanosleep(&pause_for, NULL);
	}
	return false;
}

static void test_hanging_remove_is_left_to_itself(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	struct mdev_uuid uuid;
	int pid = 0;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	sysfs_set_writer(t->sysfs, hang, NULL);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(apply_remove(t->env, t->sysfs, &uuid, 1, &err), -ETIMEDOUT);
	assert_int_equal(sscanf(err.advice, "process %d goes on", &pid), 1);
	/* It keeps no output of ours open: somebody may be reading that to its end. */
	for (int fd = 0; fd <= 2; fd++)
		assert_true(comes_to_be_null(pid, fd));
	assert_int_equal(kill(pid, SIGKILL), 0);
	error_done(&err);
}

/* Else whoever reads our output waits for the device's last user, too. */
static void test_hanging_remove_keeps_no_output(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;
	struct mdev_uuid uuid;
	struct pollfd end = { .events = POLLIN };
	int fds[2], saved = dup(STDOUT_FILENO), pid = 0;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	sysfs_set_writer(t->sysfs, hang, NULL);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(apply_remove(t->env, t->sysfs, &uuid, 200, &err), -ETIMEDOUT);
	dup2(saved, STDOUT_FILENO);
	close(fds[1]);
	end.fd = fds[0];
	assert_int_equal(poll(&end, 1, 5000), 1);
	assert_int_equal(end.revents, POLLHUP);
	assert_int_equal(sscanf(err.advice, "process %d goes on", &pid), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	close(fds[0]);
	close(saved);
	error_done(&err);
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
		row(test_uuid_being_removed_is_named),
		row(test_interrupt_before_creates_nothing),
		row(test_interrupt_between_attributes_undoes),
		row(test_device_of_another_is_left_alone),
		row(test_remove),
		row(test_hanging_remove_is_left_to_itself),
		row(test_hanging_remove_keeps_no_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
