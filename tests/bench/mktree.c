/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes a tree laid out like sysfs, with N mediated devices that are all active and defined, and a
 * definition directory beside it. Benchmarks run on it through MDEVCTL_ENV_ROOT; nothing reacts in it.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID_LEN   36
#define PARENT_LEN 24

struct device {
	char uuid[UUID_LEN + 1];
	char parent[PARENT_LEN];
	unsigned int type;
	bool automatic;
};

static int root = -1;

/* splitmix64: the same tree every time, in an order that neither sorts nor hashes well */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void make_dir(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
			err(EXIT_FAILURE, "mkdir %s", part);
		*slash = '/';
	}
	if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
		err(EXIT_FAILURE, "mkdir %s", part);
}

static void make_file(const char *dir, const char *name, const char *text)
{
	size_t len = strlen(text);
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		err(EXIT_FAILURE, "%s", path);
	close(fd);
}

static void make_link(const char *target, const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (symlinkat(target, root, path) < 0)
		err(EXIT_FAILURE, "symlink %s", path);
}

static void make_type(const char *parent_dir, unsigned int type, unsigned int instances)
{
	char dir[256], text[64];

	snprintf(dir, sizeof(dir), "%s/mdev_supported_types/bench-type%u/devices", parent_dir,
	         type);
	make_dir(dir);
	*strrchr(dir, '/') = '\0';
	make_file(dir, "create", "");
	make_file(dir, "device_api", "vfio-pci\n");
	snprintf(text, sizeof(text), "%u\n", instances);
	make_file(dir, "available_instances", text);
	snprintf(text, sizeof(text), "BENCH T%u-1Q\n", type);
	make_file(dir, "name", text);
	make_file(dir, "description", "num_heads=4, frl_config=60\nmax_resolution=4096x2160\n");
}

static void make_parent(const char *parent, unsigned int types)
{
	char dir[128], target[128];

	snprintf(dir, sizeof(dir), "sys/devices/pci0000:00/%s", parent);
	make_dir(dir);
	make_file(dir, "uevent", "DRIVER=bench\n");
	for (unsigned int i = 0; i < types; i++)
		make_type(dir, i, 16);

	snprintf(target, sizeof(target), "../../devices/pci0000:00/%s", parent);
	make_link(target, "sys/class/mdev_bus", parent);
	snprintf(dir, sizeof(dir), "etc/mdevctl.d/%s", parent);
	make_dir(dir);
}

static void make_active(const struct device *dev)
{
	char dir[256], target[256];

	snprintf(dir, sizeof(dir), "sys/devices/pci0000:00/%s/%s", dev->parent, dev->uuid);
	make_dir(dir);
	make_file(dir, "remove", "");
	make_file(dir, "uevent", "DRIVER=vfio_mdev\n");
	make_file(dir, "assign_adapter", "");
	make_file(dir, "assign_domain", "");
	snprintf(target, sizeof(target), "../mdev_supported_types/bench-type%u", dev->type);
	make_link(target, dir, "mdev_type");
	make_link("../../../../bus/mdev", dir, "subsystem");
	make_link("../../../../bus/mdev/drivers/vfio_mdev", dir, "driver");

	snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s/%s", dev->parent,
	         dev->uuid);
	make_link(target, "sys/bus/mdev/devices", dev->uuid);
	snprintf(dir, sizeof(dir),
	         "sys/devices/pci0000:00/%s/mdev_supported_types/bench-type%u/devices", dev->parent,
	         dev->type);
	snprintf(target, sizeof(target), "../../../%s", dev->uuid);
	make_link(target, dir, dev->uuid);
}

static void make_definition(const struct device *dev)
{
	char dir[128], text[512];

	snprintf(dir, sizeof(dir), "etc/mdevctl.d/%s", dev->parent);
	snprintf(text, sizeof(text),
	         "{\n"
	         "  \"mdev_type\": \"bench-type%u\",\n"
	         "  \"start\": \"%s\",\n"
	         "  \"attrs\": [\n"
	         "    {\n      \"assign_adapter\": \"5\"\n    },\n"
	         "    {\n      \"assign_domain\": \"0xab\"\n    }\n"
	         "  ]\n"
	         "}",
	         dev->type, dev->automatic ? "auto" : "manual");
	make_file(dir, dev->uuid, text);
}

static void choose_device(struct device *dev, unsigned int i, unsigned int parents,
                          unsigned int types, uint64_t *state)
{
	uint64_t a = next_random(state), b = next_random(state);

	snprintf(dev->uuid, sizeof(dev->uuid), "%08x-%04x-4%03x-%04x-%012llx", (uint32_t)(a >> 32),
	         (unsigned int)(a >> 16) & 0xffff, (unsigned int)a & 0xfff,
	         ((unsigned int)(b >> 48) & 0x3fff) | 0x8000,
	         (unsigned long long)b & 0xffffffffffff);
	snprintf(dev->parent, sizeof(dev->parent), "0000:%02x:00.0", i % parents);
	dev->type = i / parents % types;
	dev->automatic = i % 2;
}

static void make_skeleton(void)
{
	static const char *const dirs[] = {
		"sys/class/mdev_bus",
		"sys/bus/mdev/devices",
		"sys/bus/mdev/drivers/vfio_mdev",
		"etc/mdevctl.d",
		"usr/lib/mdevctl/scripts.d/callouts",
		"usr/lib/mdevctl/scripts.d/notifiers",
		"run",
		"proc",
		"dev",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(dirs[i]);
}

static unsigned int number(const char *text, unsigned int max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n == 0 || n > max)
		errx(2, "%s: not a number from 1 to %u", text, max);
	return n;
}

int main(int argc, char *argv[])
{
	unsigned int devices, parents, types;
	struct device dev = { .type = 0 };
	uint64_t state = 1;

	if (argc != 5)
		errx(2, "usage: mktree ROOT DEVICES PARENTS TYPES");
	devices = number(argv[2], 1000000);
	parents = number(argv[3], 256);
	types = number(argv[4], 1000);
	root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		err(EXIT_FAILURE, "%s", argv[1]);

	umask(022);
	make_skeleton();
	for (unsigned int i = 0; i < parents; i++) {
		snprintf(dev.parent, sizeof(dev.parent), "0000:%02x:00.0", i);
		make_parent(dev.parent, types);
	}
	for (unsigned int i = 0; i < devices; i++) {
		choose_device(&dev, i, parents, types, &state);
		make_active(&dev);
		make_definition(&dev);
	}
	/* one device that the caller may ask for by name */
	printf("%s %s\n", dev.uuid, dev.parent);
	return EXIT_SUCCESS;
}
