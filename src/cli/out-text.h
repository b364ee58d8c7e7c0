/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists for people: byte for byte as mdevctl 1.4.0 prints them, except that on a
 * terminal control characters in names and values are shown escaped. */
#pragma once

#include <stdbool.h>

#include "cli/output.h"
#include "core/ops.h"

struct list_text {
	struct output *out;
	bool defined; /* definitions are listed, not active devices */
	bool verbose;
};

/** For ops_list(); userdata is a struct list_text. */
int list_text_entry(void *userdata, const struct list_entry *entry);

struct types_text {
	struct output *out;
	struct strbuf parent; /* of the entry before */
	bool has_parent;
};

/** For ops_types(); userdata is a struct types_text. */
int types_text_entry(void *userdata, const struct types_entry *entry);

/** Appends a type's description as lists show it: its lines joined by ", ". */
void text_join_lines(struct strbuf *out, const char *lines);

/** Appends n bytes as they are, or for a terminal with control characters as \xNN. */
void text_add(struct output *out, const char *bytes, size_t n);

/** As text_add() for a text of several lines. */
void text_add_lines(struct output *out, const char *text);

/** Appends the lines of the attributes, "    @{0}: {"NAME":"VALUE"}". */
void text_add_attrs(struct output *out, const struct attrs *attrs);
