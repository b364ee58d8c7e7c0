/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/ap-bus.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define ALL "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"
/* without 5 */
#define NOT_5 "0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"

static void queue(struct tree *t, const char *name, const char *driver)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "/sys/bus/ap/devices/%s", name);
	tree_dir(t, path);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "/sys/bus/ap/devices/%s/driver", name);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	tree_link(t, path, target);
}

static void bus(struct tree *t, const char *apmask, const char *bindings)
{
	tree_file(t, "/sys/bus/ap/apmask", apmask);
	tree_file(t, "/sys/bus/ap/aqmask", ALL);
	if (bindings)
		tree_file(t, "/sys/bus/ap/bindings", bindings);
}

static void test_parses_bindings(void **state _unused_)
{
	static const struct {
		const char *text;
		int r;
		struct ap_bindings b;
	} rows[] = {
		{ "6/9\n", 0, { 6, 9, false } },
		{ "9/9 (complete)\n", 0, { 9, 9, true } },
		{ "9/9 (complete)", 0, { 9, 9, true } },
		{ "0/0", 0, { 0, 0, false } },
		{ "65536/65536\n", 0, { 65536, 65536, false } },
		{ "", -EINVAL, { 0 } },
		{ "9\n", -EINVAL, { 0 } },
		{ "9/\n", -EINVAL, { 0 } },
		{ "/9\n", -EINVAL, { 0 } },
		{ "-1/9\n", -EINVAL, { 0 } },
		{ "10/9\n", -EINVAL, { 0 } },
		{ "9/9 (complete\n", -EINVAL, { 0 } },
		{ "9/9 complete\n", -EINVAL, { 0 } },
		{ "9/9 (complete)\n\n", -EINVAL, { 0 } },
		{ "65537/65537\n", -EINVAL, { 0 } },
		{ "99999999999999/99999999999999\n", -EINVAL, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ap_bindings b = { 0 };

		assert_int_equal(ap_bindings_parse(rows[i].text, &b), rows[i].r);
		assert_int_equal(b.bound, rows[i].b.bound);
		assert_int_equal(b.total, rows[i].b.total);
		assert_int_equal(b.is_complete, rows[i].b.is_complete);
	}
}

static void test_reads(void **state)
{
	struct tree *t = *state;
	struct ap_bus b;

	assert_int_equal(ap_bus_read(t->sysfs, &b), -ENOENT);
	bus(t, NOT_5, "1/2\n");
	queue(t, "05.0004", NULL);
	queue(t, "06.0047", "cex4queue");
	queue(t, "card05", "cex4card");
	assert_int_equal(ap_bus_read(t->sysfs, &b), 0);
	assert_int_equal(b.n, 2);
	assert_string_equal(b.queues[0].driver, "");
	assert_string_equal(b.queues[1].driver, "cex4queue");
	assert_int_equal(b.queues[1].queue.domain, 0x47);
	assert_false(ap_masks_have(&b.masks, &b.queues[0].queue));
	assert_true(ap_masks_have(&b.masks, &b.queues[1].queue));
	assert_false(b.has_driver || b.has_matrix);
	ap_bus_done(&b);
	tree_dir(t, "/sys/bus/ap/drivers/vfio_ap");
	tree_parent(t, "matrix", "vfio_ap-passthrough", 1);
	assert_int_equal(ap_bus_read(t->sysfs, &b), 0);
	assert_true(b.has_driver && b.has_matrix);
	ap_bus_done(&b);
	bus(t, NOT_5, "nonsense\n");
	assert_int_equal(ap_bus_read(t->sysfs, &b), -EINVAL);
}

static void assert_settled(struct tree *t, bool is_settled, bool is_reserved_bound)
{
	struct ap_bus b;

	assert_int_equal(ap_bus_read(t->sysfs, &b), 0);
	assert_int_equal(ap_bus_is_settled(&b), is_settled);
	assert_int_equal(ap_bus_is_reserved_bound(&b), is_reserved_bound);
	ap_bus_done(&b);
}

static void test_settled(void **state)
{
	struct tree *t = *state;

	bus(t, NOT_5, NULL);
	queue(t, "05.0004", NULL);
	queue(t, "06.0004", NULL);
	assert_settled(t, true, false);
	bus(t, NOT_5, "0/2\n");
	assert_settled(t, false, false);
	tree_link(t, "/sys/bus/ap/devices/06.0004/driver", "../../drivers/cex4queue");
	/* 05.0004 has none before vfio_ap is there: no reason to wait */
	bus(t, NOT_5, "1/2\n");
	assert_settled(t, true, false);
	bus(t, ALL, "1/2\n");
	assert_settled(t, false, true);
	tree_link(t, "/sys/bus/ap/devices/05.0004/driver", "../../drivers/vfio_ap");
	bus(t, NOT_5, "2/2 (complete)\n");
	assert_settled(t, true, true);
}

static void test_limits(void **state)
{
	struct tree *t = *state;
	unsigned max = 0;

	bus(t, ALL, NULL);
	assert_int_equal(ap_bus_max(t->sysfs, true, &max), -ENOENT);
	tree_file(t, "/sys/bus/ap/ap_max_domain_id", "84\n");
	tree_file(t, "/sys/bus/ap/ap_max_adapter_id", "15\n");
	assert_int_equal(ap_bus_max(t->sysfs, true, &max), 0);
	assert_int_equal(max, 84);
	assert_int_equal(ap_bus_max(t->sysfs, false, &max), 0);
	assert_int_equal(max, 15);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_parses_bindings),
		row(test_reads),
		row(test_settled),
		row(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
