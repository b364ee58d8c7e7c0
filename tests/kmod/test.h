/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevmgr_test: parents of mediated devices on demand, with the faults that a driver may
 * have. README.md tells of its control file. */
#ifndef MDEVMGR_TEST_H
#define MDEVMGR_TEST_H

#include <linux/list.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/uuid.h>

#define TEST_NAME          "mdevmgr_test"
#define TEST_TYPES_MAX     16
#define TEST_TYPE_NAME_MAX 32

/* Where a driver can be told to hold whoever is inside it. */
enum test_point {
	TEST_CREATE,
	TEST_ATTRIBUTE,
	TEST_REMOVE,
	_TEST_POINT_MAX,
};

/* An errno fails every call; with fail_first so many, and then it heals. */
struct test_settings {
	unsigned int instances;
	unsigned int create_delay_ms;
	unsigned int create_errno;
	unsigned int create_fail_first;
	unsigned int attr_delay_ms;
	unsigned int attr_errno;
	unsigned int attr_fail_first;
	unsigned int remove_delay_ms;
};

struct test_hold {
	bool is_on;
	bool is_any; /* every device, not only this one */
	guid_t uuid;
};

/* What one registration saw of one UUID. */
struct test_count {
	struct list_head link;
	guid_t uuid;
	unsigned int attempts;
	unsigned int created;
	unsigned int removed;
};

/* Kept until the module goes: a straggling reference to a type, and the counters, may
 * outlive the registration. */
struct test_registration {
	struct list_head link;
	struct test_parent *owner;
	unsigned int number;
	struct mdev_parent mdev;
	struct list_head counts;
	unsigned int n_types;
	struct mdev_type *pointers[TEST_TYPES_MAX];
	struct mdev_type types[TEST_TYPES_MAX];
	char names[TEST_TYPES_MAX][TEST_TYPE_NAME_MAX];
};

struct test_parent {
	struct list_head link;
	char *name;
	struct mutex change; /* taken by what adds and removes; guards the next two */
	struct device *dev;
	struct test_registration *registered;
	/* test_lock guards what follows. */
	struct list_head registrations;
	unsigned int n_registrations;
	bool is_registered;
	struct test_settings settings;
	unsigned int live;
	unsigned int attempts;
	unsigned int created;
	unsigned int removed;
	struct test_hold holds[_TEST_POINT_MAX];
	unsigned int held[_TEST_POINT_MAX];
	unsigned int releases;
};

/* Counters, settings and lists; never held while the mdev core is called or somebody waits. */
extern struct mutex test_lock;
extern struct list_head test_parents;

extern struct mdev_driver test_driver;

/** The parent of this name; made, not registered, if it is not known and make is true.
 * NULL: not known, or no memory. */
struct test_parent *test_parent_find(const char *name, bool make);

/** Registers it with these types ("a,b"), making its device first if that is not there. */
int test_parent_register(struct test_parent *p, char *types);

/** Ends the registration; its device stays. */
int test_parent_unregister(struct test_parent *p);

/** Ends the registration, if there is one, and removes the device. */
int test_parent_remove(struct test_parent *p);

/** Sends so many change uevents with MDEV_STATE=registered. */
int test_parent_uevents(struct test_parent *p, unsigned int n);

/** Keeps whoever comes to this point for this device (NULL: any) until released. */
void test_parent_hang(struct test_parent *p, enum test_point point, const guid_t *uuid);

/** Ends all that hang does, and lets go whom it keeps. */
void test_parent_release(struct test_parent *p);

/** Waits if it was told to: -EINTR if the waiter was killed, where that is possible. */
int test_parent_hold(struct test_parent *p, enum test_point point, const guid_t *uuid);

/** Removes and frees all parents. */
void test_parents_free(void);

int test_class_register(void);
void test_class_unregister(void);

#endif
