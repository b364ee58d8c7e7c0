/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the css and ccw buses. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ccw.h"
#include "shared/file.h"

/* Every second number of each of the four subchannel sets, a line each. */
#define CIO_IGNORE_MAX (2 * 1024 * 1024)

#define PATH_TEXT_MAX 128

/* ---- subchannels ------------------------------------------------------------------------ */

void ccw_subchannel_done(struct ccw_subchannel *s)
{
	free(s->driver);
	free(s->override);
	*s = (struct ccw_subchannel){ 0 };
}

static int open_device(const struct sysfs *sysfs, const char *bus, const struct busid *id)
{
	char text[BUSID_TEXT_MAX], path[PATH_TEXT_MAX];

	busid_format(id, text);
	snprintf(path, sizeof(path), "%s/%s", bus, text);
	return sysfs_open_dir(sysfs, path);
}

/* Text that is not there is NULL. */
static int read_text(int dirfd, const char *name, char **ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = sysfs_read(dirfd, name, &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	strbuf_trim(&text);
	if (text.len == 0)
		return strbuf_error(&text);
	*ret = strdup(strbuf_str(&text));
	return *ret ? 0 : -ENOMEM;
}

static int read_number(int dirfd, const char *name, int *ret)
{
	_cleanup_(freep) char *text = NULL;
	int r = read_text(dirfd, name, &text);
	char *end;
	long value;

	*ret = -1;
	if (r < 0 || !text)
		return r;
	value = strtol(text, &end, 10);
	if (end != text && *end == '\0' && value >= 0 && value <= INT_MAX)
		*ret = (int)value;
	return 0;
}

/* A link that is not there is NULL. */
static int read_link(int dirfd, const char *name, char **ret)
{
	int r = sysfs_read_link_name(dirfd, name, ret);

	return r == -ENOMEM ? r : 0;
}

/* Unset it is "(null)", and since Linux 6.19 an empty line. */
static int read_override(int dirfd, char **ret)
{
	_cleanup_(freep) char *text = NULL;
	int r = read_text(dirfd, "driver_override", &text);

	if (r == 0 && text && strcmp(text, "(null)") != 0)
		*ret = TAKE_PTR(text);
	return r;
}

struct child_walk {
	int fd;
	bool has_found;
	struct busid found;
};

static int on_child(void *userdata, const char *name, unsigned char type)
{
	struct child_walk *walk = userdata;

	if (type == DT_LNK || walk->has_found || !busid_is_canonical(name))
		return 0;
	walk->has_found = busid_parse(name, &walk->found) == 0;
	return 0;
}

/* On kernels without dev_busid: the device is a directory below its subchannel. */
static int device_below(int fd, struct busid *ret)
{
	struct child_walk walk = { .fd = fd };
	int r = dir_each(fd, on_child, &walk);

	if (r < 0)
		return r;
	if (!walk.has_found)
		return -ENODATA;
	*ret = walk.found;
	return 0;
}

static int read_device(int fd, struct busid *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = sysfs_read(fd, "dev_busid", &text);

	if (r == -ENOENT)
		return device_below(fd, ret);
	if (r < 0)
		return r;
	strbuf_trim(&text);
	/* "none" */
	return busid_parse(strbuf_str(&text), ret) < 0 ? -ENODATA : 0;
}

int ccw_device_on(const struct sysfs *sysfs, const struct busid *subchannel, struct busid *ret)
{
	_cleanup_(closep) int fd = open_device(sysfs, CCW_SUBCHANNELS, subchannel);

	return fd < 0 ? fd : read_device(fd, ret);
}

int ccw_subchannel_read(const struct sysfs *sysfs, const struct busid *id,
                        struct ccw_subchannel *ret)
{
	_cleanup_(closep) int fd = open_device(sysfs, CCW_SUBCHANNELS, id);
	_cleanup_(ccw_subchannel_done) struct ccw_subchannel s = { .id = *id };
	int r;

	if (fd < 0)
		return fd;
	r = read_device(fd, &s.device);
	if (r == -ENOMEM)
		return r;
	s.has_device = r == 0;
	r = read_number(fd, "type", &s.type);
	if (r == 0)
		r = read_link(fd, "driver", &s.driver);
	if (r == 0)
		r = read_override(fd, &s.override);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct ccw_subchannel){ 0 };
	return 0;
}

/* ---- from a device to its subchannel ------------------------------------------------------ */

struct scan {
	int fd; /* of CCW_SUBCHANNELS */
	struct ccw_map *map;
};

