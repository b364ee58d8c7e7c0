/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ops-private.h"
#include "core/recipe-ccw-private.h"
#include "core/recipe-kind.h"
#include "core/recipe-store.h"
#include "lib/css.h"
#include "lib/unit.h"

#define SUB       "/sys/devices/css0/0.0.0001"
#define UUID      "5dfa59ac-6b43-4dcd-a8b1-1b7f4b4ab123"
#define DRIVERCTL "/etc/driverctl.d/css-0.0.0001"
#define CHZDEV    "/etc/udev/rules.d/41-dasd-eckd-0.0.4711.rules"

struct fixture {
	struct tree *tree;
	struct strbuf logged;
	struct log log;
	struct env *env;
	struct ops *ops;
	struct recipe *recipe;
	struct error err;
};

static void sink(void *userdata, enum log_level level _unused_, const char *text)
{
	strbuf_addf(userdata, "%s\n", text);
}

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
	assert_int_equal(recipe_new(RECIPE_VFIO_CCW, &f->recipe), 0);
	assert_int_equal(busid_parse("0.0.4711", &f->recipe->ccw.device), 0);
	strcpy(f->recipe->ccw.driver, "vfio_ccw");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	error_done(&f->err);
	recipe_free(f->recipe);
	ops_free(f->ops);
	env_free(f->env);
	strbuf_done(&f->logged);
	free(f);
	return tree_teardown(&tree);
}

static const struct recipe_kind *kind(void)
{
	return recipe_kind(RECIPE_VFIO_CCW);
}

static void assert_look(struct fixture *f, enum recipe_state state, const char *words)
{
	struct recipe_look look = { 0 };

	assert_int_equal(kind()->look(f->ops, f->recipe, &look, &f->err), 0);
	assert_string_equal(recipe_state_name(look.state), recipe_state_name(state));
	if (words)
		assert_non_null(strstr(look.reason, words));
	else
		assert_null(look.reason);
	if (state == RECIPE_READY)
		assert_string_equal(look.parent, "0.0.0001");
	else
		assert_null(look.parent);
	recipe_look_done(&look);
}

static int plan(struct fixture *f, bool release, struct recipe_plan *ret)
{
	struct recipe_look look = { 0 };
	int r;

	*ret = (struct recipe_plan){ 0 };
	error_done(&f->err);
	assert_int_equal(kind()->look(f->ops, f->recipe, &look, &f->err), 0);
	r = kind()->plan(f->recipe, &look, release, ret, &f->err);
	recipe_look_done(&look);
	return r;
}

static void assert_plan(struct fixture *f, bool release, const char *expected)
{
	struct strbuf text = STRBUF_INIT;
	struct recipe_plan p;

	assert_int_equal(plan(f, release, &p), 0);
	recipe_plan_format(&p, &text);
	assert_string_equal(strbuf_str(&text), expected);
	strbuf_done(&text);
	recipe_plan_done(&p);
}

static void assert_refused(struct fixture *f, bool release, int r, const char *words)
{
	struct strbuf text = STRBUF_INIT;
	struct recipe_plan p;

	assert_int_equal(plan(f, release, &p), r);
	assert_int_equal(p.n, 0);
	error_format(&f->err, &text);
	assert_non_null(strstr(strbuf_str(&text), words));
	strbuf_done(&text);
	recipe_plan_done(&p);
}

/* Carries a plan out as the engine does, without its patience: each step must be open before
 * its write and done after it. */
static void carry_out(struct fixture *f, bool release)
{
	struct recipe_plan p;

	assert_int_equal(plan(f, release, &p), 0);
	for (size_t i = 0; i < p.n; i++) {
		const struct recipe_step *s = &p.steps[i];
		char *dir = strdup(s->target), *slash = strrchr(dir, '/');
		int fd;

		assert_int_equal(s->kind, RECIPE_STEP_WRITE);
		assert_int_equal(kind()->is_done(f->ops, f->recipe, s, &f->err), 0);
		*slash = '\0';
		fd = sysfs_open_dir(f->ops->sysfs, dir);
		assert_true(fd >= 0);
		assert_int_equal(
			sysfs_write(f->ops->sysfs, fd, slash + 1, s->value, strlen(s->value)), 0);
		close(fd);
		free(dir);
		assert_int_equal(kind()->is_done(f->ops, f->recipe, s, &f->err), 1);
	}
	recipe_plan_done(&p);
}

