/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Temporary root and fake kernel. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/file.h"

static char *tree_path(const struct tree *t, const char *path)
{
	char *full;

	assert_true(asprintf(&full, "%s%s", t->root, path) > 0);
	return full;
}

int tree_setup(void **state)
{
	struct tree *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                      -1, 0);

	assert_true(t != MAP_FAILED);
	assert_true(asprintf(&t->root, "%s/mdevmgr-test-XXXXXX",
	                     getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") > 0);
	assert_non_null(mkdtemp(t->root));
	assert_int_equal(env_new(t->root, NULL, &t->env), 0);
	assert_int_equal(sysfs_new(t->env, &t->sysfs), 0);
	tree_dir(t, "/etc");
	*state = t;
	return 0;
}

static int on_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int tree_teardown(void **state)
{
	struct tree *t = *state;

	nftw(t->root, on_remove, 16, FTW_DEPTH | FTW_PHYS);
	sysfs_free(t->sysfs);
	env_free(t->env);
	free(t->root);
	munmap(t, sizeof(*t));
	return 0;
}

void tree_dir(struct tree *t, const char *path)
{
	char *full = tree_path(t, path);

	for (char *p = full + strlen(t->root) + 1;; p++)
		if (*p == '/' || *p == '\0') {
			char c = *p;

			*p = '\0';
			assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
			*p = c;
			if (c == '\0')
				break;
		}
	free(full);
}

static void tree_make_above(struct tree *t, const char *path)
{
	char *above = strndup(path, (size_t)(strrchr(path, '/') - path));

	if (above[0] != '\0')
		tree_dir(t, above);
	free(above);
}

void tree_file(struct tree *t, const char *path, const char *content)
{
	char *full = tree_path(t, path);
	int fd;

	tree_make_above(t, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, content, strlen(content)), 0);
	close(fd);
	free(full);
}

void tree_link(struct tree *t, const char *path, const char *target)
{
	char *full = tree_path(t, path);

	tree_make_above(t, path);
	assert_int_equal(symlink(target, full), 0);
	free(full);
}

void tree_rename(struct tree *t, const char *from, const char *to)
{
	char *old = tree_path(t, from), *new = tree_path(t, to);

	assert_int_equal(rename(old, new), 0);
	free(old);
	free(new);
}

void tree_remove(struct tree *t, const char *path)
{
	char *full = tree_path(t, path);

	assert_int_equal(unlink(full), 0);
	free(full);
}

bool tree_has(const struct tree *t, const char *path)
{
	char *full = tree_path(t, path);
	struct stat st;
	bool has = lstat(full, &st) == 0;

	free(full);
	return has;
}

char *tree_read(const struct tree *t, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	char *full = tree_path(t, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_read(fd, 1 << 20, &text), 0);
	close(fd);
	free(full);
	return strbuf_take(&text);
}

static void tree_filef(struct tree *t, const char *content, const char *fmt, ...) _printf_(3, 4);
static void tree_filef(struct tree *t, const char *content, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	tree_file(t, path, content);
}

