/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bare loop that a listing is compared with: the same directories read, the same files opened, read
 * and closed, as many bytes written; nothing parsed, sorted or kept.
 */
#include "config.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_file(int dir, const char *name)
{
	char text[4096];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text)) < 0)
		err(EXIT_FAILURE, "%s", name);
	close(fd);
}

static DIR *open_dir(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *ret = fd < 0 ? NULL : fdopendir(fd);

	if (!ret)
		err(EXIT_FAILURE, "%s", path);
	return ret;
}

/* Calls visit() for each entry of a directory; NULL reads the names only. */
static void walk(int dir, const char *path, void (*visit)(int dir, const char *name))
{
	DIR *entries = open_dir(dir, path);

	for (struct dirent *entry; (entry = readdir(entries));)
		if (visit && entry->d_name[0] != '.')
			visit(dirfd(entries), entry->d_name);
	closedir(entries);
}

static void type_devices(int types, const char *type)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/devices", type);
	walk(types, path, NULL);
}

static void type_attributes(int types, const char *type)
{
	static const char *const names[] = { "available_instances", "device_api", "name",
		                             "description" };
	char path[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", type, names[i]);
		read_file(types, path);
	}
}

static void parent_devices(int parents, const char *parent)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/mdev_supported_types", parent);
	walk(parents, path, type_devices);
}

static void parent_types(int parents, const char *parent)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/mdev_supported_types", parent);
	walk(parents, path, type_attributes);
}

static void parent_definitions(int dir, const char *parent)
{
	walk(dir, parent, read_file);
}

static void write_bytes(size_t n)
{
	static char block[65536];

	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, block, n < sizeof(block) ? n : sizeof(block));

		if (done <= 0)
			err(EXIT_FAILURE, "stdout");
		n -= done;
	}
}

int main(int argc, char *argv[])
{
	int root;

	if (argc != 4)
		errx(2, "usage: bare {devices|types} ROOT BYTES");
	root = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		err(EXIT_FAILURE, "%s", argv[2]);
	if (strcmp(argv[1], "types") == 0) {
		walk(root, "sys/class/mdev_bus", parent_types);
	} else {
		walk(root, "sys/bus/mdev/devices", NULL);
		walk(root, "sys/class/mdev_bus", parent_devices);
		walk(root, "etc/mdevctl.d", parent_definitions);
	}
	write_bytes(strtoul(argv[3], NULL, 10));
	return EXIT_SUCCESS;
}