/* ---- looks -------------------------------------------------------------------------------- */

static void test_absent(void **state)
{
	struct fixture *f = *state;

	assert_look(f, RECIPE_ABSENT, "no subchannel carries device 0.0.4711");
	assert_refused(f, false, -ENODEV, "no subchannel carries");
	assert_plan(f, true, "");
	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	css_subchannel(f->tree, "0.0.0002", "0.0.4711");
	assert_look(f, RECIPE_ABSENT, "several subchannels");
}

static void test_hidden(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	tree_file(f->tree, "/proc/cio_ignore", "0.0.4000-0.0.4fff\n");
	assert_look(f, RECIPE_HIDDEN, "cio_ignore hides device 0.0.4711");
	assert_plan(f, false,
	            "let the kernel see device 0.0.4711: write 'free 0.0.4711' to "
	            "/proc/cio_ignore\n"
	            "look again and go on from there\n");
	assert_plan(f, true, "");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 0);
	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 1);
	recipe_plan_done(&p);
	assert_look(f, RECIPE_HOST, "driver io_subchannel");
}

static void test_all_the_way_and_back(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", true);
	assert_look(f, RECIPE_HOST, "the host has device 0.0.4711");
	assert_plan(f, false,
	            "set device 0.0.4711 offline: write '0' to "
	            "/sys/bus/ccw/devices/0.0.4711/online\n"
	            "let only vfio_ccw drive subchannel 0.0.0001: write 'vfio_ccw' to "
	            "/sys/bus/css/devices/0.0.0001/driver_override\n"
	            "take subchannel 0.0.0001 from driver io_subchannel: write '0.0.0001' to "
	            "/sys/bus/css/drivers/io_subchannel/unbind\n"
	            "give subchannel 0.0.0001 to vfio_ccw: write '0.0.0001' to "
	            "/sys/bus/css/drivers_probe\n");
	carry_out(f, false);
	assert_look(f, RECIPE_READY, NULL);
	assert_plan(f, false, "");
	carry_out(f, true);
	assert_look(f, RECIPE_HOST, "driver io_subchannel");
	assert_plan(f, true, "");
	assert_false(tree_has(f->tree, "/sys/class/mdev_bus/0.0.0001"));
	assert_true(tree_has(f->tree, "/sys/bus/ccw/devices/0.0.4711"));
}

/* An offline device answers EINVAL to online=0: it is not written. */
static void test_goes_on_from_where_it_is(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_OVERRIDE);
	recipe_plan_done(&p);
	tree_file(f->tree, SUB "/driver_override", "vfio_ccw\n");
	assert_look(f, RECIPE_PARTIAL, "driver io_subchannel");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_LEFT_HOST);
	recipe_plan_done(&p);
	css_bind(f->tree, "0.0.0001", NULL);
	assert_look(f, RECIPE_PARTIAL, "no driver");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_READY);
	recipe_plan_done(&p);
	css_bind(f->tree, "0.0.0001", "vfio_ccw");
	assert_look(f, RECIPE_READY, NULL);
}

/* To unbind what virtio_ccw is about to set online is an oops of the kernel. */
static void test_waits_for_what_comes_online(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3832/02", false);
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_ONLINE);
	assert_int_equal(p.steps[0].kind, RECIPE_STEP_SETTLE);
	assert_int_equal(p.steps[1].goal, CCW_GOAL_OFFLINE);
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 0);
	tree_file(f->tree, SUB "/0.0.4711/online", "1\n");
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 1);
	recipe_plan_done(&p);
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_OFFLINE);
	recipe_plan_done(&p);
}

static void test_waits_for_what_is_recognised(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	tree_remove(f->tree, "/sys/bus/ccw/devices/0.0.4711");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_THERE);
	assert_int_equal(p.steps[0].kind, RECIPE_STEP_SETTLE);
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 0);
	css_bind(f->tree, "0.0.0001", "io_subchannel");
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 1);
	recipe_plan_done(&p);
}

