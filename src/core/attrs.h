/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attributes of a device: names and values in the order in which they are
 * written at start. Names may repeat; the order matters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

/* More than any device has; keeps a hostile definition or reply from eating memory. */
#define ATTRS_MAX 65536

struct attr {
	char *name;
	char *value;      /* value_len bytes and a NUL; JSON strings may hold NUL bytes */
	size_t value_len; /* bytes */
};

struct attrs {
	struct attr *items;
	size_t n;
	size_t size; /* allocated */
};

/** Releases all; the list is empty afterwards. */
void attrs_done(struct attrs *a);

/** Inserts a copy before index (index == n appends). -EINVAL for an index out of
 * range, -E2BIG beyond ATTRS_MAX, -ENOMEM; the list is untouched then. */
int attrs_insert(struct attrs *a, size_t index, const char *name, const char *value,
                 size_t value_len) _must_check_;

/** Appends a copy. As attrs_insert(). */
int attrs_append(struct attrs *a, const char *name, const char *value,
                 size_t value_len) _must_check_;

/** Removes one. -EINVAL for an index out of range. */
int attrs_remove(struct attrs *a, size_t index) _must_check_;

/** Makes ret, which must be empty, a copy. -ENOMEM, ret stays empty. */
int attrs_copy(const struct attrs *a, struct attrs *ret) _must_check_;

/** Same names and values in the same order. */
bool attrs_equal(const struct attrs *a, const struct attrs *b) _pure_;
