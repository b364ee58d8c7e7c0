/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/ccw.h"
#include "lib/css.h"
#include "lib/unit.h"

static struct busid id_of(const char *text)
{
	struct busid id;

	assert_int_equal(busid_parse(text, &id), 0);
	return id;
}

static void assert_id(const struct busid *id, const char *expected)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	assert_string_equal(text, expected);
}

static void test_subchannel(void **state)
{
	const struct busid one = id_of("0.0.0001"), two = id_of("0.0.0002"),
			   three = id_of("0.0.0003");
	struct ccw_subchannel s = { 0 };
	struct tree *t = *state;

	css_device(t, "0.0.0001", "0.0.4711", "3990/e9", true);
	css_subchannel(t, "0.0.0002", NULL);
	tree_file(t, "/sys/devices/css0/0.0.0002/driver_override", "vfio_ccw\n");
	tree_file(t, "/sys/devices/css0/0.0.0002/type", "1\n");
	assert_int_equal(ccw_subchannel_read(t->sysfs, &one, &s), 0);
	assert_true(s.has_device);
	assert_id(&s.device, "0.0.4711");
	assert_int_equal(s.type, CCW_TYPE_IO);
	assert_string_equal(s.driver, "io_subchannel");
	assert_null(s.override);
	ccw_subchannel_done(&s);
	assert_int_equal(ccw_subchannel_read(t->sysfs, &two, &s), 0);
	assert_false(s.has_device);
	assert_int_equal(s.type, 1);
	assert_null(s.driver);
	assert_string_equal(s.override, "vfio_ccw");
	ccw_subchannel_done(&s);
	assert_int_equal(ccw_subchannel_read(t->sysfs, &three, &s), -ENOENT);
}

static void test_override_that_is_none(void **state)
{
	static const char *const none[] = { "(null)\n", "\n", "" };
	const struct busid one = id_of("0.0.0001");
	struct tree *t = *state;

	css_subchannel(t, "0.0.0001", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct ccw_subchannel s = { 0 };

		tree_file(t, "/sys/devices/css0/0.0.0001/driver_override", none[i]);
		assert_int_equal(ccw_subchannel_read(t->sysfs, &one, &s), 0);
		assert_null(s.override);
		ccw_subchannel_done(&s);
	}
}

static void test_find(void **state)
{
	const struct busid disk = id_of("0.0.4711"), bound = id_of("0.0.4712"),
			   other = id_of("0.0.4713");
	struct tree *t = *state;
	struct busid id;

	assert_int_equal(ccw_find(t->sysfs, &disk, &id), -ENOENT);
	css_subchannel(t, "0.0.0000", NULL);
	css_device(t, "0.0.0001", "0.0.4711", "3990/e9", true);
	css_subchannel(t, "0.1.0002", "0.0.4712");
	css_bind(t, "0.1.0002", "vfio_ccw");
	tree_file(t, "/sys/devices/css0/0.0.0009/dev_busid", "../../etc\n");
	tree_link(t, "/sys/bus/css/devices/0.0.0009", "../../../devices/css0/0.0.0009");
	tree_link(t, "/sys/bus/css/devices/gone", "../../../devices/css0/0.0.0077");
	tree_link(t, "/sys/bus/css/devices/0.0.0077", "../../../devices/css0/0.0.0077");
	assert_int_equal(ccw_find(t->sysfs, &disk, &id), 0);
	assert_id(&id, "0.0.0001");
	assert_int_equal(ccw_find(t->sysfs, &bound, &id), 0);
	assert_id(&id, "0.1.0002");
	assert_int_equal(ccw_find(t->sysfs, &other, &id), -ENOENT);
	css_subchannel(t, "0.0.0003", "0.0.4711");
	assert_int_equal(ccw_find(t->sysfs, &disk, &id), -ENOTUNIQ);
}

/* Kernels before 5.15. */
static void test_find_without_dev_busid(void **state)
{
	const struct busid disk = id_of("0.0.4711"), two = id_of("0.0.0002");
	struct tree *t = *state;
	struct busid id;

	css_device(t, "0.0.0001", "0.0.4711", "3990/e9", true);
	tree_remove(t, "/sys/devices/css0/0.0.0001/dev_busid");
	css_subchannel(t, "0.0.0002", NULL);
	tree_remove(t, "/sys/devices/css0/0.0.0002/dev_busid");
	assert_int_equal(ccw_find(t->sysfs, &disk, &id), 0);
	assert_id(&id, "0.0.0001");
	assert_int_equal(ccw_device_on(t->sysfs, &two, &id), -ENODATA);
}

