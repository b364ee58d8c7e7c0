/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each device on its own disk or nowhere: definitions that follow, and the guard of starts. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ops-parent.h"
#include "core/ops-private.h"
#include "core/recipe-follow.h"
#include "core/recipe-guard.h"
#include "lib/css.h"
#include "lib/unit.h"

#define U1      "11111111-1111-1111-1111-111111111111"
#define U2      "22222222-2222-2222-2222-222222222222"
#define DIR     "/etc/mdevctl.d"
#define RECIPES "/etc/mdevmgr/parents.d"
#define TEXT    "{\"mdev_type\":\"vfio_ccw-io\",\"start\":\"auto\"}"

struct fixture {
	struct tree *tree;
	struct strbuf logged;
	struct log log;
	struct env *env;
	struct ops *ops;
	struct mdev_uuid u1;
	struct mdev_uuid u2;
	struct error err;
};

static void sink(void *userdata, enum log_level level _unused_, const char *text)
{
	strbuf_addf(userdata, "%s\n", text);
}

static void recipe(struct fixture *f, const char *device, const char *uuid)
{
	char path[128], text[512];

	snprintf(path, sizeof(path), RECIPES "/%s.json", device);
	snprintf(text, sizeof(text),
	         "{\"kind\":\"vfio-ccw\",\"device\":\"%s\",\"driver\":\"vfio_ccw\","
	         "\"devices\":[\"%s\"]}",
	         device, uuid);
	tree_file(f->tree, path, text);
}

/* Disk 0800 with U1 on subchannel 1, disk 0801 with U2 on subchannel 2; both parents. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *tree;

	assert_int_equal(tree_setup(&tree), 0);
	f->tree = tree;
	f->log = (struct log){ .max = LOG_LEVEL_WARN, .sink = sink, .userdata = &f->logged };
	assert_int_equal(env_new(f->tree->root, &f->log, &f->env), 0);
	assert_int_equal(ops_new(f->env, &f->ops), 0);
	sysfs_set_writer(f->ops->sysfs, css_write, f->tree);
	assert_int_equal(mdev_uuid_parse(U1, &f->u1), 0);
	assert_int_equal(mdev_uuid_parse(U2, &f->u2), 0);
	tree_file(tree, DIR "/0.0.0001/" U1, TEXT);
	tree_file(tree, DIR "/0.0.0002/" U2, TEXT);
	recipe(f, "0.0.0800", U1);
	recipe(f, "0.0.0801", U2);
	css_subchannel(tree, "0.0.0001", "0.0.0800");
	css_subchannel(tree, "0.0.0002", "0.0.0801");
	css_bind(tree, "0.0.0001", "vfio_ccw");
	css_bind(tree, "0.0.0002", "vfio_ccw");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	error_done(&f->err);
	ops_free(f->ops);
	env_free(f->env);
	strbuf_done(&f->logged);
	free(f);
	return tree_teardown(&tree);
}

/* As if the disk had been unplugged and plugged anew. */
static void carry(struct fixture *f, const char *subchannel, const char *device)
{
	css_unplug(f->tree, subchannel);
	css_subchannel(f->tree, subchannel, device);
	css_bind(f->tree, subchannel, "vfio_ccw");
}

static size_t follow(struct fixture *f)
{
	size_t n = 77;

	strbuf_clear(&f->logged);
	assert_int_equal(recipes_follow(f->ops, &n, &f->err), 0);
	return n;
}

static int start(struct fixture *f, const struct mdev_uuid *uuid, const char *parent, bool dry_run)
{
	const struct start_request req = { .uuid = uuid,
		                           .parent = parent,
		                           .options = { .dry_run = dry_run } };
	struct plan plan = { 0 };
	struct mdev_uuid ret;
	int r;

	error_done(&f->err);
	r = ops_start(f->ops, &req, &ret, &plan, &f->err);
	plan_done(&plan);
	return r;
}

/* ---- following -------------------------------------------------------------------------------- */

static void test_nothing_moves_at_home(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(follow(f), 0);
	assert_int_equal(f->logged.len, 0);
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U1));
	assert_true(tree_has(f->tree, DIR "/0.0.0002/" U2));
}

/* As Linux 6.12 has it when a disk goes without a mediated device. */
static void leave(struct fixture *f, const char *device)
{
	carry(f, "0.0.0001", device);
	tree_file(f->tree, "/sys/bus/css/devices/0.0.0001/driver_override", "vfio_ccw\n");
}

