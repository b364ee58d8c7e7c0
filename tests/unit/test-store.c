/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define U1       "11111111-1111-1111-1111-111111111111"
#define U2       "22222222-2222-2222-2222-22222222abcd"
#define U2_UPPER "22222222-2222-2222-2222-22222222ABCD"
#define DIR      "/etc/mdevctl.d"
#define TEXT     "{\"mdev_type\": \"t\", \"start\": \"auto\"}"

static struct mdev_uuid uuid_of(const char *text)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(text, &uuid), 0);
	return uuid;
}

static void test_nothing_there(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	struct tree *t = *state;
	struct store_parent p = { .fd = -1 };
	struct store_hits hits = { 0 };
	struct names names = { 0 };
	struct store *store;

	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_list_parents(store, &names), 0);
	assert_int_equal(names.n, 0);
	assert_int_equal(store_open_parent(store, "p", &p), 0);
	assert_int_equal(p.n, 0);
	assert_int_equal(p.fd, -1);
	assert_int_equal(store_find(store, &u1, NULL, &hits), 0);
	assert_int_equal(hits.n, 0);
	assert_false(tree_has(t, DIR));
	store_parent_done(&p);
	store_free(store);
}

static void test_foreign_things_are_passed_over(void **state)
{
	const struct mdev_uuid u2 = uuid_of(U2);
	struct tree *t = *state;
	struct store_parent p = { .fd = -1 };
	struct store_hits hits = { 0 };
	struct names names = { 0 };
	struct store *store;

	tree_file(t, DIR "/q/" U1, TEXT);
	tree_file(t, DIR "/p/" U2, TEXT);
	tree_file(t, DIR "/p/" U2_UPPER, TEXT);
	tree_file(t, DIR "/p/README", "x");
	tree_file(t, DIR "/p/.hidden", "x");
	tree_dir(t, DIR "/p/33333333-3333-3333-3333-333333333333");
	tree_link(t, DIR "/p/44444444-4444-4444-4444-444444444444", U2);
	tree_file(t, DIR "/file", "x");
	tree_file(t, DIR "/.lock", "");
	tree_dir(t, DIR "/scripts.d/callouts");
	tree_link(t, DIR "/link", "p");
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_list_parents(store, &names), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "p");
	assert_string_equal(names.items[1], "q");
	assert_int_equal(store_open_parent(store, "p", &p), 0);
	assert_int_equal(p.n, 2);
	assert_null(p.entries[0].name);
	assert_string_equal(p.entries[1].name, U2_UPPER);
	assert_ptr_equal(store_parent_find(&p, &u2), &p.entries[0]);
	store_parent_done(&p);
	assert_int_equal(store_open_parent(store, "link", &p), 0);
	assert_int_equal(p.n, 0);
	store_parent_done(&p);
	assert_int_equal(store_find(store, &u2, NULL, &hits), 0);
	assert_int_equal(hits.n, 2);
	store_hits_done(&hits);
	names_done(&names);
	store_free(store);
}

static void test_broken_file_is_named(void **state)
{
	struct tree *t = *state;
	struct store_parent p = { .fd = -1 };
	struct definition *d = NULL;
	struct error err = ERROR_INIT;
	struct store *store;

	tree_file(t, DIR "/p/" U1, "{\n  \"mdev_type\": \"t\",,\n}");
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_open_parent(store, "p", &p), 0);
	assert_true(store_read(store, &p, &p.entries[0], &d, &err) < 0);
	assert_null(d);
	assert_non_null(strstr(err.cause, DIR "/p/" U1));
	assert_non_null(strstr(err.cause, "line 2"));
	error_done(&err);
	store_parent_done(&p);
	store_free(store);
}

static void test_create_replace_remove(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	const struct store_entry e = { .uuid = u1 };
	struct tree *t = *state;
	struct store *store;
	char *text;

	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_create(store, "p", &u1, "one", 3, NULL), 0);
	assert_int_equal(store_create(store, "p", &u1, "two", 3, NULL), -EEXIST);
	text = tree_read(t, DIR "/p/" U1);
	assert_string_equal(text, "one");
	free(text);
	assert_int_equal(store_replace(store, "p", &e, "three", 5, NULL), 0);
	text = tree_read(t, DIR "/p/" U1);
	assert_string_equal(text, "three");
	free(text);
	assert_int_equal(store_remove(store, "p", &e, NULL), 0);
	assert_false(tree_has(t, DIR "/p/" U1));
	assert_true(tree_has(t, DIR "/p"));
	assert_int_equal(store_remove(store, "p", &e, NULL), -ENOENT);
	store_free(store);
}

static void test_replace_keeps_the_mode_and_breaks_hard_links(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	const struct store_entry e = { .uuid = u1 };
	struct tree *t = *state;
	struct store *store;
	char a[512], b[512];
	struct stat st;
	char *text;

	tree_file(t, DIR "/p/" U1, "old");
	snprintf(a, sizeof(a), "%s" DIR "/p/" U1, t->root);
	snprintf(b, sizeof(b), "%s/other", t->root);
	assert_int_equal(chmod(a, 0640), 0);
	assert_int_equal(link(a, b), 0);
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_replace(store, "p", &e, "new", 3, NULL), 0);
	assert_int_equal(stat(a, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_nlink, 1);
	text = tree_read(t, "/other");
	assert_string_equal(text, "old");
	free(text);
	store_free(store);
}

