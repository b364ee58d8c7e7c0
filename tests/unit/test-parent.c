/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manager's table of parents. */
#include "config.h"

#include "daemon/parent.h"
#include "lib/unit.h"

static struct mdev_uuid uuid_of(unsigned char first)
{
	return (struct mdev_uuid){ .bytes = { first } };
}

static void test_order_of_names(void **state)
{
	static const char *const names[] = { "m", "b", "z", "a", "n", "b", "c", "y", "x", "w" };
	struct parents parents = { .items = NULL };
	struct parent *p, *again;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(parents_get(&parents, names[i], &p), 0);
	assert_int_equal(parents.n, 9);
	for (size_t i = 1; i < parents.n; i++)
		assert_true(strcmp(parents.items[i - 1]->name, parents.items[i]->name) < 0);
	assert_int_equal(parents_get(&parents, "m", &again), 0);
	assert_ptr_equal(again, parents_find(&parents, "m"));
	assert_null(parents_find(&parents, "mm"));
	parents_drop(&parents, again);
	assert_null(parents_find(&parents, "m"));
	assert_int_equal(parents.n, 8);
	assert_non_null(parents_find(&parents, "z"));
	parents_done(&parents);
	assert_int_equal(parents.n, 0);
}

static void test_devices_by_uuid(void **state)
{
	struct manager_device devices[] = { { .uuid = uuid_of(1) }, { .uuid = uuid_of(5) } };
	const struct parent p = { .devices = devices, .n = 2 }, none = { .n = 0 };
	const struct mdev_uuid there = uuid_of(5), away = uuid_of(4);

	assert_ptr_equal(parent_find(&p, &there), &devices[1]);
	assert_null(parent_find(&p, &away));
	assert_null(parent_find(&none, &there));
}

static void set_device(struct parents *parents, struct parent *p, unsigned char first)
{
	struct manager_device *device = calloc(1, sizeof(*device));

	assert_non_null(device);
	device->uuid = uuid_of(first);
	parents_set_devices(parents, p, device, 1);
}

static void test_uuids_of_several_parents(void **state)
{
	const struct mdev_uuid one = uuid_of(1), two = uuid_of(2);
	struct parents parents = { .items = NULL };
	struct parent *a, *b;

	assert_int_equal(parents_get(&parents, "a", &a), 0);
	assert_int_equal(parents_get(&parents, "b", &b), 0);
	assert_false(parents_may_share(&parents, NULL, &one));
	set_device(&parents, a, 1);
	assert_true(parents_may_share(&parents, NULL, &one));
	assert_false(parents_may_share(&parents, a, &one));
	assert_true(parents_may_share(&parents, b, &one));
	set_device(&parents, b, 1);
	assert_true(parents_may_share(&parents, a, &one));
	set_device(&parents, b, 2);
	assert_false(parents_may_share(&parents, a, &one));
	assert_true(parents_may_share(&parents, a, &two));
	parents_drop(&parents, b);
	assert_false(parents_may_share(&parents, a, &two));
	parents_done(&parents);
}

/* More than can be counted: whoever is counted no more must not be taken for away. */
static void test_a_count_that_is_full_stays(void **state)
{
	const struct mdev_uuid one = uuid_of(1);
	struct parents parents = { .items = NULL };
	struct manager_device *devices = calloc(UINT16_MAX, sizeof(*devices));
	struct parent *a, *b;

	assert_non_null(devices);
	for (size_t i = 0; i < UINT16_MAX; i++)
		devices[i].uuid = one;
	assert_int_equal(parents_get(&parents, "a", &a), 0);
	assert_int_equal(parents_get(&parents, "b", &b), 0);
	parents_set_devices(&parents, a, devices, UINT16_MAX);
	set_device(&parents, b, 1);
	parents_set_devices(&parents, a, NULL, 0);
	assert_true(parents_may_share(&parents, a, &one));
	parents_done(&parents);
}

static void test_seen(void **state)
{
	const struct mdev_uuid a = uuid_of(1), b = uuid_of(2), c = uuid_of(3);
	struct parent p = { .seen = NULL };

	parent_add_seen(&p, &a);
	parent_add_seen(&p, &b);
	parent_add_seen(&p, &a);
	assert_int_equal(p.n_seen, 2);
	parent_drop_seen(&p, &c);
	parent_drop_seen(&p, &a);
	assert_false(parent_has_seen(&p, &a));
	assert_true(parent_has_seen(&p, &b));
	parent_drop_seen(&p, NULL);
	assert_int_equal(p.n_seen, 0);
	assert_null(p.seen);
}

static void test_seen_is_bounded(void **state)
{
	struct parent p = { .seen = NULL };

	for (int i = 0; i < 10000; i++) {
		const struct mdev_uuid uuid = { .bytes = { (unsigned char)i,
			                                   (unsigned char)(i >> 8) } };

		parent_add_seen(&p, &uuid);
	}
	assert_true(p.n_seen < 10000);
	parent_drop_seen(&p, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_names),
		cmocka_unit_test(test_devices_by_uuid),
		cmocka_unit_test(test_uuids_of_several_parents),
		cmocka_unit_test(test_a_count_that_is_full_stays),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_seen_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
