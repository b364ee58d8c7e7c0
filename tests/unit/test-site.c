/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/definition.h"
#include "core/ops-private.h"
#include "core/site.h"
#include "core/survey.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define P       "0000:00:02.0"
#define U1      "11111111-1111-1111-1111-11111111111a"
#define U1_ODD  "11111111-1111-1111-1111-11111111111A"
#define NUMBER  "/sys/devices/" P "/mdev_registration"
#define RECORDS "/run/mdevmgr/parents/" P
#define TEXT    "{ \"mdev_type\": \"t1\", \"start\": \"auto\" }"

struct world {
	struct tree *tree;
	struct ops *ops;
	struct mdev_uuid uuid;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(tree_setup((void **)&w->tree), 0);
	assert_int_equal(ops_new(w->tree->env, &w->ops), 0);
	assert_int_equal(mdev_uuid_parse(U1, &w->uuid), 0);
	tree_dir(w->tree, "/run/mdevmgr");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	ops_free(w->ops);
	tree_teardown((void **)&w->tree);
	free(w);
	return 0;
}

static struct site *open_site(struct world *w)
{
	struct site *site = NULL;

	assert_int_equal(site_new(w->ops, P, &site), 0);
	return site;
}

static void test_parent_that_is_not_there(void **state)
{
	struct site *site = open_site(*state);

	assert_int_equal(site->registration, 0);
	assert_int_equal(site_open_type(site, "t1"), -ENOENT);
	assert_int_equal(site_is_current(site), 1);
	site_free(site);
}

static void test_registration_that_ends(void **state)
{
	struct world *w = *state;
	struct survey_entry entry = { .is_defined = false };
	struct site *site;

	tree_parent(w->tree, P, "t1", 1);
	tree_file(w->tree, NUMBER, "7");
	site = open_site(w);
	assert_int_equal(site->registration, 7);
	assert_int_equal(site_is_current(site), 1);
	tree_file(w->tree, NUMBER, "8");
	assert_int_equal(site_is_current(site), 0);
	assert_int_equal(survey_device_at(site, &w->uuid, NULL, &entry, NULL), -ESTALE);
	site_free(site);
}

static void assert_available(struct site *site, const char *type, const char *text)
{
	_cleanup_(strbuf_done) struct strbuf found = STRBUF_INIT;

	assert_int_equal(site_read_available(site, type, &found), 0);
	assert_string_equal(strbuf_str(&found), text);
}

static void test_instances_are_read_anew(void **state)
{
	struct world *w = *state;
	struct site *site;

	tree_parent(w->tree, P, "t1", 3);
	tree_parent(w->tree, P, "t2", 5);
	site = open_site(w);
	assert_available(site, "t1", "3");
	tree_parent(w->tree, P, "t1", 0);
	assert_available(site, "t1", "0");
	assert_available(site, "t2", "5");
	assert_available(site, "t1", "0");
	assert_int_equal(site_open_type(site, "../" P), -ENOENT);
	assert_int_equal(site_open_type(site, "t3"), -ENOENT);
	site_free(site);
}

static void assert_recorded(struct world *w, struct site *site)
{
	const struct record record = { .phase = CAMPAIGN_DONE, .registration = 7 };
	_cleanup_(record_done) struct record found = { 0 };

	assert_int_equal(site_write_record(site, &w->uuid, &record, false), 0);
	assert_int_equal(record_read(w->ops->records, P, &w->uuid, &found), 0);
	assert_int_equal(found.phase, CAMPAIGN_DONE);
}

static void test_records_whose_directory_goes(void **state)
{
	struct world *w = *state;
	struct site *site = open_site(w);
	char path[512];

	assert_recorded(w, site);
	tree_remove(w->tree, RECORDS "/" U1);
	snprintf(path, sizeof(path), "%s" RECORDS, w->tree->root);
	assert_int_equal(rmdir(path), 0);
	assert_recorded(w, site);
	site_free(site);
}

