/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looking for the host's use of a device. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/ccw-use.h"
#include "shared/file.h"

#define BLOCK_DEVICES "class/block"
#define INTERFACES    "class/net"

/* Of /proc/self/mountinfo and /proc/swaps. What does not fit is not named. */
#define TABLE_MAX (4 * 1024 * 1024)

struct search {
	const struct ccw_use_request *req;
	char below[2 * BUSID_TEXT_MAX + 4]; /* "/0.0.0313/0.0.4711/", in the links of classes */
	enum ccw_use use;
	struct strbuf reason;
};

/* One block device of it. */
struct disk {
	const char *name;
	char number[32];    /* "252:1", "" if unknown */
	struct strbuf path; /* "/dev/vda1" */
};

static void disk_done(struct disk *disk)
{
	strbuf_done(&disk->path);
}

/* The first that is found is told; use is worse than not knowing. */
static void found(struct search *s, enum ccw_use use, const char *fmt, ...) _printf_(3, 4);
static void found(struct search *s, enum ccw_use use, const char *fmt, ...)
{
	va_list ap;

	if (s->use == CCW_USED || s->use == use)
		return;
	s->use = use;
	strbuf_clear(&s->reason);
	va_start(ap, fmt);
	strbuf_addv(&s->reason, fmt, ap);
	va_end(ap);
}

/* ---- who it is -------------------------------------------------------------------------- */

static int read_table(const struct env *env, const char *path, struct strbuf *ret)
{
	_cleanup_(freep) char *full = env_path(env, path);
	_cleanup_(closep) int fd = -1;

	if (!full)
		return -ENOMEM;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : file_read(fd, TABLE_MAX, ret);
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ..." */
static void look_for_mount(struct search *s, const struct disk *disk)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char *line, *rest;

	if (!disk->number[0] || read_table(s->req->env, "/proc/self/mountinfo", &text) < 0 ||
	    text.len == 0)
		return;
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		char *fields[5];
		size_t n = 0;

		while (n < ARRAY_SIZE(fields) && (fields[n] = strsep(&line, " ")))
			n++;
		if (n == ARRAY_SIZE(fields) && strcmp(fields[2], disk->number) == 0) {
			found(s, CCW_USED, "%s is mounted on %.256s", disk->name, fields[4]);
			return;
		}
	}
}

static void look_for_swap(struct search *s, const struct disk *disk)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char *line, *rest;

	if (read_table(s->req->env, "/proc/swaps", &text) < 0 || text.len == 0)
		return;
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, " \t")] = '\0';
		if (strcmp(line, strbuf_str(&disk->path)) == 0)
			found(s, CCW_USED, "%s is used as swap space", disk->name);
	}
}

/* The device mapper's names say more than dm-3. */
static void tell_holder(struct search *s, const struct disk *disk, const char *holder)
{
	_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;
	char path[sizeof(BLOCK_DEVICES) + NAME_MAX + 8];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/dm", holder);
	fd = sysfs_open_dir(s->req->sysfs, path);
	if (fd >= 0 && sysfs_read(fd, "name", &name) == 0 && name.len > 0)
		found(s, CCW_USED, "%s is used by %s (%.128s)", disk->name, holder,
		      strbuf_str(&name));
	else
		found(s, CCW_USED, "%s is used by %s", disk->name, holder);
}

static void look_for_holder(struct search *s, const struct disk *disk)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[sizeof(BLOCK_DEVICES) + NAME_MAX + 16];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/holders", disk->name);
	fd = sysfs_open_dir(s->req->sysfs, path);
	if (fd >= 0 && dir_names(fd, &names) == 0 && names.n > 0)
		tell_holder(s, disk, names.items[0]);
}

/* ---- processes that have it open, exclusively or not --------------------------------------- */

struct process_walk {
	const struct disk *disk;
	int fd; /* of /proc/PID/fd */
	bool has_it;
};

