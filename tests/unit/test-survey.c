/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/ops-private.h"
#include "core/registration.h"
#include "core/survey.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define P       "0000:00:02.0"
#define Q       "0000:00:03.0"
#define A       "0000:00:01.0"
#define U1      "11111111-1111-1111-1111-111111111111"
#define U2      "22222222-2222-2222-2222-222222222222"
#define U3      "33333333-3333-3333-3333-333333333333"
#define U4      "44444444-4444-4444-4444-444444444444"
#define AUTO    "{\"mdev_type\":\"ta\",\"start\":\"auto\"}"
#define MANUAL  "{\"mdev_type\":\"ta\",\"start\":\"manual\"}"
#define NUMBER  "mdev_registration"
#define SECONDS INT64_C(1000000)

struct world {
	struct tree *tree;
	struct ops *ops;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(tree_setup((void **)&w->tree), 0);
	assert_int_equal(ops_new(w->tree->env, &w->ops), 0);
	tree_dir(w->tree, "/run/mdevmgr");
	tree_parent(w->tree, P, "ta", 4);
	tree_file(w->tree, "/sys/devices/" P "/" NUMBER, "7");
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

static struct mdev_uuid uuid_of(const char *text)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(text, &uuid), 0);
	return uuid;
}

static void define(struct world *w, const char *parent, const char *uuid, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "/etc/mdevctl.d/%s/%s", parent, uuid);
	tree_file(w->tree, path, text);
}

/* The registration of P, with what it armed. */
static void note(struct world *w, uint64_t id, const char *armed)
{
	struct mdev_uuid uuid = uuid_of(armed);
	const struct registration r = { .id = id, .since = 5, .armed = &uuid, .n_armed = 1 };

	assert_int_equal(registration_remember(w->ops->records, P, &r), 0);
}

static void record_of(struct world *w, const char *uuid, const struct record *record)
{
	const struct mdev_uuid u = uuid_of(uuid);

	assert_int_equal(record_write(w->ops->records, P, &u, record, false), 0);
}

/* The entry of one device, by both ways to look. */
static const struct survey_entry *look(struct world *w, const char *uuid,
                                       const struct survey_hints *hints, struct survey *s)
{
	const struct mdev_uuid u = uuid_of(uuid);
	const struct survey_entry *all, *one;
	struct survey alone = { 0 };

	survey_done(s);
	assert_int_equal(survey_parent(w->ops, P, hints, s), 0);
	assert_string_equal(s->parent, P);
	assert_int_equal(survey_device(w->ops, P, &u, hints, &alone), 0);
	all = survey_find(s, &u);
	one = survey_find(&alone, &u);
	assert_int_equal(alone.n, all ? 1 : 0);
	if (all) {
		assert_int_equal(all->state, one->state);
		assert_int_equal(all->action, one->action);
		assert_int_equal(all->definition, one->definition);
		assert_string_equal(all->reason ? all->reason : "", one->reason ? one->reason : "");
	}
	survey_done(&alone);
	return all;
}

static void assert_look(struct world *w, const char *uuid, enum device_state state,
                        enum campaign_action action, const char *reason)
{
	struct survey s = { 0 };
	const struct survey_entry *e = look(w, uuid, NULL, &s);

	assert_non_null(e);
	if (e->state != state || e->action != action)
		fail_msg("state %s, action %d, reason '%s'", device_state_name(e->state), e->action,
		         e->reason ? e->reason : "");
	if (reason && (!e->reason || !strstr(e->reason, reason)))
		fail_msg("reason '%s'", e->reason ? e->reason : "");
	survey_done(&s);
}

