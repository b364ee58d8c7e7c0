/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices by their names and links. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/presence.h"
#include "shared/file.h"

static void present_done(struct present *item)
{
	free(item->type);
	item->type = NULL;
}

void presences_done(struct presences *p)
{
	for (size_t i = 0; i < p->n; i++)
		present_done(&p->items[i]);
	free(p->items);
	*p = (struct presences){ 0 };
}

static int compare_present(const void *a, const void *b)
{
	return mdev_uuid_compare(&((const struct present *)a)->uuid,
	                         &((const struct present *)b)->uuid);
}

const struct present *presences_find(const struct presences *p, const struct mdev_uuid *uuid)
{
	const struct present key = { .uuid = *uuid };

	return p->n ? bsearch(&key, p->items, p->n, sizeof(key), compare_present) : NULL;
}

static int presences_add(struct presences *p, const struct present *item)
{
	if (p->n == p->size) {
		size_t size = p->size ? p->size * 2 : 16;
		struct present *items = realloc(p->items, size * sizeof(*items));

		if (!items)
			return -ENOMEM;
		p->items = items;
		p->size = size;
	}
	p->items[p->n++] = *item;
	return 0;
}

struct scan {
	struct presences *presences;
	int parent_fd;
	int bus_fd; /* -1: no bus, nothing is on it */
	bool needs_driver;
};

static int has_entry_of(int dirfd, const char *device, const char *name)
{
	char path[NAME_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", device, name);
	return sysfs_has(dirfd, path);
}

static int read_type(int parent_fd, const char *device, char **ret)
{
	char path[NAME_MAX + 32];
	int r;

	snprintf(path, sizeof(path), "%s/mdev_type", device);
	r = sysfs_read_link_name(parent_fd, path, ret);
	/* EINVAL: a tree made by hand, whatever stands there names no type. */
	return r == -ENOENT || r == -ENOTDIR || r == -EINVAL ? 0 : r;
}

/* In the order in which the kernel takes a device apart (6.1: mdev_type, then the entry of
 * the bus, then the driver), so that one which goes meanwhile is seen as going. 0 if it is
 * gone, else 1 or a negative errno. */
static int look_at(const struct scan *scan, const char *name, struct present *ret)
{
	int on_bus, is_bound = 1, r;

	r = read_type(scan->parent_fd, name, &ret->type);
	if (r < 0)
		return r;
	on_bus = scan->bus_fd < 0 ? 0 : sysfs_has(scan->bus_fd, name);
	if (on_bus == 1 && ret->type && scan->needs_driver)
		is_bound = has_entry_of(scan->parent_fd, name, "driver");
	if (on_bus < 0 || is_bound < 0)
		return on_bus < 0 ? on_bus : is_bound;
	ret->presence = !on_bus                 ? PRESENCE_STOPPING
	                : ret->type && is_bound ? PRESENCE_ACTIVE
	                                        : PRESENCE_STARTING;
	return on_bus ? 1 : sysfs_has(scan->parent_fd, name);
}

static int on_entry(void *userdata, const char *name, unsigned char type)
{
	const struct scan *scan = userdata;
	_cleanup_(present_done) struct present item = { .type = NULL };
	int r;

	/* The kernel writes UUIDs in one way; what is spelled otherwise is a driver's. */
	if ((type != DT_DIR && type != DT_UNKNOWN) || !mdev_uuid_is_canonical(name) ||
	    mdev_uuid_parse(name, &item.uuid) < 0)
		return 0;
	r = look_at(scan, name, &item);
	if (r <= 0)
		return r;
	if (item.presence != PRESENCE_ACTIVE)
		present_done(&item);
	r = presences_add(scan->presences, &item);
	if (r == 0)
		item.type = NULL;
	return r;
}

static int scan_one(struct scan *scan, const struct mdev_uuid *uuid)
{
	char name[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(uuid, name);
	r = sysfs_has(scan->parent_fd, name);
	return r <= 0 ? r : on_entry(scan, name, DT_DIR);
}

int presence_scan_at(const struct sysfs *sysfs, int parent_fd, int bus_fd,
                     const struct mdev_uuid *uuid, struct presences *ret)
{
	_cleanup_(presences_done) struct presences found = { 0 };
	struct scan scan = {
		.presences = &found,
		.parent_fd = parent_fd,
		.bus_fd = bus_fd,
		/* Trees of plain files have no such link. */
		.needs_driver = !sysfs_is_relocated(sysfs),
	};
	int r = uuid ? scan_one(&scan, uuid) : dir_each_new(parent_fd, on_entry, &scan);

	if (r < 0)
		return r;
	if (found.n > 1)
		qsort(found.items, found.n, sizeof(*found.items), compare_present);
	*ret = found;
	found = (struct presences){ 0 };
	return 0;
}

int presence_scan_for(const struct sysfs *sysfs, const char *parent, const struct mdev_uuid *uuid,
                      struct presences *ret)
{
	_cleanup_(closep) int parent_fd = sysfs_open_parent(sysfs, parent), bus_fd = -1;

	if (parent_fd < 0)
		return parent_fd;
	bus_fd = sysfs_open_dir(sysfs, SYSFS_DEVICES);
	if (bus_fd < 0 && bus_fd != -ENOENT)
		return bus_fd;
	return presence_scan_at(sysfs, parent_fd, bus_fd, uuid, ret);
}

int presence_scan(const struct sysfs *sysfs, const char *parent, struct presences *ret)
{
	return presence_scan_for(sysfs, parent, NULL, ret);
}

int presence_elsewhere(const struct sysfs *sysfs, const struct mdev_uuid *uuid, enum presence *ret,
                       char **ret_parent)
{
	_cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
	char text[MDEV_UUID_TEXT_MAX], path[sizeof(SYSFS_DEVICES) + MDEV_UUID_TEXT_MAX];
	char *end, *parent = NULL;
	int r;

	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", text);
	r = sysfs_read_link(sysfs, path, &target);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_parent = NULL;
	*ret = PRESENCE_ABSENT;
	if (r == -ENOENT)
		return 0;
	/* ".../PARENT/UUID" */
	end = strrchr(target.data, '/');
	if (end) {
		*end = '\0';
		end = strrchr(target.data, '/');
	}
	if (!end || !sysfs_name_is_plain(end + 1))
		return -EINVAL;
	parent = strdup(end + 1);
	if (!parent)
		return -ENOMEM;
	*ret = PRESENCE_ELSEWHERE;
	*ret_parent = parent;
	return 0;
}