static bool is_node_of(int fd, const char *name, const struct disk *disk)
{
	unsigned major, minor;
	struct stat st;

	/* Trees of plain files have the names only. */
	if (fstatat(fd, name, &st, 0) < 0 || !S_ISBLK(st.st_mode))
		return false;
	return sscanf(disk->number, "%u:%u", &major, &minor) == 2 &&
	       st.st_rdev == makedev(major, minor);
}

static int on_open_file(void *userdata, const char *name, unsigned char type _unused_)
{
	struct process_walk *walk = userdata;
	char target[PATH_MAX];
	ssize_t n = readlinkat(walk->fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return 0;
	target[n] = '\0';
	/* Only there: what lies elsewhere may be on a file server that does not answer. */
	if (strncmp(target, "/dev/", strlen("/dev/")) == 0 &&
	    (strcmp(target, strbuf_str(&walk->disk->path)) == 0 ||
	     is_node_of(walk->fd, name, walk->disk)))
		walk->has_it = true;
	return 0;
}

static void read_command(int proc, const char *pid, struct strbuf *ret)
{
	_cleanup_(closep) int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "%.20s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || file_read(fd, 4096, ret) < 0)
		strbuf_clear(ret);
	strbuf_trim(ret);
}

/* udev opens whatever appears, for a moment. */
static bool is_udev(const char *command)
{
	return strcmp(command, "(udev-worker)") == 0 || strcmp(command, "systemd-udevd") == 0;
}

static void look_at_process(struct search *s, int proc, const char *pid, const struct disk *disk)
{
	_cleanup_(strbuf_done) struct strbuf command = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	struct process_walk walk = { .disk = disk };
	char path[32];

	snprintf(path, sizeof(path), "%.20s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	walk.fd = fd;
	if (fd < 0 || dir_each(fd, on_open_file, &walk) < 0 || !walk.has_it)
		return;
	read_command(proc, pid, &command);
	if (!is_udev(strbuf_str(&command)))
		found(s, CCW_USED, "process %s (%.64s) has %s open", pid, strbuf_str(&command),
		      disk->name);
}

static void look_for_process(struct search *s, const struct disk *disk)
{
	_cleanup_(closep) int proc = env_open_dir(s->req->env, "/proc");
	_cleanup_(names_done) struct names pids = { 0 };

	if (proc < 0 || dir_names(proc, &pids) < 0)
		return;
	for (size_t i = 0; i < pids.n && s->use != CCW_USED; i++)
		if (pids.items[i][0] >= '1' && pids.items[i][0] <= '9')
			look_at_process(s, proc, pids.items[i], disk);
}

/* ---- the kernel's word ------------------------------------------------------------------- */

static int open_exclusively(void *userdata _unused_, const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

/* Another node under its name, or none at all, tells nothing. */
static bool is_its_node(const struct search *s, int fd, const struct disk *disk)
{
	unsigned major, minor;
	struct stat st;

	if (sysfs_is_relocated(s->req->sysfs))
		return true;
	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) &&
	       sscanf(disk->number, "%u:%u", &major, &minor) == 2 &&
	       st.st_rdev == makedev(major, minor);
}

static void ask_kernel(struct search *s, const struct disk *disk)
{
	_cleanup_(freep) char *path = env_path(s->req->env, strbuf_str(&disk->path));
	_cleanup_(closep) int fd = -1;

	if (!path) {
		found(s, CCW_USE_UNKNOWN, "out of memory");
		return;
	}
	fd = s->req->open_exclusively ? s->req->open_exclusively(s->req->userdata, path)
	                              : open_exclusively(NULL, path);
	if (fd == -EBUSY)
		found(s, CCW_USED, "%s is in use", disk->name);
	/* Without a medium nobody else can open it either. */
	else if (fd < 0 && fd != -ENODEV && fd != -ENXIO && fd != -ENOMEDIUM)
		found(s, CCW_USE_UNKNOWN, "cannot tell whether %s is in use: %s", disk->name,
		      strerror(-fd));
	else if (fd >= 0 && !is_its_node(s, fd, disk))
		found(s, CCW_USE_UNKNOWN, "cannot tell whether %s is in use: %s is another device",
		      disk->name, strbuf_str(&disk->path));
}

/* ---- what is below the device ------------------------------------------------------------- */

static void read_device_number(const struct search *s, struct disk *disk)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char path[sizeof(BLOCK_DEVICES) + NAME_MAX + 1];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s", disk->name);
	fd = sysfs_open_dir(s->req->sysfs, path);
	if (fd >= 0 && sysfs_read(fd, "dev", &text) == 0)
		snprintf(disk->number, sizeof(disk->number), "%s", strbuf_str(&text));
}

static int look_at_disk(struct search *s, const char *name)
{
	_cleanup_(disk_done) struct disk disk = { .name = name, .path = STRBUF_INIT };

	strbuf_add_str(&disk.path, "/dev/");
	/* The kernel's way of writing a slash in a name of sysfs. */
	for (const char *p = name; *p; p++)
		strbuf_add_char(&disk.path, *p == '!' ? '/' : *p);
	if (strbuf_error(&disk.path) < 0)
		return -ENOMEM;
	read_device_number(s, &disk);
	look_for_mount(s, &disk);
	look_for_swap(s, &disk);
	look_for_holder(s, &disk);
	if (s->use != CCW_USED)
		look_for_process(s, &disk);
	/* Last: whoever wants to mount it in this moment is refused. */
	if (s->use != CCW_USED && s->req->claims)
		ask_kernel(s, &disk);
	return 0;
}

static int look_at_interface(struct search *s, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf flags = STRBUF_INIT;
	char path[sizeof(INTERFACES) + NAME_MAX + 1];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), INTERFACES "/%s", name);
	fd = sysfs_open_dir(s->req->sysfs, path);
	if (fd >= 0 && sysfs_read(fd, "flags", &flags) == 0 &&
	    strtoul(strbuf_str(&flags), NULL, 16) & IFF_UP)
		found(s, CCW_USED, "network interface %s is up", name);
	return 0;
}

