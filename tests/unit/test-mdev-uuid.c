/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/mdev-uuid.h"
#include "lib/unit.h"

#define CANONICAL "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static const char *const spellings[] = {
	CANONICAL,
	"83B8F4F2-509F-382f-3C1E-E6BFE0FA1001",
	"83b8f4f2509f382f3c1ee6bfe0fa1001",
	"83B8F4F2509F382F3C1EE6BFE0FA1001",
	("{" CANONICAL "}"),
	("urn:uuid:" CANONICAL),
	"urn:uuid:83B8F4F2-509F-382f-3C1E-E6BFE0FA1001",
};

/* mdevctl 1.4.0 refuses each of these. */
static const char *const refused[] = {
	"",
	"-",
	"{83b8f4f2509f382f3c1ee6bfe0fa1001}",
	"urn:uuid:83b8f4f2509f382f3c1ee6bfe0fa1001",
	("URN:uuid:" CANONICAL),
	("Urn:Uuid:" CANONICAL),
	("urn:uuid:{" CANONICAL "}"),
	(" " CANONICAL),
	(CANONICAL " "),
	(CANONICAL "\n"),
	("{" CANONICAL ")"),
	("(" CANONICAL "}"),
	"83b8f4f2-509f382f-3c1e-e6bfe0fa1001-",
	"83b8f4f2-509f-382f-3c1ee6bfe0fa1001",
	"83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
	"83b8f4f2-509f-382f-3c1e-e6bfe0fa10011",
	"8-b8f4f23509f-382f-3c1e-e6bfe0fa1001",
	"+3b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
	"0x3b8f4f2509f382f3c1ee6bfe0fa1001",
	" 3b8f4f2509f382f3c1ee6bfe0fa1001",
	"83b8f4f2509f382f3c1ee6bfe0fa100g",
	"83b8f4f2-509f-382f-3c1e-e6bfe0fa100\xc3",
	"83b8f4f2_509f_382f_3c1e_e6bfe0fa1001",
	"scripts.d",
};

static void test_spellings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		char text[MDEV_UUID_TEXT_MAX];
		struct mdev_uuid uuid;

		assert_int_equal(mdev_uuid_parse(spellings[i], &uuid), 0);
		assert_int_equal(uuid.bytes[0], 0x83);
		assert_int_equal(uuid.bytes[15], 0x01);
		mdev_uuid_format(&uuid, text);
		assert_string_equal(text, CANONICAL);
		assert_int_equal(mdev_uuid_is_canonical(spellings[i]), i == 0);
	}
}

static void test_refused(void **state)
{
	struct mdev_uuid uuid, before;

	memset(&uuid, 0x5a, sizeof(uuid));
	before = uuid;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_int_equal(mdev_uuid_parse(refused[i], &uuid), -EINVAL);
		assert_memory_equal(&uuid, &before, sizeof(uuid));
		assert_false(mdev_uuid_is_canonical(refused[i]));
	}
}

static void test_generate(void **state)
{
	struct mdev_uuid a, b;
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_generate(&a);
	mdev_uuid_generate(&b);
	assert_int_not_equal(mdev_uuid_compare(&a, &b), 0);
	mdev_uuid_format(&a, text);
	assert_true(mdev_uuid_is_canonical(text));
	assert_int_equal(text[14], '4');
	assert_non_null(strchr("89ab", text[19]));
}

static void test_order(void **state)
{
	struct mdev_uuid low, high;

	assert_int_equal(mdev_uuid_parse("00ffffff-ffff-ffff-ffff-ffffffffffff", &low), 0);
	assert_int_equal(mdev_uuid_parse("80000000-0000-0000-0000-000000000000", &high), 0);
	assert_true(mdev_uuid_compare(&low, &high) < 0);
	assert_true(mdev_uuid_compare(&high, &low) > 0);
	assert_int_equal(mdev_uuid_compare(&high, &high), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
