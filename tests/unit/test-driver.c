/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/driver.h"
#include "lib/tree.h"
#include "lib/unit.h"

static void test_table(void **state)
{
	assert_ptr_equal(driver_for_type("vfio_ap-passthrough"), &driver_vfio_ap);
	assert_ptr_equal(driver_for_type("vfio_ccw-io"), &driver_vfio_ccw);
	assert_ptr_equal(driver_for_type("nvidia-222"), &driver_generic);
	assert_ptr_equal(driver_for_type(""), &driver_generic);
}

struct matrix_row {
	const char *matrix;
	const char *control;
	const char *expected;
};

static void assert_attrs(struct tree *t, const struct matrix_row *row)
{
	struct strbuf text = STRBUF_INIT;
	struct attrs attrs = { 0 };
	int fd;

	tree_file(t, "/sys/d/matrix", row->matrix);
	tree_file(t, "/sys/d/control_domains", row->control);
	fd = sysfs_open_dir(t->sysfs, "d");
	assert_true(fd >= 0);
	assert_int_equal(driver_vfio_ap.read_attrs(fd, &attrs), 0);
	for (size_t i = 0; i < attrs.n; i++)
		strbuf_addf(&text, "%s=%s ", attrs.items[i].name, attrs.items[i].value);
	assert_string_equal(strbuf_str(&text), row->expected);
	strbuf_done(&text);
	attrs_done(&attrs);
	close(fd);
}

static void test_ap_matrix(void **state)
{
	static const struct matrix_row rows[] = {
		{ "", "", "" },
		{ "03.002b\n", "", "assign_adapter=3 assign_domain=43 " },
		{ "05.\n", "", "assign_adapter=5 " },
		{ ".0004\n", "0004\n", "assign_domain=4 assign_control_domain=4 " },
		{ "05.0004\n05.0047\n0a.0004\n0a.0047\n", "00ab\n",
		  "assign_adapter=5 assign_adapter=10 assign_domain=4 assign_domain=71 "
		  "assign_control_domain=171 " },
		{ "nonsense\nffff.ffff\n", "x", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_attrs(*state, &rows[i]);
}

static void test_explanations(void **state)
{
	assert_non_null(
		strstr(driver_vfio_ap.explain_attr("assign_adapter", -EADDRNOTAVAIL), "mask"));
	assert_non_null(
		strstr(driver_vfio_ap.explain_attr("assign_adapter", -EADDRINUSE), "matrix"));
	assert_non_null(strstr(driver_vfio_ap.explain_attr("assign_domain", -EINVAL), "octal"));
	assert_non_null(strstr(driver_vfio_ap.explain_attr("ap_config", -EINVAL), "masks"));
	assert_non_null(strstr(driver_vfio_ap.explain_attr("assign_domain", -ENODEV), "beyond"));
	assert_non_null(strstr(driver_vfio_ap.explain_attr("assign_domain", -EBUSY), "again"));
	assert_non_null(strstr(driver_vfio_ap.explain_attr("assign_domain", -EPERM), "6.0"));
	assert_non_null(strstr(driver_vfio_ccw.explain_create(-EUSERS), "one device"));
	assert_null(driver_generic.explain_create(-ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test_setup_teardown(test_ap_matrix, tree_setup, tree_teardown),
		cmocka_unit_test(test_explanations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
