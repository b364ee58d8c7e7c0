/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/record-private.h"
#include "core/record.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define P       "0000:00:02.0"
#define U1      "11111111-1111-1111-1111-111111111111"
#define DIR     "/run/mdevmgr/parents/" P
#define FILE    DIR "/" U1
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct world {
	struct tree *tree;
	struct records *records;
	struct mdev_uuid uuid;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(tree_setup((void **)&w->tree), 0);
	assert_int_equal(records_new(w->tree->env, &w->records), 0);
	assert_int_equal(mdev_uuid_parse(U1, &w->uuid), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	records_free(w->records);
	tree_teardown((void **)&w->tree);
	free(w);
	return 0;
}

static mode_t mode_of(const struct tree *t, const char *path)
{
	char full[4096];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_mode & 07777;
}

static const struct record simple = { .phase = CAMPAIGN_DONE, .registration = 7 };

static void test_round_trip(void **state)
{
	char other[] = "0000:00:03.0", reason[] = "no\tspace\nleft\x7f \xff=\xc3\xa4 ";
	const struct record record = {
		.phase = CAMPAIGN_STUCK,
		.registration = UINT64_MAX,
		.attempts = 5,
		.errnum = ENOSPC,
		.since = INT64_MAX,
		.next = 2,
		.definition = UINT64_MAX - 1,
		.is_stopped = true,
		.pid = 4711,
		.pid_start = 99,
		.other = other,
		.other_registration = 12,
		.reason = reason,
	};
	struct world *w = *state;
	struct record found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr");
	assert_int_equal(record_write(w->records, P, &w->uuid, &record, false), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_int_equal(found.phase, CAMPAIGN_STUCK);
	assert_int_equal(found.registration, UINT64_MAX);
	assert_int_equal(found.attempts, 5);
	assert_int_equal(found.errnum, ENOSPC);
	assert_int_equal(found.since, INT64_MAX);
	assert_int_equal(found.next, 2);
	assert_int_equal(found.definition, UINT64_MAX - 1);
	assert_true(found.is_stopped);
	assert_int_equal(found.pid, 4711);
	assert_int_equal(found.pid_start, 99);
	assert_string_equal(found.other, other);
	assert_int_equal(found.other_registration, 12);
	assert_string_equal(found.reason, "no space left  ?=\xc3\xa4");
	record_done(&found);
	assert_null(found.reason);
}

static void test_nothing_is_made_above(void **state)
{
	struct world *w = *state;
	struct record found = { 0 };

	assert_false(records_exist(w->records));
	assert_false(records_have_begun(w->records));
	assert_int_equal(records_begin(w->records), -ENOENT);
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), -ENOENT);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), -ENOENT);
	assert_int_equal(record_remove(w->records, P, &w->uuid), 0);
	assert_false(tree_has(w->tree, "/run"));
}

static void test_modes(void **state)
{
	struct world *w = *state;
	mode_t before = umask(0077);

	tree_dir(w->tree, "/run/mdevmgr");
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), 0);
	assert_int_equal(mode_of(w->tree, "/run/mdevmgr/parents"), 0755);
	assert_int_equal(mode_of(w->tree, DIR), 0755);
	assert_int_equal(mode_of(w->tree, FILE), 0644);
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, true), 0);
	assert_int_equal(mode_of(w->tree, FILE), 0600);
	umask(before);
}

static void test_remove(void **state)
{
	struct world *w = *state;
	struct record found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr");
	assert_int_equal(record_remove(w->records, P, &w->uuid), 0);
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), 0);
	assert_int_equal(record_remove(w->records, P, &w->uuid), 0);
	assert_int_equal(record_remove(w->records, P, &w->uuid), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), -ENOENT);
}

