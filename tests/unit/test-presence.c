/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/device-state.h"
#include "core/presence.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define P  "0000:00:02.0"
#define Q  "0000:00:03.0"
#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"
#define U3 "33333333-3333-3333-3333-333333333333"
#define U4 "abcdefab-4444-4444-4444-444444444444"

static struct mdev_uuid uuid_of(const char *text)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(text, &uuid), 0);
	return uuid;
}

static void assert_present(const struct presences *p, const char *text, enum presence presence,
                           const char *type)
{
	const struct mdev_uuid uuid = uuid_of(text);
	const struct present *found = presences_find(p, &uuid);

	assert_non_null(found);
	assert_int_equal(found->presence, presence);
	if (type)
		assert_string_equal(found->type, type);
	else
		assert_null(found->type);
}

static void test_each_presence(void **state)
{
	struct tree *t = *state;
	struct presences p = { 0 };
	const struct mdev_uuid u4 = uuid_of(U4);

	tree_parent(t, P, "ta", 4);
	tree_parent(t, Q, "ta", 4);
	tree_device(t, P, "ta", U3, NULL);
	tree_device(t, P, "ta", U1, NULL);
	tree_remove(t, "/sys/devices/" P "/" U1 "/mdev_type");
	tree_device(t, P, "ta", U2, NULL);
	tree_remove(t, "/sys/bus/mdev/devices/" U2);
	tree_device(t, Q, "ta", U4, NULL);
	assert_int_equal(presence_scan(t->sysfs, P, &p), 0);
	assert_int_equal(p.n, 3);
	assert_present(&p, U1, PRESENCE_STARTING, NULL);
	assert_present(&p, U2, PRESENCE_STOPPING, NULL);
	assert_present(&p, U3, PRESENCE_ACTIVE, "ta");
	assert_null(presences_find(&p, &u4));
	presences_done(&p);
	assert_null(presences_find(&p, &u4));
}

static void test_odd_entries(void **state)
{
	struct tree *t = *state;
	struct presences p = { 0 };

	tree_parent(t, P, "ta", 4);
	tree_file(t, "/sys/devices/" P "/" U1, "a file");
	tree_dir(t, "/sys/devices/" P "/ABCDEFAB-4444-4444-4444-444444444444");
	tree_link(t, "/sys/devices/" P "/" U2, "../elsewhere");
	tree_dir(t, "/sys/devices/" P "/" U3 "/mdev_type");
	tree_link(t, "/sys/bus/mdev/devices/" U3, "nowhere");
	assert_int_equal(presence_scan(t->sysfs, P, &p), 0);
	assert_int_equal(p.n, 1);
	assert_present(&p, U3, PRESENCE_STARTING, NULL);
	presences_done(&p);
	assert_int_equal(presence_scan(t->sysfs, Q, &p), -ENOENT);
	assert_int_equal(presence_scan(t->sysfs, "../" P, &p), -EINVAL);
}

static void test_without_bus(void **state)
{
	struct tree *t = *state;
	struct presences p = { 0 };

	tree_file(t, "/sys/class/mdev_bus/" P "/" U1 "/remove", "");
	assert_int_equal(presence_scan(t->sysfs, P, &p), 0);
	assert_present(&p, U1, PRESENCE_STOPPING, NULL);
	presences_done(&p);
}

static void test_elsewhere(void **state)
{
	struct tree *t = *state;
	const struct mdev_uuid u1 = uuid_of(U1), u2 = uuid_of(U2), u3 = uuid_of(U3);
	enum presence presence = PRESENCE_ACTIVE;
	char *parent = NULL;

	assert_int_equal(presence_elsewhere(t->sysfs, &u1, &presence, &parent), 0);
	assert_int_equal(presence, PRESENCE_ABSENT);
	assert_null(parent);
	tree_parent(t, Q, "ta", 4);
	tree_device(t, Q, "ta", U1, NULL);
	assert_int_equal(presence_elsewhere(t->sysfs, &u1, &presence, &parent), 0);
	assert_int_equal(presence, PRESENCE_ELSEWHERE);
	assert_string_equal(parent, Q);
	free(parent);
	/* What names no parent is an error, what is no link is none. */
	tree_link(t, "/sys/bus/mdev/devices/" U2, U2);
	assert_int_equal(presence_elsewhere(t->sysfs, &u2, &presence, &parent), -EINVAL);
	tree_dir(t, "/sys/bus/mdev/devices/" U3);
	assert_int_equal(presence_elsewhere(t->sysfs, &u3, &presence, &parent), -EINVAL);
}

static void test_words(void **state _unused_)
{
	for (unsigned i = 0; i < _DEVICE_STATE_MAX; i++)
		assert_non_null(device_state_name(i));
	assert_string_equal(device_state_name(DEVICE_WAITING_PARENT), "waiting-parent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_presence, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_odd_entries, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_without_bus, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, tree_setup, tree_teardown),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
