/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Active devices as plain data, and how they are read. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/snapshot.h"

void snapshot_done(struct snapshot *s)
{
	names_done(&s->parents);
	names_done(&s->types);
	free(s->devices);
	*s = (struct snapshot){ 0 };
}

const char *snapshot_parent(const struct snapshot *s, const struct device *d)
{
	return s->parents.items[d->parent];
}

const char *snapshot_type(const struct snapshot *s, const struct device *d)
{
	return s->types.items[d->type];
}

static int compare_uuid(const void *a, const void *b)
{
	return mdev_uuid_compare(&((const struct device *)a)->uuid,
	                         &((const struct device *)b)->uuid);
}

static struct device *find(const struct snapshot *s, const struct mdev_uuid *uuid)
{
	const struct device key = { .uuid = *uuid };

	return s->n ? bsearch(&key, s->devices, s->n, sizeof(key), compare_uuid) : NULL;
}

const struct device *snapshot_find(const struct snapshot *s, const struct mdev_uuid *uuid)
{
	return find(s, uuid);
}

static int compare_parent(const void *a, const void *b, void *userdata)
{
	const struct snapshot *s = userdata;
	const struct device *x = a, *y = b;
	int c = x->parent == y->parent
	                ? 0
	                : strcmp(s->parents.items[x->parent], s->parents.items[y->parent]);

	return c != 0 ? c : mdev_uuid_compare(&x->uuid, &y->uuid);
}

void snapshot_sort_by_parent(struct snapshot *s)
{
	if (s->n > 1)
		qsort_r(s->devices, s->n, sizeof(*s->devices), compare_parent, s);
}

/* Index of a name in the list, which it is added to when new. Names come in runs, so
 * the last one is tried first. */
static int intern(struct names *names, const char *name, uint32_t *ret)
{
	int r;

	for (size_t i = names->n; i-- > 0;)
		if (strcmp(names->items[i], name) == 0) {
			*ret = (uint32_t)i;
			return 0;
		}
	r = names_add(names, name);
	if (r < 0)
		return r;
	*ret = (uint32_t)(names->n - 1);
	return 0;
}

static int snapshot_add(struct snapshot *s, const struct mdev_uuid *uuid)
{
	if (s->n == s->size) {
		size_t size = s->size ? s->size + s->size / 2 : 16;
		struct device *devices = realloc(s->devices, size * sizeof(*devices));

		if (!devices)
			return -ENOMEM;
		s->devices = devices;
		s->size = size;
	}
	s->devices[s->n++] = (struct device){ .uuid = *uuid,
		                              .parent = SNAPSHOT_NO_NAME,
		                              .type = SNAPSHOT_NO_NAME };
	return 0;
}

static int on_bus_device(void *userdata, const char *name, unsigned char type _unused_)
{
	struct mdev_uuid uuid;

	return mdev_uuid_parse(name, &uuid) < 0 ? 0 : snapshot_add(userdata, &uuid);
}

static int scan_bus(const struct sysfs *sysfs, struct snapshot *s)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, SYSFS_DEVICES);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = dir_each_new(fd, on_bus_device, s);
	if (r < 0)
		return r;
	if (s->n > 1)
		qsort(s->devices, s->n, sizeof(*s->devices), compare_uuid);
	return 0;
}

/* One walk through a parent's types: every device named in a type's "devices"
 * directory gets its parent and type, without a look at the device itself. The kernel
 * makes that entry after the driver's probe and drops it before the device goes. */
struct walk {
	struct snapshot *snapshot;
	int types_fd;
	const char *parent;
	uint32_t parent_index;
	uint32_t type_index;
	bool is_partial; /* some type has no such directory (a tree of plain files) */
};

static int on_type_device(void *userdata, const char *name, unsigned char type _unused_)
{
	struct walk *walk = userdata;
	struct mdev_uuid uuid;
	struct device *d;

	if (mdev_uuid_parse(name, &uuid) < 0)
		return 0;
	d = find(walk->snapshot, &uuid);
	if (d) {
		d->parent = walk->parent_index;
		d->type = walk->type_index;
	}
	return 0;
}

static int on_type(void *userdata, const char *name, unsigned char type)
{
	struct walk *walk = userdata;
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	int r;

	if (type != DT_DIR && type != DT_UNKNOWN)
		return 0;
	strbuf_addf(&path, "%s/devices", name);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	fd = sysfs_open_dir_beneath(walk->types_fd, path.data);
	if (fd < 0) {
		walk->is_partial = true;
		return 0;
	}
	r = intern(&walk->snapshot->types, name, &walk->type_index);
	return r < 0 ? r : dir_each_new(fd, on_type_device, walk);
}

static int scan_parent(int class_fd, const char *parent, struct snapshot *s, bool *ret_partial)
{
	_cleanup_(closep) int parent_fd = sysfs_open_entry(class_fd, parent);
	struct walk walk = { .snapshot = s, .parent = parent };
	_cleanup_(closep) int types_fd = -1;
	int r;

	if (parent_fd >= 0)
		types_fd = sysfs_open_dir_beneath(parent_fd, "mdev_supported_types");
	if (types_fd < 0) {
		*ret_partial = true;
		return 0;
	}
	walk.types_fd = types_fd;
	r = intern(&s->parents, parent, &walk.parent_index);
	if (r == 0)
		r = dir_each_new(types_fd, on_type, &walk);
	if (walk.is_partial)
		*ret_partial = true;
	return r;
}

