/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "core/sysfs.h"
#include "core/types.h"
#include "lib/tree.h"
#include "lib/unit.h"

static void test_read(void **state)
{
	struct tree *t = *state;
	struct strbuf b = STRBUF_INIT;
	char large[SYSFS_SIZE_MAX + 2];
	int fd;

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	tree_file(t, "/sys/d/one", "value\n");
	tree_file(t, "/sys/d/two", "a\n\n");
	tree_file(t, "/sys/d/empty", "");
	tree_file(t, "/sys/d/large", large);
	tree_link(t, "/sys/d/link", "one");
	fd = sysfs_open_dir(t->sysfs, "d");
	assert_true(fd >= 0);
	assert_int_equal(sysfs_read(fd, "one", &b), 0);
	assert_string_equal(strbuf_str(&b), "value");
	strbuf_clear(&b);
	assert_int_equal(sysfs_read(fd, "two", &b), 0);
	assert_string_equal(strbuf_str(&b), "a\n");
	strbuf_clear(&b);
	assert_int_equal(sysfs_read(fd, "empty", &b), 0);
	assert_string_equal(strbuf_str(&b), "");
	assert_int_equal(sysfs_read(fd, "large", &b), -EFBIG);
	assert_int_equal(sysfs_read(fd, "link", &b), -ELOOP);
	assert_int_equal(sysfs_read(fd, "none", &b), -ENOENT);
	assert_int_equal(sysfs_read(fd, "../d/one", &b), -EXDEV);
	strbuf_done(&b);
	close(fd);
}

static void test_write(void **state)
{
	struct tree *t = *state;
	char *text;
	int fd;

	tree_file(t, "/sys/d/sub/attr", "longer than before");
	tree_file(t, "/outside", "kept");
	tree_link(t, "/sys/d/link", "../../outside");
	fd = sysfs_open_dir(t->sysfs, "d");
	assert_true(fd >= 0);
	assert_int_equal(sysfs_write(t->sysfs, fd, "sub/attr", "new", 3), 0);
	text = tree_read(t, "/sys/d/sub/attr");
	assert_string_equal(text, "new");
	free(text);
	assert_int_equal(sysfs_write(t->sysfs, fd, "none", "x", 1), -ENOENT);
	assert_false(tree_has(t, "/sys/d/none"));
	assert_int_equal(sysfs_write(t->sysfs, fd, "link", "x", 1), -ELOOP);
	assert_int_equal(sysfs_write(t->sysfs, fd, "../../outside", "x", 1), -EXDEV);
	assert_int_equal(sysfs_write(t->sysfs, fd, "/etc/passwd", "x", 1), -EINVAL);
	assert_int_equal(sysfs_write(t->sysfs, fd, "", "x", 1), -EINVAL);
	assert_true(sysfs_write(t->sysfs, fd, "sub", "x", 1) < 0);
	text = tree_read(t, "/outside");
	assert_string_equal(text, "kept");
	free(text);
	close(fd);
}

static void test_real_path_is_without_root(void **state)
{
	struct tree *t = *state;
	char *path, *name;

	tree_parent(t, "0000:00:02.0", "t1", 1);
	assert_int_equal(sysfs_real_path(t->sysfs, "class/mdev_bus/0000:00:02.0", &path), 0);
	assert_string_equal(path, "/sys/devices/0000:00:02.0");
	free(path);
	assert_int_equal(sysfs_real_name(t->sysfs, "class/mdev_bus/0000:00:02.0", &name), 0);
	assert_string_equal(name, "0000:00:02.0");
	free(name);
	assert_int_equal(sysfs_real_path(t->sysfs, "none", &path), -ENOENT);
}

struct number_row {
	const char *text;
	int r;
	int32_t value;
};

static void test_instances(void **state)
{
	static const struct number_row rows[] = {
		{ "0", 0, 0 },
		{ "4", 0, 4 },
		{ "-5", 0, -5 },
		{ "+3", 0, 3 },
		{ "007", 0, 7 },
		{ "2147483647", 0, INT32_MAX },
		{ "-2147483648", 0, INT32_MIN },
		{ "2147483648", -EINVAL, 0 },
		{ "-2147483649", -EINVAL, 0 },
		{ "99999999999999999999999999", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *reason = NULL;
		int32_t value = 0;

		assert_int_equal(types_parse_instances(rows[i].text, &value, &reason), rows[i].r);
		assert_int_equal(value, rows[i].value);
		assert_int_equal(reason != NULL, rows[i].r < 0);
	}
}

static void test_types(void **state)
{
	struct tree *t = *state;
	struct types types = { 0 };
	char *similar;

	tree_parent(t, "0000:3b:00.0", "nvidia-2", 4);
	tree_parent(t, "0000:3b:00.0", "nvidia-1", 0);
	tree_parent(t, "0000:3b:00.0", "nvidia-3", 1);
	tree_file(t, "/sys/devices/0000:3b:00.0/mdev_supported_types/nvidia-1/name",
	          "GRID T4-1Q\n");
	tree_file(t, "/sys/devices/0000:3b:00.0/mdev_supported_types/nvidia-2/name", "twice\n");
	tree_file(t, "/sys/devices/0000:3b:00.0/mdev_supported_types/nvidia-3/name", "twice\n");
	tree_parent(t, "0000:3b:00.0", "broken", 1);
	tree_file(t, "/sys/devices/0000:3b:00.0/mdev_supported_types/broken/available_instances",
	          "x");
	tree_file(t, "/sys/devices/0000:3b:00.0/mdev_supported_types/file", "x");
	assert_int_equal(types_read(t->sysfs, NULL, "0000:3b:00.0", &types), 0);
	assert_int_equal(types.n, 3);
	assert_string_equal(types.items[0].id, "nvidia-1");
	assert_string_equal(types.items[0].name, "GRID T4-1Q");
	assert_string_equal(types.items[0].description, "");
	assert_ptr_equal(types_find_name(&types, "GRID T4-1Q"), &types.items[0]);
	assert_null(types_find_name(&types, "twice"));
	assert_true(types_have_id(&types, "nvidia-3"));
	assert_false(types_have_id(&types, "broken"));
	types_done(&types);
	assert_int_equal(types_read(t->sysfs, NULL, "none", &types), -ENOENT);
	assert_int_equal(types_read(t->sysfs, NULL, "../mdev_bus/0000:3b:00.0", &types), -EINVAL);
	assert_int_equal(types_find_similar_parent(t->sysfs, "0000:3B:00.0", &similar), 0);
	assert_string_equal(similar, "0000:3b:00.0");
	free(similar);
	assert_int_equal(types_find_similar_parent(t->sysfs, "0000:3c:00.0", &similar), -ENOENT);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_read),
		row(test_write),
		row(test_real_path_is_without_root),
		cmocka_unit_test(test_instances),
		row(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
