/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything about one device. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/driver.h"
#include "core/ops-private.h"

static void definition_info_done(struct device_definition_info *d)
{
	free(d->path);
	free(d->parent);
	free(d->type);
	free(d->problem);
	attrs_done(&d->attrs);
}

void device_info_done(struct device_info *info)
{
	for (size_t i = 0; i < info->n_definitions; i++)
		definition_info_done(&info->definitions[i]);
	free(info->definitions);
	free(info->parent);
	free(info->type);
	free(info->type_name);
	free(info->device_api);
	free(info->sysfs_path);
	free(info->driver);
	free(info->iommu_group);
	free(info->device_node);
	attrs_done(&info->attrs);
	details_done(&info->details);
	*info = (struct device_info){ 0 };
}

/* ---- definitions ------------------------------------------------------------------- */

static int show_definition(struct ops *ops, const struct store_hit *hit,
                           struct device_definition_info *ret)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, problem = STRBUF_INIT;
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int r;

	store_add_path(ops->store, hit->parent, &hit->entry, &path);
	ret->path = strbuf_take(&path);
	ret->parent = strdup(hit->parent);
	if (!ret->path || !ret->parent)
		return -ENOMEM;
	r = ops_read_hit(ops, hit, &d, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		error_format(&err, &problem);
		ret->problem = strbuf_take(&problem);
		return ret->problem ? 0 : -ENOMEM;
	}
	ret->type = TAKE_PTR(d->type);
	ret->autostart = d->autostart;
	ret->attrs = d->attrs;
	d->attrs = (struct attrs){ 0 };
	return 0;
}

static int show_definitions(struct ops *ops, struct device_info *info)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	int r = store_find(ops->store, &info->uuid, NULL, &hits);

	if (r < 0 || hits.n == 0)
		return r;
	info->definitions = calloc(hits.n, sizeof(*info->definitions));
	if (!info->definitions)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < hits.n; i++) {
		info->n_definitions++;
		r = show_definition(ops, &hits.items[i], &info->definitions[i]);
	}
	return r;
}

/* ---- the running device ------------------------------------------------------------------ */

/* Where a link of the device leads, NULL if it has none. */
static int show_link(struct ops *ops, const char *uuid, const char *link, char **ret)
{
	char path[128];
	int r;

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/%s", uuid, link);
	r = sysfs_real_name(ops->sysfs, path, ret);
	return r == -ENOMEM ? r : 0;
}

/* Kernels without device nodes (CONFIG_VFIO_DEVICE_CDEV, Linux >= 6.6) have the
 * directory too, but no device number in it. */
static bool has_device_node(int vfio_dev_fd, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, number = STRBUF_INIT;

	strbuf_addf(&path, "%s/dev", name);
	return strbuf_error(&path) == 0 && sysfs_read(vfio_dev_fd, path.data, &number) == 0;
}

/* The node that a program opens: the device's own where the kernel has one, else its
 * IOMMU group's. */
static int show_device_node(int device_fd, struct device_info *info)
{
	_cleanup_(closep) int fd = sysfs_open_dir_beneath(device_fd, "vfio-dev");
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(strbuf_done) struct strbuf node = STRBUF_INIT;
	int r;

	if (fd >= 0) {
		r = dir_names(fd, &names);
		if (r < 0)
			return r;
	}
	if (names.n > 0 && has_device_node(fd, names.items[0]))
		strbuf_addf(&node, "/dev/vfio/devices/%s", names.items[0]);
	else if (info->iommu_group)
		strbuf_addf(&node, "/dev/vfio/%s", info->iommu_group);
	else
		return 0;
	info->device_node = strbuf_take(&node);
	return info->device_node ? 0 : -ENOMEM;
}

