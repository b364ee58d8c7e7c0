/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/look.h"
#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/strbuf.h"

#define A       "11111111-1111-1111-1111-11111111111a"
#define B       "22222222-2222-2222-2222-22222222222b"
#define ETC     "/etc/mdevctl.d"
#define MANUAL  "{\"mdev_type\":\"t\",\"start\":\"manual\"}"
#define MANUAL2 "{\"mdev_type\":\"t2\",\"start\":\"manual\"}"

#define BROKEN "invalid json: EOF while parsing an object at line 1 column 1, in " ETC "/p/" A

/* ---- comparing what a test says -------------------------------------------------------- */

static int print_change(void *userdata, const struct change *c)
{
	struct strbuf *out = userdata;
	char uuid[MDEV_UUID_TEXT_MAX] = "-";

	if (c->uuid)
		mdev_uuid_format(c->uuid, uuid);
	strbuf_addf(out, "%s %.2s %s %s %s", change_kind_name(c->kind), uuid,
	            c->type ? c->type : "-", c->before ? c->before : "-", c->after);
	if (c->file)
		strbuf_addf(out, " %s", c->file);
	if (c->reason)
		strbuf_addf(out, " (%s)", c->reason);
	if (c->n_types > 0)
		strbuf_addf(out, " %zu", c->n_types);
	strbuf_add_char(out, '\n');
	assert_string_equal(c->parent, "p");
	return 0;
}

static void assert_changes(const struct look *before, const struct look *after, const char *want)
{
	struct strbuf got = STRBUF_INIT;

	assert_int_equal(look_compare(before, after, print_change, &got), 0);
	assert_string_equal(strbuf_str(&got), want);
	strbuf_done(&got);
}

static struct look_entry entry(const char *uuid, enum device_state state)
{
	struct look_entry e = { .state = state,
		                .is_active = state == DEVICE_ACTIVE || state == DEVICE_DEGRADED,
		                .type = (char *)"t" };

	assert_int_equal(mdev_uuid_parse(uuid, &e.uuid), 0);
	return e;
}

static struct look_entry defined(const char *uuid, enum device_state state, const char *file)
{
	struct look_entry e = entry(uuid, state);

	e.file = (char *)file;
	return e;
}

static struct look look_of(uint64_t registration, struct look_entry *entries, size_t n)
{
	return (struct look){ .parent = (char *)"p",
		              .registration = registration,
		              .n_types = registration ? 2 : 0,
		              .entries = entries,
		              .n = n };
}

static void test_equal_looks_tell_nothing(void **state)
{
	struct look_entry entries[] = { defined(A, DEVICE_ACTIVE, "/a"), entry(B, DEVICE_ACTIVE) };
	struct look look = look_of(7, entries, 2), none = look_of(0, NULL, 0);

	assert_changes(&look, &look, "");
	assert_changes(&none, &none, "");
}

static void test_definitions(void **state)
{
	struct look_entry before[] = { defined(A, DEVICE_INACTIVE, "/a"),
		                       defined(B, DEVICE_INACTIVE, "/b") };
	struct look_entry after[] = { defined(A, DEVICE_INACTIVE, "/a") };
	struct look both = look_of(7, before, 2), one = look_of(7, after, 1);

	assert_changes(&both, &one, "definition 22 t - removed /b\n");
	assert_changes(&one, &both, "definition 22 t - added /b\nstate 22 t - inactive\n");
	after[0].definition = 1;
	after[0].type = (char *)"t2";
	both.n = 1;
	assert_changes(&both, &one, "definition 11 t2 - changed /a\n");
}

static void test_states_have_reasons(void **state)
{
	struct look_entry before[] = { defined(A, DEVICE_STARTING, "/a") };
	struct look_entry after[] = { defined(A, DEVICE_FAILED, "/a") };
	struct look first = look_of(7, before, 1), second = look_of(7, after, 1);

	after[0].reason = (char *)"No space";
	assert_changes(&first, &second, "state 11 t starting failed (No space)\n");
	/* another reason of the same state is no other state */
	before[0].state = DEVICE_FAILED;
	assert_changes(&first, &second, "");
}

static void test_devices_without_definition_have_no_states(void **state)
{
	struct look_entry active[] = { entry(A, DEVICE_ACTIVE) };
	struct look_entry stopping[] = { entry(A, DEVICE_STOPPING) };
	struct look none = look_of(7, NULL, 0), one = look_of(7, active, 1),
		    two = look_of(7, stopping, 1);

	assert_changes(&none, &one, "device 11 t - active\n");
	assert_changes(&one, &two, "device 11 t - gone\n");
	assert_changes(&two, &none, "");
}

/* Devices go before their parent and come after it. */
static void test_a_parent_comes_and_goes(void **state)
{
	struct look_entry active[] = { defined(A, DEVICE_ACTIVE, "/a"), entry(B, DEVICE_ACTIVE) };
	struct look_entry waiting[] = { defined(A, DEVICE_WAITING_PARENT, "/a") };
	struct look here = look_of(7, active, 2), away = look_of(0, waiting, 1);

	assert_changes(&here, &away,
	               "device 11 t - gone\ndevice 22 t - gone\nparent - - - unregistered\n"
	               "state 11 t active waiting-parent\n");
	assert_changes(&away, &here,
	               "parent - - - registered 2\ndevice 11 t - active\ndevice 22 t - active\n"
	               "state 11 t waiting-parent active\n");
}