static void test_a_subchannel_that_is_left_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(follow(f), 0);
	leave(f, "0.0.0900");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	assert_int_equal(follow(f), 1);
	assert_non_null(strstr(strbuf_str(&f->logged),
	                       "Subchannel 0.0.0001, where device 0.0.0800 was, is still with "
	                       "vfio_ccw"));
	assert_int_equal(follow(f), 0);
	assert_int_equal(f->logged.len, 0);
}

static void test_a_subchannel_of_another_recipe_is_not_left(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(follow(f), 0);
	leave(f, "0.0.0801");
	css_unplug(f->tree, "0.0.0002");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	assert_int_equal(follow(f), 2);
	assert_null(strstr(strbuf_str(&f->logged), "is still with"));
}

static void test_a_definition_follows(void **state)
{
	struct fixture *f = *state;
	char *text;

	carry(f, "0.0.0001", "0.0.0900");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	assert_int_equal(follow(f), 1);
	assert_string_equal(strbuf_str(&f->logged),
	                    "Definition of device " U1 " follows device number 0.0.0800 from "
	                    "subchannel 0.0.0001 to 0.0.0004\n");
	assert_false(tree_has(f->tree, DIR "/0.0.0001/" U1));
	text = tree_read(f->tree, DIR "/0.0.0004/" U1);
	assert_string_equal(text, TEXT);
	free(text);
	text = tree_read(f->tree, RECIPES "/0.0.0800.json");
	assert_non_null(strstr(text, "0.0.0004"));
	assert_non_null(strstr(text, U1));
	free(text);
	assert_int_equal(follow(f), 0);
}

static void test_two_disks_swap(void **state)
{
	struct fixture *f = *state;

	css_unplug(f->tree, "0.0.0002");
	carry(f, "0.0.0001", "0.0.0801");
	css_subchannel(f->tree, "0.0.0002", "0.0.0800");
	assert_int_equal(follow(f), 2);
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U2));
	assert_true(tree_has(f->tree, DIR "/0.0.0002/" U1));
	assert_false(tree_has(f->tree, DIR "/0.0.0001/" U1));
	assert_false(tree_has(f->tree, DIR "/0.0.0002/" U2));
}

static void test_stays_while_the_disk_is_away(void **state)
{
	struct fixture *f = *state;

	css_unplug(f->tree, "0.0.0001");
	assert_int_equal(follow(f), 0);
	carry(f, "0.0.0001", "0.0.0900");
	assert_int_equal(follow(f), 0);
	css_subchannel(f->tree, "0.0.0005", "0.0.0800");
	css_subchannel(f->tree, "0.0.0006", "0.0.0800");
	assert_int_equal(follow(f), 0);
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U1));
}

static void test_two_definitions_stay(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR "/0.0.0004/" U1, TEXT);
	carry(f, "0.0.0001", "0.0.0900");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	assert_int_equal(follow(f), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "cannot follow"));
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U1));
	assert_true(tree_has(f->tree, DIR "/0.0.0004/" U1));
}

/* What was bound to two disks by hand must not wander to and fro. */
static void test_bound_twice(void **state)
{
	struct fixture *f = *state;

	recipe(f, "0.0.0801", U1);
	assert_int_equal(follow(f), 0);
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U1));
	assert_int_equal(recipe_guard(f->ops, "0.0.0001", &f->u1, &f->err), 0);
	assert_int_equal(recipe_guard(f->ops, "0.0.0002", &f->u1, &f->err), 0);
	assert_int_equal(recipe_guard(f->ops, "0.0.0009", &f->u1, &f->err), 0);
}

static void test_others_stay(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, DIR "/mtty/" U1, TEXT);
	tree_file(f->tree, DIR "/0.0.0001/33333333-3333-3333-3333-333333333333", TEXT);
	carry(f, "0.0.0001", "0.0.0900");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	assert_int_equal(follow(f), 1);
	assert_true(tree_has(f->tree, DIR "/mtty/" U1));
	assert_true(tree_has(f->tree, DIR "/0.0.0001/33333333-3333-3333-3333-333333333333"));
}

static void test_one_that_cannot_move(void **state)
{
	struct fixture *f = *state;

	css_unplug(f->tree, "0.0.0002");
	carry(f, "0.0.0001", "0.0.0801");
	css_subchannel(f->tree, "0.0.0004", "0.0.0800");
	tree_file(f->tree, DIR "/0.0.0004", "in the way");
	assert_int_equal(follow(f), 1);
	assert_non_null(strstr(strbuf_str(&f->logged), "Failed to move config for device " U1));
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U1));
	assert_true(tree_has(f->tree, DIR "/0.0.0001/" U2));
}

/* ---- starts ------------------------------------------------------------------------------------- */

