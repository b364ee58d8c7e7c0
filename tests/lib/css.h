/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A channel subsystem in a struct tree: subchannels, devices, and what the kernel makes of
 * writes to them. */
#pragma once

#include "lib/tree.h"

/** A subchannel for I/O that carries device (NULL: none), bound to no driver. */
void css_subchannel(struct tree *t, const char *subchannel, const char *device);

/** As css_subchannel(), bound to io_subchannel, with the device on the ccw bus. */
void css_device(struct tree *t, const char *subchannel, const char *device, const char *cutype,
                bool is_online);

/** A block device below a device: its disk, or with a slash a partition ("vda", "vda/vda1").
 * Its node is a plain file. */
void css_block(struct tree *t, const char *subchannel, const char *device, const char *name);

/** Takes a subchannel away, with all below. */
void css_unplug(struct tree *t, const char *subchannel);

/** Binds a subchannel to a driver, as the kernel would: with io_subchannel its device comes, with
 * vfio_ccw a parent. NULL: unbinds. */
void css_bind(struct tree *t, const char *subchannel, const char *driver);

/** Lets writes of this tree's sysfs be answered as by a channel subsystem: online,
 * driver_override, unbind, drivers_probe. */
void css_fake_kernel(struct tree *t);

/** The answer to one write, as tree_write(). */
ssize_t css_write(void *userdata, int dirfd, const char *name, int fd, const void *bytes, size_t n);
