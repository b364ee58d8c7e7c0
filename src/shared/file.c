/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files and directories by descriptor. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/xattr.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shared/file.h"

/* One read takes in nearly every file that we know; larger ones are read on. */
#define READ_CHUNK 4096

/* On the stack: walks are nested three deep at most. */
#define DIR_CHUNK 32768

/* Labels and ACLs are short; a longer list is not ours to carry. */
#define XATTR_SIZE_MAX 65536

int file_open_regular(int dirfd, const char *name)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return TAKE_FD(fd);
}

int file_open_beneath(int dirfd, const char *path, int flags)
{
	/* RESOLVE_BENEATH alone would follow links that stay below: in sysfs a driver's
	 * "subsystem" or "driver" link must not become an attribute. Linux >= 5.6. */
	struct open_how how = {
		/* openat2() refuses flags that mean nothing, as O_NOCTTY with O_PATH. */
		.flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* *ret is the number of bytes, 0 at the end. */
static int read_chunk(int fd, struct strbuf *out, size_t *ret)
{
	char *room = strbuf_reserve(out, READ_CHUNK);
	ssize_t n;

	if (!room)
		return -ENOMEM;
	do
		n = read(fd, room, READ_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	out->len += (size_t)n;
	out->data[out->len] = '\0';
	*ret = (size_t)n;
	return 0;
}

/* Reads until a read gives no more than end bytes. */
static int read_until(int fd, size_t end, size_t max, struct strbuf *out)
{
	size_t start = out->len, n = 0;

	do {
		int r = read_chunk(fd, out, &n);

		if (r < 0)
			return r;
		if (out->len - start > max)
			return -EFBIG;
	} while (n > end);
	return 0;
}

int file_read(int fd, size_t max, struct strbuf *out)
{
	return read_until(fd, 0, max, out);
}

int file_read_regular(int fd, size_t max, struct strbuf *out)
{
	/* A regular file gives less than asked for only at its end. */
	return read_until(fd, READ_CHUNK - 1, max, out);
}

int file_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		if (w == 0)
			return -EIO;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* One buffer's entries. d_reclen is the kernel's, so it is trusted. */
static int entries_each(const char *buffer, size_t n,
                        int (*each)(void *userdata, const char *name, unsigned char type),
                        void *userdata)
{
	int r = 0;

	for (size_t at = 0; r >= 0 && at < n;) {
		const struct dirent64 *d = (const void *)(buffer + at);

		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			r = each(userdata, d->d_name, d->d_type);
		at += d->d_reclen;
	}
	return r;
}

int dir_each_new(int fd, int (*each)(void *userdata, const char *name, unsigned char type),
                 void *userdata)
{
	/* Not readdir(), which costs five more system calls and an allocation: listings
	 * look into hundreds of directories, most of them nearly empty. */
	_Alignas(struct dirent64) char buffer[DIR_CHUNK];
	int r = 0;

	while (r >= 0) {
		ssize_t n = getdents64(fd, buffer, sizeof(buffer));

		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = entries_each(buffer, (size_t)n, each, userdata);
	}
	return r;
}

int dir_each(int fd, int (*each)(void *userdata, const char *name, unsigned char type),
             void *userdata)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : dir_each_new(fd, each, userdata);
}

void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names){ 0 };
}

int names_add(struct names *names, const char *name)
{
	char *copy;

	if (names->n == names->size) {
		size_t size = names->size ? names->size * 2 : 8;
		char **items = realloc(names->items, size * sizeof(*items));

		if (!items)
			return -ENOMEM;
		names->items = items;
		names->size = size;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	names->items[names->n++] = copy;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *names)
{
	if (names->n > 1)
		qsort(names->items, names->n, sizeof(*names->items), compare_names);
}

static int on_name(void *userdata, const char *name, unsigned char type _unused_)
{
	return name[0] == '.' ? 0 : names_add(userdata, name);
}

int dir_names(int fd, struct names *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = dir_each(fd, on_name, &names);

	if (r < 0)
		return r;
	names_sort(&names);
	*ret = names;
	names = (struct names){ 0 };
	return 0;
}

int file_sync_close(int fd)
{
	int r = fsync(fd) < 0 ? -errno : 0;

	/* close() tells of delayed write errors (NFS, quotas). */
	if (close(fd) < 0 && r == 0 && errno != EINTR)
		r = -errno;
	return r;
}

/* Names that are the file system's own business are refused with these. */
static bool xattr_is_unsupported(int errnum)
{
	return errnum == EOPNOTSUPP || errnum == ENODATA;
}

/* Sums of the content that the kernel makes by itself: those of other content would make
 * the file unreadable where they are enforced. */
static bool xattr_is_content(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static bool xattr_is_equal(int fd, const char *name, const char *value, size_t n)
{
	_cleanup_(freep) char *other = malloc(n + 1);

	return other && fgetxattr(fd, name, other, n + 1) == (ssize_t)n &&
	       memcmp(other, value, n) == 0;
}

/* A program that is confined by its label may well write here, but not relabel, not even
 * to the same label: the one that its policy gives to new files is good enough then. */
static bool is_label_refused(const char *name, int errnum)
{
	return strncmp(name, "security.", strlen("security.")) == 0 &&
	       (errnum == EACCES || errnum == EPERM);
}

static int copy_xattr(int from, int to, const char *name)
{
	_cleanup_(freep) char *value = malloc(XATTR_SIZE_MAX);
	ssize_t n;

	if (!value)
		return -ENOMEM;
	n = fgetxattr(from, name, value, XATTR_SIZE_MAX);
	if (n < 0)
		return xattr_is_unsupported(errno) ? 0 : -errno;
	if (xattr_is_content(name) || xattr_is_equal(to, name, value, (size_t)n))
		return 0;
	if (fsetxattr(to, name, value, (size_t)n, 0) < 0)
		return xattr_is_unsupported(errno) || is_label_refused(name, errno) ? 0 : -errno;
	return 0;
}

static int copy_xattrs(int from, int to)
{
	_cleanup_(freep) char *list = malloc(XATTR_SIZE_MAX);
	ssize_t n;

	if (!list)
		return -ENOMEM;
	n = flistxattr(from, list, XATTR_SIZE_MAX);
	if (n < 0)
		return xattr_is_unsupported(errno) ? 0 : -errno;
	for (const char *name = list; name < list + n; name += strlen(name) + 1) {
		int r = copy_xattr(from, to, name);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The new file may have got an ACL from its directory's default; with that, somebody could
 * read it who could not read the old one. */
static int drop_inherited_acl(int fd)
{
	if (fremovexattr(fd, XATTR_NAME_POSIX_ACL_ACCESS) == 0 || xattr_is_unsupported(errno))
		return 0;
	return -errno;
}

int file_copy_metadata(int from, int to)
{
	struct stat old, new;
	int r;

	if (fstat(from, &old) < 0 || fstat(to, &new) < 0)
		return -errno;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	    fchown(to, old.st_uid, old.st_gid) < 0)
		return -errno;
	r = drop_inherited_acl(to);
	if (r < 0)
		return r;
	if (fchmod(to, old.st_mode & 07777) < 0)
		return -errno;
	return copy_xattrs(from, to);
}

/* The limit of today is no bound: what was opened before it was lowered stays open. */
static int close_listed(int first)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd >= first && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
	return 0;
}

void file_close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0U, 0) == 0 || close_listed(first) == 0)
		return;
	for (long fd = first, n = sysconf(_SC_OPEN_MAX); fd < n; fd++)
		close((int)fd);
}
