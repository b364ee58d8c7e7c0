/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/ap-live.h"
#include "lib/ap-kernel.h"
#include "lib/unit.h"

#define D "d"

struct fixture {
	struct tree *tree;
	struct ap_kernel *kernel;
	struct writer *writer;
	struct driver_device device;
	struct error err;
	struct strbuf told;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *tree;

	assert_int_equal(tree_setup(&tree), 0);
	f->tree = tree;
	f->kernel = ap_kernel_new(tree);
	assert_int_equal(writer_new(f->tree->sysfs, &f->writer), 0);
	f->device.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	writer_free(f->writer);
	if (f->device.fd >= 0)
		close(f->device.fd);
	error_done(&f->err);
	strbuf_done(&f->told);
	free(f);
	return tree_teardown(&tree);
}

static void make_device(struct fixture *f, const char *matrix, bool has_config)
{
	if (f->device.fd >= 0)
		close(f->device.fd);
	if (tree_has(f->tree, "/sys/" D "/ap_config"))
		tree_remove(f->tree, "/sys/" D "/ap_config");
	ap_kernel_device(f->kernel, D, matrix, has_config);
	f->kernel->writes[0] = '\0';
	f->device = (struct driver_device){ .env = f->tree->env,
		                            .sysfs = f->tree->sysfs,
		                            .writer = f->writer,
		                            .limit_ms = 60000,
		                            .fd = sysfs_open_dir(f->tree->sysfs, D),
		                            .name = "U" };
	assert_true(f->device.fd >= 0);
}

static int apply(struct fixture *f, const char *wanted)
{
	struct ap_matrix m = { 0 };
	int r;

	if (*wanted)
		assert_int_equal(ap_matrix_parse(wanted, &m, NULL), 0);
	error_done(&f->err);
	strbuf_clear(&f->told);
	r = ap_live_apply(&f->device, &m, &f->err);
	error_format(&f->err, &f->told);
	return r;
}

static void assert_told(const struct fixture *f, const char *text)
{
	if (!strstr(strbuf_str(&f->told), text))
		print_error("told: %s\n", strbuf_str(&f->told));
	assert_non_null(strstr(strbuf_str(&f->told), text));
}

struct change {
	const char *from, *to, *writes;
};

static void test_goes_by_numbers(void **state)
{
	static const struct change rows[] = {
		{ "5:4", "5:4", "" },
		{ "5:4", "5,6:4", "assign_adapter=6 " },
		{ "5:4", "", "unassign_adapter=5 unassign_domain=4 " },
		{ "", "5:4:7", "assign_adapter=5 assign_domain=4 assign_control_domain=7 " },
		/* what goes goes first: 5.0047 and 06.0004 are never the device's */
		{ "5:4", "6:71",
		  "unassign_adapter=5 unassign_domain=4 assign_adapter=6 assign_domain=71 " },
		{ "5,6:4,71:1,2", "6,10:71,171:2,3",
		  "unassign_adapter=5 unassign_domain=4 unassign_control_domain=1 "
		  "assign_adapter=10 assign_domain=171 assign_control_domain=3 " },
		{ "5:4", "5:", "unassign_domain=4 " },
		{ "5:", ":4", "unassign_adapter=5 assign_domain=4 " },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_device(f, rows[i].from, false);
		assert_int_equal(apply(f, rows[i].to), 0);
		assert_string_equal(f->kernel->writes, rows[i].writes);
		if (*rows[i].to)
			assert_string_equal(ap_kernel_matrix(f->kernel, D), rows[i].to);
	}
}

static void test_goes_by_ap_config(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4", true);
	assert_int_equal(apply(f, "6:71:3"), 0);
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "6:71:3");
	assert_int_equal(strncmp(f->kernel->writes, "ap_config=0x02000000", 20), 0);
	assert_null(strstr(f->kernel->writes, "assign"));
	f->kernel->writes[0] = '\0';
	assert_int_equal(apply(f, "6:71:3"), 0);
	assert_string_equal(f->kernel->writes, "");
}

static void test_a_refusal_of_ap_config(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4", true);
	ap_kernel_fail(f->kernel, "ap_config", "", -EADDRINUSE, 1);
	assert_int_equal(apply(f, "6:71"), -EADDRINUSE);
	assert_told(f, "Failed to change the matrix of device U: writing '0x0200");
	assert_told(f, "Address already in use, nothing was changed (another matrix device");
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "5:4");
}

/* Each write of a change that needs six fails once: all is as before. */
static void test_each_failure_is_undone(void **state)
{
	static const char *const names[] = { "unassign_adapter",        "unassign_domain",
		                             "unassign_control_domain", "assign_adapter",
		                             "assign_domain",           "assign_control_domain" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		make_device(f, "5,6:4,71:1,2", false);
		ap_kernel_fail(f->kernel, names[i], "", -EADDRNOTAVAIL, 1);
		assert_int_equal(apply(f, "6,10:71,171:2,3"), -EADDRNOTAVAIL);
		assert_told(f, names[i]);
		assert_told(f, i == 0 ? "nothing was changed" : "what was changed has been undone");
		assert_string_equal(ap_kernel_matrix(f->kernel, D), "5,6:4,71:1,2");
	}
}

