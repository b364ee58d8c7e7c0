/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists for programs: byte for byte as mdevctl 1.4.0 prints them, written as the
 * entries come. */
#pragma once

#include <stdbool.h>

#include "cli/output.h"
#include "core/ops.h"

struct list_json {
	struct output *out;
	bool single; /* one UUID was asked for: one hit is printed without the tree */
	struct strbuf parent;
	bool has_parent;
	bool has_device; /* of this parent */
	/* The only hit so far of a single query, kept until it is known what follows. */
	bool has_held;
	struct list_entry held;
	char *held_parent;
	char *held_type;
	struct attrs held_attrs;
};

void list_json_init(struct list_json *list, struct output *out, bool single);
void list_json_done(struct list_json *list);

/** For ops_list(); userdata is a struct list_json. */
int list_json_entry(void *userdata, const struct list_entry *entry);

/** Appends what is left when the last entry was given. */
void list_json_finish(struct list_json *list);

struct types_json {
	struct output *out;
	struct strbuf parent;
	bool has_parent;
	bool has_type; /* of this parent */
};

/** For ops_types(); userdata is a struct types_json. */
int types_json_entry(void *userdata, const struct types_entry *entry);

/** Appends what is left when the last entry was given. */
void types_json_finish(struct types_json *types);