static void test_definitions_and_devices(void **state)
{
	struct world *w = *state;
	struct survey s = { 0 };

	define(w, P, U1, AUTO);
	define(w, P, U2, MANUAL);
	define(w, P, "33333333333333333333333333333333", AUTO);
	define(w, P, U3, MANUAL);
	tree_device(w->tree, P, "ta", U2, NULL);
	tree_device(w->tree, P, "ta", U4, NULL);
	note(w, 7, U1);
	assert_int_equal(survey_parent(w->ops, P, NULL, &s), 0);
	assert_int_equal(s.registration, 7);
	assert_true(s.is_noted);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.entries[0].state, DEVICE_STARTING);
	assert_int_equal(s.entries[0].action, CAMPAIGN_START);
	assert_true(s.entries[0].is_defined && s.entries[0].is_auto);
	assert_int_equal(s.entries[0].since, 5);
	assert_string_equal(s.entries[0].type, "ta");
	assert_int_equal(s.entries[0].definition, record_hash_definition(AUTO, strlen(AUTO)));
	assert_int_equal(s.entries[1].state, DEVICE_ACTIVE);
	assert_false(s.entries[1].is_auto);
	/* The canonical name counts. */
	assert_int_equal(s.entries[2].state, DEVICE_INACTIVE);
	assert_false(s.entries[2].is_auto);
	assert_int_equal(s.entries[3].state, DEVICE_ACTIVE);
	assert_false(s.entries[3].is_defined);
	assert_string_equal(s.entries[3].type, "ta");
	survey_done(&s);
	assert_null(look(w, "55555555-5555-5555-5555-555555555555", NULL, &s));
	survey_done(&s);
}

static void test_unregistered(void **state)
{
	struct world *w = *state;
	struct survey s = { 0 };

	define(w, P, U1, AUTO);
	define(w, P, U2, MANUAL);
	note(w, 7, U1);
	tree_remove(w->tree, "/sys/class/mdev_bus/" P);
	assert_look(w, U1, DEVICE_WAITING_PARENT, CAMPAIGN_REST, "parent");
	assert_look(w, U2, DEVICE_INACTIVE, CAMPAIGN_REST, NULL);
	/* On its way out, the parent takes its device along. */
	tree_device(w->tree, P, "ta", U1, NULL);
	assert_look(w, U1, DEVICE_STOPPING, CAMPAIGN_REST, NULL);
	assert_int_equal(survey_parent(w->ops, P, NULL, &s), 0);
	assert_int_equal(s.registration, 0);
	assert_false(s.is_noted);
	survey_done(&s);
}

static void test_registrations(void **state)
{
	struct world *w = *state;
	const struct record done = { .phase = CAMPAIGN_DONE, .registration = 6 };

	define(w, P, U1, AUTO);
	define(w, P, U2, AUTO);
	assert_look(w, U1, DEVICE_INACTIVE, CAMPAIGN_REST, "nobody has looked");
	note(w, 6, U1);
	record_of(w, U1, &done);
	assert_look(w, U1, DEVICE_INACTIVE, CAMPAIGN_REST, "nobody has looked");
	/* What the last life left is over. */
	note(w, 7, U1);
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	assert_look(w, U2, DEVICE_INACTIVE, CAMPAIGN_REST, "set to auto after");
	tree_file(w->tree, "/sys/devices/" P "/" NUMBER, "6");
	assert_look(w, U1, DEVICE_INACTIVE, CAMPAIGN_REST, "was stopped");
}

static void test_records(void **state)
{
	struct world *w = *state;
	char reason[] = "the driver says no";
	struct record record = { .phase = CAMPAIGN_FAILED,
		                 .registration = 7,
		                 .attempts = 3,
		                 .errnum = EIO,
		                 .since = 11,
		                 .definition = record_hash_definition(AUTO, strlen(AUTO)),
		                 .reason = reason };
	struct survey s = { 0 };
	const struct survey_entry *e;

	define(w, P, U1, AUTO);
	note(w, 7, U1);
	record_of(w, U1, &record);
	e = look(w, U1, NULL, &s);
	assert_int_equal(e->state, DEVICE_FAILED);
	assert_int_equal(e->attempts, 3);
	assert_int_equal(e->errnum, EIO);
	assert_int_equal(e->since, 11);
	assert_string_equal(e->reason, reason);
	assert_true(survey_entry_is_bad(e));
	assert_true(survey_entry_is_at_rest(e, false));
	survey_done(&s);
	define(w, P, U1, AUTO " ");
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	record.phase = CAMPAIGN_RETRY;
	record.next = record_now() + 3600 * SECONDS;
	record.attempts = CAMPAIGN_PATIENCE;
	define(w, P, U1, AUTO);
	record_of(w, U1, &record);
	e = look(w, U1, NULL, &s);
	assert_int_equal(e->state, DEVICE_FAILED);
	assert_int_equal(e->next, record.next);
	assert_int_equal(e->due, record.next);
	assert_true(survey_entry_is_at_rest(e, false));
	survey_done(&s);
	/* Whose type is changed to one that is not offered. */
	define(w, P, U1, "{\"mdev_type\":\"tb\",\"start\":\"auto\"}");
	assert_look(w, U1, DEVICE_WAITING_TYPE, CAMPAIGN_MISS, NULL);
	define(w, P, U1, "{\"mdev_type\":\"../../ta\",\"start\":\"auto\"}");
	assert_look(w, U1, DEVICE_WAITING_TYPE, CAMPAIGN_MISS, NULL);
}

