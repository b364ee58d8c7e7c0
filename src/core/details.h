/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What only one kind of device has to tell of itself: lists with names, and words on their
 * items. Filled by drivers, printed by who shows a device. */
#pragma once

#include <stddef.h>

#include "shared/macro.h"

/* Lists of one device, and items of a list; what is beyond them is not kept. */
#define DETAILS_MAX      8
#define DETAIL_ITEMS_MAX 65536

struct detail_item {
	char *name;
	char *reason; /* or NULL */
};

struct detail {
	const char *key;   /* for programs: "guest_matrix"; static */
	const char *label; /* for people: "Guest matrix:"; static */
	struct detail_item *items;
	size_t n;
	size_t size;
};

struct details {
	struct detail lists[DETAILS_MAX];
	size_t n;
};

/** Releases all; empty afterwards. */
void details_done(struct details *d);

/** Begins a list, which may stay empty; items are added to the last one. -E2BIG beyond
 * DETAILS_MAX. */
int details_begin(struct details *d, const char *key, const char *label) _must_check_;

/** Adds copies of an item's name and reason (which may be NULL) to the last list. -E2BIG beyond
 * DETAIL_ITEMS_MAX, -ENOMEM. */
int details_add(struct details *d, const char *name, const char *reason) _must_check_;

/** Adds each line of a text to the last list, without its newline. As details_add(). */
int details_add_lines(struct details *d, const char *text) _must_check_;
