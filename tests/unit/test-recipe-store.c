/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/recipe-store.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define UUID_A  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define CCW     RECIPE_DIR "/0.0.4711.json"
#define MATRIX  RECIPE_DIR "/matrix.json"
#define AP_TEXT "{\"kind\": \"vfio-ap\", \"adapters\": [5]}"

static void test_nothing(void **state)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	_cleanup_(error_done) struct error err = ERROR_INIT;
	struct recipe *r = NULL;
	struct tree *t = *state;

	assert_int_equal(recipes_load(t->env, &recipes), 0);
	assert_int_equal(recipes.n, 0);
	assert_int_equal(recipe_read(t->env, "matrix", &r, &err), -ENOENT);
	assert_string_equal(err.message, "There is no recipe of parent matrix");
	assert_int_equal(recipe_remove(t->env, "matrix", NULL), -ENOENT);
	assert_false(tree_has(t, "/etc/mdevmgr"));
}

static void test_broken_hides_nothing(void **state)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	struct tree *t = *state;
	struct mdev_uuid uuid;

	tree_file(t, RECIPE_DIR "/0.0.0100.json", "{");
	tree_file(t, CCW, "{\"kind\": \"vfio-ccw\", \"devices\": [\"" UUID_A "\"]}");
	tree_file(t, MATRIX, AP_TEXT);
	tree_file(t, RECIPE_DIR "/matrix.json.bak", AP_TEXT);
	tree_file(t, RECIPE_DIR "/.mdevmgr-0", AP_TEXT);
	tree_dir(t, RECIPE_DIR "/0.0.0200.json");
	tree_link(t, RECIPE_DIR "/0.0.0300.json", "matrix.json");
	assert_int_equal(recipes_load(t->env, &recipes), 0);
	assert_int_equal(recipes.n, 5);
	assert_string_equal(recipes.items[0].name, "0.0.0100");
	assert_null(recipes.items[0].recipe);
	assert_non_null(strstr(recipes.items[0].problem, "0.0.0100.json"));
	assert_null(recipes_find(&recipes, "0.0.0200"));
	assert_null(recipes_find(&recipes, "0.0.0300"));
	assert_non_null(recipes_find(&recipes, "matrix"));
	assert_int_equal(mdev_uuid_parse(UUID_A, &uuid), 0);
	assert_ptr_equal(recipes_find_uuid(&recipes, &uuid), recipes_find(&recipes, "0.0.4711"));
}

static void test_write(void **state)
{
	_cleanup_(recipe_freep) struct recipe *r = NULL, *again = NULL;
	_cleanup_(freep) char *text = NULL;
	struct tree *t = *state;

	assert_int_equal(recipe_new(RECIPE_VFIO_AP, &r), 0);
	ap_set_add(&r->ap.adapters, 5);
	assert_int_equal(recipe_write(t->env, r, NULL), 0);
	/* Left by a writer that was killed. */
	tree_file(t, RECIPE_DIR "/.mdevmgr-0000000000000000", "x");
	ap_set_add(&r->ap.adapters, 6);
	assert_int_equal(recipe_write(t->env, r, NULL), 0);
	assert_false(tree_has(t, RECIPE_DIR "/.mdevmgr-0000000000000000"));
	text = tree_read(t, MATRIX);
	assert_non_null(strstr(text, "\"adapters\": [5, 6]"));
	assert_int_equal(recipe_read(t->env, "matrix", &again, NULL), 0);
	assert_true(ap_set_equal(&again->ap.adapters, &r->ap.adapters));
	assert_int_equal(recipe_remove(t->env, "matrix", NULL), 0);
	assert_false(tree_has(t, MATRIX));
}

static void test_names_are_checked(void **state)
{
	_cleanup_(recipe_freep) struct recipe *r = NULL;
	struct tree *t = *state;

	tree_file(t, "/etc/mdevmgr/x.json", AP_TEXT);
	assert_int_equal(recipe_read(t->env, "../x", &r, NULL), -ENOENT);
	assert_int_equal(recipe_remove(t->env, "../x", NULL), -ENOENT);
	assert_true(tree_has(t, "/etc/mdevmgr/x.json"));
}

static void test_record(void **state)
{
	_cleanup_(recipe_record_done) struct recipe_record record = { 0 }, again = { 0 };
	_cleanup_(records_freep) struct records *records = NULL;
	struct tree *t = *state;

	tree_file(t, "/proc/sys/kernel/random/boot_id", "first\n");
	assert_int_equal(records_new(t->env, &records), 0);
	assert_int_equal(recipe_record_read(records, "matrix", &record), 0);
	assert_int_equal(recipe_record_write(records, "matrix", &record), -ENOENT);
	tree_dir(t, RECORD_DIR);
	record = (struct recipe_record){ .is_paused = true,
		                         .attempts = 3,
		                         .errnum = EBUSY,
		                         .since = 5,
		                         .next = 7,
		                         .reason = strdup("a\nb") };
	assert_int_equal(recipe_record_write(records, "matrix", &record), 0);
	assert_int_equal(recipe_record_read(records, "matrix", &again), 0);
	assert_true(again.is_paused);
	assert_int_equal(again.attempts, 3);
	assert_int_equal(again.errnum, EBUSY);
	assert_int_equal(again.since, 5);
	assert_int_equal(again.next, 7);
	assert_string_equal(again.reason, "a b");
	assert_int_equal(recipe_record_remove(records, "matrix"), 0);
	assert_int_equal(recipe_record_remove(records, "matrix"), 0);
	assert_int_equal(recipe_record_write(records, "../x", &record), -EINVAL);
}

static void test_record_of_another_boot(void **state)
{
	static const char *const texts[] = {
		"boot_id=second\npaused=1\n",
		"paused=1\n",
		"boot_id=first\npaused=-1\n",
		"boot_id=first\nerrno=99999999999\npaused=1\n",
		"",
	};
	_cleanup_(records_freep) struct records *records = NULL;
	struct tree *t = *state;

	tree_file(t, "/proc/sys/kernel/random/boot_id", "first\n");
	assert_int_equal(records_new(t->env, &records), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(recipe_record_done) struct recipe_record record = { 0 };

		tree_file(t, RECORD_DIR "/recipes/matrix", texts[i]);
		assert_int_equal(recipe_record_read(records, "matrix", &record), 0);
		assert_false(record.is_paused);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_broken_hides_nothing, tree_setup,
		                                tree_teardown),
		cmocka_unit_test_setup_teardown(test_write, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_names_are_checked, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_record, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_record_of_another_boot, tree_setup,
		                                tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
