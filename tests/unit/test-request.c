/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/request.h"
#include "lib/unit.h"

static void test_forms(void **state)
{
	for (enum request_kind kind = 0; kind < _REQUEST_KIND_MAX; kind++) {
		const struct request_form *form = request_form(kind);

		assert_non_null(form->name);
		assert_true(form->n > 0 && form->n < 64);
		for (size_t i = 0; i < form->n; i++) {
			assert_true(form->fields[i].offset < sizeof(struct request));
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(form->fields[i].key, form->fields[j].key);
		}
	}
}

static void test_attr_actions(void **state)
{
	enum modify_attr action;

	for (enum modify_attr a = MODIFY_ATTR_NONE; a <= MODIFY_ATTR_DELETE; a++) {
		assert_int_equal(modify_attr_parse(modify_attr_name(a), &action), 0);
		assert_int_equal(action, a);
	}
	assert_int_equal(modify_attr_parse("", &action), -EINVAL);
	assert_int_equal(modify_attr_parse("Add", &action), -EINVAL);
}

static void test_check(void **state)
{
	static const struct mdev_uuid uuid = { { 1 } };
	static const struct json_source json = { .name = "JSON", .bytes = "{}", .len = 2 };
	const struct {
		struct request req;
		const char *message; /* NULL: it is fine */
		enum error_kind kind;
	} rows[] = {
		{ { .kind = REQUEST_DEFINE, .define = { .parent = "mtty" } }, NULL, 0 },
		{ { .kind = REQUEST_DEFINE }, "uuid or a parent", ERROR_USAGE },
		{ { .kind = REQUEST_DEFINE, .define = { .parent = "a/b" } },
		  "Invalid parent",
		  ERROR_FAILED },
		{ { .kind = REQUEST_UNDEFINE }, "uuid", ERROR_USAGE },
		{ { .kind = REQUEST_UNDEFINE, .target = { .uuid = &uuid, .parent = ".." } },
		  "Invalid parent",
		  ERROR_FAILED },
		{ { .kind = REQUEST_STOP }, "uuid", ERROR_USAGE },
		{ { .kind = REQUEST_START, .start = { .uuid = &uuid } }, NULL, 0 },
		{ { .kind = REQUEST_START }, "uuid or a parent", ERROR_USAGE },
		{ { .kind = REQUEST_START_PARENT }, "parent", ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY }, "uuid", ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY, .modify = { .uuid = &uuid, .set_auto = true } },
		  NULL,
		  0 },
		{ { .kind = REQUEST_MODIFY,
		    .modify = { .uuid = &uuid, .set_auto = true, .set_manual = true } },
		  "exclude",
		  ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY, .modify = { .uuid = &uuid, .attr = MODIFY_ATTR_ADD } },
		  "name and its value",
		  ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY,
		    .modify = { .uuid = &uuid, .attr = MODIFY_ATTR_DELETE, .attr_value = "x" } },
		  "only for adding",
		  ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY, .modify = { .uuid = &uuid, .has_index = true } },
		  "index",
		  ERROR_USAGE },
		{ { .kind = REQUEST_MODIFY,
		    .modify = { .uuid = &uuid, .json = json, .set_auto = true } },
		  "replaces",
		  ERROR_USAGE },
		/* Left to the operation, which looks for the device first. */
		{ { .kind = REQUEST_MODIFY,
		    .modify = { .uuid = &uuid, .live = true, .attr = MODIFY_ATTR_ADD } },
		  NULL,
		  0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct strbuf text = STRBUF_INIT;
		int r = request_check(&rows[i].req, &err);

		if (rows[i].message) {
			assert_int_equal(r, -EINVAL);
			error_format(&err, &text);
			assert_non_null(strstr(strbuf_str(&text), rows[i].message));
			assert_int_equal(err.kind, rows[i].kind);
		} else {
			assert_int_equal(r, 0);
			assert_false(error_is_set(&err));
		}
		strbuf_done(&text);
		error_done(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_attr_actions),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
