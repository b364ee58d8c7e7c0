/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "core/users.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define UUID "5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123"

static void process(struct tree *t, int pid, const char *comm, const char *cmdline,
                    const char *const *fds)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	tree_file(t, path, comm);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	tree_file(t, path, cmdline);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	tree_dir(t, path);
	for (int i = 0; fds[i]; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		tree_link(t, path, fds[i]);
	}
}

static void plant(struct tree *t)
{
	static const char *const qemu[] = { "/dev/null", "/dev/vfio/vfio", "/dev/vfio/7",
		                            "anon_inode:[vfio-device]", NULL };
	static const char *const libvirtd[] = { "/dev/vfio/7", NULL };
	static const char *const passed[] = { "anon_inode:[vfio-device]", NULL };
	static const char *const other[] = { "/dev/vfio/vfio", "/dev/vfio/8",
		                             "anon_inode:[vfio-device]", NULL };

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	tree_dir(t, "/sys/kernel/iommu_groups/7");
	tree_link(t, "/sys/devices/p1/" UUID "/iommu_group", "../../../kernel/iommu_groups/7");
	process(t, 11, "qemu-system-x86\n", "qemu", qemu);
	process(t, 12, "libvirtd\n", "libvirtd", libvirtd);
	process(t, 13, "vfio-user\n", "x", passed);
	process(t, 14, "qemu-other\n", "x", other);
}

static void test_who_is_a_user(void **state)
{
	struct tree *t = *state;
	struct users users = { 0 };
	struct strbuf text = STRBUF_INIT;
	struct mdev_uuid uuid;

	plant(t);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(users_find(t->env, t->sysfs, &uuid, &users), 0);
	assert_int_equal(users.n_sure, 1);
	assert_int_equal(users.n, 2);
	for (size_t i = 0; i < users.n; i++) {
		if (!users.items[i].is_sure) {
			assert_int_equal(users.items[i].pid, 13);
		} else {
			assert_int_equal(users.items[i].pid, 11);
			user_format(&users.items[i], &text);
			assert_string_equal(strbuf_str(&text), "process 11 (qemu-system-x86)");
		}
	}
	strbuf_done(&text);
	users_done(&users);
}

static void test_own_node(void **state)
{
	static const char *const fds[] = { "/dev/iommu", "/dev/vfio/devices/vfio3", NULL };
	struct tree *t = *state;
	struct users users = { 0 };
	struct mdev_uuid uuid;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	tree_dir(t, "/sys/devices/p1/" UUID "/vfio-dev/vfio3");
	process(t, 21, "qemu\n", "q", fds);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(users_find(t->env, t->sysfs, &uuid, &users), 0);
	assert_int_equal(users.n_sure, 1);
	users_done(&users);
}

static void test_long_command_line(void **state)
{
	static const char *const fds[] = { "/dev/vfio/vfio", "/dev/vfio/7", NULL };
	static char cmdline[200000];
	struct tree *t = *state;
	struct users users = { 0 };
	struct mdev_uuid uuid;

	tree_parent(t, "p1", "t1", 1);
	tree_device(t, "p1", "t1", UUID, NULL);
	tree_dir(t, "/sys/kernel/iommu_groups/7");
	tree_link(t, "/sys/devices/p1/" UUID "/iommu_group", "../../../kernel/iommu_groups/7");
	memset(cmdline, 'x', sizeof(cmdline) - 1);
	process(t, 31, "qemu\n", cmdline, fds);
	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(users_find(t->env, t->sysfs, &uuid, &users), 0);
	assert_int_equal(users.n_sure, 1);
	users_done(&users);
}

static void test_no_proc(void **state)
{
	struct tree *t = *state;
	struct users users = { 0 };
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(users_find(t->env, t->sysfs, &uuid, &users), 0);
	assert_int_equal(users.n, 0);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_who_is_a_user),
		row(test_own_node),
		row(test_long_command_line),
		row(test_no_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