static void test_starts_at_home(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, &f->u1, NULL, false), 0);
	assert_true(tree_has(f->tree, "/sys/devices/css0/0.0.0001/" U1));
}

/* Whoever names a parent means it. */
static void test_never_on_another_disk(void **state)
{
	struct fixture *f = *state;

	carry(f, "0.0.0001", "0.0.0900");
	assert_int_equal(start(f, &f->u1, "0.0.0001", false), -EXDEV);
	assert_string_equal(f->err.message, "Device " U1 " belongs to device number 0.0.0800");
	assert_string_equal(f->err.cause, "parent 0.0.0001 carries 0.0.0900");
	assert_int_equal(start(f, &f->u1, NULL, true), -EXDEV);
	assert_int_equal(start(f, &f->u1, NULL, false), -ENODEV);
	assert_int_equal(start(f, &f->u2, "0.0.0002", false), 0);
	assert_false(tree_has(f->tree, "/sys/devices/css0/0.0.0001/" U1));
}

static void test_transient_one_too(void **state)
{
	struct fixture *f = *state;
	const struct start_request req = { .uuid = &f->u1,
		                           .parent = "0.0.0002",
		                           .type = "vfio_ccw-io" };
	struct mdev_uuid uuid;

	assert_int_equal(ops_start(f->ops, &req, &uuid, NULL, &f->err), -EXDEV);
}

static void test_a_start_follows_and_applies(void **state)
{
	struct fixture *f = *state;

	carry(f, "0.0.0001", "0.0.0900");
	css_device(f->tree, "0.0.0004", "0.0.0800", "3990/e9", true);
	assert_int_equal(start(f, &f->u1, NULL, false), 0);
	assert_true(tree_has(f->tree, DIR "/0.0.0004/" U1));
	assert_true(tree_has(f->tree, "/sys/devices/css0/0.0.0004/" U1));
	assert_non_null(strstr(f->tree->writes, "online=0\n"));
}

static void test_a_start_is_refused_while_the_host_uses_the_disk(void **state)
{
	struct fixture *f = *state;

	css_unplug(f->tree, "0.0.0001");
	css_device(f->tree, "0.0.0001", "0.0.0800", "3832/02", true);
	css_block(f->tree, "0.0.0001", "0.0.0800", "vda");
	tree_file(f->tree, "/proc/swaps", "Filename\n/dev/vda partition\n");
	assert_int_equal(start(f, &f->u1, NULL, false), -EBUSY);
	assert_int_equal(f->err.kind, ERROR_IN_USE);
	assert_null(f->tree->writes);
}

static void test_a_recipe_that_cannot_be_read(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, RECIPES "/0.0.0800.json", "{");
	assert_int_equal(recipe_guard(f->ops, "0.0.0001", &f->u1, &f->err), -EINVAL);
	assert_non_null(strstr(f->err.cause, RECIPES "/0.0.0800.json"));
	/* That disk's own recipe binds it. */
	assert_int_equal(recipe_guard(f->ops, "0.0.0002", &f->u2, &f->err), 0);
	tree_file(f->tree, RECIPES "/matrix.json", "{");
	tree_remove(f->tree, RECIPES "/0.0.0800.json");
	assert_int_equal(recipe_guard(f->ops, "0.0.0001", &f->u1, &f->err), 0);
	assert_int_equal(recipe_guard(f->ops, "mtty", &f->u2, &f->err), 0);
}

static void test_bound_to_another_disk_too(void **state)
{
	struct fixture *f = *state;

	carry(f, "0.0.0001", "0.0.0900");
	assert_int_equal(recipe_guard(f->ops, "0.0.0001", &f->u1, &f->err), -EXDEV);
	assert_int_equal(recipe_guard(f->ops, "0.0.0002", &f->u1, &f->err), -EXDEV);
	assert_int_equal(recipe_guard(f->ops, "0.0.0009", &f->u1, &f->err), 0);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_nothing_moves_at_home),
		row(test_a_subchannel_that_is_left_is_named),
		row(test_a_subchannel_of_another_recipe_is_not_left),
		row(test_a_definition_follows),
		row(test_two_disks_swap),
		row(test_stays_while_the_disk_is_away),
		row(test_two_definitions_stay),
		row(test_bound_twice),
		row(test_others_stay),
		row(test_one_that_cannot_move),
		row(test_starts_at_home),
		row(test_never_on_another_disk),
		row(test_transient_one_too),
		row(test_a_start_follows_and_applies),
		row(test_a_start_is_refused_while_the_host_uses_the_disk),
		row(test_a_recipe_that_cannot_be_read),
		row(test_bound_to_another_disk_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