static int show_type(struct ops *ops, struct device_info *info)
{
	_cleanup_(types_done) struct types types = { 0 };
	int r = types_read(ops->sysfs, NULL, info->parent, &types);

	for (size_t i = 0; r >= 0 && i < types.n; i++) {
		if (strcmp(types.items[i].id, info->type) != 0)
			continue;
		info->device_api = TAKE_PTR(types.items[i].device_api);
		if (types.items[i].name[0] != '\0')
			info->type_name = TAKE_PTR(types.items[i].name);
	}
	return r == -ENOMEM ? r : 0;
}

/* One readable attribute, appended; write-only and vanished ones are passed over. */
static int show_attr(int device_fd, const char *name, struct attrs *ret)
{
	_cleanup_(strbuf_done) struct strbuf value = STRBUF_INIT;
	int r = sysfs_read(device_fd, name, &value);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return attrs_append(ret, name, strbuf_str(&value), value.len);
}

/* The attributes that the definition of this parent sets, as sysfs reads now. */
static int show_defined_attrs(int device_fd, struct device_info *info)
{
	int r = 0;

	for (size_t i = 0; i < info->n_definitions; i++) {
		const struct device_definition_info *d = &info->definitions[i];

		if (!d->type || strcmp(d->parent, info->parent) != 0)
			continue;
		for (size_t k = 0; r >= 0 && k < d->attrs.n; k++)
			if (!plan_attr_name_problem(d->attrs.items[k].name))
				r = show_attr(device_fd, d->attrs.items[k].name, &info->attrs);
	}
	return r;
}

static int show_attrs(int device_fd, struct device_info *info)
{
	const struct driver *driver = driver_for_type(info->type);

	if (driver->read_attrs && driver->read_attrs(device_fd, &info->attrs) == 0)
		return 0;
	return show_defined_attrs(device_fd, info);
}

/* Half of it would look like all of it. */
static int show_details(struct ops *ops, int device_fd, struct device_info *info)
{
	const struct driver *driver = driver_for_type(info->type);
	int r = driver->show ? driver->show(ops->sysfs, device_fd, &info->details) : 0;

	if (r < 0)
		details_done(&info->details);
	return r == -ENOMEM ? r : 0;
}

static int show_active(struct ops *ops, struct device_info *info)
{
	char uuid[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(closep) int fd = -1;
	int r;

	mdev_uuid_format(&info->uuid, uuid);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", uuid);
	r = sysfs_real_path(ops->sysfs, path, &info->sysfs_path);
	if (r == 0)
		r = show_link(ops, uuid, "driver", &info->driver);
	if (r == 0)
		r = show_link(ops, uuid, "iommu_group", &info->iommu_group);
	if (r == 0)
		r = show_type(ops, info);
	if (r < 0)
		return r;
	fd = sysfs_open_dir(ops->sysfs, path);
	if (fd < 0)
		return fd;
	r = show_device_node(fd, info);
	if (r == 0)
		r = show_attrs(fd, info);
	return r < 0 ? r : show_details(ops, fd, info);
}

static int show_find_active(struct ops *ops, struct device_info *info, struct error *err)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };
	int r = ops_find_active(ops, &info->uuid, true, &s, err);

	if (r < 0 || s.n == 0)
		return r;
	info->is_active = true;
	info->parent = strdup(snapshot_parent(&s, &s.devices[0]));
	info->type = strdup(snapshot_type(&s, &s.devices[0]));
	if (!info->parent || !info->type)
		return -ENOMEM;
	return show_active(ops, info);
}

int ops_show(struct ops *ops, const struct mdev_uuid *uuid, struct device_info *ret,
             struct error *err)
{
	_cleanup_(device_info_done) struct device_info info = { .uuid = *uuid };
	char text[MDEV_UUID_TEXT_MAX];
	int r = show_definitions(ops, &info);

	if (r >= 0)
		r = show_find_active(ops, &info, err);
	if (r < 0)
		return ops_result(r, err);
	if (!info.is_active && info.n_definitions == 0) {
		mdev_uuid_format(uuid, text);
		return error_set(err, -ENOENT, "Device %s is neither defined nor active", text);
	}
	*ret = info;
	info = (struct device_info){ 0 };
	return 0;
}