static void test_what_cannot_be_undone_is_told(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4,71", false);
	ap_kernel_fail(f->kernel, "assign_adapter", "6", -EADDRINUSE, 1);
	ap_kernel_fail(f->kernel, "assign_domain", "71", -EADDRINUSE, 1);
	assert_int_equal(apply(f, "5,6:4"), -EADDRINUSE);
	assert_told(f, "writing '6' to assign_adapter");
	assert_told(f, "and it could not be undone: the matrix is now 5:4 (");
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "5:4");
	make_device(f, "5:4", false);
	ap_kernel_fail(f->kernel, "assign_adapter", "", -ENODEV, 2);
	assert_int_equal(apply(f, "6:71"), -ENODEV);
	assert_told(f, "and it could not be undone: the matrix is empty now");
}

static void test_success_is_read_back(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4", false);
	f->kernel->tamper_after = f->kernel->n_writes + 1;
	assert_int_equal(ap_matrix_parse("9:4", &f->kernel->tampered, NULL), 0);
	assert_int_equal(apply(f, "5,6:4"), -EIO);
	assert_told(f, "the kernel refused nothing, but the matrix is now 9:4");
}

static void test_more_queues_than_are_shown(void **state)
{
	struct fixture *f = *state;
	struct attrs attrs = { 0 };

	/* ap_config has them all */
	make_device(f, "0-31:0-31", true);
	assert_int_equal(driver_vfio_ap.read_attrs(f->device.fd, &attrs), 0);
	assert_int_equal(attrs.n, 64);
	attrs_done(&attrs);
	assert_int_equal(apply(f, "0-31:0-32"), 0);
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "0-31:0-32");
	/* without it nothing is done on what is not all */
	make_device(f, "0-31:0-31", false);
	assert_int_equal(driver_vfio_ap.read_attrs(f->device.fd, &attrs), -EFBIG);
	assert_int_equal(apply(f, "0-31:0-32"), -EFBIG);
	assert_told(f, "it has more queues than this kernel shows (nothing was changed; stop it");
	assert_string_equal(f->kernel->writes, "");
}

static void test_a_change_to_more_queues_than_are_shown(void **state)
{
	struct fixture *f = *state;

	make_device(f, "0-31:0-14,200", false);
	assert_int_equal(apply(f, "0-31:0-31"), -EFBIG);
	make_device(f, "0-30:0-14,200", false);
	assert_int_equal(apply(f, "0-30:0-31"), 0);
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "0-30:0-31");
	make_device(f, "0-30:0,200", false);
	ap_kernel_fail(f->kernel, "assign_domain", "31", -EADDRINUSE, 1);
	assert_int_equal(apply(f, "0-30:0-31"), -EADDRINUSE);
	assert_told(f, "what was changed has been undone");
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "0-30:0,200");
}

static void test_an_interrupt_leaves_nothing_half_done(void **state)
{
	static const volatile sig_atomic_t flag = SIGINT;
	struct fixture *f = *state;

	make_device(f, "5:4", false);
	env_set_interrupt(f->tree->env, &flag);
	assert_int_equal(apply(f, "6:71"), -EINTR);
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "5:4");
	assert_told(f, "nothing was changed");
}

static void test_an_interrupt_in_a_slow_write_is_undone(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4", false);
	env_set_interrupt(f->tree->env, &f->kernel->interrupt);
	f->kernel->interrupt_in = f->kernel->n_writes + 1;
	assert_int_equal(apply(f, "6:71"), -EINTR);
	assert_told(f, "what was changed has been undone");
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "5:4");
}

static void test_a_matrix_that_cannot_be_read(void **state)
{
	struct fixture *f = *state;

	make_device(f, "5:4", false);
	tree_remove(f->tree, "/sys/" D "/matrix");
	assert_int_equal(apply(f, "6:71"), -ENOENT);
	assert_told(f, "Cannot read the matrix of device U");
	assert_string_equal(f->kernel->writes, "");
}

static void test_the_driver_takes_attributes(void **state)
{
	struct fixture *f = *state;
	struct attrs wanted = { 0 }, writes = { 0 };

	make_device(f, "5:4", false);
	assert_int_equal(attrs_append(&wanted, "assign_adapter", "0x5", 3), 0);
	assert_int_equal(attrs_append(&wanted, "assign_domain", "4", 1), 0);
	assert_int_equal(attrs_append(&wanted, "assign_domain", "0107", 4), 0);
	assert_int_equal(driver_vfio_ap.plan_live(&f->device, &wanted, &writes, NULL), 0);
	assert_int_equal(writes.n, 1);
	assert_string_equal(writes.items[0].name, "assign_domain");
	assert_string_equal(writes.items[0].value, "71");
	assert_string_equal(f->kernel->writes, "");
	assert_int_equal(driver_vfio_ap.live(&f->device, &wanted, NULL), 0);
	assert_string_equal(ap_kernel_matrix(f->kernel, D), "5:4,71");
	assert_int_equal(attrs_append(&wanted, "assign_domain", "0089", 4), 0);
	assert_int_equal(driver_vfio_ap.live(&f->device, &wanted, &f->err), -EINVAL);
	error_format(&f->err, &f->told);
	assert_told(f, "'assign_domain' with value '0089' cannot be part of it (nothing was");
	attrs_done(&wanted);
	attrs_done(&writes);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_goes_by_numbers),
		row(test_goes_by_ap_config),
		row(test_a_refusal_of_ap_config),
		row(test_each_failure_is_undone),
		row(test_what_cannot_be_undone_is_told),
		row(test_success_is_read_back),
		row(test_more_queues_than_are_shown),
		row(test_a_change_to_more_queues_than_are_shown),
		row(test_an_interrupt_leaves_nothing_half_done),
		row(test_an_interrupt_in_a_slow_write_is_undone),
		row(test_a_matrix_that_cannot_be_read),
		row(test_the_driver_takes_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