/* One look at all of them, whatever it remembers of the last. */
static void test_types_of_neighbours(void **state)
{
	struct world *w = *state;
	const char *const uuids[] = { U1, U2, U3, U4 };
	const char *const types[] = { "ta", "tb", "ta", "tc" };
	struct mdev_uuid armed[ARRAY_SIZE(uuids)];
	const struct registration r = { .id = 7, .armed = armed, .n_armed = ARRAY_SIZE(armed) };
	char text[128];

	tree_parent(w->tree, P, "tc", 4);
	for (size_t i = 0; i < ARRAY_SIZE(uuids); i++) {
		armed[i] = uuid_of(uuids[i]);
		snprintf(text, sizeof(text), "{\"mdev_type\":\"%s\",\"start\":\"auto\"}", types[i]);
		define(w, P, uuids[i], text);
	}
	assert_int_equal(registration_remember(w->ops->records, P, &r), 0);
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	assert_look(w, U2, DEVICE_WAITING_TYPE, CAMPAIGN_MISS, NULL);
	assert_look(w, U3, DEVICE_STARTING, CAMPAIGN_START, NULL);
	assert_look(w, U4, DEVICE_STARTING, CAMPAIGN_START, NULL);
}

static void test_stuck(void **state)
{
	struct world *w = *state;
	const struct record record = { .phase = CAMPAIGN_STUCK, .registration = 7, .pid = 42 };
	struct survey s = { 0 };
	const struct survey_entry *e;

	define(w, P, U1, AUTO);
	note(w, 7, U1);
	tree_file(w->tree, "/proc/42/stat", "42 (w) D 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 99 0\n");
	record_of(w, U1, &record);
	e = look(w, U1, NULL, &s);
	assert_int_equal(e->state, DEVICE_STUCK);
	assert_int_equal(e->pid, 42);
	assert_true(e->due > 0);
	assert_true(survey_entry_is_bad(e));
	survey_done(&s);
	tree_remove(w->tree, "/proc/42/stat");
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
}

static const char *rival_is_a(void *userdata, const char *parent, const struct mdev_uuid *uuid)
{
	assert_string_equal(parent, P);
	assert_non_null(uuid);
	return userdata;
}

static void test_hints(void **state)
{
	struct world *w = *state;
	const struct record full = { .phase = CAMPAIGN_NO_INSTANCE, .registration = 7 };
	const struct mdev_uuid u1 = uuid_of(U1);
	const struct survey_hints freed = { .is_freed = true, .rival = survey_no_rival },
				  seen = { .seen = &u1, .n_seen = 1 },
				  rival = { .rival = rival_is_a, .userdata = (void *)A };
	struct survey s = { 0 };

	define(w, P, U1, AUTO);
	note(w, 7, U1);
	assert_int_equal(look(w, U1, &seen, &s)->action, CAMPAIGN_RETIRE);
	assert_int_equal(look(w, U1, &rival, &s)->action, CAMPAIGN_BLOCK);
	assert_string_equal(s.entries[0].other, A);
	record_of(w, U1, &full);
	assert_int_equal(look(w, U1, NULL, &s)->state, DEVICE_WAITING_INSTANCE);
	assert_int_equal(look(w, U1, &freed, &s)->action, CAMPAIGN_START);
	survey_done(&s);
}

