/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/watch.h"
#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/file.h"

#define U       "11111111-1111-1111-1111-11111111111a"
#define ETC     "/etc/mdevctl.d"
#define PARENTS "/run/mdevmgr/parents"

/* What was told, each once. */
struct heard {
	struct names names;
	bool all;
	unsigned trees; /* bit by bit */
	char file[64];  /* the last one */
};

static int on_changed(void *userdata, const struct watch_change *change)
{
	const char *parent = change->parent;
	struct heard *heard = userdata;

	heard->trees |= 1U << change->tree;
	snprintf(heard->file, sizeof(heard->file), "%s", change->file ? change->file : "");
	if (!parent)
		heard->all = true;
	for (size_t i = 0; parent && i < heard->names.n; i++)
		if (strcmp(heard->names.items[i], parent) == 0)
			return 0;
	return parent ? names_add(&heard->names, parent) : 0;
}

/* Sorted; " *" stands for everything. inotify tells before the call that changed something
 * returns: there is nothing to wait for. */
static void assert_heard(struct watch *w, const char *want)
{
	struct heard heard = { 0 };
	char text[256] = "";

	assert_int_equal(watch_read(w, on_changed, &heard), 0);
	names_sort(&heard.names);
	if (heard.all)
		strcat(text, " *");
	for (size_t i = 0; i < heard.names.n; i++) {
		strcat(text, " ");
		strcat(text, heard.names.items[i]);
	}
	names_done(&heard.names);
	assert_string_equal(text, want);
}

static struct watch *open_watch(struct tree *t, bool with_records)
{
	struct watch *w = NULL;

	assert_int_equal(watch_new(t->env, with_records, &w), 0);
	assert_heard(w, "");
	return w;
}

static void remove_dir(struct tree *t, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(rmdir(full), 0);
}

static void change_mode(struct tree *t, const char *path, mode_t mode)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(chmod(full, mode), 0);
}

static void test_definitions_that_come_change_and_go(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_file(t, ETC "/p1/" U, "{}");
	tree_dir(t, ETC "/p2");
	w = open_watch(t, false);
	tree_file(t, ETC "/p1/" U, "{ }");
	assert_heard(w, " p1");
	tree_file(t, ETC "/p2/" U, "{}");
	assert_heard(w, " p2");
	tree_remove(t, ETC "/p1/" U);
	assert_heard(w, " p1");
	tree_rename(t, ETC "/p2/" U, ETC "/p1/" U);
	assert_heard(w, " p1 p2");
	change_mode(t, ETC "/p1/" U, 0600);
	assert_heard(w, " p1");
	assert_heard(w, "");
	watch_free(w);
}

/* As core/store-change.c writes them. */
static void test_a_rename_is_told_and_temporary_files_are_not(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_dir(t, ETC "/p1");
	w = open_watch(t, false);
	tree_file(t, ETC "/.lock", "");
	tree_file(t, ETC "/.mdevmgr-abcdef", "{}");
	tree_file(t, ETC "/p1/.swp", "{}");
	tree_remove(t, ETC "/p1/.swp");
	tree_dir(t, ETC "/.git");
	tree_file(t, ETC "/README", "");
	assert_heard(w, "");
	tree_rename(t, ETC "/.mdevmgr-abcdef", ETC "/p1/" U);
	assert_heard(w, " p1");
	watch_free(w);
}

static void test_reading_is_no_change(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_file(t, ETC "/p1/" U, "{}");
	w = open_watch(t, false);
	free(tree_read(t, ETC "/p1/" U));
	assert_heard(w, "");
	watch_free(w);
}

static void test_parents_that_come_and_go(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_dir(t, ETC);
	w = open_watch(t, false);
	tree_dir(t, ETC "/p1");
	assert_heard(w, " p1");
	tree_file(t, ETC "/p1/" U, "{}");
	assert_heard(w, " p1");
	tree_rename(t, ETC "/p1", ETC "/p2");
	assert_heard(w, " p1 p2");
	tree_remove(t, ETC "/p2/" U);
	assert_heard(w, " p2");
	remove_dir(t, ETC "/p2");
	assert_heard(w, " p2");
	tree_dir(t, ETC "/p2");
	assert_heard(w, " p2");
	tree_file(t, ETC "/p2/" U, "{}");
	assert_heard(w, " p2");
	watch_free(w);
}

