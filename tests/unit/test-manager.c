/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the manager keeps of what it heard, until a worker has it. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/ops.h"
#include "core/settings.h"
#include "daemon/manager-private.h"
#include "lib/tree.h"
#include "lib/unit.h"

#define UUID "11111111-1111-1111-1111-111111111111"

/* Parent p1 in its registration 7, whose device waits for an instance. */
struct fixture {
	struct tree *tree;
	struct ops *ops;
	struct settings settings;
	sd_event *event;
	struct manager *manager;
	struct parent *parent;
};

static void put_record(struct fixture *f)
{
	const struct record record = { .phase = CAMPAIGN_NO_INSTANCE, .registration = 7 };
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(record_write(f->manager->records, "p1", &uuid, &record, false), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	sigset_t mask;
	void *tree;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	assert_int_equal(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
	assert_int_equal(tree_setup(&tree), 0);
	f->tree = tree;
	tree_parent(f->tree, "p1", "t1", 4);
	tree_file(f->tree, "/sys/devices/p1/mdev_registration", "7\n");
	tree_file(f->tree, "/etc/mdevctl.d/p1/" UUID, "{\"mdev_type\":\"t1\",\"start\":\"auto\"}");
	tree_dir(f->tree, "/run/mdevmgr");
	assert_int_equal(settings_read(f->tree->env, &f->settings), 0);
	assert_int_equal(ops_new(f->tree->env, &f->ops), 0);
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(manager_new(f->event, f->tree->env, f->ops, &f->settings, &f->manager), 0);
	assert_int_equal(manager_open_events(f->manager), 0);
	put_record(f);
	f->parent = manager_mark_name(f->manager, "p1");
	assert_non_null(f->parent);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	manager_free(f->manager);
	sd_event_unref(f->event);
	ops_free(f->ops);
	free(f);
	return tree_teardown(&tree);
}

static void test_nothing_is_due_without_a_free_instance(void **state)
{
	struct fixture *f = *state;

	manager_pass(f->manager, f->parent);
	assert_null(f->parent->work);
}

static void test_a_free_instance_is_given_to_a_worker(void **state)
{
	struct fixture *f = *state;

	f->parent->is_freed = true;
	manager_pass(f->manager, f->parent);
	assert_non_null(f->parent->work);
	assert_false(f->parent->is_freed);
}

static void test_a_free_instance_is_remembered_until_there_is_a_worker(void **state)
{
	struct fixture *f = *state;

	f->parent->is_freed = true;
	f->parent->work_after = INT64_MAX;
	manager_pass(f->manager, f->parent);
	assert_null(f->parent->work);
	assert_true(f->parent->is_freed);
	f->parent->work_after = 0;
	manager_pass(f->manager, f->parent);
	assert_non_null(f->parent->work);
}

/* The worker, once there is one; it waits for a lock that we hold. */
static pid_t worker_of(struct fixture *f)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	while (pid == 0) {
		FILE *children;

		assert_true(sd_event_run(f->event, 0) >= 0);
		children = fopen(path, "re");
		assert_non_null(children);
		if (fscanf(children, "%d", &pid) != 1)
			pid = 0;
		fclose(children);
	}
	return pid;
}

/* Before it could do anything. */
static void have_a_worker_killed(struct fixture *f, const struct mdev_uuid *uuid)
{
	struct lock *lock = NULL;

	assert_int_equal(lock_parent(f->tree->env, "p1", uuid, &lock, NULL), 0);
	manager_pass(f->manager, f->parent);
	assert_int_equal(kill(worker_of(f), SIGKILL), 0);
	while (f->parent->work)
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	lock_free(lock);
}

static void test_a_free_instance_outlives_a_killed_worker(void **state)
{
	struct fixture *f = *state;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	f->parent->is_freed = true;
	have_a_worker_killed(f, &uuid);
	assert_true(f->parent->is_freed);
}

static void test_what_was_seen_outlives_a_killed_worker(void **state)
{
	struct fixture *f = *state;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	parent_add_seen(f->parent, &uuid);
	have_a_worker_killed(f, &uuid);
	assert_true(parent_has_seen(f->parent, &uuid));
}

static void test_what_was_seen_is_kept_until_it_is_written_down(void **state)
{
	static const char failed[] = UUID " -110\n", did_it[] = UUID " 0\n";
	struct fixture *f = *state;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	parent_add_seen(f->parent, &uuid);
	manager_pass(f->manager, f->parent);
	manager_pool_calls.report(f->parent->work, failed, sizeof(failed) - 1);
	assert_true(parent_has_seen(f->parent, &uuid));
	manager_pool_calls.report(f->parent->work, did_it, sizeof(did_it) - 1);
	assert_false(parent_has_seen(f->parent, &uuid));
}

/* ---- what a worker has made ---------------------------------------------------------------- */

static const struct manager_device *device(struct fixture *f)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	return parent_find(f->parent, &uuid);
}

