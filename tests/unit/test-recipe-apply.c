/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/ops-private.h"
#include "core/recipe-apply.h"
#include "lib/tree.h"
#include "lib/unit.h"

/* A kind of hardware that is a row of files: a recipe is applied when /sys/hw/N holds 1 for
 * each of them. The tree's kernel keeps what is written. With /sys/hw/LATE something may be
 * about to come: "late" never does, "soon" does at the second look, "just now" at the first, and is
 * used then. */
#define FILES 3
#define LATE  FILES

static bool holds(struct ops *ops, int i, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = sysfs_open_dir(ops->sysfs, "hw");
	char name[8];

	snprintf(name, sizeof(name), "%d", i);
	return fd >= 0 && sysfs_read(fd, name, &text) == 0 && strcmp(strbuf_str(&text), value) == 0;
}

static int look(struct ops *ops, const struct recipe *r, struct recipe_look *ret, struct error *err)
{
	ret->state = RECIPE_READY;
	ret->facts = calloc(FILES + 1, sizeof(bool));
	ret->free_facts = free;
	if (holds(ops, 0, "used"))
		ret->state = RECIPE_IN_USE;
	for (int i = 0; i < FILES; i++) {
		((bool *)ret->facts)[i] = holds(ops, i, "1");
		if (ret->state == RECIPE_READY && !holds(ops, i, "1"))
			ret->state = RECIPE_PARTIAL;
	}
	((bool *)ret->facts)[LATE] = holds(ops, LATE, "late") || holds(ops, LATE, "soon") ||
	                             holds(ops, LATE, "just now");
	if (ret->state == RECIPE_PARTIAL)
		ret->reason = strdup("not all files are written");
	return 0;
}

static int plan(const struct recipe *r, const struct recipe_look *l, bool release,
                struct recipe_plan *ret, struct error *err)
{
	const struct recipe_step settle = {
		.kind = RECIPE_STEP_SETTLE, .what = "let it come", .goal = LATE, .limit_ms = 10
	};
	const bool *is_set = l->facts;

	if (l->state == RECIPE_IN_USE)
		return error_set(err, -EBUSY, "used");
	if (l->state == RECIPE_PARTIAL && is_set[LATE] && recipe_plan_add(ret, &settle) < 0)
		return -ENOMEM;
	for (int i = 0; i < FILES; i++) {
		char target[16];
		const struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
			                          .target = target,
			                          .value = release ? "0" : "1",
			                          .what = "set it",
			                          .goal = i,
			                          .limit_ms = 300,
			                          .retry_on_again = true };
		int e;

		snprintf(target, sizeof(target), "hw/%d", i);
		/* As hardware that only turns up after the step before. */
		if (is_set[i] != release)
			continue;
		e = recipe_plan_add(ret, &step);
		if (e < 0)
			return e;
		ret->is_partial = true;
		break;
	}
	return 0;
}

static void set(struct ops *ops, int i, const char *value)
{
	_cleanup_(closep) int dirfd = sysfs_open_dir(ops->sysfs, "hw");
	char name[8];

	snprintf(name, sizeof(name), "%d", i);
	assert_return_code(sysfs_write(ops->sysfs, dirfd, name, value, strlen(value)), 0);
}

static int has_come(struct ops *ops)
{
	if (holds(ops, LATE, "here"))
		return 1;
	if (holds(ops, LATE, "just now")) {
		set(ops, 0, "used");
		set(ops, LATE, "here");
		return 1;
	}
	if (holds(ops, LATE, "soon")) {
		set(ops, LATE, "now");
	} else if (holds(ops, LATE, "now")) {
		set(ops, 0, "used");
		set(ops, LATE, "here");
		return 1;
	}
	return 0;
}

static int is_done(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                   struct error *err)
{
	if (step->goal == LATE)
		return has_come(ops);
	return holds(ops, step->goal, step->value);
}

static const char *explain(const struct recipe_step *step, int error)
{
	return error == -EPERM ? "the fake kernel was told so" : NULL;
}

static const struct recipe_kind kind = {
	.type = RECIPE_VFIO_AP, .look = look, .plan = plan, .is_done = is_done, .explain = explain
};

struct world {
	struct tree *tree;
	struct ops *ops;
	struct recipe *recipe;
	int again; /* so many writes are answered EAGAIN; in the child that writes */
	int fail;
};

/* In memory of the child that writes: it is made at the first write. */
static ssize_t keep(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                    size_t n)
{
	struct world *w = userdata;

	if (w->fail)
		return w->fail;
	if (w->again > 0) {
		w->again--;
		return -EAGAIN;
	}
	return ftruncate(fd, 0) < 0 ? -errno : write(fd, bytes, n);
}