/* What is written under the eyes of an open site. */
static void test_definitions_come_and_go(void **state)
{
	struct world *w = *state;
	struct site *site = open_site(w);
	struct survey_entry entry = { .is_defined = false };
	struct definition *d = NULL;

	assert_int_equal(survey_device_at(site, &w->uuid, NULL, &entry, &d), 0);
	assert_null(d);
	tree_file(w->tree, "/etc/mdevctl.d/" P "/" U1_ODD, TEXT);
	assert_int_equal(survey_device_at(site, &w->uuid, NULL, &entry, &d), 1);
	assert_true(entry.is_auto);
	assert_string_equal(d->type, "t1");
	definition_free(d);
	d = NULL;
	survey_entry_done(&entry);
	tree_remove(w->tree, "/etc/mdevctl.d/" P "/" U1_ODD);
	tree_link(w->tree, "/etc/mdevctl.d/" P "/" U1, "other");
	tree_file(w->tree, "/etc/mdevctl.d/" P "/other", TEXT);
	assert_int_equal(survey_device_at(site, &w->uuid, NULL, &entry, &d), 0);
	assert_null(d);
	site_free(site);
}

static bool is_private(struct site *site, const struct mdev_uuid *uuid)
{
	struct survey_entry entry = { .is_defined = false };
	bool result;

	assert_int_equal(survey_device_at(site, uuid, NULL, &entry, NULL), 1);
	result = entry.is_private;
	survey_entry_done(&entry);
	return result;
}

static void set_mode(struct world *w, const char *path, mode_t mode)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", w->tree->root, path);
	assert_int_equal(chmod(full, mode), 0);
}

static void test_directories_keep_definitions_private(void **state)
{
	static const char *const paths[] = { "/etc/mdevctl.d", "/etc/mdevctl.d/" P };
	struct world *w = *state;
	struct site *site;

	tree_file(w->tree, "/etc/mdevctl.d/" P "/" U1, TEXT);
	set_mode(w, "/etc/mdevctl.d/" P "/" U1, 0644);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		set_mode(w, paths[i], 0755);
	site = open_site(w);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_false(is_private(site, &w->uuid));
		set_mode(w, paths[i], 0750);
		/* As if it had been long ago. */
		site->public_at -= 2000000;
		assert_true(is_private(site, &w->uuid));
		set_mode(w, paths[i], 0755);
	}
	assert_false(is_private(site, &w->uuid));
	set_mode(w, "/etc/mdevctl.d/" P "/" U1, 0600);
	assert_true(is_private(site, &w->uuid));
	site_free(site);
}

static mode_t mode_of_record(struct world *w, struct site *site, const char *reason)
{
	const struct record record = { .phase = CAMPAIGN_RETRY,
		                       .registration = 7,
		                       .reason = (char *)reason };
	char full[512];
	struct stat st;

	assert_int_equal(site_write_record(site, &w->uuid, &record, false), 0);
	snprintf(full, sizeof(full), "%s" RECORDS "/" U1, w->tree->root);
	assert_int_equal(stat(full, &st), 0);
	return st.st_mode & 0777;
}

/* Also of a definition that was read in the second in which its directory was closed. */
static void test_reasons_are_as_private_as_directories_are_now(void **state)
{
	struct world *w = *state;
	struct site *site;

	tree_file(w->tree, "/etc/mdevctl.d/" P "/" U1, TEXT);
	set_mode(w, "/etc/mdevctl.d", 0755);
	set_mode(w, "/etc/mdevctl.d/" P, 0755);
	site = open_site(w);
	assert_int_equal(mode_of_record(w, site, "a0=secret"), 0644);
	set_mode(w, "/etc/mdevctl.d/" P, 0700);
	assert_int_equal(mode_of_record(w, site, "a0=secret"), 0600);
	assert_int_equal(mode_of_record(w, site, NULL), 0644);
	site_free(site);
}

#define row(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_parent_that_is_not_there),
		row(test_registration_that_ends),
		row(test_instances_are_read_anew),
		row(test_records_whose_directory_goes),
		row(test_definitions_come_and_go),
		row(test_directories_keep_definitions_private),
		row(test_reasons_are_as_private_as_directories_are_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
