/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are exchanged as a whole are written under a hidden name first. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "shared/macro.h"

/* ".mdevmgr-", 16 digits and the NUL fit. */
#define TEMP_NAME_MAX 64

/** Makes a new file of a random name that begins with a dot, for writing; the name is put into
 * ret_name. Negative errno. */
int temp_create(int dirfd, mode_t mode, char ret_name[static TEMP_NAME_MAX]) _must_check_;

/** Removes what makers that have died left in a directory: the caller holds the lock that
 * they had to hold. */
int temp_sweep(int dirfd) _must_check_;
