// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices: created and removed with the delays, errors and hangs that their parent was told,
 * counted, and with attributes. Each is a VFIO device without regions or interrupts. */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/vfio.h>

#include "test.h"

#define VALUE_MAX   256
#define JOURNAL_MAX 1024

enum {
	ALPHA,
	BETA,
	GAMMA,
	LEVEL,
	SECRET,
	N_VALUES
};

struct test_device {
	struct vfio_device vdev; /* first, vfio_alloc_device() wants it so */
	struct test_registration *registration;
	struct mutex lock;
	char values[N_VALUES][VALUE_MAX];
	char journal[JOURNAL_MAX]; /* names of attributes in the order of the writes */
};

static int next_verdict(unsigned int *errnum, unsigned int *fail_first)
{
	int ret = -(int)*errnum;

	if (*errnum && *fail_first && --*fail_first == 0)
		*errnum = 0;
	return ret;
}

static unsigned int setting(struct test_parent *p, const unsigned int *value)
{
	unsigned int copy;

	mutex_lock(&test_lock);
	copy = *value;
	mutex_unlock(&test_lock);
	return copy;
}

/* ---- counters, under test_lock ------------------------------------------------------ */

static struct test_count *count_of(struct test_registration *r, const guid_t *uuid)
{
	struct test_count *c;

	list_for_each_entry(c, &r->counts, link)
		if (guid_equal(&c->uuid, uuid))
			return c;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return NULL;
	c->uuid = *uuid;
	list_add_tail(&c->link, &r->counts);
	return c;
}

static int count_attempt(struct test_registration *r, const guid_t *uuid)
{
	struct test_count *c;

	mutex_lock(&test_lock);
	c = count_of(r, uuid);
	if (c)
		c->attempts++;
	r->owner->attempts++;
	mutex_unlock(&test_lock);
	return c ? 0 : -ENOMEM;
}

/* What the driver says in the end; takes an instance if it is yes. */
static int decide_create(struct test_parent *p)
{
	struct test_settings *s = &p->settings;
	int ret;

	mutex_lock(&test_lock);
	ret = next_verdict(&s->create_errno, &s->create_fail_first);
	if (ret == 0 && p->live >= s->instances)
		ret = -ENOSPC;
	if (ret == 0)
		p->live++;
	mutex_unlock(&test_lock);
	return ret;
}

static void give_back(struct test_parent *p)
{
	mutex_lock(&test_lock);
	p->live--;
	mutex_unlock(&test_lock);
}

static void count_created(struct test_registration *r, const guid_t *uuid)
{
	mutex_lock(&test_lock);
	count_of(r, uuid)->created++;
	r->owner->created++;
	mutex_unlock(&test_lock);
}

static void count_removed(struct test_registration *r, const guid_t *uuid)
{
	mutex_lock(&test_lock);
	count_of(r, uuid)->removed++;
	r->owner->removed++;
	r->owner->live--;
	mutex_unlock(&test_lock);
}

/* ---- VFIO ------------------------------------------------------------------------- */

static int vdev_init(struct vfio_device *vdev)
{
	struct test_device *d = container_of(vdev, struct test_device, vdev);

	mutex_init(&d->lock);
	return 0;
}

static int vdev_open(struct vfio_device *vdev)
{
	return 0;
}

static void vdev_close(struct vfio_device *vdev)
{
}

static void vdev_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
}

static const struct vfio_device_ops vdev_ops = {
	.name = TEST_NAME,
	.init = vdev_init,
	.open_device = vdev_open,
	.close_device = vdev_close,
	.dma_unmap = vdev_dma_unmap,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	.release = vfio_free_device,
#else
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
#endif
};

static int device_register_vfio(struct mdev_device *mdev, struct test_registration *r)
{
	struct test_device *d = vfio_alloc_device(test_device, vdev, &mdev->dev, &vdev_ops);
	int ret;

	if (IS_ERR(d))
		return PTR_ERR(d);
	d->registration = r;
	ret = vfio_register_emulated_iommu_dev(&d->vdev);
	if (ret) {
		vfio_put_device(&d->vdev);
		return ret;
	}
	dev_set_drvdata(&mdev->dev, d);
	return 0;
}

/* ---- the driver ------------------------------------------------------------------- */

static int test_probe(struct mdev_device *mdev)
{
	struct test_registration *r = container_of(mdev->type->parent, struct test_registration,
	                                           mdev);
	struct test_parent *p = r->owner;
	int ret;

	ret = count_attempt(r, &mdev->uuid);
	if (ret)
		return ret;
	msleep(setting(p, &p->settings.create_delay_ms));
	test_parent_hold(p, TEST_CREATE, &mdev->uuid);
	ret = decide_create(p);
	if (ret)
		return ret;
	ret = device_register_vfio(mdev, r);
	if (ret)
		give_back(p);
	else
		count_created(r, &mdev->uuid);
	return ret;
}

