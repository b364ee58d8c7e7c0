/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finding the users of a device in /proc. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/users.h"
#include "shared/file.h"

#define PROC_TEXT_MAX (128 * 1024)
#define ANCESTORS_MAX 64

/* The device's nodes, as the links in /proc/PID/fd name them. */
struct nodes {
	char group[64];  /* "/dev/vfio/7", "" if unknown */
	char device[64]; /* "/dev/vfio/devices/vfio3", "" if there is none */
};

void users_done(struct users *users)
{
	for (size_t i = 0; i < users->n; i++) {
		free(users->items[i].command);
		free(users->items[i].vm);
	}
	free(users->items);
	*users = (struct users){ 0 };
}

void user_format(const struct user *user, struct strbuf *out)
{
	strbuf_addf(out, "process %d (%s)", (int)user->pid, user->command);
	if (user->vm)
		strbuf_addf(out, ", VM %s", user->vm);
}

static void find_nodes(const struct sysfs *sysfs, const struct mdev_uuid *uuid, struct nodes *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(freep) char *group = NULL;
	char text[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(closep) int fd = -1;

	*ret = (struct nodes){ 0 };
	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/iommu_group", text);
	if (sysfs_real_name(sysfs, path, &group) == 0 && strlen(group) < 32)
		snprintf(ret->group, sizeof(ret->group), "/dev/vfio/%s", group);
	/* CONFIG_VFIO_DEVICE_CDEV, Linux >= 6.6 */
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/vfio-dev", text);
	fd = sysfs_open_dir(sysfs, path);
	if (fd >= 0 && dir_names(fd, &names) == 0 && names.n > 0 && strlen(names.items[0]) < 32)
		snprintf(ret->device, sizeof(ret->device), "/dev/vfio/devices/%s", names.items[0]);
}

/* What one process has open. */
struct holdings {
	const struct nodes *nodes;
	int fd;
	bool group;
	bool other_group;
	bool device;      /* the device's own node */
	bool vfio;        /* a container or a device of VFIO */
	bool vfio_device; /* an anonymous VFIO device: of which group cannot be seen */
};

static bool is_group(const char *target)
{
	const char *number = target + strlen("/dev/vfio/");

	return strncmp(target, "/dev/vfio/", strlen("/dev/vfio/")) == 0 && *number >= '0' &&
	       *number <= '9';
}

static int on_fd(void *userdata, const char *name, unsigned char type _unused_)
{
	struct holdings *h = userdata;
	char target[PATH_MAX];
	ssize_t n = readlinkat(h->fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return 0;
	target[n] = '\0';
	if (h->nodes->group[0] && strcmp(target, h->nodes->group) == 0)
		h->group = true;
	else if (h->nodes->device[0] && strcmp(target, h->nodes->device) == 0)
		h->device = true;
	else if (is_group(target))
		h->other_group = true;
	else if (strcmp(target, "/dev/vfio/vfio") == 0 || strcmp(target, "/dev/iommu") == 0)
		h->vfio = true;
	else if (strcmp(target, "anon_inode:[vfio-device]") == 0)
		h->vfio_device = true;
	return 0;
}

static int read_proc(int proc, const char *pid, const char *file, struct strbuf *ret)
{
	_cleanup_(closep) int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "%.20s/%s", pid, file);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : file_read(fd, PROC_TEXT_MAX, ret);
}

/* QEMU's -name guest=NAME,... or -name NAME; arguments are separated by NUL bytes. */
static char *find_vm_name(const struct strbuf *cmdline)
{
	const char *end = strbuf_str(cmdline) + cmdline->len;

	for (const char *p = strbuf_str(cmdline); p < end; p += strlen(p) + 1) {
		const char *value = p + strlen(p) + 1;

		if (strcmp(p, "-name") != 0 || value >= end)
			continue;
		if (strncmp(value, "guest=", 6) == 0)
			value += 6;
		return strndup(value, strcspn(value, ","));
	}
	return NULL;
}

static int users_append(struct users *users, const struct user *user)
{
	struct user *items = realloc(users->items, (users->n + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	users->items = items;
	users->items[users->n++] = *user;
	users->n_sure += user->is_sure;
	return 0;
}

/* A user whose words cannot be read, or are too many, is one all the same. */
static int users_add(struct users *users, int proc, const char *pid, bool is_sure)
{
	_cleanup_(strbuf_done) struct strbuf comm = STRBUF_INIT, cmdline = STRBUF_INIT;
	_cleanup_(freep) char *command = NULL, *vm = NULL;
	int r = read_proc(proc, pid, "comm", &comm);

	if (r == -ENOENT || r == -ESRCH)
		return 0; /* it ended meanwhile */
	if (r == -ENOMEM || read_proc(proc, pid, "cmdline", &cmdline) == -ENOMEM)
		return -ENOMEM;
	command = r < 0 ? strdup("?")
	                : strndup(strbuf_str(&comm), strcspn(strbuf_str(&comm), "\n"));
	if (!command)
		return -ENOMEM;
	vm = find_vm_name(&cmdline);
	r = users_append(users, &(struct user){ .pid = atoi(pid),
	                                        .command = command,
	                                        .vm = vm,
	                                        .is_sure = is_sure });
	if (r == 0)
		command = vm = NULL;
	return r;
}

static int look_at_process(int proc, const char *pid, const struct nodes *nodes,
                           struct users *users)
{
	struct holdings h = { .nodes = nodes };
	_cleanup_(closep) int fd = -1;
	char path[32];

	snprintf(path, sizeof(path), "%.20s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	h.fd = fd;
	if (dir_each(fd, on_fd, &h) < 0)
		return 0;
	if (h.device || (h.group && (h.vfio || h.vfio_device)))
		return users_add(users, proc, pid, true);
	/* With a group of its own its device is accounted for: another one. */
	return h.vfio_device && !h.group && !h.other_group ? users_add(users, proc, pid, false) : 0;
}

/* "PID (COMM) STATE PPID ...": COMM may hold anything, so from the last ")". */
static pid_t parent_of(int proc, pid_t pid)
{
	_cleanup_(strbuf_done) struct strbuf stat = STRBUF_INIT;
	char text[16];
	const char *p;
	int ppid;

	snprintf(text, sizeof(text), "%d", (int)pid);
	if (read_proc(proc, text, "stat", &stat) < 0)
		return 0;
	p = strrchr(strbuf_str(&stat), ')');
	return p && sscanf(p + 1, " %*c %d", &ppid) == 1 ? ppid : 0;
}

static size_t find_ancestors(int proc, pid_t *ret)
{
	size_t n = 0;

	for (pid_t pid = getpid(); pid > 1 && n < ANCESTORS_MAX; pid = parent_of(proc, pid))
		ret[n++] = pid;
	return n;
}

static bool is_ancestor(const pid_t *ancestors, size_t n, const char *pid)
{
	for (size_t i = 0; i < n; i++)
		if (ancestors[i] == atoi(pid))
			return true;
	return false;
}

int users_find(const struct env *env, const struct sysfs *sysfs, const struct mdev_uuid *uuid,
               struct users *ret)
{
	_cleanup_(closep) int proc = env_open_dir(env, "/proc");
	_cleanup_(users_done) struct users users = { 0 };
	_cleanup_(names_done) struct names pids = { 0 };
	pid_t ancestors[ANCESTORS_MAX];
	struct nodes nodes;
	size_t n;
	int r = 0;

	if (proc < 0 || dir_names(proc, &pids) < 0)
		return 0;
	find_nodes(sysfs, uuid, &nodes);
	n = find_ancestors(proc, ancestors);
	for (size_t i = 0; r == 0 && i < pids.n; i++)
		if (pids.items[i][0] >= '1' && pids.items[i][0] <= '9' &&
		    !is_ancestor(ancestors, n, pids.items[i]))
			r = look_at_process(proc, pids.items[i], &nodes, &users);
	if (r < 0)
		return r;
	*ret = users;
	users = (struct users){ 0 };
	return 0;
}