void ccw_map_done(struct ccw_map *map)
{
	free(map->items);
	*map = (struct ccw_map){ 0 };
}

static int map_add(struct ccw_map *map, const struct busid *subchannel, const struct busid *device)
{
	if (map->n == map->size) {
		size_t size = map->size ? map->size * 2 : 16;
		struct ccw_pair *items = reallocarray(map->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		map->items = items;
		map->size = size;
	}
	map->items[map->n++] = (struct ccw_pair){ .device = *device, .subchannel = *subchannel };
	return 0;
}

static int on_subchannel(void *userdata, const char *name, unsigned char type _unused_)
{
	struct scan *scan = userdata;
	_cleanup_(closep) int fd = -1;
	struct busid id, device;
	int r;

	if (!busid_is_canonical(name) || busid_parse(name, &id) < 0)
		return 0;
	fd = sysfs_open_entry(scan->fd, name);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENODEV ? 0 : fd;
	/* One that is about to go is none of an error. */
	r = read_device(fd, &device);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return map_add(scan->map, &id, &device);
}

int ccw_map_read(const struct sysfs *sysfs, struct ccw_map *ret)
{
	_cleanup_(ccw_map_done) struct ccw_map map = { 0 };
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, CCW_SUBCHANNELS);
	struct scan scan = { .fd = fd, .map = &map };
	int r = fd;

	if (fd >= 0)
		r = dir_each(fd, on_subchannel, &scan);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = map;
	map = (struct ccw_map){ 0 };
	return 0;
}

int ccw_map_find(const struct ccw_map *map, const struct busid *device, struct busid *ret)
{
	const struct ccw_pair *found = NULL;

	for (size_t i = 0; i < map->n; i++) {
		if (busid_compare(&map->items[i].device, device) != 0)
			continue;
		if (found)
			return -ENOTUNIQ;
		found = &map->items[i];
	}
	if (!found)
		return -ENOENT;
	*ret = found->subchannel;
	return 0;
}

int ccw_find(const struct sysfs *sysfs, const struct busid *device, struct busid *ret)
{
	_cleanup_(ccw_map_done) struct ccw_map map = { 0 };
	int r = ccw_map_read(sysfs, &map);

	return r < 0 ? r : ccw_map_find(&map, device, ret);
}

/* ---- devices ------------------------------------------------------------------------------ */

void ccw_device_done(struct ccw_device *d)
{
	free(d->cutype);
	free(d->driver);
	free(d->group);
	*d = (struct ccw_device){ 0 };
}

int ccw_device_read(const struct sysfs *sysfs, const struct busid *device, struct ccw_device *ret)
{
	_cleanup_(closep) int fd = open_device(sysfs, CCW_DEVICES, device);
	_cleanup_(ccw_device_done) struct ccw_device d = { .is_there = fd >= 0, .online = -1 };
	int r = 0;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0)
		r = read_number(fd, "online", &d.online);
	if (fd >= 0 && r == 0)
		r = read_text(fd, "cutype", &d.cutype);
	if (fd >= 0 && r == 0)
		r = read_link(fd, "driver", &d.driver);
	if (fd >= 0 && r == 0)
		r = read_link(fd, "group_device", &d.group);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct ccw_device){ 0 };
	return 0;
}

/* Control units that speak QDIO, which vfio_ccw_sch_probe() refuses (pmcw.qf, Linux 6.12), by
 * the device tables of zfcp and qeth; the first that fits counts. */
static const struct {
	const char *cutype;
	const char *problem;
} problems[] = {
	{ "1731/03", "it is a FCP adapter (zfcp), which works by QDIO: pass its SCSI disks on "
	             "instead" },
	{ "1731/",
	  "it is a part of a network adapter (OSA, HiperSockets), which works by QDIO: use "
	  "its network interface instead" },
};

const char *ccw_device_problem(const struct ccw_device *d)
{
	for (size_t i = 0; d->cutype && i < ARRAY_SIZE(problems); i++)
		if (strncmp(d->cutype, problems[i].cutype, strlen(problems[i].cutype)) == 0)
			return problems[i].problem;
	return NULL;
}

/* The control unit of all virtio devices (virtio_ids in virtio_ccw.c), whose driver may come
 * later. */
bool ccw_device_comes_online(const struct ccw_device *d)
{
	return d->cutype && strncmp(d->cutype, "3832/", strlen("3832/")) == 0;
}