static void test_other_parents(void **state)
{
	struct world *w = *state;
	char q[] = Q;
	struct record record = {
		.phase = CAMPAIGN_BLOCKED, .registration = 7, .other = q, .other_registration = 1
	};

	define(w, P, U1, AUTO);
	note(w, 7, U1);
	tree_parent(w->tree, Q, "ta", 1);
	tree_device(w->tree, Q, "ta", U1, NULL);
	assert_look(w, U1, DEVICE_BLOCKED, CAMPAIGN_BLOCK, Q);
	record_of(w, U1, &record);
	assert_look(w, U1, DEVICE_BLOCKED, CAMPAIGN_REST, Q);
	/* Stopped while its parent stays; and with its parent. */
	tree_remove(w->tree, "/sys/bus/mdev/devices/" U1);
	assert_look(w, U1, DEVICE_INACTIVE, CAMPAIGN_RETIRE, NULL);
	tree_file(w->tree, "/sys/devices/" Q "/" NUMBER, "2");
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	/* Comes first, but is not registered; later, and is; first, and manual; and auto. */
	define(w, A, U1, AUTO);
	define(w, Q, U1, AUTO);
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	tree_parent(w->tree, A, "ta", 1);
	define(w, A, U1, MANUAL);
	assert_look(w, U1, DEVICE_STARTING, CAMPAIGN_START, NULL);
	define(w, A, U1, AUTO);
	assert_look(w, U1, DEVICE_BLOCKED, CAMPAIGN_BLOCK, A);
}

static void test_broken_and_private(void **state)
{
	struct world *w = *state;
	char path[4096];
	struct survey s = { 0 };
	const struct survey_entry *e;

	define(w, P, U1, "{\n  nonsense");
	define(w, P, U2, AUTO);
	snprintf(path, sizeof(path), "%s/etc/mdevctl.d/" P "/" U2, w->tree->root);
	assert_int_equal(chmod(path, 0640), 0);
	note(w, 7, U1);
	e = look(w, U1, NULL, &s);
	assert_true(e->is_defined && e->is_broken);
	assert_false(e->is_private);
	assert_int_equal(e->state, DEVICE_INACTIVE);
	assert_int_equal(e->action, CAMPAIGN_REST);
	assert_non_null(strstr(e->reason, "line 2 column"));
	assert_non_null(strstr(e->reason, "/etc/mdevctl.d/" P "/" U1));
	assert_null(strchr(e->reason, '\n'));
	assert_false(survey_entry_is_bad(e));
	assert_true(look(w, U2, NULL, &s)->is_private);
	tree_device(w->tree, P, "ta", U1, NULL);
	e = look(w, U1, NULL, &s);
	assert_true(e->is_broken);
	assert_int_equal(e->state, DEVICE_ACTIVE);
	survey_done(&s);
}

static void test_parents(void **state)
{
	struct world *w = *state;
	struct names names = { 0 };
	char path[512] = "/etc/mdevctl.d/";

	define(w, Q, U1, AUTO);
	define(w, P, U1, AUTO);
	tree_dir(w->tree, "/etc/mdevctl.d/\xff");
	memset(path + strlen(path), 'x', SURVEY_PARENT_MAX + 1);
	tree_dir(w->tree, path);
	tree_link(w->tree, "/sys/bus/mdev/devices/" U2, "../../../devices/gone/" U2);
	tree_link(w->tree, "/sys/bus/mdev/devices/" U3, "../../../devices/gone/" U3);
	assert_int_equal(survey_list_parents(w->ops, &names), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], P);
	assert_string_equal(names.items[1], Q);
	assert_string_equal(names.items[2], "gone");
	names_done(&names);
}