static void test_driver_is_loaded_first(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", true);
	tree_remove(f->tree, "/sys/bus/css/drivers/vfio_ccw/unbind");
	tree_rename(f->tree, "/sys/bus/css/drivers/vfio_ccw", "/sys/elsewhere");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].kind, RECIPE_STEP_MODULE);
	assert_string_equal(p.steps[0].target, "vfio_ccw");
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 0);
	tree_rename(f->tree, "/sys/elsewhere", "/sys/bus/css/drivers/vfio_ccw");
	assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[0], &f->err), 1);
	recipe_plan_done(&p);
}

static void test_in_use_by_the_host(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3832/02", true);
	css_block(f->tree, "0.0.0001", "0.0.4711", "vda");
	assert_look(f, RECIPE_HOST, "the host has");
	tree_file(f->tree, "/proc/swaps", "Filename\n/dev/vda partition\n");
	assert_look(f, RECIPE_IN_USE, "vda is used as swap space");
	assert_refused(f, false, -EBUSY, "vda is used as swap space");
	assert_int_equal(f->err.kind, ERROR_IN_USE);
	tree_remove(f->tree, "/proc/swaps");
}

static void assert_step(struct fixture *f, const struct recipe_step *step, int r, const char *words)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;

	assert_int_equal(kind()->is_done(f->ops, f->recipe, step, &err), r);
	if (words)
		assert_non_null(strstr(err.cause, words));
}

/* Whoever mounts it between the look and the write keeps it. */
static void test_used_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3832/02", true);
	css_block(f->tree, "0.0.0001", "0.0.4711", "vda");
	assert_int_equal(plan(f, false, &p), 0);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_OFFLINE);
	assert_int_equal(p.steps[2].goal, CCW_GOAL_LEFT_HOST);
	assert_step(f, &p.steps[0], 0, NULL);
	tree_file(f->tree, "/proc/swaps", "Filename\n/dev/vda partition\n");
	assert_step(f, &p.steps[0], -EBUSY, "vda is used as swap space");
	assert_step(f, &p.steps[2], -EBUSY, "set the device online meanwhile");
	tree_remove(f->tree, "/proc/swaps");
	/* Without a node nobody knows. */
	tree_remove(f->tree, "/dev/vda");
	assert_step(f, &p.steps[0], -EBUSY, "cannot tell whether vda is in use");
	tree_file(f->tree, SUB "/0.0.4711/online", "0\n");
	assert_step(f, &p.steps[0], 1, NULL);
	assert_step(f, &p.steps[2], 0, NULL);
	recipe_plan_done(&p);
}

static void test_kinds_that_cannot_be(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "1731/03", true);
	assert_look(f, RECIPE_FAILED, "zfcp");
	assert_refused(f, false, -ENXIO, "QDIO");
	tree_file(f->tree, SUB "/0.0.4711/cutype", "3088/08\n");
	tree_link(f->tree, SUB "/0.0.4711/group_device", "../../../ctcm/0.0.4710");
	assert_look(f, RECIPE_FAILED, "group device 0.0.4710");
	tree_file(f->tree, SUB "/type", "1\n");
	assert_look(f, RECIPE_FAILED, "none for I/O");
}

/* ---- others' settings ----------------------------------------------------------------------- */

static void test_driverctl(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	tree_file(f->tree, DRIVERCTL, "none\n");
	assert_look(f, RECIPE_FOREIGN, "/etc/driverctl.d/css-0.0.0001");
	assert_refused(f, false, -EPERM, "driverctl -b css unset-override 0.0.0001");
	tree_file(f->tree, DRIVERCTL, "vfio_ccw\n");
	assert_look(f, RECIPE_HOST, "the host has");
	carry_out(f, false);
	assert_plan(f, true,
	            "driverctl has the same setting, and makes it again when the subchannel comes "
	            "('driverctl -b css unset-override 0.0.0001' ends that)\n"
	            "let any driver drive subchannel 0.0.0001: write '' to "
	            "/sys/bus/css/devices/0.0.0001/driver_override\n"
	            "take subchannel 0.0.0001 from driver vfio_ccw: write '0.0.0001' to "
	            "/sys/bus/css/drivers/vfio_ccw/unbind\n"
	            "give subchannel 0.0.0001 to the host: write '0.0.0001' to "
	            "/sys/bus/css/drivers_probe\n");
}

