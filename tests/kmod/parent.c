// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Parents: class devices below /sys/devices/virtual/mdevmgr_test, and their registrations
 * with the mdev core. */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "test.h"

DEFINE_MUTEX(test_lock);
LIST_HEAD(test_parents);

static DECLARE_WAIT_QUEUE_HEAD(test_released);

/* The core prefixes names of types with that of the class, as the device has no driver. */
static struct class test_class = {
	.name = TEST_NAME,
};

int test_class_register(void)
{
	return class_register(&test_class);
}

void test_class_unregister(void)
{
	class_unregister(&test_class);
}

static struct test_parent *parent_new(const char *name)
{
	struct test_parent *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->name = kstrdup(name, GFP_KERNEL);
	if (!p->name) {
		kfree(p);
		return NULL;
	}
	mutex_init(&p->change);
	INIT_LIST_HEAD(&p->registrations);
	p->settings.instances = 16;
	list_add_tail(&p->link, &test_parents);
	return p;
}

struct test_parent *test_parent_find(const char *name, bool make)
{
	struct test_parent *p, *found = NULL;

	mutex_lock(&test_lock);
	list_for_each_entry(p, &test_parents, link)
		if (strcmp(p->name, name) == 0)
			found = p;
	if (!found && make)
		found = parent_new(name);
	mutex_unlock(&test_lock);
	return found;
}

static int registration_add_type(struct test_registration *r, const char *name)
{
	unsigned int i = r->n_types;

	if (i == TEST_TYPES_MAX || !*name || strlen(name) >= TEST_TYPE_NAME_MAX ||
	    strchr(name, '/'))
		return -EINVAL;
	strcpy(r->names[i], name);
	r->types[i].sysfs_name = r->names[i];
	r->types[i].pretty_name = r->names[i];
	r->pointers[i] = &r->types[i];
	r->n_types++;
	return 0;
}

static struct test_registration *registration_new(struct test_parent *p, char *types)
{
	struct test_registration *r = kzalloc(sizeof(*r), GFP_KERNEL);
	const char *name;
	int ret;

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->owner = p;
	INIT_LIST_HEAD(&r->counts);
	while ((name = strsep(&types, ",")) != NULL) {
		ret = registration_add_type(r, name);
		if (ret) {
			kfree(r);
			return ERR_PTR(ret);
		}
	}
	mutex_lock(&test_lock);
	r->number = ++p->n_registrations;
	list_add_tail(&r->link, &p->registrations);
	mutex_unlock(&test_lock);
	return r;
}

static void set_registered(struct test_parent *p, struct test_registration *r)
{
	p->registered = r;
	mutex_lock(&test_lock);
	p->is_registered = r != NULL;
	mutex_unlock(&test_lock);
}

static int parent_register(struct test_parent *p, char *types)
{
	struct test_registration *r;
	int ret;

	if (p->registered)
		return -EEXIST;
	if (!p->dev) {
		struct device *dev = device_create(&test_class, NULL, 0, NULL, "%s", p->name);

		if (IS_ERR(dev))
			return PTR_ERR(dev);
		p->dev = dev;
	}
	r = registration_new(p, types);
	if (IS_ERR(r))
		return PTR_ERR(r);
	ret = mdev_register_parent(&r->mdev, p->dev, &test_driver, r->pointers, r->n_types);
	if (ret == 0)
		set_registered(p, r);
	return ret;
}

static int parent_unregister(struct test_parent *p)
{
	if (!p->registered)
		return -ENODEV;
	mdev_unregister_parent(&p->registered->mdev);
	set_registered(p, NULL);
	return 0;
}

int test_parent_register(struct test_parent *p, char *types)
{
	int ret;

	mutex_lock(&p->change);
	ret = parent_register(p, types);
	mutex_unlock(&p->change);
	return ret;
}

int test_parent_unregister(struct test_parent *p)
{
	int ret;

	mutex_lock(&p->change);
	ret = parent_unregister(p);
	mutex_unlock(&p->change);
	return ret;
}

int test_parent_remove(struct test_parent *p)
{
	int ret = 0;

	mutex_lock(&p->change);
	if (p->dev) {
		parent_unregister(p);
		device_unregister(p->dev);
		p->dev = NULL;
	} else {
		ret = -ENODEV;
	}
	mutex_unlock(&p->change);
	return ret;
}

int test_parent_uevents(struct test_parent *p, unsigned int n)
{
	char *env[] = { "MDEV_STATE=registered", NULL };
	int ret = 0;

	mutex_lock(&p->change);
	if (!p->dev)
		ret = -ENODEV;
	while (ret == 0 && n-- > 0) {
		ret = kobject_uevent_env(&p->dev->kobj, KOBJ_CHANGE, env);
		cond_resched();
		if (fatal_signal_pending(current))
			ret = -EINTR;
	}
	mutex_unlock(&p->change);
	return ret;
}

void test_parent_hang(struct test_parent *p, enum test_point point, const guid_t *uuid)
{
	struct test_hold *hold = &p->holds[point];

	mutex_lock(&test_lock);
	hold->is_on = true;
	hold->is_any = uuid == NULL;
	if (uuid)
		hold->uuid = *uuid;
	mutex_unlock(&test_lock);
}

void test_parent_release(struct test_parent *p)
{
	mutex_lock(&test_lock);
	memset(p->holds, 0, sizeof(p->holds));
	WRITE_ONCE(p->releases, p->releases + 1);
	mutex_unlock(&test_lock);
	wake_up_all(&test_released);
}

int test_parent_hold(struct test_parent *p, enum test_point point, const guid_t *uuid)
{
	struct test_hold *hold = &p->holds[point];
	unsigned int releases;
	bool is_held;
	int ret = 0;

	mutex_lock(&test_lock);
	releases = p->releases;
	is_held = hold->is_on && (hold->is_any || guid_equal(&hold->uuid, uuid));
	p->held[point] += is_held;
	mutex_unlock(&test_lock);
	if (!is_held)
		return 0;

	/* Drivers keep the writers of create and remove uninterruptibly. */
	if (point == TEST_ATTRIBUTE)
		ret = wait_event_killable(test_released, READ_ONCE(p->releases) != releases);
	else
		wait_event(test_released, READ_ONCE(p->releases) != releases);
	mutex_lock(&test_lock);
	p->held[point]--;
	mutex_unlock(&test_lock);
	return ret ? -EINTR : 0;
}

static void registration_free(struct test_registration *r)
{
	struct test_count *c, *next;

	list_for_each_entry_safe(c, next, &r->counts, link)
		kfree(c);
	kfree(r);
}

static void parent_free(struct test_parent *p)
{
	struct test_registration *r, *next;

	list_for_each_entry_safe(r, next, &p->registrations, link)
		registration_free(r);
	kfree(p->name);
	kfree(p);
}

void test_parents_free(void)
{
	struct test_parent *p, *next;

	list_for_each_entry(p, &test_parents, link) {
		test_parent_release(p);
		test_parent_remove(p);
	}
	list_for_each_entry_safe(p, next, &test_parents, link)
		parent_free(p);
}
