/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes, as a table, one by one, and as JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"
#include "core/ops-parent.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* Of the table. */
#define PARENT_COLUMNS 5

struct parent_row {
	char *cells[PARENT_COLUMNS];
	bool is_bad;
};

struct parent_table {
	struct output *out;
	bool is_json;
	bool is_single; /* parent show: one, with all that is known of it */
	size_t n;
	size_t n_bad;
	struct parent_row *rows; /* of the table */
	struct strbuf json;      /* objects, separated by commas */
};

/** Releases all; empty afterwards. */
void parent_table_done(struct parent_table *table);

/** For ops_parent_list(); userdata is a struct parent_table. */
int parent_table_entry(void *userdata, const struct parent_info *info);

/** Appends what was gathered to the output. -ENOMEM. */
int parent_table_finish(struct parent_table *table, bool headings) _must_check_;

/** Appends what status says of recipes: a line for each, or for each that is bad. */
void parent_table_add_status(const struct parent_table *table, bool bad_only);
