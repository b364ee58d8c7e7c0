/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ap-rule.h"
#include "core/ops-private.h"
#include "core/recipe-apply.h"
#include "lib/ap-kernel.h"
#include "lib/unit.h"

#define UUID "5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123"
#define ALL  "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"
#define TYPE "vfio_ap-passthrough"

struct fixture {
	struct tree *tree;
	struct ap_kernel *kernel;
	struct strbuf logged;
	struct log log;
	struct env *env;
	struct ops *ops;
	struct recipe *recipe;
	struct error err;
	struct strbuf told;
};

static void sink(void *userdata, enum log_level level _unused_, const char *text)
{
	strbuf_addf(userdata, "%s\n", text);
}

/* Queues 05.0004, 05.0047, 06.0004, all the host's; a modprobe that makes the parent. */
static void make_machine(struct fixture *f)
{
	static const char *const queues[] = { "05.0004", "05.0047", "06.0004" };
	char path[512], script[1024];

	tree_file(f->tree, "/sys/bus/ap/apmask", ALL);
	tree_file(f->tree, "/sys/bus/ap/aqmask", ALL);
	tree_file(f->tree, "/sys/bus/ap/bindings", "3/3 (complete)\n");
	tree_file(f->tree, "/sys/bus/ap/ap_max_adapter_id", "63\n");
	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		snprintf(path, sizeof(path), "/sys/bus/ap/devices/%s/driver", queues[i]);
		tree_link(f->tree, path, "../../drivers/cex4queue");
	}
	tree_dir(f->tree, "/sys/class/mdev_bus");
	tree_dir(f->tree, "/sys/devices/vfio_ap/matrix/mdev_supported_types/" TYPE);
	tree_dir(f->tree, "/run/lock");
	snprintf(
		script, sizeof(script),
		"#!/bin/sh\n[ \"$*\" = '-b vfio_ap' ] && cd %s/sys && mkdir -p bus/ap/drivers/vfio_ap && "
		"cat %s/run/lock/s390apconfig.lock >%s/lock && "
		"ln -s ../../devices/vfio_ap/matrix class/mdev_bus/matrix\n",
		f->tree->root, f->tree->root, f->tree->root);
	tree_file(f->tree, "/usr/sbin/modprobe", script);
	snprintf(path, sizeof(path), "%s/usr/sbin/modprobe", f->tree->root);
	assert_int_equal(chmod(path, 0755), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *tree;

	assert_int_equal(tree_setup(&tree), 0);
	f->tree = tree;
	f->log = (struct log){ .max = LOG_LEVEL_INFO, .sink = sink, .userdata = &f->logged };
	assert_int_equal(env_new(f->tree->root, &f->log, &f->env), 0);
	assert_int_equal(ops_new(f->env, &f->ops), 0);
	f->kernel = ap_kernel_new(tree);
	sysfs_set_writer(f->ops->sysfs, ap_kernel_write, f->kernel);
	assert_int_equal(recipe_new(RECIPE_VFIO_AP, &f->recipe), 0);
	ap_set_add(&f->recipe->ap.adapters, 5);
	ap_set_add(&f->recipe->ap.domains, 71);
	make_machine(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	error_done(&f->err);
	strbuf_done(&f->told);
	recipe_free(f->recipe);
	ops_free(f->ops);
	env_free(f->env);
	strbuf_done(&f->logged);
	free(f);
	return tree_teardown(&tree);
}

static void assert_look(struct fixture *f, enum recipe_state state, const char *words)
{
	struct recipe_look look = { 0 };

	assert_int_equal(recipe_look(f->ops, f->recipe, &look, &f->err), 0);
	assert_string_equal(recipe_state_name(look.state), recipe_state_name(state));
	if (words)
		assert_non_null(strstr(look.reason, words));
	else
		assert_null(look.reason);
	recipe_look_done(&look);
}

static int carry_out(struct fixture *f, bool release, unsigned steps)
{
	unsigned n = 0;
	int r;

	error_done(&f->err);
	strbuf_clear(&f->told);
	f->kernel->writes[0] = '\0';
	r = recipe_carry_out(f->ops, f->recipe, release, &n, &f->err);
	error_format(&f->err, &f->told);
	if (r < 0)
		print_message("%s\n", strbuf_str(&f->told));
	assert_int_equal(n, steps);
	assert_false(tree_has(f->tree, "/run/lock/s390apconfig.lock"));
	return r;
}

static void assert_told(const struct strbuf *text, const char *words)
{
	if (!strstr(strbuf_str(text), words))
		print_error("%s\n", strbuf_str(text));
	assert_non_null(strstr(strbuf_str(text), words));
}

/* What the host loses is said, the lock is held, and a second time nothing is to be done. */
static void test_takes_and_gives_back(void **state)
{
	struct fixture *f = *state;
	char *lock, wanted[32];

	assert_look(f, RECIPE_HOST, "the host has adapter 5 and domain 71");
	assert_int_equal(carry_out(f, false, 3), 0);
	assert_string_equal(f->kernel->writes, "apmask=-5 aqmask=-71 ");
	assert_told(&f->logged,
	            "the host loses adapter 5 and domain 71, each with all its queues; of "
	            "those that are there: 05.0004 05.0047");
	lock = tree_read(f->tree, "/lock");
	snprintf(wanted, sizeof(wanted), "%d\n", (int)getpid());
	assert_string_equal(lock, wanted);
	free(lock);
	assert_look(f, RECIPE_READY, NULL);
	assert_int_equal(carry_out(f, false, 0), 0);
	assert_int_equal(carry_out(f, true, 2), 0);
	assert_string_equal(f->kernel->writes, "apmask=+5 aqmask=+71 ");
	assert_look(f, RECIPE_HOST, "the host has adapter 5 and domain 71");
	assert_int_equal(carry_out(f, true, 0), 0);
}

static void test_only_what_is_missing(void **state)
{
	struct fixture *f = *state;

	ap_set_add(&f->recipe->ap.adapters, 6);
	ap_set_remove(&f->kernel->aqmask, 71);
	tree_file(f->tree, "/sys/bus/ap/aqmask",
	          "0xfffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffff\n");
	assert_look(f, RECIPE_PARTIAL, "the host has adapters 5,6");
	assert_int_equal(carry_out(f, false, 2), 0);
	assert_string_equal(f->kernel->writes, "apmask=-5,-6 ");
}

static void test_plan_text(void **state)
{
	struct fixture *f = *state;
	struct strbuf text = STRBUF_INIT;

	tree_file(f->tree, "/sys/bus/ap/bindings", "2/3\n");
	tree_remove(f->tree, "/sys/bus/ap/devices/06.0004/driver");
	assert_int_equal(recipe_plan_text(f->ops, f->recipe, false, &text, NULL), 0);
	assert_string_equal(strbuf_str(&text),
	                    "the host loses adapter 5 and domain 71, each with all its queues; of "
	                    "those that are there: 05.0004 05.0047\n"
	                    "wait until the host's drivers have their queues\n"
	                    "take adapter 5 from the host: write '-5' to /sys/bus/ap/apmask\n"
	                    "take domain 71 from the host: write '-71' to /sys/bus/ap/aqmask\n"
	                    "load the module vfio_ap\n"
	                    "wait until vfio_ap has the queues that are reserved\n");
	assert_string_equal(f->kernel->writes, "");
	strbuf_done(&text);
}

static void test_there_is_no_bus(void **state)
{
	struct fixture *f = *state;

	tree_remove(f->tree, "/sys/bus/ap/apmask");
	assert_look(f, RECIPE_ABSENT, "no AP bus");
	assert_int_equal(carry_out(f, false, 0), -ENODEV);
	assert_told(&f->told, "Parent matrix cannot be set up: there is no AP bus");
	assert_int_equal(carry_out(f, true, 0), 0);
}

static void test_chzdev_is_named(void **state)
{
	struct fixture *f = *state;

	/* it keeps all but adapter 6 for the host */
	tree_file(f->tree, AP_RULE_FILE,
	          "ATTR{[ap/]apmask}=\"0xfdffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	          "ffffffff\"\n");
	assert_look(f, RECIPE_FOREIGN, "chzdev gives adapter 5 to the host, in " AP_RULE_FILE);
	assert_int_equal(carry_out(f, false, 0), -EPERM);
	assert_told(&f->told, "chzdev gives adapter 5 to the host");
	assert_int_equal(recipe_kind(RECIPE_VFIO_AP)->check(f->ops, f->recipe, false, NULL), 0);
	assert_told(&f->logged, "Recipe matrix cannot be applied: chzdev gives adapter 5");
	assert_string_equal(f->kernel->writes, "");
	/* what it reserves, too, is not given back */
	ap_set_remove(&f->recipe->ap.adapters, 5);
	ap_set_add(&f->recipe->ap.adapters, 6);
	assert_int_equal(carry_out(f, false, 3), 0);
	assert_int_equal(carry_out(f, true, 1), 0);
	assert_string_equal(f->kernel->writes, "aqmask=+71 ");
}

static void test_in_use(void **state)
{
	static const char *const attrs[] = { "matrix", "control_domains", NULL };
	struct fixture *f = *state;

	assert_int_equal(carry_out(f, false, 3), 0);
	tree_remove(f->tree, "/sys/class/mdev_bus/matrix");
	tree_parent(f->tree, "matrix", TYPE, 4);
	tree_device(f->tree, "matrix", TYPE, UUID, attrs);
	tree_file(f->tree, "/sys/bus/mdev/devices/" UUID "/matrix", "05.0004\n");
	assert_int_equal(carry_out(f, true, 0), -EBUSY);
	assert_told(&f->told,
	            "The host cannot have the queues of parent matrix back: queue 05.0004 is "
	            "in use by device " UUID);
	assert_string_equal(f->kernel->writes, "");
}

static void test_a_veto_of_the_kernel(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(carry_out(f, false, 3), 0);
	ap_kernel_fail(f->kernel, "apmask", "", -EBUSY, 1);
	assert_int_equal(carry_out(f, true, 0), -EBUSY);
	assert_told(&f->told,
	            "failed to give adapter 5 back to the host: Device or resource busy (a "
	            "matrix device has one of these queues; the kernel's log names it)");
	ap_kernel_fail(f->kernel, "apmask", "", -EINVAL, 1);
	assert_int_equal(carry_out(f, true, 0), -EINVAL);
	assert_told(&f->told, "driver_override");
}

static void test_a_module_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, "/usr/sbin/modprobe", "#!/bin/sh\necho no such module >&2\nexit 1\n");
	assert_int_equal(carry_out(f, false, 2), -EIO);
	assert_told(&f->told, "no such module");
	assert_look(f, RECIPE_PARTIAL, "vfio_ap is not loaded");
}

static void test_numbers_of_this_machine(void **state)
{
	const struct recipe_kind *kind = recipe_kind(RECIPE_VFIO_AP);
	struct fixture *f = *state;

	assert_int_equal(kind->check(f->ops, f->recipe, false, NULL), 0);
	ap_set_add(&f->recipe->ap.adapters, 64);
	assert_int_equal(kind->check(f->ops, f->recipe, false, &f->err), -ENODEV);
	assert_string_equal(f->err.message, "This machine has no adapter 64");
	assert_int_equal(kind->check(f->ops, f->recipe, true, NULL), 0);
	assert_told(&f->logged, "The highest adapter of this machine is 63, and not 64");
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_takes_and_gives_back),
		row(test_only_what_is_missing),
		row(test_plan_text),
		row(test_there_is_no_bus),
		row(test_chzdev_is_named),
		row(test_in_use),
		row(test_a_veto_of_the_kernel),
		row(test_a_module_that_is_not_there),
		row(test_numbers_of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
