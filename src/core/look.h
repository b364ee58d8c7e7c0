/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What somebody who watches one parent sees of it, and what is different from one look
 * to the next. Built on the survey; changes nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device-state.h"
#include "core/mdev-uuid.h"
#include "core/ops.h"
#include "shared/macro.h"

struct look_entry {
	struct mdev_uuid uuid;
	bool is_active;
	enum device_state state;
	char *file;          /* its definition, NULL: none */
	uint64_t definition; /* a number that another text or another file will not have */
	char *type;          /* NULL: unknown */
	char *reason;        /* NULL: none */
};

struct look {
	char *parent;
	uint64_t registration; /* 0: not registered */
	size_t n_types;
	struct look_entry *entries; /* in order of UUID */
	size_t n;
};

/** Looks at one parent. One that is nowhere gives an empty look. What cannot be read or used
 * is warned about. */
int look_take(struct ops *ops, const char *parent, struct look *ret) _must_check_;

/** Releases all; empty afterwards. */
void look_done(struct look *look);

/** True if there is nothing of this parent: no registration, definition or device. */
bool look_is_empty(const struct look *look);

/** The entry of this UUID, or NULL. */
const struct look_entry *look_find(const struct look *look, const struct mdev_uuid *uuid);

enum change_kind {
	CHANGE_DEFINITION,
	CHANGE_DEVICE,
	CHANGE_PARENT,
	CHANGE_STATE,
	_CHANGE_KIND_MAX,
};

/* All is borrowed; NULL for what the kind does not have, or what is unknown. */
struct change {
	enum change_kind kind;
	const struct mdev_uuid *uuid;
	const char *parent;
	const char *type;
	const char *file;   /* DEFINITION */
	const char *before; /* STATE: NULL if the definition is new */
	const char *
		after; /* added, changed, removed; active, gone; registered, unregistered; a state */
	const char *reason;
	size_t n_types; /* PARENT, registered */
};

/** The word for a kind: "definition", ... */
const char *change_kind_name(enum change_kind kind) _pure_;

/** Calls each() for every difference of two looks at one parent, in the order in which
 * things depend on each other: definitions, devices that went, the parent, devices that
 * came, states. A negative return of each() ends it and is returned. */
int look_compare(const struct look *before, const struct look *after,
                 int (*each)(void *userdata, const struct change *change),
                 void *userdata) _must_check_;