static void test_rest(void **state _unused_)
{
	struct survey_entry e = { .is_auto = true, .state = DEVICE_WAITING_PARENT };

	assert_false(survey_entry_is_at_rest(&e, false));
	assert_true(survey_entry_is_at_rest(&e, true));
	e.state = DEVICE_STARTING;
	assert_false(survey_entry_is_at_rest(&e, true));
	e.state = DEVICE_FAILED;
	e.next = record_now() + SECONDS;
	assert_false(survey_entry_is_at_rest(&e, true));
	assert_true(survey_entry_is_bad(&e));
	e.is_auto = false;
	assert_false(survey_entry_is_bad(&e));
	e.state = DEVICE_ACTIVE;
	assert_true(survey_entry_is_at_rest(&e, false));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* ---- registrations that nobody has noted ---------------------------------------------- */

struct noted {
	struct world *w;
	unsigned n;
	int r;
};

/* A definition that comes now is before nobody's eyes: it is not armed. */
static void on_noted(void *userdata, const char *parent, int r)
{
	struct noted *noted = userdata;

	assert_string_equal(parent, P);
	noted->n++;
	noted->r = r;
	define(noted->w, P, U4, AUTO);
}

static enum campaign_action action_of(const struct survey *s, const char *text)
{
	const struct mdev_uuid uuid = uuid_of(text);
	const struct survey_entry *e = survey_find(s, &uuid);

	assert_non_null(e);
	return e->action;
}

static void test_a_registration_is_noted_with_what_it_arms(void **state)
{
	struct world *w = *state;
	struct noted noted = { .w = w };
	const struct survey_hints hints = { .noted = on_noted, .arms = true, .userdata = &noted };
	struct registration seen = { 0 };
	struct survey s;

	define(w, P, U1, AUTO);
	define(w, P, U2, MANUAL);
	define(w, P, U3, "{");
	assert_int_equal(survey_parent(w->ops, P, &hints, &s), 0);
	assert_int_equal(noted.n, 1);
	assert_int_equal(noted.r, 0);
	assert_true(s.is_noted);
	assert_int_equal(action_of(&s, U1), CAMPAIGN_START);
	assert_int_equal(action_of(&s, U2), CAMPAIGN_REST);
	survey_done(&s);
	assert_int_equal(registration_recall(w->ops->records, P, &seen), 0);
	assert_int_equal(seen.id, 7);
	assert_int_equal(seen.n_armed, 1);
	registration_done(&seen);
	/* Once. */
	assert_int_equal(survey_parent(w->ops, P, &hints, &s), 0);
	assert_int_equal(noted.n, 1);
	assert_int_equal(action_of(&s, U4), CAMPAIGN_REST);
	survey_done(&s);
}

static void test_a_registration_may_be_noted_and_arm_nothing(void **state)
{
	struct world *w = *state;
	struct noted noted = { .w = w };
	const struct survey_hints hints = { .noted = on_noted, .userdata = &noted };
	struct survey s;

	define(w, P, U1, AUTO);
	assert_int_equal(survey_parent(w->ops, P, &hints, &s), 0);
	assert_true(s.is_noted);
	assert_int_equal(action_of(&s, U1), CAMPAIGN_REST);
	survey_done(&s);
}

static void test_whoever_notes_first_is_right(void **state)
{
	struct world *w = *state;
	_cleanup_(closep) int root_fd = records_open(w->ops->records), dirfd = -1;
	const struct registration mine = { .id = 7 };

	note(w, 7, U1);
	assert_int_equal(registration_remember_at(w->ops->records, root_fd, P, &mine, &dirfd), 1);
	assert_true(dirfd >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_definitions_and_devices),
		WORLD_TEST(test_unregistered),
		WORLD_TEST(test_registrations),
		WORLD_TEST(test_a_registration_is_noted_with_what_it_arms),
		WORLD_TEST(test_a_registration_may_be_noted_and_arm_nothing),
		WORLD_TEST(test_whoever_notes_first_is_right),
		WORLD_TEST(test_records),
		WORLD_TEST(test_types_of_neighbours),
		WORLD_TEST(test_stuck),
		WORLD_TEST(test_hints),
		WORLD_TEST(test_other_parents),
		WORLD_TEST(test_broken_and_private),
		WORLD_TEST(test_parents),
		cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