static void test_names_of_parents(void **state)
{
	static const char *const names[] = { "", ".", "..", "../x", "a/b", ".hidden", "a\nb" };
	struct world *w = *state;
	struct record found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr/parents");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(record_write(w->records, names[i], &w->uuid, &simple, false),
		                 -EINVAL);
		assert_int_equal(record_read(w->records, names[i], &w->uuid, &found), -EINVAL);
		assert_int_equal(record_remove(w->records, names[i], &w->uuid), -EINVAL);
	}
}

static void test_boots(void **state)
{
	struct world *w = *state;
	struct records *next;
	struct record found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr");
	tree_file(w->tree, BOOT_ID, "83b8f4f2-509f-4b7d-8f7e-4f1e0a7a0001\n");
	assert_int_equal(records_begin(w->records), 0);
	assert_true(records_have_begun(w->records));
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	record_done(&found);
	tree_file(w->tree, BOOT_ID, "83b8f4f2-509f-4b7d-8f7e-4f1e0a7a0002\n");
	assert_int_equal(records_new(w->tree->env, &next), 0);
	assert_false(records_have_begun(next));
	assert_int_equal(record_read(next, P, &w->uuid, &found), -ENOENT);
	/* Installed when this boot began. */
	tree_file(w->tree, "/run/mdevmgr/booted", "");
	assert_true(records_have_begun(next));
	records_free(next);
}

static void test_stopping(void **state)
{
	struct world *w = *state;
	struct records *next;

	assert_int_equal(records_begin_stopping(w->records), -ENOENT);
	assert_int_equal(records_end_stopping(w->records), 0);
	tree_dir(w->tree, "/run/mdevmgr");
	tree_file(w->tree, BOOT_ID, "83b8f4f2-509f-4b7d-8f7e-4f1e0a7a0001\n");
	assert_int_equal(records_end_stopping(w->records), 0);
	assert_false(records_are_stopping(w->records));
	assert_int_equal(records_begin_stopping(w->records), 0);
	assert_true(records_are_stopping(w->records));
	assert_false(records_have_begun(w->records));
	tree_file(w->tree, BOOT_ID, "83b8f4f2-509f-4b7d-8f7e-4f1e0a7a0002\n");
	assert_int_equal(records_new(w->tree->env, &next), 0);
	assert_false(records_are_stopping(next));
	records_free(next);
	assert_int_equal(records_end_stopping(w->records), 0);
	assert_false(records_are_stopping(w->records));
}

static void test_what_cannot_be_understood(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n=\n==\n",
		"boot_id=\nphase=done\n",
		"boot_id=\nregistration=1\n",
		"boot_id=\nregistration=1\nphase=none\n",
		"boot_id=\nregistration=1\nphase=Done\n",
		"phase=done\nregistration=1\n",
		"boot_id=x\nphase=done\nregistration=1\n",
		"boot_id=\nphase=done\nregistration=18446744073709551616\n",
		"boot_id=\nphase=done\nregistration=1\nsince=9223372036854775808\n",
		"boot_id=\nphase=done\nregistration=1\npid=2147483648\n",
		"boot_id=\nphase=done\nregistration=1\npid=-1\n",
		"boot_id=\nphase=done\nregistration=1\nattempts= 1\n",
		"boot_id=\nphase=stuck\nregistration=1\nstopped=0\n",
		"boot_id=\nphase=stuck\nregistration=1\nstopped=11\n",
		"boot_id=\nphase=stuck\nregistration=1\nstopped=\n",
		"boot_id=\nphase=done\nregistration=1\nother=../../etc\n",
	};
	struct world *w = *state;
	struct record found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_file(w->tree, FILE, texts[i]);
		assert_int_equal(record_read(w->records, P, &w->uuid, &found), -ENOENT);
	}
	tree_file(w->tree, FILE,
	          "boot_id=\nphase=done\nregistration=1\nlater=x\nreason=a\nreason=b");
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_string_equal(found.reason, "b");
	record_done(&found);
}