int ccw_is_ignored(const struct env *env, const struct busid *device)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(freep) char *path = env_path(env, "/proc/cio_ignore");
	_cleanup_(closep) int fd = -1;
	int r;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = file_read(fd, CIO_IGNORE_MAX, &text);
	return r < 0 ? r : busid_list_has(strbuf_str(&text), device);
}

int ccw_not_visible(const struct env *env, const struct busid *device, bool is_ambiguous,
                    struct error *err)
{
	bool is_ignored = ccw_is_ignored(env, device) > 0;
	char id[BUSID_TEXT_MAX];

	busid_format(device, id);
	error_set(err, -ENODEV, "Device %s is not visible", id);
	if (is_ambiguous)
		error_set_cause(err, "several subchannels say that they carry it");
	else
		error_set_cause(err,
		                is_ignored ? "cio_ignore hides it" : "no subchannel carries it");
	if (is_ignored)
		error_set_advice(err, "free it with 'cio_ignore -r %s', or name its subchannel",
		                 id);
	else
		error_set_advice(err, "'lscss' lists what is there; --subchannel names its "
		                      "subchannel all the same");
	return -ENODEV;
}

/* ---- names that users give ------------------------------------------------------------------ */

static int refuse_name(const char *text, struct error *err)
{
	error_set(err, -EINVAL, "'%s' is no device number", text);
	error_set_advice(err, "like 0.0.4711, or css:0.0.0313 for the device on a subchannel");
	return -EINVAL;
}

int ccw_refuse_ambiguous(const struct busid *id, struct error *err)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	error_set(err, -EINVAL, "%s is a device number and a subchannel, of different devices",
	          text);
	error_set_advice(err, "say ccw:%s for the device, css:%s for the subchannel", text, text);
	return -EINVAL;
}

static int refuse_to_look(const char *what, const struct busid *id, int r, struct error *err)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	return error_set_errno(err, r, "Cannot look for %s %s", what, text);
}

/* What a bare number is. */
static int look_up_name(const struct sysfs *sysfs, const struct busid *id, enum ccw_name_kind *ret,
                        struct error *err)
{
	struct busid device, subchannel;
	int has_subchannel = ccw_device_on(sysfs, id, &device);
	int has_device = ccw_find(sysfs, id, &subchannel);

	if (has_subchannel < 0 && has_subchannel != -ENOENT && has_subchannel != -ENODATA)
		return refuse_to_look("subchannel", id, has_subchannel, err);
	if (has_device < 0 && has_device != -ENOENT && has_device != -ENOTUNIQ)
		return refuse_to_look("device", id, has_device, err);
	*ret = CCW_NAME_DEVICE;
	if (has_subchannel == -ENOENT)
		return 0;
	if (has_device == -ENOENT)
		*ret = CCW_NAME_SUBCHANNEL;
	else if (has_device == -ENOTUNIQ || busid_compare(id, &subchannel) != 0)
		return ccw_refuse_ambiguous(id, err);
	return 0;
}

int ccw_parse_name(const struct sysfs *sysfs, const char *text, enum ccw_name_kind *ret_kind,
                   struct busid *ret, struct error *err)
{
	bool is_css = strncmp(text, "css:", 4) == 0;
	bool is_ccw = strncmp(text, "ccw:", 4) == 0;
	enum ccw_name_kind kind = is_css ? CCW_NAME_SUBCHANNEL : CCW_NAME_DEVICE;
	struct busid id;
	int r;

	if (busid_parse_short(text + (is_css || is_ccw ? 4 : 0), &id) < 0)
		return refuse_name(text, err);
	r = is_css || is_ccw ? 0 : look_up_name(sysfs, &id, &kind, err);
	if (r < 0)
		return r;
	*ret_kind = kind;
	*ret = id;
	return 0;
}

int ccw_resolve_device(const struct sysfs *sysfs, const char *text, struct busid *ret,
                       struct error *err)
{
	enum ccw_name_kind kind;
	char name[BUSID_TEXT_MAX];
	struct busid id;
	int r = ccw_parse_name(sysfs, text, &kind, &id, err);

	if (r < 0)
		return r;
	if (kind == CCW_NAME_SUBCHANNEL) {
		r = ccw_device_on(sysfs, &id, ret);
		busid_format(&id, name);
		if (r == -ENODATA || r == -ENOENT)
			return error_set(err, -ENODEV,
			                 r == -ENOENT ? "There is no subchannel %s"
			                              : "Subchannel %s carries no device",
			                 name);
		return r < 0 ? refuse_to_look("subchannel", &id, r, err) : 0;
	}
	*ret = id;
	return 0;
}
