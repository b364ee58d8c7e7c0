/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/ap-facts.h"
#include "core/ap-guard.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1   "11111111-1111-4111-8111-111111111111"
#define U2   "22222222-2222-4222-8222-222222222222"
#define ONES "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

struct world {
	struct tree *tree;
	struct store *store;
	struct ap_world world;
};

static void open_world(struct tree *t, struct world *w)
{
	assert_int_equal(store_new(t->env, &w->store), 0);
	w->tree = t;
	w->world = (struct ap_world){ .env = t->env, .sysfs = t->sysfs, .store = w->store };
}

static void assert_set(const struct ap_set *set, const char *expected)
{
	struct strbuf text = STRBUF_INIT;

	ap_set_print_list(set, &text);
	assert_string_equal(strbuf_str(&text), expected);
	strbuf_done(&text);
}

/* ---- masks ----------------------------------------------------------------------------- */

static void assert_persistent(struct world *w, int r, const char *adapters)
{
	struct ap_masks masks = { 0 };

	assert_int_equal(ap_masks_read_persistent(&w->world, &masks), r);
	assert_set(&masks.adapters, adapters);
}

static void test_masks(void **state)
{
	struct tree *t = *state;
	struct ap_masks masks;
	struct world w;

	open_world(t, &w);
	assert_int_equal(ap_masks_read(t->sysfs, &masks), -ENOENT);
	tree_file(t, "/sys/bus/ap/apmask", "nonsense\n");
	tree_file(t, "/sys/bus/ap/aqmask", ONES "\n");
	assert_int_equal(ap_masks_read(t->sysfs, &masks), -EINVAL);
	tree_file(t, "/sys/bus/ap/apmask", "0x04\n");
	assert_int_equal(ap_masks_read(t->sysfs, &masks), 0);
	assert_set(&masks.adapters, "5");
	assert_set(&masks.domains, "0-255");
	store_free(w.store);
}

static void test_persistent(void **state)
{
	struct tree *t = *state;
	struct world w;

	open_world(t, &w);
	/* nothing is known */
	assert_int_equal(ap_masks_read_persistent(&w.world, &(struct ap_masks){ 0 }), 0);
	/* no rule, no recipe: as they are */
	tree_file(t, "/sys/bus/ap/apmask", "0x04\n");
	tree_file(t, "/sys/bus/ap/aqmask", ONES "\n");
	assert_persistent(&w, 1, "5");
	/* a recipe: of all, or of what the kernel was told */
	tree_file(t, "/etc/mdevmgr/parents.d/matrix.json",
	          "{\"kind\": \"vfio-ap\", \"adapters\": [0]}");
	assert_persistent(&w, 1, "1-255");
	tree_file(t, "/sys/module/ap/parameters/apmask", "(null)\n");
	assert_persistent(&w, 1, "1-255");
	tree_file(t, "/sys/module/ap/parameters/apmask", "0xf0\n");
	assert_persistent(&w, 1, "1-3");
	/* relative ones are left at what they made */
	tree_file(t, "/sys/module/ap/parameters/apmask", "-9\n");
	assert_persistent(&w, 1, "5");
	/* a rule stands above the kernel's parameters */
	tree_file(t, "/etc/udev/rules.d/41-ap.rules", "ATTR{../../bus/ap/apmask}=\"0x60\"\n");
	assert_persistent(&w, 1, "1,2");
	tree_remove(t, "/etc/mdevmgr/parents.d/matrix.json");
	assert_persistent(&w, 1, "1,2");
	/* one that is none does not count */
	tree_file(t, "/etc/udev/rules.d/41-ap.rules", "ATTR{../../bus/ap/apmask}=\"x\"\n");
	assert_persistent(&w, 1, "5");
	store_free(w.store);
}

static void assert_both(struct world *w, const char *adapters, const char *domains)
{
	struct ap_masks masks = { 0 };

	assert_int_equal(ap_masks_read_persistent(&w->world, &masks), 1);
	assert_set(&masks.adapters, adapters);
	assert_set(&masks.domains, domains);
}