static void test_chzdev(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		bool is_foreign;
	} rows[] = {
		{ "41-dasd-eckd-0.0.4711.rules", "ATTR{[ccw/0.0.4711]online}=\"1\"\n", true },
		{ "41-dasd-eckd-0.0.4711_2.rules", "ATTR{[ccw/0.0.4711]online}=\"1\"\n", true },
		{ "41-dasd-eckd-0.0.4711.rules", "ATTR{[ccw/0.0.4711]online}=\"0\"\n", false },
		{ "41-dasd-eckd-0.0.4712.rules", "ATTR{[ccw/0.0.4712]online}=\"1\"\n", false },
		{ "41-dasd-eckd-0.0.4711.rules~", "ATTR{[ccw/0.0.4711]online}=\"1\"\n", false },
		{ "90-dasd-eckd-0.0.4711.rules", "ATTR{[ccw/0.0.4711]online}=\"1\"\n", false },
		{ "41-cio-ignore.rules", "free 0.0.4711\n", false },
	};
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", true);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/etc/udev/rules.d/%s", rows[i].name);
		tree_file(f->tree, path, rows[i].text);
		assert_look(f, rows[i].is_foreign ? RECIPE_FOREIGN : RECIPE_HOST,
		            rows[i].is_foreign ? rows[i].name : "the host has");
		tree_remove(f->tree, path);
	}
	tree_file(f->tree, CHZDEV, rows[0].text);
	assert_refused(f, false, -EPERM, "chzdev --disable 0.0.4711");
}

static void test_override_of_others(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	tree_file(f->tree, SUB "/driver_override", "other\n");
	assert_look(f, RECIPE_FOREIGN, "other");
	assert_refused(f, false, -EPERM, "other");
	assert_plan(f, true, "");
}

/* ---- release --------------------------------------------------------------------------------- */

static void test_release_refused_while_a_device_is_there(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	carry_out(f, false);
	tree_dir(f->tree, SUB "/" UUID);
	assert_refused(f, true, -EBUSY, "mdevmgr stop -u " UUID);
	assert_int_equal(f->err.kind, ERROR_IN_USE);
}

static void test_release_goes_on_from_where_it_is(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	css_bind(f->tree, "0.0.0001", NULL);
	assert_int_equal(plan(f, true, &p), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_HOST);
	recipe_plan_done(&p);
	carry_out(f, true);
	tree_file(f->tree, SUB "/driver_override", "vfio_ccw\n");
	assert_int_equal(plan(f, true, &p), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.steps[0].goal, CCW_GOAL_NO_OVERRIDE);
	recipe_plan_done(&p);
}

/* ---- a subchannel that is left ------------------------------------------------------------------ */

/* As Linux 6.12 has it when a disk goes without a mediated device: the subchannel stays. */
static void leave(struct fixture *f, const char *device)
{
	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	carry_out(f, false);
	f->recipe->ccw.has_subchannel = true;
	assert_int_equal(busid_parse("0.0.0001", &f->recipe->ccw.subchannel), 0);
	tree_file(f->tree, SUB "/dev_busid", device);
}

#define GIVE_BACK                                                                                  \
	"let any driver drive subchannel 0.0.0001: write '' to "                                   \
	"/sys/bus/css/devices/0.0.0001/driver_override\n"                                          \
	"take subchannel 0.0.0001 from driver vfio_ccw: write '0.0.0001' to "                      \
	"/sys/bus/css/drivers/vfio_ccw/unbind\n"                                                   \
	"give subchannel 0.0.0001 to the host: write '0.0.0001' to /sys/bus/css/drivers_probe\n"

