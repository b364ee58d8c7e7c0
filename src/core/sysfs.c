/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and writing /sys. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sysfs.h"
#include "shared/file.h"

/* Of what is read again and again. */
#define SHORT_MAX 4096

struct sysfs {
	const struct env *env;
	sysfs_writer_t writer;
	void *writer_data;
};

static ssize_t kernel_writer(void *userdata _unused_, int dirfd _unused_, const char *name _unused_,
                             int fd, const void *bytes, size_t n)
{
	ssize_t w = write(fd, bytes, n);

	return w < 0 ? -errno : w;
}

int sysfs_new(const struct env *env, struct sysfs **ret)
{
	struct sysfs *sysfs = calloc(1, sizeof(*sysfs));

	if (!sysfs)
		return -ENOMEM;
	sysfs->env = env;
	sysfs->writer = kernel_writer;
	*ret = sysfs;
	return 0;
}

void sysfs_free(struct sysfs *sysfs)
{
	free(sysfs);
}

void sysfs_set_writer(struct sysfs *sysfs, sysfs_writer_t writer, void *userdata)
{
	sysfs->writer = writer;
	sysfs->writer_data = userdata;
}

bool sysfs_is_live(const struct sysfs *sysfs)
{
	return !sysfs_is_relocated(sysfs) || sysfs->writer != kernel_writer;
}

bool sysfs_name_is_plain(const char *name)
{
	if (name[0] == '\0' || strlen(name) > NAME_MAX || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p < 0x20 || *p == 0x7f || *p == '/')
			return false;
	return true;
}

bool sysfs_is_relocated(const struct sysfs *sysfs)
{
	return env_is_relocated(sysfs->env);
}

static int full_path(const struct sysfs *sysfs, const char *path, struct strbuf *ret)
{
	env_add_path(sysfs->env, ret, "/sys/");
	strbuf_add_str(ret, path);
	return strbuf_error(ret);
}

int sysfs_open_dir(const struct sysfs *sysfs, const char *path)
{
	_cleanup_(strbuf_done) struct strbuf full = STRBUF_INIT;
	int fd;

	if (full_path(sysfs, path, &full) < 0)
		return -ENOMEM;
	fd = open(full.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_open_dir_beneath(int dirfd, const char *name)
{
	return file_open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY);
}

int sysfs_open_entry(int dirfd, const char *name)
{
	int fd;

	if (!sysfs_name_is_plain(name))
		return -EINVAL;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_open_parent(const struct sysfs *sysfs, const char *parent)
{
	char path[sizeof(SYSFS_PARENTS) + NAME_MAX + 1];

	if (!sysfs_name_is_plain(parent))
		return -EINVAL;
	snprintf(path, sizeof(path), SYSFS_PARENTS "/%s", parent);
	return sysfs_open_dir(sysfs, path);
}

int sysfs_read(int dirfd, const char *name, struct strbuf *ret)
{
	_cleanup_(closep) int fd = file_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK);
	size_t start = ret->len;
	int r;

	if (fd < 0)
		return fd;
	r = file_read_regular(fd, SYSFS_SIZE_MAX, ret);
	if (r < 0)
		return r;
	if (ret->len > start && ret->data[ret->len - 1] == '\n')
		ret->data[--ret->len] = '\0';
	return 0;
}

int sysfs_open_file(int dirfd, const char *name)
{
	return file_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK);
}

int sysfs_read_again(int fd, struct strbuf *ret)
{
	char *room = strbuf_reserve(ret, SHORT_MAX);
	ssize_t n;

	if (!room)
		return -ENOMEM;
	do
		n = pread(fd, room, SHORT_MAX, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n > 0 && room[n - 1] == '\n')
		n--;
	ret->len += (size_t)n;
	ret->data[ret->len] = '\0';
	return 0;
}

/* In sysfs there is nothing else that could be opened for writing. */
static bool may_be_special(const struct sysfs *sysfs)
{
	return sysfs_is_relocated(sysfs);
}