static void test_rule_and_recipe(void **state)
{
	static const char recipe[] = "/etc/mdevmgr/parents.d/matrix.json";
	static const char rule[] = "/etc/udev/rules.d/41-ap.rules";
	struct tree *t = *state;
	struct world w;

	open_world(t, &w);
	/* the recipe has been applied */
	tree_file(t, "/sys/bus/ap/apmask", ONES "\n");
	tree_file(t, "/sys/bus/ap/aqmask", "0x0f\n");
	tree_file(t, recipe, "{\"kind\": \"vfio-ap\", \"domains\": [0, 1]}");
	/* a mask that the rule does not set is that of the boot */
	tree_file(t, rule, "ATTR{../../bus/ap/apmask}=\"0xc0\"\n");
	assert_both(&w, "0,1", "2-255");
	tree_file(t, "/sys/module/ap/parameters/aqmask", "0xe0\n");
	assert_both(&w, "0,1", "2");
	tree_remove(t, recipe);
	assert_both(&w, "0,1", "4-7");
	/* one number that the rule gives to the host keeps all of the recipe from it */
	tree_file(t, recipe, "{\"kind\": \"vfio-ap\", \"adapters\": [1, 5], \"domains\": [0]}");
	assert_both(&w, "0,1", "0-2");
	tree_file(t, recipe, "{\"kind\": \"vfio-ap\", \"adapters\": [5], \"domains\": [0]}");
	assert_both(&w, "0,1", "1,2");
	tree_file(t, rule,
	          "ATTR{../../bus/ap/apmask}=\"0xc0\"\nATTR{../../bus/ap/aqmask}=\"0xc0\"\n");
	assert_both(&w, "0,1", "0,1");
	store_free(w.store);
}

/* A recipe that is about to be written counts instead of the one that is there. */
static void test_recipe_to_be(void **state)
{
	struct tree *t = *state;
	struct recipe *recipe;
	struct world w;

	open_world(t, &w);
	assert_int_equal(recipe_new(RECIPE_VFIO_AP, &recipe), 0);
	ap_set_add(&recipe->ap.adapters, 255);
	w.world.recipe = recipe;
	assert_persistent(&w, 1, "0-254");
	recipe_free(recipe);
	store_free(w.store);
}

/* ---- claims and overrides ---------------------------------------------------------------- */

static void test_facts(void **state)
{
	static const char *const attrs[] = { "remove", NULL };
	struct tree *t = *state;
	struct ap_facts facts = { 0 };
	struct world w;

	open_world(t, &w);
	tree_parent(t, "matrix", AP_TYPE, 9);
	tree_parent(t, "mtty", "t1", 9);
	tree_device(t, "matrix", AP_TYPE, U1, attrs);
	tree_file(t, "/sys/bus/mdev/devices/" U1 "/matrix", "05.0004\n");
	tree_file(t, "/sys/bus/mdev/devices/" U1 "/control_domains", "");
	/* has what "matrix" does not show */
	tree_file(t, "/sys/bus/mdev/devices/" U1 "/ap_config", "0x06,0x08,0x0\n");
	tree_device(t, "mtty", "t1", U2, attrs);
	tree_file(t, "/sys/bus/mdev/devices/" U2 "/matrix", "06.0004\n");
	tree_file(t, "/etc/mdevctl.d/matrix/" U2,
	          "{\"mdev_type\": \"" AP_TYPE "\", \"start\": \"auto\", \"attrs\": "
	          "[{\"assign_adapter\": \"7\"}]}");
	tree_file(t, "/etc/mdevctl.d/matrix/" U1, "{\"mdev_type\": \"other\"}");
	tree_file(t, "/sys/bus/ap/devices/05.0004/driver_override", "vfio_ap\n");
	tree_file(t, "/sys/bus/ap/devices/05.0005/driver_override", "\n");
	tree_dir(t, "/sys/bus/ap/devices/card05");
	assert_int_equal(ap_facts_read(&w.world, "matrix", &facts, NULL), 0);
	assert_int_equal(facts.active.n, 1);
	assert_set(&facts.active.items[0].matrix.adapters, "5,6");
	assert_int_equal(facts.defined.n, 1);
	assert_true(facts.defined.items[0].is_auto);
	assert_set(&facts.defined.items[0].matrix.adapters, "7");
	assert_int_equal(facts.overrides.n, 1);
	assert_string_equal(facts.overrides.items[0].driver, "vfio_ap");
	assert_false(facts.has_masks);
	assert_false(facts.has_persistent);
	ap_facts_done(&facts);
	store_free(w.store);
}

