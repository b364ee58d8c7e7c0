/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "core/snapshot.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"
#define U3 "33333333-3333-3333-3333-333333333333"

static struct mdev_uuid uuid_of(const char *text)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(text, &uuid), 0);
	return uuid;
}

static void plant(struct tree *t)
{
	tree_parent(t, "0000:00:03.0", "tb", 1);
	tree_parent(t, "0000:00:02.0", "ta", 1);
	tree_parent(t, "0000:00:02.0", "tb", 1);
	tree_device(t, "0000:00:03.0", "tb", U1, NULL);
	tree_device(t, "0000:00:02.0", "tb", U3, NULL);
	tree_device(t, "0000:00:02.0", "ta", U2, NULL);
}

static void assert_device(const struct snapshot *s, size_t i, const char *uuid, const char *parent,
                          const char *type)
{
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&s->devices[i].uuid, text);
	assert_string_equal(text, uuid);
	assert_string_equal(snapshot_parent(s, &s->devices[i]), parent);
	assert_string_equal(snapshot_type(s, &s->devices[i]), type);
}

static void assert_planted(struct tree *t)
{
	const struct mdev_uuid u3 = uuid_of(U3);
	struct snapshot s = { 0 };

	assert_int_equal(snapshot_scan(t->sysfs, NULL, NULL, NULL, &s), 0);
	assert_int_equal(s.n, 3);
	assert_ptr_equal(snapshot_find(&s, &u3), &s.devices[2]);
	snapshot_sort_by_parent(&s);
	assert_device(&s, 0, U2, "0000:00:02.0", "ta");
	assert_device(&s, 1, U3, "0000:00:02.0", "tb");
	assert_device(&s, 2, U1, "0000:00:03.0", "tb");
	snapshot_done(&s);
	assert_int_equal(snapshot_scan(t->sysfs, NULL, NULL, "0000:00:02.0", &s), 0);
	assert_int_equal(s.n, 2);
	snapshot_done(&s);
	assert_int_equal(snapshot_scan(t->sysfs, NULL, &u3, NULL, &s), 0);
	assert_int_equal(s.n, 1);
	assert_device(&s, 0, U3, "0000:00:02.0", "tb");
	snapshot_done(&s);
	assert_int_equal(snapshot_scan(t->sysfs, NULL, &u3, "0000:00:03.0", &s), 0);
	assert_int_equal(s.n, 0);
	snapshot_done(&s);
}

static void test_by_type_directories(void **state)
{
	plant(*state);
	assert_planted(*state);
}

static void remove_below(struct tree *t, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "rm -rf '%s%s'", t->root, path);
	assert_int_equal(system(full), 0);
}

static void test_by_links_where_types_tell_nothing(void **state)
{
	struct tree *t = *state;

	plant(t);
	remove_below(t, "/sys/devices/0000:00:02.0/mdev_supported_types/tb/devices");
	assert_planted(t);
	remove_below(t, "/sys/class");
	assert_planted(t);
}

static void test_half_made_and_half_removed(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	struct tree *t = *state;
	struct snapshot s = { 0 };

	plant(t);
	/* being created: on the bus, without a type yet */
	tree_dir(t, "/sys/devices/0000:00:02.0/44444444-4444-4444-4444-444444444444");
	tree_link(t, "/sys/bus/mdev/devices/44444444-4444-4444-4444-444444444444",
	          "../../../devices/0000:00:02.0/44444444-4444-4444-4444-444444444444");
	/* being removed: off the bus */
	remove_below(t, "/sys/bus/mdev/devices/" U1);
	/* never a device */
	tree_dir(t, "/sys/bus/mdev/devices/no-uuid");
	assert_int_equal(snapshot_scan(t->sysfs, NULL, NULL, NULL, &s), 0);
	assert_int_equal(s.n, 2);
	snapshot_done(&s);
	assert_int_equal(snapshot_scan(t->sysfs, NULL, &u1, NULL, &s), 0);
	assert_int_equal(s.n, 0);
	snapshot_done(&s);
}

static void test_no_mdev_at_all(void **state)
{
	struct tree *t = *state;
	struct snapshot s = { 0 };

	assert_int_equal(snapshot_scan(t->sysfs, NULL, NULL, NULL, &s), 0);
	assert_int_equal(s.n, 0);
	snapshot_done(&s);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_by_type_directories),
		row(test_by_links_where_types_tell_nothing),
		row(test_half_made_and_half_removed),
		row(test_no_mdev_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
