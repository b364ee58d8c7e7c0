/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Carries out the steps of a plan that touch devices. Decides nothing, plans nothing,
 * knows no definition. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/env.h"
#include "core/plan.h"
#include "core/sysfs.h"
#include "core/writer.h"
#include "shared/error.h"
#include "shared/macro.h"

/* All is borrowed. */
struct apply {
	const struct env *env;
	const struct sysfs *sysfs;
	struct writer *writer;
	unsigned limit_ms;     /* of one write; 0: none */
	uint64_t registration; /* apply_start(): create in this life of the parent or not at
				* all; 0: whatever is there */
	int type_fd;           /* the type's directory in that life, or -1: not open yet */
	uint64_t *create_file; /* its file `create` for writer_write_kept(), NULL: written once */
	int bus_fd;            /* SYSFS_DEVICES, or -1: not open yet */
	int parent_fd;         /* the parent's directory, or -1: not open yet */
	bool keeps_half_made;  /* apply_start(): undoes nothing, since the caller comes back */
};

/* What remains of a start. */
struct apply_result {
	int device_fd;      /* the device's directory; -1: not there, or not looked for */
	int uevent_fd;      /* its file, for apply_tell_ready(); as device_fd */
	pid_t pid;          /* the process that a driver keeps, or 0 */
	bool is_made;       /* this start created it, and did not remove it again */
	unsigned n_written; /* attributes that were written, the first ones of the plan */
};

#define APPLY_RESULT_INIT ((struct apply_result){ .device_fd = -1, .uevent_fd = -1 })

/** Closes what is open; as after APPLY_RESULT_INIT. */
void apply_result_done(struct apply_result *result);

/** Creates and configures devices (CREATE, SET_ATTRIBUTE); other steps are passed
 * over. The kernel's answer is the verdict. When an attribute fails, or the user
 * interrupts, the device is removed again, if this plan created it and apply does not say to
 * keep it; the message carries both errors if that fails too. A write that takes longer than
 * the limit is left to itself, and nothing undone: -ETIMEDOUT, its pid in the message and in
 * *ret, which is filled in any case. -ESTALE: the registration is over. */
int apply_start(const struct apply *apply, const struct plan *plan, struct apply_result *ret,
                struct error *err) _must_check_;

/** Removes a device that its start could not complete, *result being what that left. What
 * fails is added to err as a cause; gone already is fine. Who is kept by the driver is in
 * result->pid. Negative errno. */
int apply_undo(const struct apply *apply, const struct mdev_uuid *uuid, struct apply_result *result,
               struct error *err) _must_check_;

/** Removes an active device. After the limit or an interrupt the process that writes is
 * left to itself, since the kernel holds it until the last user is gone: -ETIMEDOUT or
 * -EINTR, with its pid in the message and in *ret_pid (else 0). */
int apply_remove(const struct apply *apply, const struct mdev_uuid *uuid, pid_t *ret_pid,
                 struct error *err) _must_check_;

/** Tells udev that a device is as it shall be: a synthetic event with MDEVMGR=ready. Once
 * create is done, writing to uevent waits for no driver. *result is what apply_start() left,
 * or as after APPLY_RESULT_INIT. Negative errno. */
int apply_tell_ready(const struct apply *apply, const struct mdev_uuid *uuid,
                     struct apply_result *result) _must_check_;
