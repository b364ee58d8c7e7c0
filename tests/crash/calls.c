/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of system calls that can change files, and how to read their arguments out of a stopped
 * process. Knows nothing of what is done about them.
 */
#include "config.h"

#include "intercept.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind {
	/* (dirfd, path, flags) or (dirfd, path, struct open_how) */
	KIND_OPENAT,
	KIND_OPENAT2,
	/* (path, flags) */
	KIND_OPEN,
	/* (path), (dirfd, path) */
	KIND_PATH,
	KIND_AT,
	/* (path, path), (dirfd, path, dirfd, path), (text, path), (text, dirfd, path) */
	KIND_PATH_PATH,
	KIND_AT_AT,
	KIND_TEXT_PATH,
	KIND_TEXT_AT,
	/* (fd) */
	KIND_FD,
	KIND_CLOSE,
	KIND_FCNTL,
	KIND_EXIT,
};

struct row {
	int number;
	const char *name;
	enum kind kind;
};

/* clang-format off */
#define ROW(call, kind) { SYS_##call, #call, kind }

/* The calls without "at" are missing on newer architectures. */
static const struct row table[] = {
	ROW(openat, KIND_OPENAT),
	ROW(openat2, KIND_OPENAT2),
	ROW(mkdirat, KIND_AT),
	ROW(mknodat, KIND_AT),
	ROW(unlinkat, KIND_AT),
	ROW(fchmodat, KIND_AT),
	ROW(fchownat, KIND_AT),
	ROW(utimensat, KIND_AT),
	ROW(renameat2, KIND_AT_AT),
	ROW(linkat, KIND_AT_AT),
	ROW(symlinkat, KIND_TEXT_AT),
	ROW(truncate, KIND_PATH),
	ROW(setxattr, KIND_PATH),
	ROW(lsetxattr, KIND_PATH),
	ROW(removexattr, KIND_PATH),
	ROW(lremovexattr, KIND_PATH),
	ROW(write, KIND_FD),
	ROW(pwrite64, KIND_FD),
	ROW(writev, KIND_FD),
	ROW(pwritev, KIND_FD),
	ROW(pwritev2, KIND_FD),
	ROW(sendfile, KIND_FD),
	ROW(fallocate, KIND_FD),
	ROW(ftruncate, KIND_FD),
	ROW(fsync, KIND_FD),
	ROW(fdatasync, KIND_FD),
	ROW(syncfs, KIND_FD),
	ROW(fchmod, KIND_FD),
	ROW(fchown, KIND_FD),
	ROW(fsetxattr, KIND_FD),
	ROW(fremovexattr, KIND_FD),
	ROW(flock, KIND_FD),
	ROW(fcntl, KIND_FCNTL),
	ROW(close, KIND_CLOSE),
	ROW(exit_group, KIND_EXIT),
#ifdef SYS_renameat
	ROW(renameat, KIND_AT_AT),
#endif
#ifdef SYS_open
	ROW(open, KIND_OPEN),
	ROW(creat, KIND_PATH),
	ROW(mkdir, KIND_PATH),
	ROW(rmdir, KIND_PATH),
	ROW(unlink, KIND_PATH),
	ROW(mknod, KIND_PATH),
	ROW(chmod, KIND_PATH),
	ROW(chown, KIND_PATH),
	ROW(lchown, KIND_PATH),
	ROW(rename, KIND_PATH_PATH),
	ROW(link, KIND_PATH_PATH),
	ROW(symlink, KIND_TEXT_PATH),
#endif
};
/* clang-format on */

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

size_t calls_filter_fill(int *numbers, size_t max)
{
	size_t n = 0;

	for (; n < TABLE_SIZE && n < max; n++)
		numbers[n] = table[n].number;
	return n;
}

static const struct row *find_row(int number)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].number == number)
			return &table[i];
	return NULL;
}

static ssize_t read_memory(pid_t pid, uint64_t address, void *buffer, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = pread(fd, buffer, size, (off_t)address);
	close(fd);
	return len;
}

static void read_link(char *text, size_t size, pid_t pid, const char *entry)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, entry);
	len = readlink(path, text, size - 1);
	text[len < 0 ? 0 : len] = '\0';
}