static void finish_work(struct fixture *f)
{
	while (f->parent->work)
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
}

/* A tree of plain files has no device then: who looks finds none. */
static void test_what_was_made_is_taken_without_a_look(void **state)
{
	struct fixture *f = *state;

	f->parent->is_freed = true;
	manager_pass(f->manager, f->parent);
	finish_work(f);
	assert_int_equal(device(f)->state, DEVICE_ACTIVE);
	assert_int_equal(f->manager->counts.states[DEVICE_ACTIVE], 1);
	assert_false(f->parent->is_dirty);
}

static void test_what_came_meanwhile_is_looked_at(void **state)
{
	struct fixture *f = *state;

	f->parent->is_freed = true;
	manager_pass(f->manager, f->parent);
	manager_mark_parent(f->manager, f->parent);
	finish_work(f);
	assert_int_equal(device(f)->state, DEVICE_STARTING);
	assert_true(f->parent->is_dirty);
}

static void test_the_record_of_another_device_is_looked_at(void **state)
{
	const struct record record = { .phase = CAMPAIGN_DONE, .registration = 7 };
	struct fixture *f = *state;
	struct mdev_uuid other;

	mdev_uuid_generate(&other);
	f->parent->is_freed = true;
	manager_pass(f->manager, f->parent);
	assert_int_equal(record_write(f->manager->records, "p1", &other, &record, false), 0);
	finish_work(f);
	assert_true(f->parent->is_dirty);
}

static void test_what_was_not_made_is_looked_at(void **state)
{
	struct fixture *f = *state;
	struct lock *lock = NULL;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(lock_parent(f->tree->env, "p1", &uuid, &lock, NULL), 0);
	f->parent->is_freed = true;
	manager_pass(f->manager, f->parent);
	tree_rename(f->tree, "/etc/mdevctl.d/p1/" UUID, "/etc/gone");
	manager_read_changes(f->manager, NULL);
	f->parent->is_news = false;
	lock_free(lock);
	finish_work(f);
	assert_true(f->parent->is_dirty);
}

/* The states that observers are told, one after the other. */
struct told {
	enum device_state states[4];
	char type[8];
	unsigned n;
};

static void on_told(void *userdata, const char *parent, const struct manager_device *before,
                    const struct manager_device *after, const struct survey_entry *entry)
{
	struct told *told = userdata;

	assert_true(told->n < ARRAY_SIZE(told->states));
	told->states[told->n++] = after->state;
	snprintf(told->type, sizeof(told->type), "%s", entry->type ? entry->type : "");
}

static void register_again(struct fixture *f)
{
	tree_rename(f->tree, "/sys/class/mdev_bus/p1", "/sys/gone");
	tree_rename(f->tree, "/sys/devices/p1/mdev_registration", "/sys/devices/gone");
	manager_pass(f->manager, f->parent);
	tree_rename(f->tree, "/sys/gone", "/sys/class/mdev_bus/p1");
	tree_file(f->tree, "/sys/devices/p1/mdev_registration", "8\n");
	f->manager->arms = true;
	manager_pass(f->manager, f->parent);
	assert_non_null(f->parent->work);
}

static void test_a_quick_start_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct told told = { .n = 0 };
	const struct manager_observer observer = { .device = on_told, .userdata = &told };

	manager_observe(f->manager, &observer);
	register_again(f);
	assert_int_equal(f->manager->counts.states[DEVICE_STARTING], 1);
	finish_work(f);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.states[0], DEVICE_WAITING_PARENT);
	assert_int_equal(told.states[1], DEVICE_ACTIVE);
	assert_string_equal(told.type, "t1");
	assert_int_equal(f->manager->counts.states[DEVICE_STARTING], 0);
}