static void assert_private(struct tree *t, const char *path, mode_t mode, bool is_private)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	struct store_parent p = { .fd = -1 };
	struct strbuf text = STRBUF_INIT;
	bool found = !is_private;
	struct store *store;
	struct stat before;
	char full[512];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(stat(full, &before), 0);
	assert_int_equal(chmod(full, mode), 0);
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_open_parent(store, "p", &p), 0);
	assert_int_equal(p.n, 1);
	assert_non_null(store_parent_find(&p, &u1));
	assert_int_equal(store_read_bytes_and_privacy(&p, &p.entries[0], &text, &found), 0);
	assert_int_equal(found, is_private);
	assert_int_equal(chmod(full, before.st_mode & 07777), 0);
	strbuf_done(&text);
	store_parent_done(&p);
	store_free(store);
}

/* Whoever may not enter a directory may not read what is in it, whatever its mode. */
static void test_privacy(void **state)
{
	struct tree *t = *state;

	tree_file(t, DIR "/p/" U1, "{}");
	assert_private(t, DIR, 0755, false);
	assert_private(t, DIR "/p/" U1, 0640, true);
	assert_private(t, DIR "/p", 0750, true);
	assert_private(t, DIR, 0750, true);
	assert_private(t, DIR, 0711, false);
}

static void test_new_file_gets_the_group_of_its_directory(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	struct tree *t = *state;
	struct store *store;
	struct stat st;
	char dir[512], file[512];

	if (geteuid() != 0)
		skip();
	tree_dir(t, DIR "/p");
	snprintf(dir, sizeof(dir), "%s" DIR "/p", t->root);
	snprintf(file, sizeof(file), "%s" DIR "/p/" U1, t->root);
	assert_int_equal(chown(dir, (uid_t)-1, 12345), 0);
	assert_int_equal(chmod(dir, 02755), 0);
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_create(store, "p", &u1, "new", 3, NULL), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_gid, 12345);
	store_free(store);
}

static void test_no_directory_is_made_for_what_is_gone(void **state)
{
	const struct store_entry e = { .uuid = uuid_of(U1) };
	struct tree *t = *state;
	struct store *store;

	tree_dir(t, DIR);
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_remove(store, "p", &e, NULL), -ENOENT);
	assert_int_equal(store_replace(store, "p", &e, "new", 3, NULL), -ENOENT);
	assert_false(tree_has(t, DIR "/p"));
	store_free(store);
}

static void test_links_are_not_written_through(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	const struct store_entry e = { .uuid = u1 };
	struct tree *t = *state;
	struct store *store;
	char *text;

	tree_file(t, "/outside", "kept");
	tree_link(t, DIR "/p/" U1, "../../../outside");
	tree_dir(t, "/elsewhere");
	tree_link(t, DIR "/q", "../../elsewhere");
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_replace(store, "p", &e, "new", 3, NULL), -ELOOP);
	assert_int_equal(store_create(store, "p", &u1, "new", 3, NULL), -EEXIST);
	assert_true(store_create(store, "q", &u1, "new", 3, NULL) < 0);
	assert_false(tree_has(t, "/elsewhere/" U1));
	text = tree_read(t, "/outside");
	assert_string_equal(text, "kept");
	free(text);
	store_free(store);
}

static void test_leftovers_of_dead_writers_go(void **state)
{
	const struct mdev_uuid u1 = uuid_of(U1);
	struct tree *t = *state;
	struct store *store;

	tree_file(t, DIR "/.mdevmgr-0123456789abcdef", "half");
	tree_file(t, DIR "/.lock", "");
	assert_int_equal(store_new(t->env, &store), 0);
	assert_int_equal(store_create(store, "p", &u1, "x", 1, NULL), 0);
	assert_false(tree_has(t, DIR "/.mdevmgr-0123456789abcdef"));
	assert_true(tree_has(t, DIR "/.lock"));
	store_free(store);
}

static void test_parent_names(void **state)
{
	static const char *const bad[] = { "",    ".",    "..",   ".hidden", "scripts.d",
		                           "a/b", "/abs", "a\nb", "a\x7f" };
	static const char *const good[] = { "0000:00:02.0", "mtty", "a b", "we!ird\\ x", "x..y" };
	char large[300];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(store_parent_problem(bad[i]));
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(store_parent_problem(good[i]));
	memset(large, 'x', sizeof(large));
	large[256] = '\0';
	assert_non_null(store_parent_problem(large));
	large[255] = '\0';
	assert_null(store_parent_problem(large));
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_nothing_there),
		row(test_foreign_things_are_passed_over),
		row(test_broken_file_is_named),
		row(test_create_replace_remove),
		row(test_replace_keeps_the_mode_and_breaks_hard_links),
		row(test_privacy),
		row(test_new_file_gets_the_group_of_its_directory),
		row(test_no_directory_is_made_for_what_is_gone),
		row(test_links_are_not_written_through),
		row(test_leftovers_of_dead_writers_go),
		cmocka_unit_test(test_parent_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
