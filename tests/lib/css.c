/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A channel subsystem of files, and the kernel behind it. */
#include "config.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/css.h"
#include "lib/unit.h"

#define CSS "/sys/devices/css0/"

static const char *text(char *buffer, size_t size, const char *fmt, ...) _printf_(3, 4);
static const char *text(char *buffer, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assert_true((size_t)vsnprintf(buffer, size, fmt, ap) < size);
	va_end(ap);
	return buffer;
}

#define TEXT(...) text((char[PATH_MAX]){ 0 }, PATH_MAX, __VA_ARGS__)

void css_subchannel(struct tree *t, const char *subchannel, const char *device)
{
	tree_file(t, TEXT(CSS "%s/type", subchannel), "0\n");
	tree_file(t, TEXT(CSS "%s/dev_busid", subchannel), TEXT("%s\n", device ? device : "none"));
	tree_file(t, TEXT(CSS "%s/driver_override", subchannel), "(null)\n");
	tree_file(t, "/sys/bus/css/drivers_probe", "");
	tree_file(t, "/sys/bus/css/drivers/io_subchannel/unbind", "");
	tree_file(t, "/sys/bus/css/drivers/vfio_ccw/unbind", "");
	/* Where the fake kernel of struct tree makes devices. */
	if (!tree_has(t, TEXT("/sys/devices/%s", subchannel)))
		tree_link(t, TEXT("/sys/devices/%s", subchannel), TEXT("css0/%s", subchannel));
	if (!tree_has(t, TEXT("/sys/bus/css/devices/%s", subchannel)))
		tree_link(t, TEXT("/sys/bus/css/devices/%s", subchannel),
		          TEXT("../../../devices/css0/%s", subchannel));
}

static void make_device(struct tree *t, const char *subchannel, const char *device,
                        const char *cutype, bool is_online)
{
	const char *dir = TEXT(CSS "%s/%s", subchannel, device);

	tree_file(t, TEXT("%s/online", dir), is_online ? "1\n" : "0\n");
	tree_file(t, TEXT("%s/cutype", dir), TEXT("%s\n", cutype));
	tree_link(t, TEXT("/sys/bus/ccw/devices/%s", device),
	          TEXT("../../../devices/css0/%s/%s", subchannel, device));
}

void css_device(struct tree *t, const char *subchannel, const char *device, const char *cutype,
                bool is_online)
{
	css_subchannel(t, subchannel, device);
	make_device(t, subchannel, device, cutype, is_online);
	tree_link(t, TEXT(CSS "%s/driver", subchannel), "../../../bus/css/drivers/io_subchannel");
}

void css_block(struct tree *t, const char *subchannel, const char *device, const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;

	tree_dir(t, TEXT(CSS "%s/%s/virtio0/block/%s/holders", subchannel, device, name));
	tree_file(t, TEXT(CSS "%s/%s/virtio0/block/%s/dev", subchannel, device, name), "252:0\n");
	tree_link(t, TEXT("/sys/class/block/%s", base),
	          TEXT("../../devices/css0/%s/%s/virtio0/block/%s", subchannel, device, name));
	tree_file(t, TEXT("/dev/%s", base), "");
}

static int on_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(struct tree *t, const char *path)
{
	nftw(TEXT("%s%s", t->root, path), on_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_if_there(struct tree *t, const char *path)
{
	if (tree_has(t, path))
		tree_remove(t, path);
}

/* What a file says, without its newline; "" if it is not there. */
static void file_text(struct tree *t, const char *path, char *ret, size_t size)
{
	char *content;

	ret[0] = '\0';
	if (!tree_has(t, path))
		return;
	content = tree_read(t, path);
	snprintf(ret, size, "%.*s", (int)strcspn(content, "\n"), content);
	free(content);
}

static void take_device_away(struct tree *t, const char *subchannel)
{
	char device[64];

	file_text(t, TEXT(CSS "%s/dev_busid", subchannel), device, sizeof(device));
	if (device[0] == '\0')
		return;
	remove_if_there(t, TEXT("/sys/bus/ccw/devices/%s", device));
	remove_tree(t, TEXT(CSS "%s/%s", subchannel, device));
}

void css_unplug(struct tree *t, const char *subchannel)
{
	css_bind(t, subchannel, NULL);
	remove_if_there(t, TEXT("/sys/bus/css/devices/%s", subchannel));
	remove_tree(t, TEXT(CSS "%s", subchannel));
}

static void register_parent(struct tree *t, const char *subchannel)
{
	const char *type = TEXT(CSS "%s/mdev_supported_types/vfio_ccw-io", subchannel);

	tree_file(t, TEXT("%s/available_instances", type), "1\n");
	tree_file(t, TEXT("%s/device_api", type), "vfio-ccw\n");
	tree_file(t, TEXT("%s/create", type), "");
	tree_dir(t, TEXT("%s/devices", type));
	tree_link(t, TEXT("/sys/class/mdev_bus/%s", subchannel),
	          TEXT("../../devices/css0/%s", subchannel));
	tree_dir(t, "/sys/bus/mdev/devices");
}

void css_bind(struct tree *t, const char *subchannel, const char *driver)
{
	char device[64];

	remove_if_there(t, TEXT(CSS "%s/driver", subchannel));
	remove_if_there(t, TEXT("/sys/class/mdev_bus/%s", subchannel));
	remove_tree(t, TEXT(CSS "%s/mdev_supported_types", subchannel));
	take_device_away(t, subchannel);
	if (!driver)
		return;
	tree_link(t, TEXT(CSS "%s/driver", subchannel),
	          TEXT("../../../bus/css/drivers/%s", driver));
	file_text(t, TEXT(CSS "%s/dev_busid", subchannel), device, sizeof(device));
	if (strcmp(driver, "vfio_ccw") == 0)
		register_parent(t, subchannel);
	else if (strcmp(device, "none") != 0)
		make_device(t, subchannel, device, "3990/e9", false);
}

/* ---- the kernel ---------------------------------------------------------------------------- */

static ssize_t probe(struct tree *t, const char *subchannel)
{
	char override[64];

	if (!tree_has(t, TEXT("/sys/bus/css/devices/%s", subchannel)))
		return -ENODEV;
	if (tree_has(t, TEXT(CSS "%s/driver", subchannel)))
		return 0;
	file_text(t, TEXT(CSS "%s/driver_override", subchannel), override, sizeof(override));
	css_bind(t, subchannel,
	         override[0] && strcmp(override, "(null)") != 0 ? override : "io_subchannel");
	return 0;
}

static ssize_t unbind(struct tree *t, const char *subchannel)
{
	if (!tree_has(t, TEXT(CSS "%s/driver", subchannel)))
		return -ENODEV;
	css_bind(t, subchannel, NULL);
	return 0;
}

ssize_t css_write(void *userdata, int dirfd, const char *name, int fd, const void *bytes, size_t n)
{
	char value[64];
	ssize_t w = tree_write(userdata, dirfd, name, fd, bytes, n);

	assert_true(n < sizeof(value));
	snprintf(value, sizeof(value), "%.*s", (int)n, (const char *)bytes);
	value[strcspn(value, "\n")] = '\0';
	if (w < 0)
		return w;
	if (strcmp(name, "drivers_probe") == 0)
		w = probe(userdata, value);
	else if (strcmp(name, "unbind") == 0)
		w = unbind(userdata, value);
	return w < 0 ? w : (ssize_t)n;
}

void css_fake_kernel(struct tree *t)
{
	sysfs_set_writer(t->sysfs, css_write, t);
}