static ssize_t swallow(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                       size_t n)
{
	return (ssize_t)n;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *tree;

	assert_int_equal(tree_setup(&tree), 0);
	w->tree = tree;
	assert_int_equal(ops_new(w->tree->env, &w->ops), 0);
	assert_int_equal(recipe_new(RECIPE_VFIO_AP, &w->recipe), 0);
	sysfs_set_writer(w->ops->sysfs, keep, w);
	tree_file(w->tree, "/sys/hw/0", "0");
	tree_file(w->tree, "/sys/hw/1", "0");
	tree_file(w->tree, "/sys/hw/2", "0");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	recipe_free(w->recipe);
	ops_free(w->ops);
	tree_teardown(&tree);
	free(w);
	return 0;
}

static int carry_out(struct world *w, bool release, unsigned *steps, struct error *err)
{
	return recipe_carry_out_by(w->ops, &kind, w->recipe, release, steps, err);
}

static void test_there_and_back(void **state)
{
	struct world *w = *state;
	unsigned steps;

	/* What is done already is left out. */
	tree_file(w->tree, "/sys/hw/1", "1");
	assert_int_equal(carry_out(w, false, &steps, NULL), 0);
	assert_int_equal(steps, 2);
	assert_true(holds(w->ops, 0, "1") && holds(w->ops, 1, "1") && holds(w->ops, 2, "1"));
	assert_int_equal(carry_out(w, false, &steps, NULL), 0);
	assert_int_equal(steps, 0);
	assert_int_equal(carry_out(w, true, &steps, NULL), 0);
	assert_int_equal(steps, 3);
	assert_true(holds(w->ops, 0, "0") && holds(w->ops, 1, "0") && holds(w->ops, 2, "0"));
}

static void test_tries_again(void **state)
{
	struct world *w = *state;

	w->again = 3;
	assert_int_equal(carry_out(w, false, NULL, NULL), 0);
}

static void test_gives_up(void **state)
{
	struct world *w = *state;

	w->again = 1000000;
	assert_int_equal(carry_out(w, false, NULL, NULL), -EAGAIN);
}

static void test_refused(void **state)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	struct world *w = *state;
	unsigned steps;

	tree_file(w->tree, "/sys/hw/0", "used");
	assert_int_equal(carry_out(w, false, &steps, &err), -EBUSY);
	assert_int_equal(steps, 0);
	assert_string_equal(err.message, "used");
}

static void test_write_fails(void **state)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	struct world *w = *state;

	w->fail = -EPERM;
	assert_int_equal(carry_out(w, false, NULL, &err), -EPERM);
	assert_string_equal(err.message, "Parent matrix: failed to set it");
	assert_string_equal(err.advice, "the fake kernel was told so");
}

static void test_goal_is_never_reached(void **state)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	struct world *w = *state;

	sysfs_set_writer(w->ops->sysfs, swallow, NULL);
	assert_int_equal(carry_out(w, false, NULL, &err), -ETIMEDOUT);
	assert_string_equal(err.message, "Parent matrix: failed to set it");
}

static void test_goes_on_without_what_does_not_come(void **state)
{
	struct world *w = *state;
	unsigned steps;

	tree_file(w->tree, "/sys/hw/3", "late");
	assert_int_equal(carry_out(w, false, &steps, NULL), 0);
	assert_int_equal(steps, FILES);
}

static void test_looks_again_at_what_has_come(void **state)
{
	struct world *w = *state;

	tree_file(w->tree, "/sys/hw/3", "soon");
	assert_int_equal(carry_out(w, false, NULL, NULL), -EBUSY);
	assert_true(holds(w->ops, 0, "used") && holds(w->ops, 1, "0"));
	tree_file(w->tree, "/sys/hw/0", "0");
	tree_file(w->tree, "/sys/hw/3", "just now");
	assert_int_equal(carry_out(w, false, NULL, NULL), -EBUSY);
	assert_true(holds(w->ops, 0, "used") && holds(w->ops, 1, "0"));
}

static void test_file_is_gone(void **state)
{
	struct world *w = *state;
	unsigned steps;

	tree_remove(w->tree, "/sys/hw/1");
	assert_int_equal(carry_out(w, false, &steps, NULL), -ENOENT);
	assert_int_equal(steps, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tries_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gives_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_goal_is_never_reached, setup, teardown),
		cmocka_unit_test_setup_teardown(test_goes_on_without_what_does_not_come, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_looks_again_at_what_has_come, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_is_gone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