/* As written before stops of what is being made were remembered. */
static void test_without_a_stop(void **state)
{
	struct world *w = *state;
	struct record found = { 0 };

	tree_file(w->tree, FILE,
	          "boot_id=\nphase=stuck\nregistration=1\npid=42\npid_start=99\nreason=a\n");
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_false(found.is_stopped);
	record_take_back_stop(&found);
	assert_string_equal(found.reason, "a");
	found.is_stopped = true;
	record_take_back_stop(&found);
	assert_false(found.is_stopped);
	assert_null(found.reason);
	record_done(&found);
}

static void test_what_is_no_file(void **state)
{
	struct world *w = *state;
	struct record found = { 0 };
	char *large = calloc(1, 2 * RECORD_SIZE_MAX);

	tree_file(w->tree, "/outside/" U1, "boot_id=\nphase=done\nregistration=1\n");
	tree_link(w->tree, FILE, "../../../../outside/" U1);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), -ENOENT);
	/* Exchanged, not followed. */
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_int_equal(found.registration, 7);
	record_done(&found);
	tree_remove(w->tree, FILE);
	tree_dir(w->tree, FILE);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), -ENOENT);
	assert_int_equal(record_write(w->records, P, &w->uuid, &simple, false), -EISDIR);
	tree_link(w->tree, "/run/mdevmgr/parents/q", "../../../outside");
	assert_int_equal(record_write(w->records, "q", &w->uuid, &simple, false), -ELOOP);
	memset(large, 'x', 2 * RECORD_SIZE_MAX - 1);
	tree_file(w->tree, "/run/mdevmgr/parents/r/" U1, large);
	assert_int_equal(record_read(w->records, "r", &w->uuid, &found), -ENOENT);
	free(large);
}

static void test_long_reason_fits(void **state)
{
	struct world *w = *state;
	struct record record = simple, found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr");
	record.reason = calloc(1, 100001);
	memset(record.reason, 'x', 100000);
	assert_int_equal(record_write(w->records, P, &w->uuid, &record, false), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_in_range(strlen(found.reason), 1000, RECORD_REASON_MAX);
	free(record.reason);
	record_done(&found);
}

#define STAT(state, start)                                                                         \
	"42 (a) b) c) " state " 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 " start " 8 9\n"

static void test_writers(void **state)
{
	struct world *w = *state;
	struct record record = simple, found = { 0 };

	tree_dir(w->tree, "/run/mdevmgr");
	assert_false(record_writer_is_alive(w->records, &record));
	record.pid = 42;
	assert_false(record_writer_is_alive(w->records, &record));
	tree_file(w->tree, "/proc/42/stat", STAT("D", "12345"));
	assert_int_equal(record_write(w->records, P, &w->uuid, &record, false), 0);
	assert_int_equal(record_read(w->records, P, &w->uuid, &found), 0);
	assert_int_equal(found.pid_start, 12345);
	assert_true(record_writer_is_alive(w->records, &found));
	tree_file(w->tree, "/proc/42/stat", STAT("S", "12346"));
	assert_false(record_writer_is_alive(w->records, &found));
	tree_file(w->tree, "/proc/42/stat", STAT("Z", "12345"));
	assert_false(record_writer_is_alive(w->records, &found));
	tree_file(w->tree, "/proc/42/stat", "42 (a");
	assert_false(record_writer_is_alive(w->records, &found));
	/* It had ended when it was written down: whoever has its pid is another one. */
	tree_file(w->tree, "/proc/42/stat", STAT("D", "12345"));
	found.pid_start = 0;
	assert_false(record_writer_is_alive(w->records, &found));
	record_done(&found);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_round_trip),
		WORLD_TEST(test_nothing_is_made_above),
		WORLD_TEST(test_modes),
		WORLD_TEST(test_remove),
		WORLD_TEST(test_names_of_parents),
		WORLD_TEST(test_boots),
		WORLD_TEST(test_stopping),
		WORLD_TEST(test_what_cannot_be_understood),
		WORLD_TEST(test_without_a_stop),
		WORLD_TEST(test_what_is_no_file),
		WORLD_TEST(test_long_reason_fits),
		WORLD_TEST(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