static void descriptor_path(char *text, size_t size, pid_t pid, int fd)
{
	char entry[32];

	snprintf(entry, sizeof(entry), "fd/%d", fd);
	read_link(text, size, pid, fd == AT_FDCWD ? "cwd" : entry);
}

static void argument_path(char *text, size_t size, pid_t pid, int dirfd, uint64_t address)
{
	char name[PATH_MAX];
	ssize_t len = read_memory(pid, address, name, sizeof(name) - 1);
	size_t used;

	name[len < 0 ? 0 : len] = '\0';
	text[0] = '\0';
	if (name[0] != '/') {
		descriptor_path(text, size, pid, dirfd);
		used = strlen(text);
		snprintf(text + used, size - used, name[0] ? "/%s" : "%s", name);
		return;
	}
	snprintf(text, size, "%s", name);
}

static bool open_writes(uint64_t flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

/* Closing what was only read changes nothing. */
static bool descriptor_writes(pid_t pid, int fd)
{
	char path[64], line[128];
	unsigned long flags = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "flags: %lo", &flags) == 1)
			break;
	if (info)
		fclose(info);
	return open_writes(flags);
}

static bool fcntl_locks(uint64_t command)
{
	return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
	       command == F_OFD_SETLKW;
}

static uint64_t how_flags(pid_t pid, uint64_t address)
{
	struct open_how how = { .flags = 0 };

	read_memory(pid, address, &how, sizeof(how));
	return how.flags;
}

#define PATH_ARG(dirfd, n) argument_path(call->path, sizeof(call->path), pid, dirfd, data->args[n])
#define TARGET_ARG(dirfd, n)                                                                       \
	argument_path(call->target, sizeof(call->target), pid, dirfd, data->args[n])

static void decode_names(const struct seccomp_data *data, enum kind kind, pid_t pid,
                         struct call *call)
{
	switch (kind) {
	case KIND_OPEN:
	case KIND_PATH:
		PATH_ARG(AT_FDCWD, 0);
		break;
	case KIND_OPENAT:
	case KIND_OPENAT2:
	case KIND_AT:
		PATH_ARG((int)data->args[0], 1);
		break;
	case KIND_PATH_PATH:
		PATH_ARG(AT_FDCWD, 0);
		TARGET_ARG(AT_FDCWD, 1);
		break;
	case KIND_AT_AT:
		PATH_ARG((int)data->args[0], 1);
		TARGET_ARG((int)data->args[2], 3);
		break;
	case KIND_TEXT_PATH:
		PATH_ARG(AT_FDCWD, 1);
		break;
	case KIND_TEXT_AT:
		PATH_ARG((int)data->args[1], 2);
		break;
	case KIND_FD:
	case KIND_CLOSE:
	case KIND_FCNTL:
		descriptor_path(call->path, sizeof(call->path), pid, (int)data->args[0]);
		break;
	case KIND_EXIT:
		break;
	}
}

static bool call_writes(const struct seccomp_data *data, enum kind kind, pid_t pid)
{
	switch (kind) {
	case KIND_OPEN:
		return open_writes(data->args[1]);
	case KIND_OPENAT:
		return open_writes(data->args[2]);
	case KIND_OPENAT2:
		return open_writes(how_flags(pid, data->args[2]));
	case KIND_CLOSE:
		return descriptor_writes(pid, (int)data->args[0]);
	case KIND_FCNTL:
		return fcntl_locks(data->args[1]);
	case KIND_PATH:
	case KIND_AT:
	case KIND_PATH_PATH:
	case KIND_AT_AT:
	case KIND_TEXT_PATH:
	case KIND_TEXT_AT:
	case KIND_FD:
	case KIND_EXIT:
		break;
	}
	return true;
}

bool call_decode(const struct seccomp_data *data, pid_t pid, struct call *call)
{
	const struct row *row = find_row(data->nr);

	if (!row)
		return false;
	call->name = row->name;
	call->path[0] = '\0';
	call->target[0] = '\0';
	decode_names(data, row->kind, pid, call);
	call->writes = call_writes(data, row->kind, pid);
	return true;
}

void call_written_text(const struct seccomp_data *data, pid_t pid, char *text, size_t size)
{
	size_t want = data->args[2] < size - 1 ? data->args[2] : size - 1;
	ssize_t len = data->nr == SYS_write ? read_memory(pid, data->args[1], text, want) : 0;

	text[len < 0 ? 0 : len] = '\0';
}
