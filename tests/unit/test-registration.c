/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "core/registration.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define P  "0000:00:02.0"
#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"
#define U3 "33333333-3333-3333-3333-333333333333"

#define NUMBER "/sys/devices/" P "/mdev_registration"
#define FILE   "/run/mdevmgr/parents/" P "/registration"

static struct mdev_uuid uuid_of(const char *text)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(text, &uuid), 0);
	return uuid;
}

static void assert_id(struct tree *t, uint64_t expected)
{
	uint64_t id = 4711;

	assert_int_equal(registration_read(t->sysfs, P, &id), 0);
	assert_int_equal(id, expected);
}

static void test_identity(void **state)
{
	struct tree *t = *state;
	uint64_t id = 0;

	assert_id(t, 0);
	tree_dir(t, "/sys/devices/" P);
	tree_link(t, "/sys/class/mdev_bus/" P, "../../devices/" P);
	assert_id(t, 0);
	tree_parent(t, P, "ta", 1);
	assert_id(t, 1);
	tree_file(t, NUMBER, "18446744073709551615\n");
	assert_id(t, UINT64_MAX);
	tree_file(t, NUMBER, "18446744073709551616\n");
	assert_int_equal(registration_read(t->sysfs, P, &id), -ERANGE);
	tree_file(t, NUMBER, "x");
	assert_int_equal(registration_read(t->sysfs, P, &id), -EINVAL);
	assert_int_equal(registration_read(t->sysfs, "../" P, &id), -EINVAL);
}

static void test_open(void **state)
{
	struct tree *t = *state;
	int fd;

	assert_int_equal(registration_open(t->sysfs, P, 1), -ESTALE);
	tree_parent(t, P, "ta", 1);
	fd = registration_open(t->sysfs, P, 1);
	assert_true(fd >= 0);
	assert_int_equal(faccessat(fd, "ta/create", F_OK, 0), 0);
	close(fd);
	tree_file(t, NUMBER, "2");
	assert_int_equal(registration_open(t->sysfs, P, 1), -ESTALE);
	assert_int_equal(registration_open(t->sysfs, P, 0), -ESTALE);
}

static int open_any(struct tree *t, uint64_t *ret)
{
	_cleanup_(closep) int fd = sysfs_open_parent(t->sysfs, P);

	assert_true(fd >= 0);
	return registration_open_any(t->sysfs, fd, P, ret);
}

static void test_open_any(void **state)
{
	struct tree *t = *state;
	uint64_t id = 4711;
	int fd;

	tree_dir(t, "/sys/devices/" P);
	tree_link(t, "/sys/class/mdev_bus/" P, "../../devices/" P);
	assert_int_equal(open_any(t, &id), -ENOENT);
	assert_int_equal(id, 0);
	tree_parent(t, P, "ta", 1);
	tree_file(t, NUMBER, "2");
	fd = open_any(t, &id);
	assert_true(fd >= 0);
	assert_int_equal(id, 2);
	assert_int_equal(faccessat(fd, "ta/create", F_OK, 0), 0);
	close(fd);
	tree_file(t, NUMBER, "x");
	assert_int_equal(open_any(t, &id), -EINVAL);
	tree_file(t, NUMBER, "0");
	assert_int_equal(open_any(t, &id), -ENOENT);
}

static struct records *records_of(struct tree *t)
{
	struct records *records;

	assert_int_equal(records_new(t->env, &records), 0);
	return records;
}

static void test_memory(void **state)
{
	struct tree *t = *state;
	struct mdev_uuid armed[] = { uuid_of(U2), uuid_of(U1) };
	const struct registration r = { .id = 12937, .since = 42, .armed = armed, .n_armed = 2 };
	struct registration late = { .id = 12937, .since = 43 };
	const struct mdev_uuid u1 = uuid_of(U1), u3 = uuid_of(U3);
	struct records *records = records_of(t);
	struct registration found = { 0 };

	assert_int_equal(registration_remember(records, P, &r), -ENOENT);
	tree_dir(t, "/run/mdevmgr");
	assert_int_equal(registration_recall(records, P, &found), -ENOENT);
	assert_int_equal(registration_remember(records, "../" P, &r), -EINVAL);
	assert_int_equal(registration_remember(records, P, &r), 0);
	assert_int_equal(registration_recall(records, P, &found), 0);
	assert_int_equal(found.id, 12937);
	assert_int_equal(found.since, 42);
	assert_int_equal(found.n_armed, 2);
	assert_true(registration_has_armed(&found, &u1));
	assert_false(registration_has_armed(&found, &u3));
	registration_done(&found);
	assert_false(registration_has_armed(&found, &u1));
	/* Once for each registration. */
	assert_int_equal(registration_remember(records, P, &late), 0);
	assert_int_equal(registration_recall(records, P, &found), 0);
	assert_int_equal(found.n_armed, 2);
	registration_done(&found);
	late.id++;
	assert_int_equal(registration_remember(records, P, &late), 0);
	assert_int_equal(registration_recall(records, P, &found), 0);
	assert_int_equal(found.n_armed, 0);
	registration_done(&found);
	records_free(records);
}

static void test_what_cannot_be_understood(void **state)
{
	static const char *const texts[] = {
		"",
		"boot_id=\n",
		"boot_id=\nregistration=0\n",
		"boot_id=\nregistration=-1\n",
		"boot_id=\nregistration=1x\n",
		"boot_id=another\nregistration=1\n",
		"registration=1\n",
		"boot_id=\nregistration=1\narmed=everything\n",
		"boot_id=\nregistration=1\nsince=soon\n",
	};
	struct tree *t = *state;
	struct records *records = records_of(t);
	struct registration found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_file(t, FILE, texts[i]);
		assert_int_equal(registration_recall(records, P, &found), -ENOENT);
	}
	tree_file(t, FILE, "boot_id=\nregistration=1\nlater=1\narmed=" U1 "\narmed=" U1);
	assert_int_equal(registration_recall(records, P, &found), 0);
	assert_int_equal(found.n_armed, 2);
	registration_done(&found);
	records_free(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_identity, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_open, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_open_any, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_memory, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_understood, tree_setup,
		                                tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