static int scan_parents(const struct sysfs *sysfs, const char *parent, struct snapshot *s,
                        bool *ret_partial)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, SYSFS_PARENTS);
	_cleanup_(names_done) struct names parents = { 0 };
	int r;

	if (fd < 0) {
		*ret_partial = true;
		return 0;
	}
	if (parent)
		return scan_parent(fd, parent, s, ret_partial);
	r = dir_names(fd, &parents);
	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = scan_parent(fd, parents.items[i], s, ret_partial);
	return r;
}

/* By the device's own links, where its parent's directories do not name it. -ENOENT
 * for one that is half made or half removed. */
static int resolve_device(const struct sysfs *sysfs, struct snapshot *s, struct device *d)
{
	char uuid[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(freep) char *device = NULL, *type = NULL;
	char *end;
	int r;

	mdev_uuid_format(&d->uuid, uuid);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", uuid);
	r = sysfs_real_path(sysfs, path, &device);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/mdev_type", uuid);
	r = sysfs_real_name(sysfs, path, &type);
	if (r < 0)
		return r;
	end = strrchr(device, '/');
	*end = '\0';
	end = strrchr(device, '/');
	if (!end)
		return -ENOENT;
	r = intern(&s->parents, end + 1, &d->parent);
	return r < 0 ? r : intern(&s->types, type, &d->type);
}

static void drop_unresolved(struct snapshot *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->devices[i].type != SNAPSHOT_NO_NAME)
			s->devices[kept++] = s->devices[i];
	s->n = kept;
}

static int resolve_rest(const struct sysfs *sysfs, const struct log *log, struct snapshot *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct device *d = &s->devices[i];
		char uuid[MDEV_UUID_TEXT_MAX];
		int r;

		if (d->type != SNAPSHOT_NO_NAME)
			continue;
		r = resolve_device(sysfs, s, d);
		if (r == -ENOMEM)
			return r;
		if (r >= 0)
			continue;
		d->type = SNAPSHOT_NO_NAME;
		mdev_uuid_format(&d->uuid, uuid);
		/* ENOENT is the ordinary end of a device while we look. */
		log_message(log, r == -ENOENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		            "Passing over device %s in /sys/" SYSFS_DEVICES ": %s", uuid,
		            strerror(-r));
	}
	return 0;
}

static void keep_only_parent(struct snapshot *s, const char *parent)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->devices[i].type != SNAPSHOT_NO_NAME &&
		    strcmp(snapshot_parent(s, &s->devices[i]), parent) != 0)
			s->devices[i].type = SNAPSHOT_NO_NAME;
}

static int scan_all(const struct sysfs *sysfs, const struct log *log, const char *parent,
                    struct snapshot *s)
{
	bool is_partial = false;
	int r;

	r = scan_bus(sysfs, s);
	if (r < 0 || s->n == 0)
		return r;
	r = scan_parents(sysfs, parent, s, &is_partial);
	if (r < 0)
		return r;
	/* With one parent asked for, the other parents' devices are not worth a look
	 * unless the parent's own directories could not answer. */
	if (!parent || is_partial)
		r = resolve_rest(sysfs, log, s);
	return r;
}

int snapshot_scan(const struct sysfs *sysfs, const struct log *log, const struct mdev_uuid *uuid,
                  const char *parent, struct snapshot *ret)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };
	int r;

	if (uuid) {
		r = snapshot_add(&s, uuid);
		if (r == 0)
			r = resolve_rest(sysfs, log, &s);
	} else {
		r = scan_all(sysfs, log, parent, &s);
	}
	if (r < 0)
		return r;
	if (parent)
		keep_only_parent(&s, parent);
	drop_unresolved(&s);
	*ret = s;
	s = (struct snapshot){ 0 };
	return 0;
}

static bool is_on_bus(const struct sysfs *sysfs, const char *device)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, SYSFS_DEVICES);

	return fd >= 0 && sysfs_has(fd, device) == 1;
}

int snapshot_find_leftover(const struct sysfs *sysfs, const struct mdev_uuid *uuid, char **ret,
                           bool *ret_is_coming)
{
	_cleanup_(closep) int class_fd = sysfs_open_dir(sysfs, SYSFS_PARENTS);
	_cleanup_(names_done) struct names parents = { 0 };
	char text[MDEV_UUID_TEXT_MAX];
	int r = class_fd < 0 ? class_fd : dir_names(class_fd, &parents);

	mdev_uuid_format(uuid, text);
	for (size_t i = 0; r >= 0 && i < parents.n; i++) {
		_cleanup_(closep) int parent_fd = sysfs_open_entry(class_fd, parents.items[i]);
		_cleanup_(closep) int fd = parent_fd < 0 ? -1
		                                         : sysfs_open_dir_beneath(parent_fd, text);

		if (fd < 0)
			continue;
		*ret = TAKE_PTR(parents.items[i]);
		*ret_is_coming = is_on_bus(sysfs, text);
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}