int sysfs_open_for_writing(const struct sysfs *sysfs, int dirfd, const char *name)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (name[0] == '\0' || name[0] == '/')
		return -EINVAL;
	/* O_TRUNC means nothing to sysfs; on trees of plain files the value replaces
	 * what was there. */
	fd = file_open_beneath(dirfd, name, O_WRONLY | O_NONBLOCK | O_TRUNC);
	if (fd < 0)
		return fd;
	if (may_be_special(sysfs) && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		return -EINVAL;
	return TAKE_FD(fd);
}

int sysfs_check_writable(int dirfd, const char *name)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (name[0] == '\0' || name[0] == '/')
		return -EINVAL;
	fd = file_open_beneath(dirfd, name, O_PATH);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int write_to(const struct sysfs *sysfs, int dirfd, const char *name, int fd,
                    const void *bytes, size_t n)
{
	ssize_t w = sysfs->writer(sysfs->writer_data, dirfd, name, fd, bytes, n);

	if (w < 0)
		return (int)w;
	/* The rest must not follow: to the driver it would be a second command. */
	return (size_t)w == n ? 0 : -EIO;
}

int sysfs_write(const struct sysfs *sysfs, int dirfd, const char *name, const void *bytes, size_t n)
{
	_cleanup_(closep) int fd = sysfs_open_for_writing(sysfs, dirfd, name);

	return fd < 0 ? fd : write_to(sysfs, dirfd, name, fd, bytes, n);
}

int sysfs_write_again(const struct sysfs *sysfs, int dirfd, const char *name, int fd,
                      const void *bytes, size_t n)
{
	/* Nothing of that matters to sysfs, where each write is a whole one. */
	if (sysfs_is_relocated(sysfs) && (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0))
		return -errno;
	return write_to(sysfs, dirfd, name, fd, bytes, n);
}

int sysfs_dir_inode(const struct sysfs *sysfs, const char *path, uint64_t *ret)
{
	_cleanup_(strbuf_done) struct strbuf full = STRBUF_INIT;
	struct stat st;

	if (full_path(sysfs, path, &full) < 0)
		return -ENOMEM;
	if (stat(full.data, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret = st.st_ino;
	return 0;
}

int sysfs_has(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static int add_link(int dirfd, const char *name, struct strbuf *ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	strbuf_add(ret, target, (size_t)n);
	return strbuf_error(ret);
}

int sysfs_read_link(const struct sysfs *sysfs, const char *path, struct strbuf *ret)
{
	_cleanup_(strbuf_done) struct strbuf full = STRBUF_INIT;

	if (full_path(sysfs, path, &full) < 0)
		return -ENOMEM;
	return add_link(AT_FDCWD, full.data, ret);
}

int sysfs_read_link_name(int dirfd, const char *name, char **ret)
{
	_cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
	const char *slash;
	int r = add_link(dirfd, name, &target);

	if (r < 0)
		return r;
	slash = strrchr(strbuf_str(&target), '/');
	*ret = strdup(slash ? slash + 1 : strbuf_str(&target));
	return *ret ? 0 : -ENOMEM;
}

int sysfs_real_path(const struct sysfs *sysfs, const char *path, char **ret)
{
	_cleanup_(freep) char *root = NULL, *real = NULL, *real_root = NULL;
	_cleanup_(strbuf_done) struct strbuf full = STRBUF_INIT;
	size_t n = 0;

	root = env_path(sysfs->env, "/");
	if (full_path(sysfs, path, &full) < 0 || !root)
		return -ENOMEM;
	real = realpath(full.data, NULL);
	if (!real)
		return -errno;
	real_root = realpath(root, NULL);
	if (real_root && strcmp(real_root, "/") != 0 &&
	    strncmp(real, real_root, strlen(real_root)) == 0)
		n = strlen(real_root);
	memmove(real, real + n, strlen(real + n) + 1);
	*ret = TAKE_PTR(real);
	return 0;
}

int sysfs_real_name(const struct sysfs *sysfs, const char *path, char **ret)
{
	_cleanup_(freep) char *real = NULL;
	char *name;
	int r = sysfs_real_path(sysfs, path, &real);

	if (r < 0)
		return r;
	name = strdup(strrchr(real, '/') + 1);
	if (!name)
		return -ENOMEM;
	*ret = name;
	return 0;
}