static void tree_linkf(struct tree *t, const char *path, const char *fmt, ...) _printf_(3, 4);
static void tree_linkf(struct tree *t, const char *path, const char *fmt, ...)
{
	char target[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(target, sizeof(target), fmt, ap);
	va_end(ap);
	tree_link(t, path, target);
}

void tree_parent(struct tree *t, const char *parent, const char *type, int instances)
{
	char base[PATH_MAX], number[16], path[PATH_MAX];

	snprintf(base, sizeof(base), "/sys/devices/%s/mdev_supported_types/%s", parent, type);
	snprintf(number, sizeof(number), "%d\n", instances);
	tree_filef(t, number, "%.2048s/available_instances", base);
	tree_filef(t, "vfio-pci\n", "%.2048s/device_api", base);
	tree_filef(t, "", "%.2048s/create", base);
	snprintf(path, sizeof(path), "%.2048s/devices", base);
	tree_dir(t, path);
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s", parent);
	if (!tree_has(t, path))
		tree_linkf(t, path, "../../devices/%s", parent);
	tree_dir(t, "/sys/bus/mdev/devices");
}

void tree_device(struct tree *t, const char *parent, const char *type, const char *uuid,
                 const char *const *attrs)
{
	char path[PATH_MAX];

	tree_filef(t, "", "/sys/devices/%s/%s/remove", parent, uuid);
	tree_filef(t, "", "/sys/devices/%s/%s/uevent", parent, uuid);
	for (; attrs && *attrs; attrs++)
		tree_filef(t, "", "/sys/devices/%s/%s/%s", parent, uuid, *attrs);
	snprintf(path, sizeof(path), "/sys/devices/%s/%s/mdev_type", parent, uuid);
	tree_linkf(t, path, "../mdev_supported_types/%s", type);
	snprintf(path, sizeof(path), "/sys/devices/%s/mdev_supported_types/%s/devices/%s", parent,
	         type, uuid);
	tree_linkf(t, path, "../../../%s", uuid);
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", uuid);
	tree_linkf(t, path, "../../../devices/%s/%s", parent, uuid);
}

/* ---- the fake kernel -------------------------------------------------------------- */

static void note_write(struct tree *t, const char *name, const char *value, size_t n)
{
	size_t used = strlen(t->writes_text), left = sizeof(t->writes_text) - used;
	const char *last = memrchr(value, ' ', n);

	/* Of an event that somebody asks for: what it says. */
	if (strcmp(name, "uevent") == 0 && last) {
		n -= (size_t)(last + 1 - value);
		value = last + 1;
	}
	assert_true((size_t)snprintf(t->writes_text + used, left, "%s=%.*s\n", name, (int)n,
	                             value) < left);
	t->writes = t->writes_text;
}

void tree_forget_writes(struct tree *t)
{
	t->writes_text[0] = '\0';
	t->writes = NULL;
}

/* Where an open directory is below the root: ".../PARENT/mdev_supported_types/TYPE" or
 * ".../PARENT/UUID". */
static void split_dir(int dirfd, char *buffer, char **last, char **before, char **third)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	n = readlink(link, buffer, PATH_MAX - 1);
	assert_true(n > 0);
	buffer[n] = '\0';
	*last = strrchr(buffer, '/');
	*(*last)++ = '\0';
	*before = strrchr(buffer, '/');
	*(*before)++ = '\0';
	*third = strrchr(buffer, '/') + 1;
}

static void fake_create(struct tree *t, int dirfd, const char *bytes, size_t n)
{
	static const char *const attrs[] = { "a0", "a1", NULL };
	char buffer[PATH_MAX], *type, *types, *parent, uuid[64];

	split_dir(dirfd, buffer, &type, &types, &parent);
	snprintf(uuid, sizeof(uuid), "%.*s", (int)n, bytes);
	tree_device(t, parent, type, uuid, attrs);
}

static void fake_remove(struct tree *t, int dirfd)
{
	char buffer[PATH_MAX], path[PATH_MAX + 64], type[256] = "", *uuid, *parent, *above;

	split_dir(dirfd, buffer, &uuid, &parent, &above);
	snprintf(path, sizeof(path), "%s/sys/bus/mdev/devices/%s", t->root, uuid);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/sys/devices/%s/%s/mdev_type", t->root, parent, uuid);
	assert_true(readlink(path, type, sizeof(type) - 1) > 0);
	snprintf(path, sizeof(path), "%s/sys/devices/%s/%s/devices/%s", t->root, parent,
	         type + strlen("../"), uuid);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/sys/devices/%s/%s", t->root, parent, uuid);
	nftw(path, on_remove, 16, FTW_DEPTH | FTW_PHYS);
}

ssize_t tree_write(void *userdata, int dirfd, const char *name, int fd, const void *bytes, size_t n)
{
	struct tree *t = userdata;
	ssize_t w;

	note_write(t, name, bytes, n);
	if (t->fail_name && strcmp(name, t->fail_name) == 0)
		return t->fail_errno;
	if (t->fail_name2 && strcmp(name, t->fail_name2) == 0)
		return t->fail_errno2;
	w = write(fd, bytes, n);
	if (strcmp(name, "create") == 0)
		fake_create(t, dirfd, bytes, n);
	else if (strcmp(name, "remove") == 0)
		fake_remove(t, dirfd);
	return w < 0 ? -errno : w;
}

void tree_fake_kernel(struct tree *t)
{
	sysfs_set_writer(t->sysfs, tree_write, t);
}
