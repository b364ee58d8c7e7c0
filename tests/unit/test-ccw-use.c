/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "core/ccw-use.h"
#include "lib/css.h"
#include "lib/unit.h"

#define DISK "/sys/devices/css0/0.0.0001/0.0.4711/virtio0/block/vda"

/* Stands for the kernel: the node of this name gives this answer. */
struct answer {
	const char *name;
	int r;
	unsigned n; /* asked so often */
};

static int answer(void *userdata, const char *path)
{
	struct answer *a = userdata;
	const char *slash = strrchr(path, '/');

	a->n++;
	if (a->name && strcmp(slash + 1, a->name) == 0)
		return a->r;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void plant(struct tree *t)
{
	css_device(t, "0.0.0001", "0.0.4711", "3832/02", true);
	css_block(t, "0.0.0001", "0.0.4711", "vda");
	css_block(t, "0.0.0001", "0.0.4711", "vda/vda1");
	tree_file(t, DISK "/vda1/dev", "252:1\n");
	css_device(t, "0.0.0002", "0.0.4712", "3832/02", true);
	css_block(t, "0.0.0002", "0.0.4712", "vdb");
	tree_file(t, "/sys/devices/css0/0.0.0002/0.0.4712/virtio0/block/vdb/dev", "252:16\n");
}

static enum ccw_use find(struct tree *t, struct answer *a, char **ret_reason)
{
	struct ccw_use_request req = { .env = t->env,
		                       .sysfs = t->sysfs,
		                       .subchannel = { 0, 0, 1 },
		                       .device = { 0, 0, 0x4711 },
		                       .claims = true,
		                       .open_exclusively = answer,
		                       .userdata = a };
	enum ccw_use use;

	*ret_reason = NULL;
	assert_int_equal(ccw_use_find(&req, &use, ret_reason), 0);
	assert_int_equal(*ret_reason != NULL, use != CCW_UNUSED);
	return use;
}

static void assert_use(struct tree *t, struct answer a, enum ccw_use use, const char *words)
{
	char *reason;

	assert_int_equal(find(t, &a, &reason), use);
	if (words)
		assert_string_equal(reason, words);
	free(reason);
}

static void test_unused(void **state)
{
	struct answer a = { 0 };
	struct tree *t = *state;
	char *reason;

	plant(t);
	assert_int_equal(find(t, &a, &reason), CCW_UNUSED);
	/* The disk and its partition, and no other disk. */
	assert_int_equal(a.n, 2);
}

static void test_no_block_device(void **state)
{
	struct answer a = { 0 };
	struct tree *t = *state;
	char *reason;

	css_device(t, "0.0.0001", "0.0.4711", "3270/00", true);
	assert_int_equal(find(t, &a, &reason), CCW_UNUSED);
	assert_int_equal(a.n, 0);
}

static void test_the_kernel_decides(void **state)
{
	struct tree *t = *state;

	plant(t);
	assert_use(t, (struct answer){ "vda", -EBUSY, 0 }, CCW_USED, "vda is in use");
	assert_use(t, (struct answer){ "vda1", -EBUSY, 0 }, CCW_USED, "vda1 is in use");
	assert_use(t, (struct answer){ "vda", -ENOMEDIUM, 0 }, CCW_UNUSED, NULL);
	assert_use(t, (struct answer){ "vda", -ENXIO, 0 }, CCW_UNUSED, NULL);
	assert_use(t, (struct answer){ "vda", -EACCES, 0 }, CCW_USE_UNKNOWN,
	           "cannot tell whether vda is in use: Permission denied");
	assert_use(t, (struct answer){ "vda", -ENOENT, 0 }, CCW_USE_UNKNOWN, NULL);
	assert_use(t, (struct answer){ "vdb", -EBUSY, 0 }, CCW_UNUSED, NULL);
}

static void test_use_counts_more_than_not_knowing(void **state)
{
	struct tree *t = *state;

	plant(t);
	tree_file(t, "/proc/swaps", "Filename Type\n/dev/vda1 partition 1 2 3\n");
	assert_use(t, (struct answer){ "vda", -EACCES, 0 }, CCW_USED, "vda1 is used as swap space");
}

static void test_users_are_named(void **state)
{
	struct tree *t = *state;

	plant(t);
	tree_file(t, "/proc/self/mountinfo",
	          "22 1 252:16 / /b rw - ext4 /dev/vdb rw\nshort\n"
	          "23 1 252:1 / /srv/a\\040b rw - ext4 /dev/vda1 rw\n");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "vda1 is mounted on /srv/a\\040b");
	tree_remove(t, "/proc/self/mountinfo");
	tree_file(t, "/proc/swaps", "Filename Type\n/dev/vdb partition\n/dev/vda\tpartition\n");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "vda is used as swap space");
	tree_remove(t, "/proc/swaps");
	tree_dir(t, DISK "/vda1/holders/md0");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "vda1 is used by md0");
	tree_file(t, "/sys/class/block/dm-3/dm/name", "vg-root\n");
	tree_dir(t, DISK "/holders/dm-3");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "vda is used by dm-3 (vg-root)");
}

/* Whoever is found by name is not disturbed. */
static void test_a_known_user_is_not_disturbed(void **state)
{
	struct tree *t = *state;
	struct answer a = { 0 };
	char *reason;

	plant(t);
	tree_file(t, "/proc/self/mountinfo", "23 1 252:0 / /srv rw - ext4 /dev/vda rw\n");
	assert_int_equal(find(t, &a, &reason), CCW_USED);
	assert_int_equal(a.n, 0);
	free(reason);
}

static void test_open_without_exclusion(void **state)
{
	struct tree *t = *state;

	plant(t);
	tree_file(t, "/proc/77/comm", "(udev-worker)\n");
	tree_link(t, "/proc/77/fd/9", "/dev/vda");
	assert_use(t, (struct answer){ 0 }, CCW_UNUSED, NULL);
	tree_file(t, "/proc/78/comm", "qemu-system-s39\n");
	tree_link(t, "/proc/78/fd/9", "/dev/vdb");
	assert_use(t, (struct answer){ 0 }, CCW_UNUSED, NULL);
	tree_link(t, "/proc/78/fd/10", "/dev/vda1");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "process 78 (qemu-system-s39) has vda1 open");
}

static void test_network_interface(void **state)
{
	struct tree *t = *state;

	css_device(t, "0.0.0001", "0.0.4711", "3832/01", true);
	tree_link(t, "/sys/class/net/eth0",
	          "../../devices/css0/0.0.0001/0.0.4711/virtio0/net/eth0");
	tree_file(t, "/sys/devices/css0/0.0.0001/0.0.4711/virtio0/net/eth0/flags", "0x1002\n");
	assert_use(t, (struct answer){ 0 }, CCW_UNUSED, NULL);
	tree_file(t, "/sys/devices/css0/0.0.0001/0.0.4711/virtio0/net/eth0/flags", "0x1003\n");
	assert_use(t, (struct answer){ 0 }, CCW_USED, "network interface eth0 is up");
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_unused),
		row(test_no_block_device),
		row(test_the_kernel_decides),
		row(test_use_counts_more_than_not_knowing),
		row(test_users_are_named),
		row(test_a_known_user_is_not_disturbed),
		row(test_open_without_exclusion),
		row(test_network_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