static void test_a_start_that_takes_its_time_is_told(void **state)
{
	struct fixture *f = *state;
	struct told told = { .n = 0 };
	const struct manager_observer observer = { .device = on_told, .userdata = &told };
	struct lock *lock = NULL;
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(UUID, &uuid), 0);
	assert_int_equal(lock_parent(f->tree->env, "p1", &uuid, &lock, NULL), 0);
	manager_observe(f->manager, &observer);
	register_again(f);
	assert_int_equal(told.n, 1);
	manager_pass(f->manager, f->parent);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.states[1], DEVICE_STARTING);
	manager_pass(f->manager, f->parent);
	assert_int_equal(told.n, 2);
	lock_free(lock);
	finish_work(f);
	assert_int_equal(told.n, 3);
	assert_int_equal(told.states[2], DEVICE_ACTIVE);
}

/* The looks at the parent that changes all the time. */
static void on_parent(void *userdata, const char *parent, bool was_there, bool is_there,
                      uint64_t registration)
{
	unsigned *looks = userdata;

	if (strcmp(parent, "a1") != 0)
		return;
	(*looks)++;
	/* Longer than a turn. */
	usleep(60000);
}

static void change_early_parent(struct fixture *f, unsigned registration)
{
	char text[16];
	struct parent *p;

	snprintf(text, sizeof(text), "%u\n", registration);
	tree_file(f->tree, "/sys/devices/a1/mdev_registration", text);
	p = manager_mark_name(f->manager, "a1");
	assert_non_null(p);
	p->pass_at = 1;
	manager_wake(f->manager, p->pass_at);
}

static void test_a_parent_that_changes_all_the_time_leaves_others_their_turn(void **state)
{
	struct fixture *f = *state;
	unsigned looks = 0;
	const struct manager_observer observer = { .parent = on_parent, .userdata = &looks };

	manager_observe(f->manager, &observer);
	tree_parent(f->tree, "a1", "t1", 4);
	f->parent->pass_at = 1;
	while (looks < 4) {
		change_early_parent(f, looks + 1);
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	}
	assert_false(f->parent->is_dirty);
}

static void test_any_timer_leaves_the_look_at_all_its_time(void **state)
{
	struct fixture *f = *state;

	f->manager->rescan_at = f->manager->rescan_every = 0;
	f->manager->all_at = INT64_MAX;
	f->parent->pass_at = 1;
	manager_wake(f->manager, 1);
	while (f->parent->is_dirty)
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	assert_true(f->manager->all_at == INT64_MAX);
}

static void count_warnings(void *userdata, enum log_level level, const char *text)
{
	unsigned *n = userdata;

	if (level == LOG_LEVEL_WARN && strstr(text, "is not remembered"))
		(*n)++;
}

/* It is looked at twice, in a new registration. */
static void register_and_look(struct fixture *f, struct parent *p, const char *registration)
{
	tree_file(f->tree, "/sys/devices/p1/mdev_registration", registration);
	manager_pass(f->manager, p);
	manager_pass(f->manager, p);
}

static void test_a_registration_that_cannot_be_noted_is_told_once(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0;
	const struct log log = { .max = LOG_LEVEL_WARN, .sink = count_warnings, .userdata = &n };

	env_set_log(f->tree->env, &log);
	/* A file in its place. */
	tree_rename(f->tree, "/run/mdevmgr/parents", "/run/mdevmgr/there");
	tree_file(f->tree, "/run/mdevmgr/parents", "");
	f->parent->work_after = INT64_MAX;
	register_and_look(f, f->parent, "8\n");
	assert_int_equal(n, 1);
	tree_rename(f->tree, "/run/mdevmgr/parents", "/run/mdevmgr/file");
	tree_rename(f->tree, "/run/mdevmgr/there", "/run/mdevmgr/parents");
	register_and_look(f, f->parent, "9\n");
	assert_int_equal(n, 1);
	tree_rename(f->tree, "/run/mdevmgr/parents", "/run/mdevmgr/there");
	tree_rename(f->tree, "/run/mdevmgr/file", "/run/mdevmgr/parents");
	register_and_look(f, f->parent, "10\n");
	assert_int_equal(n, 2);
	env_set_log(f->tree->env, NULL);
}

/* ---- the first look at a system that runs ------------------------------------------------- */

#define REG "/sys/devices/p1/mdev_registration"