static void test_release_gives_back_what_is_left(void **state)
{
	struct fixture *f = *state;

	leave(f, "none\n");
	assert_look(f, RECIPE_ABSENT,
	            "no subchannel carries device 0.0.4711; subchannel 0.0.0001, where it was, is "
	            "still with vfio_ccw");
	assert_refused(f, false, -ENODEV, "'mdevmgr parent release 0.0.4711' gives that back");
	assert_plan(f, true,
	            "no subchannel carries the device; subchannel 0.0.0001, where it was, is still "
	            "with vfio_ccw\n" GIVE_BACK);
	carry_out(f, true);
	assert_look(f, RECIPE_ABSENT, "no subchannel carries device 0.0.4711");
	assert_plan(f, true, "");
}

static void test_release_gives_back_another_disk(void **state)
{
	struct fixture *f = *state;

	leave(f, "0.0.0801\n");
	assert_plan(f, true,
	            "no subchannel carries the device; subchannel 0.0.0001, where it was, is still "
	            "with vfio_ccw, and carries 0.0.0801 now\n" GIVE_BACK);
	carry_out(f, true);
	assert_true(tree_has(f->tree, "/sys/bus/ccw/devices/0.0.0801"));
}

/* Linux 6.12 drops it as soon as vfio_ccw has let go, with what it said of a device or not. */
static void test_what_is_left_may_go(void **state)
{
	static const char *const devices[] = { "none\n", "0.0.4711\n" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		struct recipe_plan p;

		leave(f, devices[i]);
		assert_int_equal(plan(f, true, &p), 0);
		assert_int_equal(p.n, 3);
		css_unplug(f->tree, "0.0.0001");
		for (size_t j = 0; j < p.n; j++)
			assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[j], &f->err),
			                 1);
		recipe_plan_done(&p);
		assert_plan(f, true, "");
	}
}

static void assert_not_left(struct fixture *f)
{
	struct recipe_look look = { 0 };

	assert_int_equal(kind()->look(f->ops, f->recipe, &look, &f->err), 0);
	assert_null(look.left);
	recipe_look_done(&look);
	assert_plan(f, true, "");
}

static void test_what_others_have_is_not_left(void **state)
{
	struct fixture *f = *state;

	leave(f, "0.0.0801\n");
	tree_file(f->tree, DRIVERCTL, "vfio_ccw\n");
	assert_not_left(f);
	tree_remove(f->tree, DRIVERCTL);
	tree_file(f->tree, RECIPE_DIR "/0.0.0801.json", "broken");
	assert_not_left(f);
	tree_remove(f->tree, RECIPE_DIR "/0.0.0801.json");
	tree_file(f->tree, SUB "/driver_override", "other\n");
	assert_not_left(f);
	tree_file(f->tree, SUB "/driver_override", "vfio_ccw\n");
	tree_dir(f->tree, SUB "/" UUID);
	assert_not_left(f);
	tree_file(f->tree, SUB "/driver_override", "(null)\n");
	css_bind(f->tree, "0.0.0001", "io_subchannel");
	assert_not_left(f);
}

/* ---- the wrong disk ---------------------------------------------------------------------------- */

static void test_nothing_is_written_to_another_disk(void **state)
{
	struct fixture *f = *state;
	struct recipe_plan p;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	assert_int_equal(plan(f, false, &p), 0);
	css_unplug(f->tree, "0.0.0001");
	css_device(f->tree, "0.0.0001", "0.0.0801", "3990/e9", false);
	for (size_t i = 0; i < p.n; i++)
		assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[i], &f->err), -ENODEV);
	css_device(f->tree, "0.0.0002", "0.0.4711", "3990/e9", false);
	for (size_t i = 0; i < p.n; i++)
		assert_int_equal(kind()->is_done(f->ops, f->recipe, &p.steps[i], &f->err), -ESTALE);
	recipe_plan_done(&p);
}