/* Calls look() for what a class has below the device, by the text of the class's links. */
static int look_at_class(struct search *s, const char *class,
                         int (*look)(struct search *s, const char *name))
{
	_cleanup_(closep) int fd = sysfs_open_dir(s->req->sysfs, class);
	_cleanup_(names_done) struct names names = { 0 };
	int r = fd < 0 ? fd : dir_names(fd, &names);

	/* A kernel without disks, or without a network. */
	if (fd == -ENOENT)
		return 0;
	for (size_t i = 0; r >= 0 && i < names.n && s->use != CCW_USED; i++) {
		_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, target = STRBUF_INIT;

		strbuf_addf(&path, "%s/%s", class, names.items[i]);
		if (strbuf_error(&path) < 0)
			return -ENOMEM;
		if (sysfs_read_link(s->req->sysfs, path.data, &target) == 0 &&
		    strstr(strbuf_str(&target), s->below))
			r = look(s, names.items[i]);
	}
	return r;
}

int ccw_use_find(const struct ccw_use_request *req, enum ccw_use *ret, char **ret_reason)
{
	struct search s = { .req = req, .use = CCW_UNUSED, .reason = STRBUF_INIT };
	char subchannel[BUSID_TEXT_MAX], device[BUSID_TEXT_MAX];
	int r;

	busid_format(&req->subchannel, subchannel);
	busid_format(&req->device, device);
	snprintf(s.below, sizeof(s.below), "/%s/%s/", subchannel, device);
	r = look_at_class(&s, BLOCK_DEVICES, look_at_disk);
	if (r >= 0)
		r = look_at_class(&s, INTERFACES, look_at_interface);
	if (r < 0 || strbuf_error(&s.reason) < 0) {
		strbuf_done(&s.reason);
		return r < 0 ? r : -ENOMEM;
	}
	*ret = s.use;
	*ret_reason = s.use == CCW_UNUSED ? NULL : strbuf_take(&s.reason);
	return 0;
}