static void test_remove(struct mdev_device *mdev)
{
	struct test_device *d = dev_get_drvdata(&mdev->dev);
	struct test_registration *r = d->registration;

	msleep(setting(r->owner, &r->owner->settings.remove_delay_ms));
	test_parent_hold(r->owner, TEST_REMOVE, &mdev->uuid);
	vfio_unregister_group_dev(&d->vdev);
	vfio_put_device(&d->vdev);
	count_removed(r, &mdev->uuid);
}

static unsigned int test_get_available(struct mdev_type *type)
{
	struct test_parent *p = container_of(type->parent, struct test_registration, mdev)->owner;
	unsigned int left;

	mutex_lock(&test_lock);
	left = p->live < p->settings.instances ? p->settings.instances - p->live : 0;
	mutex_unlock(&test_lock);
	return left;
}

static ssize_t test_show_description(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "test device %s\n", type->sysfs_name);
}

/* ---- attributes ------------------------------------------------------------------- */

struct value_attribute {
	struct device_attribute attr;
	unsigned int index;
};

static ssize_t value_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct test_device *d = dev_get_drvdata(dev);
	unsigned int index = container_of(attr, struct value_attribute, attr)->index;
	ssize_t n;

	mutex_lock(&d->lock);
	n = sysfs_emit(buf, "%s\n", d->values[index]);
	mutex_unlock(&d->lock);
	return n;
}

static int decide_store(struct test_parent *p)
{
	int ret;

	mutex_lock(&test_lock);
	ret = next_verdict(&p->settings.attr_errno, &p->settings.attr_fail_first);
	mutex_unlock(&test_lock);
	return ret;
}

static void store_value(struct test_device *d, const struct value_attribute *a, const char *buf,
                        size_t n)
{
	char *value = d->values[a->index];

	if (n > 0 && buf[n - 1] == '\n')
		n--;
	mutex_lock(&d->lock);
	memcpy(value, buf, n);
	value[n] = '\0';
	strlcat(d->journal, *d->journal ? " " : "", JOURNAL_MAX);
	strlcat(d->journal, a->attr.attr.name, JOURNAL_MAX);
	mutex_unlock(&d->lock);
}

static ssize_t value_store(struct device *dev, struct device_attribute *attr, const char *buf,
                           size_t n)
{
	struct test_device *d = dev_get_drvdata(dev);
	struct test_parent *p = d->registration->owner;
	int ret;

	if (n >= VALUE_MAX)
		return -E2BIG;
	msleep(setting(p, &p->settings.attr_delay_ms));
	ret = test_parent_hold(p, TEST_ATTRIBUTE, &to_mdev_device(dev)->uuid);
	if (ret == 0)
		ret = decide_store(p);
	if (ret)
		return ret;
	store_value(d, container_of(attr, struct value_attribute, attr), buf, n);
	return n;
}

#define VALUE(NAME, MODE, SHOW, INDEX)                                                             \
	static struct value_attribute value_##NAME = {                                             \
		.attr = __ATTR(NAME, MODE, SHOW, value_store),                                     \
		.index = INDEX,                                                                    \
	}

VALUE(alpha, 0644, value_show, ALPHA);
VALUE(beta, 0644, value_show, BETA);
VALUE(gamma, 0644, value_show, GAMMA);
VALUE(level, 0644, value_show, LEVEL);
VALUE(secret, 0200, NULL, SECRET);

static ssize_t refuse_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "no\n");
}

static ssize_t refuse_store(struct device *dev, struct device_attribute *attr, const char *buf,
                            size_t n)
{
	return -EINVAL;
}
static DEVICE_ATTR_RW(refuse);

static ssize_t journal_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct test_device *d = dev_get_drvdata(dev);
	ssize_t n;

	mutex_lock(&d->lock);
	n = sysfs_emit(buf, "%s\n", d->journal);
	mutex_unlock(&d->lock);
	return n;
}
static DEVICE_ATTR_RO(journal);

static struct attribute *plain_attrs[] = {
	&value_alpha.attr.attr,
	&value_beta.attr.attr,
	&value_gamma.attr.attr,
	&value_secret.attr.attr,
	&dev_attr_refuse.attr,
	&dev_attr_journal.attr,
	NULL,
};

static struct attribute *tuning_attrs[] = {
	&value_level.attr.attr,
	NULL,
};

static const struct attribute_group plain_group = {
	.attrs = plain_attrs,
};

static const struct attribute_group tuning_group = {
	.name = "tuning",
	.attrs = tuning_attrs,
};

static const struct attribute_group *test_groups[] = {
	&plain_group,
	&tuning_group,
	NULL,
};

struct mdev_driver test_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = test_probe,
	.remove = test_remove,
	.get_available = test_get_available,
	.show_description = test_show_description,
	.driver = {
		.name = TEST_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = test_groups,
	},
};
