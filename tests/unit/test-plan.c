/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/failure.h"
#include "core/plan.h"
#include "lib/unit.h"

#define UUID "5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123"

struct row {
	const char *name;
	struct start_facts facts;
	int r;
	const char *message;
	enum failure mark;
};

/* A parent that is there with one free instance. */
#define GOOD .has_parent = true, .has_types = true, .has_type = true, .available = 1

static const struct row rows[] = {
	{ "good", { GOOD }, 0, NULL },
	{ "negative count",
	  { .has_parent = true, .has_types = true, .has_type = true, .available = -5 },
	  0,
	  NULL },
	{ "active",
	  { GOOD, .is_active = true, .active_parent = "p", .active_type = "t" },
	  -EEXIST,
	  "Device already exists" },
	{ "other parent",
	  { GOOD, .is_active = true, .active_parent = "q", .active_type = "t" },
	  -EEXIST,
	  "Device exists under different parent",
	  FAILURE_ELSEWHERE },
	{ "other type",
	  { GOOD, .is_active = true, .active_parent = "p", .active_type = "u" },
	  -EEXIST,
	  "Device exists with different type" },
	{ "no parent", { .has_parent = false }, -ENODEV, "Unable to find parent device 'p'" },
	{ "similar parent",
	  { .similar_parent = "P" },
	  -ENODEV,
	  "Unable to find parent device 'p'. Did you mean 'P'?" },
	{ "not registered",
	  { .has_parent = true },
	  -ENODEV,
	  "Parent p is not currently registered for mdev support" },
	{ "no type",
	  { .has_parent = true, .has_types = true },
	  -ENOENT,
	  "Parent p does not support mdev type t",
	  FAILURE_NO_TYPE },
	{ "no instance",
	  { .has_parent = true, .has_types = true, .has_type = true },
	  -ENOSPC,
	  "No available instances of t on p",
	  FAILURE_NO_INSTANCE },
	{ "unreadable count", { GOOD, .available_error = -EACCES }, -EACCES, "Permission denied" },
	{ "bad count",
	  { GOOD, .available_error = -EINVAL, .available_reason = "invalid digit found in string" },
	  -EINVAL,
	  "invalid digit found in string" },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct definition d = { .type = (char *)"t" };
		struct plan plan = { 0 };
		struct error err = ERROR_INIT;
		struct mdev_uuid uuid;
		int r;

		assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
		r = plan_start(&uuid, "p", &d, &rows[i].facts, &plan, &err);
		if (r != rows[i].r)
			fail_msg("%s: %d instead of %d", rows[i].name, r, rows[i].r);
		if (rows[i].message)
			assert_string_equal(err.message, rows[i].message);
		assert_int_equal(err.mark, rows[i].mark);
		assert_int_equal(plan.n, r == 0 ? 1 : 0);
		error_done(&err);
		plan_done(&plan);
	}
}

static void test_attributes_keep_their_order(void **state)
{
	const struct start_facts facts = { GOOD };
	struct definition d = { .type = (char *)"t" };
	struct plan plan = { 0 };
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(attrs_append(&d.attrs, "b", "1", 1), 0);
	assert_int_equal(attrs_append(&d.attrs, "a", "2", 1), 0);
	assert_int_equal(attrs_append(&d.attrs, "b", "3", 1), 0);
	assert_int_equal(plan_start(&uuid, "p", &d, &facts, &plan, NULL), 0);
	assert_int_equal(plan.n, 4);
	assert_int_equal(plan.steps[0].kind, PLAN_CREATE);
	assert_string_equal(plan.steps[1].word, "b");
	assert_string_equal(plan.steps[2].word, "a");
	assert_string_equal(plan.steps[3].value, "3");
	plan_done(&plan);
	attrs_done(&d.attrs);
}

static void test_hostile_names_are_refused_before_anything(void **state)
{
	static const char *const bad[] = { "",     "/etc/passwd", "../x",  "a/../b", "a//b",
		                           "a/",   ".",           "a/./b", "remove", "uevent",
		                           "a\nb", "..",          "x/.." };
	static const char *const good[] = { "a", "nvidia/vgpu_params", "a..b", "..a",
		                            "power/control" };
	const struct start_facts facts = { GOOD };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct definition d = { .type = (char *)"t" };
		struct error err = ERROR_INIT;
		struct plan plan = { 0 };
		struct mdev_uuid uuid;

		assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
		assert_non_null(plan_attr_name_problem(bad[i]));
		assert_int_equal(attrs_append(&d.attrs, "fine", "1", 1), 0);
		assert_int_equal(attrs_append(&d.attrs, bad[i], "1", 1), 0);
		assert_int_equal(plan_start(&uuid, "p", &d, &facts, &plan, &err), -EINVAL);
		assert_int_equal(plan.n, 0);
		assert_non_null(strstr(err.message, "Invalid attribute '"));
		assert_int_equal(err.mark, FAILURE_ATTRIBUTE);
		error_done(&err);
		plan_done(&plan);
		attrs_done(&d.attrs);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(plan_attr_name_problem(good[i]));
}

static void test_text(void **state)
{
	struct plan plan = { 0 };
	struct strbuf out = STRBUF_INIT;
	struct plan_step step = { .kind = PLAN_ASK, .parent = "p", .word = "define" };

	assert_int_equal(mdev_uuid_parse(UUID, &step.uuid), 0);
	assert_int_equal(plan_add(&plan, &step), 0);
	step = (struct plan_step){ .kind = PLAN_WRITE_DEFINITION,
		                   .uuid = step.uuid,
		                   .path = "/f",
		                   .old_text = "a\n",
		                   .value = "b\n",
		                   .value_len = 2 };
	assert_int_equal(plan_add(&plan, &step), 0);
	plan_format(&plan, "would ask /x\nwould ask /y\n", &out);
	assert_string_equal(strbuf_str(&out), "ask callouts for leave: define of device " UUID "\n"
	                                      "  would ask /x\n"
	                                      "  would ask /y\n"
	                                      "rewrite /f\n"
	                                      "--- /f\n+++ /f\n@@ -1 +1 @@\n-a\n+b\n");
	strbuf_done(&out);
	plan_done(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_attributes_keep_their_order),
		cmocka_unit_test(test_hostile_names_are_refused_before_anything),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
