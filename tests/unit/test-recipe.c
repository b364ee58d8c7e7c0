/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/recipe-kind.h"
#include "core/recipe.h"
#include "lib/unit.h"

#define UUID_A "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define UUID_B "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"

static const char ccw_text[] = "{\n"
			       "  \"kind\": \"vfio-ccw\",\n"
			       "  \"device\": \"0.0.4711\",\n"
			       "  \"driver\": \"vfio_ccw\",\n"
			       "  \"subchannel\": \"0.0.0313\",\n"
			       "  \"devices\": [\n"
			       "    \"" UUID_A "\",\n"
			       "    \"" UUID_B "\"\n"
			       "  ],\n"
			       "  \"note\": {\n"
			       "    \"by\": \"me\"\n"
			       "  }\n"
			       "}\n";

static int parse(const char *name, const char *text, struct recipe **ret, struct error *err)
{
	return recipe_parse(name, text, strlen(text), NULL, ret, err);
}

static void test_round_trip(void **state _unused_)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "0.0.4711", ccw_text },
		{ "0.0.4711", "{\n  \"kind\": \"vfio-ccw\",\n  \"device\": \"0.0.4711\",\n"
		              "  \"driver\": \"vfio_ccw\",\n  \"devices\": []\n}\n" },
		{ "matrix", "{\n  \"kind\": \"vfio-ap\",\n  \"adapters\": [5, 6],\n"
		            "  \"domains\": [71]\n}\n" },
		{ "matrix", "{\n  \"kind\": \"vfio-ap\",\n  \"adapters\": [],\n"
		            "  \"domains\": [0, 255]\n}\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
		_cleanup_(recipe_freep) struct recipe *r = NULL, *copy = NULL;
		char name[BUSID_TEXT_MAX];

		assert_int_equal(parse(cases[i].name, cases[i].text, &r, NULL), 0);
		assert_int_equal(recipe_copy(r, &copy), 0);
		recipe_print(copy, &out);
		assert_string_equal(strbuf_str(&out), cases[i].text);
		recipe_name(r, name);
		assert_string_equal(name, cases[i].name);
	}
}

static void test_by_hand(void **state _unused_)
{
	static const char text[] = "{\"domains\": [\"4-6\", 71], \"adapters\": \"5,0x47\", "
				   "\"kind\": \"vfio-ap\"}";
	_cleanup_(recipe_freep) struct recipe *ap = NULL, *ccw = NULL;

	assert_int_equal(parse("matrix", text, &ap, NULL), 0);
	assert_int_equal(ap_set_count(&ap->ap.adapters), 2);
	assert_true(ap_set_has(&ap->ap.adapters, 0x47));
	assert_int_equal(ap_set_count(&ap->ap.domains), 4);
	assert_true(ap_set_has(&ap->ap.domains, 6));
	/* The name says which device. */
	assert_int_equal(parse("0.0.4711", "{\"kind\":\"vfio-ccw\"}", &ccw, NULL), 0);
	assert_int_equal(ccw->ccw.device.number, 0x4711);
	assert_string_equal(ccw->ccw.driver, "vfio_ccw");
	assert_false(ccw->ccw.has_subchannel);
}