/* All in one go, before anything is read. */
static void test_what_was_renamed_meanwhile_is_still_watched(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_file(t, ETC "/p1/" U, "{}");
	w = open_watch(t, false);
	tree_rename(t, ETC "/p1", ETC "/p2");
	tree_dir(t, ETC "/p1");
	tree_rename(t, ETC "/p2", ETC "/p3");
	assert_heard(w, " p1 p2 p3");
	tree_file(t, ETC "/p1/" U, "{}");
	assert_heard(w, " p1");
	tree_remove(t, ETC "/p3/" U);
	assert_heard(w, " p3");
	watch_free(w);
}

static void test_a_parent_that_left_is_not_watched(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_file(t, ETC "/p1/" U, "{}");
	tree_file(t, ETC "/p2/" U, "{}");
	w = open_watch(t, false);
	tree_rename(t, ETC "/p1", "/etc/saved");
	assert_heard(w, " p1");
	tree_remove(t, "/etc/saved/" U);
	assert_heard(w, "");
	tree_rename(t, "/etc/saved", ETC "/p1");
	assert_heard(w, " p1");
	tree_file(t, ETC "/p1/" U, "{}");
	assert_heard(w, " p1");
	watch_free(w);
}

static void test_what_is_no_parent_is_passed_over(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_dir(t, ETC "/scripts.d");
	tree_dir(t, "/elsewhere");
	tree_link(t, ETC "/link", "../../elsewhere");
	w = open_watch(t, false);
	tree_file(t, ETC "/scripts.d/x", "");
	tree_file(t, "/elsewhere/" U, "{}");
	tree_dir(t, ETC "/a\nb");
	tree_link(t, ETC "/link2", "../../elsewhere");
	assert_heard(w, "");
	watch_free(w);
}

static void test_the_directory_may_come_later(void **state)
{
	struct tree *t = *state;
	struct watch *w = open_watch(t, false);

	tree_dir(t, "/etc/other");
	tree_file(t, "/etc/mdevctl.conf", "");
	assert_heard(w, "");
	tree_dir(t, ETC);
	assert_heard(w, " *");
	tree_dir(t, ETC "/p1");
	assert_heard(w, " p1");
	tree_file(t, ETC "/p1/" U, "{}");
	assert_heard(w, " p1");
	tree_dir(t, "/etc/another");
	assert_heard(w, "");
	watch_free(w);
}

static void test_the_directory_may_come_with_all_that_is_in_it(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_file(t, "/new/p1/" U, "{}");
	w = open_watch(t, false);
	tree_rename(t, "/new", ETC);
	assert_heard(w, " *");
	tree_remove(t, ETC "/p1/" U);
	assert_heard(w, " p1");
	watch_free(w);
}

static void test_the_directory_may_be_made_again(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	tree_dir(t, ETC);
	w = open_watch(t, false);
	remove_dir(t, ETC);
	assert_heard(w, " *");
	tree_dir(t, ETC);
	assert_heard(w, " *");
	tree_dir(t, ETC "/p1");
	assert_heard(w, " p1");
	/* removed and made again before anything is read */
	remove_dir(t, ETC "/p1");
	remove_dir(t, ETC);
	tree_dir(t, ETC "/p2");
	assert_heard(w, " * p1");
	tree_file(t, ETC "/p2/" U, "{}");
	assert_heard(w, " p2");
	/* put aside: a tool that exchanges whole directories */
	tree_rename(t, ETC, "/etc/saved");
	tree_dir(t, ETC "/p3");
	assert_heard(w, " *");
	tree_remove(t, "/etc/saved/p2/" U);
	assert_heard(w, "");
	tree_file(t, ETC "/p3/" U, "{}");
	assert_heard(w, " p3");
	watch_free(w);
}

static void test_records_are_told_from_definitions(void **state)
{
	struct tree *t = *state;
	struct heard heard = { 0 };
	struct watch *w;

	tree_dir(t, ETC "/p1");
	tree_dir(t, PARENTS "/p1");
	w = open_watch(t, true);
	tree_file(t, PARENTS "/.new", "");
	tree_rename(t, PARENTS "/.new", PARENTS "/p1/" U);
	assert_int_equal(watch_read(w, on_changed, &heard), 0);
	assert_int_equal(heard.trees, 1U << WATCH_RECORDS);
	tree_file(t, ETC "/p1/" U, "{}");
	assert_int_equal(watch_read(w, on_changed, &heard), 0);
	assert_int_equal(heard.trees, 1U << WATCH_RECORDS | 1U << WATCH_DEFINITIONS);
	names_done(&heard.names);
	watch_free(w);
}