/* Too fast to be seen away: all was made anew. */
static void test_another_registration_is_another_life(void **state)
{
	struct look_entry active[] = { defined(A, DEVICE_ACTIVE, "/a") };
	struct look before = look_of(7, active, 1), after = look_of(8, active, 1);

	assert_changes(&before, &after,
	               "device 11 t - gone\nparent - - - unregistered\n"
	               "parent - - - registered 2\ndevice 11 t - active\n");
}

static int refuse(void *userdata, const struct change *change)
{
	int *calls = userdata;

	++*calls;
	return -ECANCELED;
}

static void test_the_caller_may_end_it(void **state)
{
	struct look_entry active[] = { defined(A, DEVICE_ACTIVE, "/a") };
	struct look none = look_of(0, NULL, 0), one = look_of(7, active, 1);
	int calls = 0;

	assert_int_equal(look_compare(&none, &one, refuse, &calls), -ECANCELED);
	assert_int_equal(look_compare(&one, &none, refuse, &calls), -ECANCELED);
	assert_int_equal(calls, 2);
}

/* ---- looking at a tree -------------------------------------------------------------------- */

struct world {
	struct tree *tree;
	struct ops *ops;
	struct look look;
};

static int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(tree_setup((void **)&w->tree), 0);
	assert_int_equal(ops_new(w->tree->env, &w->ops), 0);
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	look_done(&w->look);
	ops_free(w->ops);
	tree_teardown((void **)&w->tree);
	free(w);
	return 0;
}

/* Looks again; *want is what is different, with the root taken out of paths. */
static void assert_look(struct world *w, const char *want)
{
	struct look look = { 0 };
	struct strbuf got = STRBUF_INIT, plain = STRBUF_INIT;
	size_t n = strlen(w->tree->root);

	assert_int_equal(look_take(w->ops, "p", &look), 0);
	assert_int_equal(look_compare(&w->look, &look, print_change, &got), 0);
	for (const char *p = strbuf_str(&got); *p;) {
		if (strncmp(p, w->tree->root, n) == 0)
			p += n;
		strbuf_add_char(&plain, *p++);
	}
	assert_string_equal(strbuf_str(&plain), want);
	strbuf_done(&got);
	strbuf_done(&plain);
	look_done(&w->look);
	w->look = look;
}

static void test_nothing_is_an_empty_look(void **state)
{
	struct world *w = *state;

	assert_look(w, "");
	assert_true(look_is_empty(&w->look));
	assert_look(w, "");
}

static void test_a_definition_is_seen_to_change(void **state)
{
	struct world *w = *state;
	struct mdev_uuid uuid;

	tree_file(w->tree, ETC "/p/" A, MANUAL);
	assert_look(w, "definition 11 t - added " ETC "/p/" A "\nstate 11 t - inactive\n");
	assert_false(look_is_empty(&w->look));
	assert_int_equal(mdev_uuid_parse(A, &uuid), 0);
	assert_non_null(look_find(&w->look, &uuid));
	/* the same text again */
	tree_remove(w->tree, ETC "/p/" A);
	tree_file(w->tree, ETC "/p/" A, MANUAL);
	assert_look(w, "");
	tree_file(w->tree, ETC "/p/" A, MANUAL2);
	assert_look(w, "definition 11 t2 - changed " ETC "/p/" A "\n");
	tree_remove(w->tree, ETC "/p/" A);
	assert_look(w, "definition 11 t2 - removed " ETC "/p/" A "\n");
}

static void test_what_cannot_be_read_is_seen_to_change(void **state)
{
	struct world *w = *state;

	tree_file(w->tree, ETC "/p/" A, "{");
	assert_look(w, "definition 11 - - added " ETC "/p/" A "\nstate 11 - - inactive (" BROKEN
	               ")\n");
	tree_file(w->tree, ETC "/p/" A, "{{");
	assert_look(w, "definition 11 - - changed " ETC "/p/" A "\n");
}

static void test_a_device_is_seen_to_come_and_go(void **state)
{
	struct world *w = *state;

	tree_fake_kernel(w->tree);
	tree_parent(w->tree, "p", "t", 2);
	assert_look(w, "parent - - - registered 1\n");
	tree_device(w->tree, "p", "t", A, NULL);
	assert_look(w, "device 11 t - active\n");
	assert_look(w, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_looks_tell_nothing),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_states_have_reasons),
		cmocka_unit_test(test_devices_without_definition_have_no_states),
		cmocka_unit_test(test_a_parent_comes_and_goes),
		cmocka_unit_test(test_another_registration_is_another_life),
		cmocka_unit_test(test_the_caller_may_end_it),
		TEST(test_nothing_is_an_empty_look),
		TEST(test_a_definition_is_seen_to_change),
		TEST(test_what_cannot_be_read_is_seen_to_change),
		TEST(test_a_device_is_seen_to_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