static void test_device(void **state)
{
	const struct busid disk = id_of("0.0.4711"), none = id_of("0.0.4712");
	struct tree *t = *state;
	struct ccw_device d = { 0 };

	css_device(t, "0.0.0001", "0.0.4711", "3990/e9", true);
	tree_link(t, "/sys/devices/css0/0.0.0001/0.0.4711/driver",
	          "../../../../bus/ccw/drivers/dasd-eckd");
	assert_int_equal(ccw_device_read(t->sysfs, &disk, &d), 0);
	assert_true(d.is_there);
	assert_int_equal(d.online, 1);
	assert_string_equal(d.cutype, "3990/e9");
	assert_string_equal(d.driver, "dasd-eckd");
	assert_null(d.group);
	ccw_device_done(&d);
	tree_file(t, "/sys/devices/css0/0.0.0001/0.0.4711/online", "soon\n");
	assert_int_equal(ccw_device_read(t->sysfs, &disk, &d), 0);
	assert_int_equal(d.online, -1);
	ccw_device_done(&d);
	assert_int_equal(ccw_device_read(t->sysfs, &none, &d), 0);
	assert_false(d.is_there);
}

static void test_kinds_that_vfio_ccw_cannot_serve(void **state)
{
	static const struct {
		const char *cutype;
		const char *word; /* NULL: it can */
	} rows[] = {
		{ "3990/e9", NULL },  { "3832/02", NULL },           { "1731/03", "zfcp" },
		{ "1731/01", "OSA" }, { "1731/05", "HiperSockets" }, { "17310/01", NULL },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ccw_device d = { .cutype = (char *)rows[i].cutype };
		const char *problem = ccw_device_problem(&d);

		assert_int_equal(problem != NULL, rows[i].word != NULL);
		if (problem)
			assert_non_null(strstr(problem, rows[i].word));
	}
}

static void test_cio_ignore(void **state)
{
	const struct busid disk = id_of("0.0.4711"), other = id_of("0.0.0900");
	struct tree *t = *state;

	assert_int_equal(ccw_is_ignored(t->env, &disk), -ENOENT);
	tree_file(t, "/proc/cio_ignore", "0.0.0000-0.0.08ff\n0.0.4711\n");
	assert_int_equal(ccw_is_ignored(t->env, &disk), 1);
	assert_int_equal(ccw_is_ignored(t->env, &other), 0);
	tree_file(t, "/proc/cio_ignore", "");
	assert_int_equal(ccw_is_ignored(t->env, &disk), 0);
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		const char *device; /* NULL: refused */
	} rows[] = {
		{ "0.0.4711", "0.0.4711" }, /* a device */
		{ "4711", "0.0.4711" },     /* ... shortly */
		{ "0.0.0001", "0.0.4711" }, /* a subchannel */
		{ "css:1", "0.0.4711" },    /* ... shortly */
		{ "0.0.0003", NULL },       /* both, of different devices */
		{ "ccw:0.0.0003", "0.0.0003" },
		{ "css:0.0.0003", "0.0.4713" },
		{ "0.0.0005", "0.0.0005" },     /* both, of the same */
		{ "0.0.9999", "0.0.9999" },     /* neither */
		{ "ccw:0.0.0001", "0.0.0001" }, /* not there */
		{ "css:0.0.4711", NULL },       /* no subchannel */
		{ "css:0.0.0006", NULL },       /* carries none */
		{ "0.0.0006", NULL },           /* ... found by its bare number */
		{ "css:", NULL },
		{ "ccw:ccw:0.0.0001", NULL },
		{ "matrix", NULL },
		{ "../0.0.4711", NULL },
	};
	struct tree *t = *state;

	css_device(t, "0.0.0001", "0.0.4711", "3990/e9", true);
	css_device(t, "0.0.0002", "0.0.0003", "3990/e9", true);
	css_device(t, "0.0.0003", "0.0.4713", "3990/e9", true);
	css_device(t, "0.0.0005", "0.0.0005", "3990/e9", true);
	css_subchannel(t, "0.0.0006", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct busid id;
		int r = ccw_resolve_device(t->sysfs, rows[i].text, &id, &err);

		assert_int_equal(r == 0, rows[i].device != NULL);
		assert_int_equal(error_is_set(&err), r < 0);
		if (r == 0)
			assert_id(&id, rows[i].device);
		error_done(&err);
	}
}

static void test_ambiguous_name_tells_both_spellings(void **state)
{
	struct error err = ERROR_INIT;
	struct tree *t = *state;
	struct busid id;

	css_device(t, "0.0.0002", "0.0.0003", "3990/e9", true);
	css_device(t, "0.0.0003", "0.0.4713", "3990/e9", true);
	assert_int_equal(ccw_resolve_device(t->sysfs, "3", &id, &err), -EINVAL);
	assert_non_null(strstr(err.advice, "ccw:0.0.0003"));
	assert_non_null(strstr(err.advice, "css:0.0.0003"));
	error_done(&err);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_subchannel),
		row(test_override_that_is_none),
		row(test_find),
		row(test_find_without_dev_busid),
		row(test_device),
		row(test_kinds_that_vfio_ccw_cannot_serve),
		row(test_cio_ignore),
		row(test_names),
		row(test_ambiguous_name_tells_both_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
