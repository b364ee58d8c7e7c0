/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fake vfio_ap and AP bus behind the sysfs door, on the files of a tree: a write changes
 * "matrix", "control_domains", "apmask" and the rest as the kernel would. */
#pragma once

#include <signal.h>

#include "core/ap-matrix.h"
#include "lib/tree.h"

#define AP_KERNEL_FAILS 4

/* In memory that is shared with the child that writes. */
struct ap_kernel {
	struct tree *tree;
	struct ap_set apmask, aqmask; /* all at first; the files must say the same */
	/* What fails: a write of this value ("" for any) to this file, so many times. */
	struct {
		char name[32];
		char value[32];
		int errnum; /* negative */
		int times;
	} fails[AP_KERNEL_FAILS];
	char writes[4096]; /* "assign_adapter=5 ", in order, failed ones too */
	/* After this many writes the device has this matrix, by somebody else's hand. */
	int tamper_after;
	struct ap_matrix tampered;
	int n_writes;
	/* The user interrupts while this write is done, which takes some while. */
	int interrupt_in;
	volatile sig_atomic_t interrupt;
};

/** Makes it, and lets it answer the tree's writes; gone with the test's process. */
struct ap_kernel *ap_kernel_new(struct tree *t);

/** A device's directory /sys/NAME with this matrix; with ap_config or without. */
void ap_kernel_device(struct ap_kernel *k, const char *name, const char *matrix, bool has_config);

/** The device's matrix as ap_matrix_print() prints it, in memory that the next call reuses. */
const char *ap_kernel_matrix(struct ap_kernel *k, const char *name);

/** Lets a write fail, times times. */
void ap_kernel_fail(struct ap_kernel *k, const char *name, const char *value, int errnum,
                    int times);

/** sysfs_writer_t; userdata is the struct ap_kernel. */
ssize_t ap_kernel_write(void *userdata, int dirfd, const char *name, int fd, const void *bytes,
                        size_t n);