static void test_guard(void **state)
{
	struct fixture *f = *state;
	struct mdev_uuid uuid, other;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	mdev_uuid_generate(&other);
	assert_int_equal(recipe_bind(f->recipe, &uuid), 0);
	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	css_device(f->tree, "0.0.0002", "0.0.0801", "3990/e9", false);
	css_subchannel(f->tree, "0.0.0003", NULL);
	assert_int_equal(kind()->guard(f->ops, f->recipe, "0.0.0001", &uuid, &f->err), 0);
	assert_int_equal(kind()->guard(f->ops, f->recipe, "0.0.0002", &uuid, &f->err), -EXDEV);
	assert_non_null(strstr(f->err.message, "belongs to device number 0.0.4711"));
	assert_string_equal(f->err.cause, "parent 0.0.0002 carries 0.0.0801");
	assert_int_equal(kind()->guard(f->ops, f->recipe, "0.0.0003", &uuid, &f->err), -EXDEV);
	/* Not bound, not there, no subchannel: not for us to say. */
	assert_int_equal(kind()->guard(f->ops, f->recipe, "0.0.0002", &other, &f->err), 0);
	assert_int_equal(kind()->guard(f->ops, f->recipe, "0.0.0009", &uuid, &f->err), 0);
	assert_int_equal(kind()->guard(f->ops, f->recipe, "mtty", &uuid, &f->err), 0);
}

/* ---- recipes that are to be written -------------------------------------------------------------- */

static int check(struct fixture *f, bool force)
{
	error_done(&f->err);
	strbuf_clear(&f->logged);
	return kind()->check(f->ops, f->recipe, force, &f->err);
}

static void test_check_fills_in_the_subchannel(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", false);
	assert_int_equal(check(f, false), 0);
	assert_true(f->recipe->ccw.has_subchannel);
	assert_int_equal(f->recipe->ccw.subchannel.number, 1);
	f->recipe->ccw.subchannel.number = 2;
	assert_int_equal(check(f, false), 0);
	assert_string_equal(strbuf_str(&f->logged),
	                    "Device 0.0.4711 is on subchannel 0.0.0001 now, not 0.0.0002\n");
	assert_int_equal(f->recipe->ccw.subchannel.number, 1);
}

static void test_check_of_what_is_not_visible(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, false), -ENODEV);
	assert_string_equal(f->err.cause, "no subchannel carries it");
	assert_int_equal(check(f, true), 0);
	assert_false(f->recipe->ccw.has_subchannel);
	tree_file(f->tree, "/proc/cio_ignore", "0.0.4711\n");
	assert_int_equal(check(f, false), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "cio_ignore"));
	f->recipe->ccw.has_subchannel = true;
	f->recipe->ccw.subchannel.number = 2;
	assert_int_equal(check(f, false), 0);
	assert_int_equal(f->recipe->ccw.subchannel.number, 2);
}

static void test_check_of_what_others_claim(void **state)
{
	struct fixture *f = *state;

	css_device(f->tree, "0.0.0001", "0.0.4711", "3990/e9", true);
	tree_file(f->tree, DRIVERCTL, "vfio_ccw\n");
	assert_int_equal(check(f, false), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "driverctl has the same setting"));
	tree_file(f->tree, CHZDEV, "ATTR{[ccw/0.0.4711]online}=\"1\"\n");
	assert_int_equal(check(f, false), -EPERM);
	assert_non_null(strstr(f->err.cause, "41-dasd-eckd-0.0.4711.rules"));
	assert_int_equal(check(f, true), 0);
	assert_non_null(strstr(strbuf_str(&f->logged), "chzdev --disable 0.0.4711"));
	tree_remove(f->tree, CHZDEV);
	tree_file(f->tree, SUB "/0.0.4711/cutype", "1731/03\n");
	assert_int_equal(check(f, true), -ENXIO);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_absent),
		row(test_hidden),
		row(test_all_the_way_and_back),
		row(test_goes_on_from_where_it_is),
		row(test_waits_for_what_comes_online),
		row(test_waits_for_what_is_recognised),
		row(test_driver_is_loaded_first),
		row(test_in_use_by_the_host),
		row(test_used_meanwhile),
		row(test_kinds_that_cannot_be),
		row(test_driverctl),
		row(test_chzdev),
		row(test_override_of_others),
		row(test_release_refused_while_a_device_is_there),
		row(test_release_goes_on_from_where_it_is),
		row(test_release_gives_back_what_is_left),
		row(test_release_gives_back_another_disk),
		row(test_what_is_left_may_go),
		row(test_what_others_have_is_not_left),
		row(test_nothing_is_written_to_another_disk),
		row(test_guard),
		row(test_check_fills_in_the_subchannel),
		row(test_check_of_what_is_not_visible),
		row(test_check_of_what_others_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