static void test_records_are_watched_too(void **state)
{
	struct tree *t = *state;
	struct watch *w = open_watch(t, true);

	tree_dir(t, ETC);
	assert_heard(w, " *");
	tree_dir(t, "/run/other");
	assert_heard(w, "");
	tree_dir(t, PARENTS);
	assert_heard(w, " *");
	tree_file(t, PARENTS "/p1/.new", "");
	assert_heard(w, " p1");
	tree_rename(t, PARENTS "/p1/.new", PARENTS "/p1/" U);
	assert_heard(w, " p1");
	tree_file(t, ETC "/p2/" U, "{}");
	assert_heard(w, " p2");
	tree_file(t, "/run/mdevmgr/begun", "");
	assert_heard(w, "");
	watch_free(w);
	w = open_watch(t, false);
	tree_remove(t, PARENTS "/p1/" U);
	assert_heard(w, "");
	watch_free(w);
}

/* Both trees wait in the root's own directory. */
static void test_an_empty_root_is_watched(void **state)
{
	struct tree *t = *state;
	struct watch *w;

	remove_dir(t, "/etc");
	w = open_watch(t, true);
	tree_dir(t, PARENTS);
	assert_heard(w, " *");
	tree_dir(t, ETC);
	assert_heard(w, " *");
	tree_dir(t, PARENTS "/p1");
	tree_dir(t, ETC "/p2");
	assert_heard(w, " p1 p2");
	watch_free(w);
}

static size_t queue_limit(void)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	size_t n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu", &n), 1);
	fclose(f);
	return n;
}

/* Two names in turn: the kernel drops an event that equals the one before. */
static void flood(struct tree *t, size_t n)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s" ETC "/p1", t->root);
	assert_int_equal(stat(path, &st), 0);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s" ETC "/p1/%zu", t->root, i % 2);
		assert_int_equal(chmod(path, 0600), 0);
	}
}

static void test_lost_events_mean_everything(void **state)
{
	struct tree *t = *state;
	size_t limit = queue_limit();
	struct watch *w;

	/* Nobody can overflow a queue that is larger in reasonable time. */
	if (limit > 1000000)
		skip();
	tree_file(t, ETC "/p1/0", "");
	tree_file(t, ETC "/p1/1", "");
	w = open_watch(t, false);
	flood(t, limit + 1);
	/* what is lost is this, and what happens below it */
	tree_dir(t, ETC "/p2");
	while (true) {
		struct heard heard = { 0 };

		assert_int_equal(watch_read(w, on_changed, &heard), 0);
		assert_true(heard.all || heard.names.n > 0);
		names_done(&heard.names);
		if (heard.all)
			break;
	}
	tree_file(t, ETC "/p2/" U, "{}");
	assert_heard(w, " p2");
	watch_free(w);
}

static void test_the_file_is_named(void **state)
{
	struct heard heard = { 0 };
	struct tree *t = *state;
	struct watch *w;

	tree_dir(t, ETC "/p1");
	w = open_watch(t, false);
	tree_file(t, ETC "/p1/" U, "{}");
	assert_int_equal(watch_read(w, on_changed, &heard), 0);
	assert_string_equal(heard.file, U);
	tree_dir(t, ETC "/p2");
	assert_int_equal(watch_read(w, on_changed, &heard), 0);
	assert_string_equal(heard.file, "");
	names_done(&heard.names);
	watch_free(w);
}

static int on_refuse(void *userdata, const struct watch_change *change)
{
	return -ECANCELED;
}

static void test_the_caller_may_end_it(void **state)
{
	struct tree *t = *state;
	struct watch *w;
	struct pollfd poll_fd;

	tree_dir(t, ETC "/p1");
	w = open_watch(t, false);
	poll_fd = (struct pollfd){ .fd = watch_fd(w), .events = POLLIN };
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	tree_file(t, ETC "/p1/" U, "{}");
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_int_equal(watch_read(w, on_refuse, NULL), -ECANCELED);
	watch_free(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_definitions_that_come_change_and_go),
		TEST(test_a_rename_is_told_and_temporary_files_are_not),
		TEST(test_reading_is_no_change),
		TEST(test_parents_that_come_and_go),
		TEST(test_what_was_renamed_meanwhile_is_still_watched),
		TEST(test_a_parent_that_left_is_not_watched),
		TEST(test_what_is_no_parent_is_passed_over),
		TEST(test_the_directory_may_come_later),
		TEST(test_the_directory_may_come_with_all_that_is_in_it),
		TEST(test_the_directory_may_be_made_again),
		TEST(test_records_are_watched_too),
		TEST(test_records_are_told_from_definitions),
		TEST(test_an_empty_root_is_watched),
		TEST(test_lost_events_mean_everything),
		TEST(test_the_file_is_named),
		TEST(test_the_caller_may_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
