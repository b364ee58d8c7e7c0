/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing the matrix of a running device: by ap_config, all at once, where the kernel has it
 * (6.10), else number by number. What fails is undone; what is there afterwards is read. */
#pragma once

#include <stdbool.h>

#include "core/ap-matrix.h"
#include "core/driver.h"
#include "shared/error.h"
#include "shared/macro.h"

/* Of "matrix" and "guest_matrix" the kernel shows a page without its last byte, 511 queues; a
 * text that long may go on. (fs/sysfs/file.c, sysfs_kf_seq_show(); the page of s390x) */
#define AP_SHOWN_MAX 4095

/** Reads a running device's matrix: from ap_config, which always has all of it, where the kernel
 * has that, else from "matrix" and "control_domains". *ret_is_cut (which may be NULL) tells that
 * there may be more than was read. Negative errno. */
int ap_live_read(int device_fd, struct ap_matrix *ret, bool *ret_is_cut) _must_check_;

/** Appends the writes, name and value, that lead from one matrix to another; none if they are
 * equal. Number by number everything that goes goes first: so no queue is the device's on the
 * way that neither has, and one that stays is never gone. -ENOMEM. */
int ap_live_writes(const struct ap_matrix *from, const struct ap_matrix *to, bool has_config,
                   struct attrs *ret) _must_check_;

/** As ap_live_writes(), from what the device has now. */
int ap_live_plan(const struct driver_device *device, const struct ap_matrix *to, struct attrs *ret,
                 struct error *err) _must_check_;

/** Makes the matrix this one, and reads it back. On failure it is what it was, or the message
 * tells what it is now. -EFBIG if nobody can tell all that it has now: nothing is written. */
int ap_live_apply(const struct driver_device *device, const struct ap_matrix *to,
                  struct error *err) _must_check_;
