/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a running crypto device has, what its guest gets of it, and why not all. */
#pragma once

#include "core/details.h"
#include "core/sysfs.h"
#include "shared/macro.h"

/** struct driver's show() of crypto matrices: the lists "matrix", "control_domains", and where
 * the kernel tells it (Linux 6.0) "guest_matrix" and "withheld". */
int ap_show_device(const struct sysfs *sysfs, int device_fd, struct details *ret) _must_check_;