/* As setup(), but nothing was noted or begun, and nobody has looked yet. */
static int setup_unstarted(void **state)
{
	struct fixture *f;
	int r = setup(state);

	f = *state;
	tree_rename(f->tree, "/run/mdevmgr", "/run/elsewhere");
	tree_dir(f->tree, "/run/mdevmgr");
	manager_free(f->manager);
	assert_int_equal(manager_new(f->event, f->tree->env, f->ops, &f->settings, &f->manager), 0);
	f->parent = NULL;
	return r;
}

static void look_again(struct fixture *f)
{
	f->parent = manager_mark_name(f->manager, "p1");
	assert_non_null(f->parent);
	manager_pass(f->manager, f->parent);
}

static void test_a_first_look_arms_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(manager_start(f->manager, false), 0);
	look_again(f);
	assert_null(f->parent->work);
	tree_file(f->tree, REG, "8\n");
	look_again(f);
	assert_non_null(f->parent->work);
}

static void test_a_first_look_that_failed_arms_nothing_later(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, REG, "x\n");
	assert_int_equal(manager_start(f->manager, false), 0);
	look_again(f);
	assert_true(f->parent->is_unreadable);
	tree_file(f->tree, REG, "7\n");
	look_again(f);
	assert_null(f->parent->work);
	tree_file(f->tree, REG, "8\n");
	look_again(f);
	assert_non_null(f->parent->work);
}

static void test_a_first_look_that_is_not_written_down_arms_nothing_later(void **state)
{
	struct fixture *f = *state;

	tree_file(f->tree, "/run/mdevmgr/parents", "");
	assert_int_equal(manager_start(f->manager, false), 0);
	tree_rename(f->tree, "/run/mdevmgr/parents", "/run/no-parents");
	look_again(f);
	assert_null(f->parent->work);
	tree_file(f->tree, REG, "8\n");
	look_again(f);
	assert_non_null(f->parent->work);
}

static void test_a_parent_that_came_after_the_first_look_is_armed(void **state)
{
	struct fixture *f = *state;

	tree_rename(f->tree, "/sys/class/mdev_bus/p1", "/sys/gone");
	tree_rename(f->tree, REG, "/sys/devices/gone");
	assert_int_equal(manager_start(f->manager, false), 0);
	tree_rename(f->tree, "/sys/gone", "/sys/class/mdev_bus/p1");
	tree_rename(f->tree, "/sys/devices/gone", REG);
	look_again(f);
	assert_non_null(f->parent->work);
}

static void test_without_a_first_look_there_is_no_start(void **state)
{
	struct fixture *f = *state;

	tree_rename(f->tree, "/sys/bus/mdev/devices", "/sys/elsewhere");
	tree_file(f->tree, "/sys/bus/mdev/devices", "");
	assert_int_equal(manager_start(f->manager, false), -ENOTDIR);
	assert_false(records_have_begun(f->manager->records));
}

#define unstarted(f) cmocka_unit_test_setup_teardown(f, setup_unstarted, teardown)
#define row(f)       cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_nothing_is_due_without_a_free_instance),
		row(test_a_free_instance_is_given_to_a_worker),
		row(test_a_free_instance_is_remembered_until_there_is_a_worker),
		row(test_a_free_instance_outlives_a_killed_worker),
		row(test_what_was_seen_outlives_a_killed_worker),
		row(test_what_was_seen_is_kept_until_it_is_written_down),
		row(test_what_was_made_is_taken_without_a_look),
		row(test_what_came_meanwhile_is_looked_at),
		row(test_the_record_of_another_device_is_looked_at),
		row(test_what_was_not_made_is_looked_at),
		row(test_a_quick_start_is_told_once),
		row(test_a_start_that_takes_its_time_is_told),
		row(test_a_parent_that_changes_all_the_time_leaves_others_their_turn),
		row(test_any_timer_leaves_the_look_at_all_its_time),
		unstarted(test_a_first_look_arms_nothing),
		unstarted(test_a_first_look_that_failed_arms_nothing_later),
		unstarted(test_a_first_look_that_is_not_written_down_arms_nothing_later),
		unstarted(test_a_parent_that_came_after_the_first_look_is_armed),
		unstarted(test_without_a_first_look_there_is_no_start),
		row(test_a_registration_that_cannot_be_noted_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