static void test_refused(void **state _unused_)
{
	static const struct {
		const char *name, *text, *cause;
	} cases[] = {
		{ "matrix", "", NULL },
		{ "matrix", "[]", "not an object" },
		{ "matrix", "null", "not an object" },
		{ "matrix", "{}", "\"kind\" is missing" },
		{ "matrix", "{\"kind\":\"vfio-pci\"}",
		  "\"kind\" is neither \"vfio-ccw\" nor \"vfio-ap\"" },
		{ "matrix", "{\"kind\":\"vfio-ccw\"}",
		  "\"kind\" is \"vfio-ccw\", and that is for device numbers" },
		{ "0.0.4711", "{\"kind\":\"vfio-ap\"}",
		  "\"kind\" is \"vfio-ap\", and that is for matrix.json alone" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"device\":\"0.0.4712\"}",
		  "\"device\" differs from the name of the file" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"subchannel\":\"../x\"}",
		  "\"subchannel\" is not of the form \"0.0.4711\"" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"driver\":\"a/b\"}",
		  "\"driver\" is not the name of a driver" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"driver\":\"vfio_ccw\\u0000x\"}",
		  "\"driver\" is not the name of a driver" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"devices\":\"x\"}",
		  "\"devices\" is not a list of UUIDs" },
		{ "0.0.4711", "{\"kind\":\"vfio-ccw\",\"devices\":[\"x\"]}",
		  "\"devices\" holds what is no UUID" },
		{ "matrix", "{\"kind\":\"vfio-ap\",\"adapters\":[256]}",
		  "\"adapters\" holds a number that is not from 0 to 255" },
		{ "matrix", "{\"kind\":\"vfio-ap\",\"adapters\":[-1]}",
		  "\"adapters\" holds a number that is not from 0 to 255" },
		{ "matrix", "{\"kind\":\"vfio-ap\",\"adapters\":[5.5]}",
		  "\"adapters\" holds what is no number" },
		{ "matrix", "{\"kind\":\"vfio-ap\",\"domains\":[null]}",
		  "\"domains\" holds what is no number" },
		{ "matrix", "{\"kind\":\"vfio-ap\",\"domains\":\"047\"}", NULL },
		{ "Matrix", "{\"kind\":\"vfio-ap\"}", NULL },
		{ "0.0.47AB", "{\"kind\":\"vfio-ccw\"}", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(error_done) struct error err = ERROR_INIT;
		struct recipe *r = NULL;

		assert_int_equal(parse(cases[i].name, cases[i].text, &r, &err), -EINVAL);
		assert_null(r);
		assert_non_null(err.message);
		if (cases[i].cause)
			assert_string_equal(err.cause, cases[i].cause);
	}
}

static void test_binding(void **state _unused_)
{
	_cleanup_(recipe_freep) struct recipe *r = NULL;
	struct mdev_uuid a, b, other = { { 0 } };

	assert_int_equal(mdev_uuid_parse(UUID_A, &a), 0);
	assert_int_equal(mdev_uuid_parse(UUID_B, &b), 0);
	assert_int_equal(parse("0.0.4711", ccw_text, &r, NULL), 0);
	assert_true(recipe_binds(r, &a));
	assert_int_equal(recipe_bind(r, &a), 0);
	assert_int_equal(r->ccw.n_uuids, 2);
	assert_true(recipe_unbind(r, &a));
	assert_false(recipe_unbind(r, &a));
	assert_true(recipe_binds(r, &b));
	for (unsigned i = 1; i < RECIPE_DEVICES_MAX; i++) {
		other.bytes[0] = (unsigned char)i;
		assert_int_equal(recipe_bind(r, &other), 0);
	}
	assert_int_equal(recipe_bind(r, &a), -E2BIG);
	assert_int_equal(recipe_bind(r, &b), 0);
}

static void test_plan_text(void **state _unused_)
{
	static const struct recipe_step steps[] = {
		{ .kind = RECIPE_STEP_WRITE_PROC,
		  .target = "cio_ignore",
		  .value = "free 0.0.4711",
		  .what = "make device 0.0.4711 visible" },
		{ .kind = RECIPE_STEP_WRITE,
		  .target = "bus/ccw/devices/0.0.4711/online",
		  .value = "0",
		  .what = "set device 0.0.4711 offline" },
		{ .kind = RECIPE_STEP_MODULE,
		  .target = "vfio_ap",
		  .what = "load the module vfio_ap" },
		{ .kind = RECIPE_STEP_WAIT, .what = "wait for the parent matrix" },
	};
	_cleanup_(recipe_plan_done) struct recipe_plan plan = { .is_partial = true };
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(recipe_plan_add(&plan, &steps[i]), 0);
	plan.remarks = strdup("The host loses 05.0004.");
	recipe_plan_format(&plan, &out);
	assert_string_equal(
		strbuf_str(&out),
		"The host loses 05.0004.\n"
		"make device 0.0.4711 visible: write 'free 0.0.4711' to /proc/cio_ignore\n"
		"set device 0.0.4711 offline: write '0' to "
		"/sys/bus/ccw/devices/0.0.4711/online\n"
		"load the module vfio_ap\n"
		"wait for the parent matrix\n"
		"look again and go on from there\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_refused),    cmocka_unit_test(test_binding),
		cmocka_unit_test(test_plan_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