/* ---- after the kernel refused --------------------------------------------------------------- */

static void assert_blame(struct tree *t, const char *attr, const char *value, int r,
                         const char *expected)
{
	struct strbuf text = STRBUF_INIT;
	struct attrs attrs = { 0 };
	struct mdev_uuid uuid;
	struct driver_write write = { .env = t->env, .sysfs = t->sysfs, .uuid = &uuid };

	assert_int_equal(mdev_uuid_parse(U2, &uuid), 0);
	assert_int_equal(attrs_append(&attrs, attr, value, strlen(value)), 0);
	write.attrs = &attrs;
	write.device_fd = sysfs_open_dir(t->sysfs, "bus/mdev/devices/" U2);
	assert_true(write.device_fd >= 0);
	ap_guard_blame(&write, r, &text);
	assert_string_equal(strbuf_str(&text), expected);
	close(write.device_fd);
	attrs_done(&attrs);
	strbuf_done(&text);
}

static void test_blame(void **state)
{
	static const char *const attrs[] = { "remove", NULL };
	struct tree *t = *state;

	tree_parent(t, "matrix", AP_TYPE, 9);
	tree_device(t, "matrix", AP_TYPE, U1, attrs);
	tree_file(t, "/sys/bus/mdev/devices/" U1 "/matrix", "05.0004\n05.0005\n");
	tree_file(t, "/sys/bus/mdev/devices/" U1 "/control_domains", "");
	tree_device(t, "matrix", AP_TYPE, U2, attrs);
	tree_file(t, "/sys/bus/mdev/devices/" U2 "/matrix", "05.\n06.\n");
	tree_file(t, "/sys/bus/mdev/devices/" U2 "/control_domains", "");
	tree_file(t, "/sys/bus/ap/apmask", "0x02\n");
	tree_file(t, "/sys/bus/ap/aqmask", ONES "\n");
	assert_blame(t, "assign_domain", "4", -EADDRINUSE, "queue 05.0004 is in use by device " U1);
	assert_blame(t, "assign_domain", "4", -EADDRNOTAVAIL,
	             "queue 06.0004 is reserved for the host by apmask and aqmask");
	assert_blame(t, "ap_config", "0x06,0xff,0x", -EADDRNOTAVAIL,
	             "queue 06.0000 is reserved for the host by apmask and aqmask, and 7 more");
	assert_blame(t, "assign_domain", "9", -EADDRINUSE, "");
	assert_blame(t, "assign_domain", "4", -ENODEV, "");
	tree_remove(t, "/sys/bus/mdev/devices/" U2 "/matrix");
	assert_blame(t, "assign_domain", "4", -EADDRINUSE, "");
	tree_file(t, "/sys/bus/mdev/devices/" U2 "/ap_config", "0x04,0x0,0x0\n");
	assert_blame(t, "assign_domain", "4", -EADDRINUSE, "queue 05.0004 is in use by device " U1);
	assert_blame(t, "assign_domain", "4", -EADDRNOTAVAIL, "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_masks),        TEST(test_persistent), TEST(test_rule_and_recipe),
		TEST(test_recipe_to_be), TEST(test_facts),      TEST(test_blame),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
