/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * status as a table and as a summary. */
#include "config.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/out-status.h"
#include "cli/status-value.h"
#include "shared/library.h"

/* ---- columns -------------------------------------------------------------------------- */

struct column {
	const char *name;
	bool is_number;
};

static const struct column column_table[_STATUS_COLUMN_MAX] = {
	[STATUS_UUID] = { "UUID" },     [STATUS_PARENT] = { "PARENT" },
	[STATUS_TYPE] = { "TYPE" },     [STATUS_START] = { "START" },
	[STATUS_STATE] = { "STATE" },   [STATUS_SINCE] = { "SINCE" },
	[STATUS_NEXT] = { "NEXT" },     [STATUS_ATTEMPTS] = { "ATTEMPTS", true },
	[STATUS_ERRNO] = { "ERRNO" },   [STATUS_PID] = { "PID", true },
	[STATUS_REASON] = { "REASON" },
};

static const struct status_columns usual_columns = {
	.items = { STATUS_UUID, STATUS_PARENT, STATUS_START, STATUS_STATE, STATUS_SINCE,
	           STATUS_REASON },
	.n = 6,
};

static int refuse_columns(const char *name, size_t n, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < _STATUS_COLUMN_MAX; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "", column_table[i].name);
	error_set(err, -EINVAL, "Unknown column '%.*s'", n > 64 ? 64 : (int)n, name);
	error_set_advice(err, "the columns are %s", strbuf_str(&names));
	error_set_kind(err, ERROR_USAGE);
	return -EINVAL;
}

static int add_column(struct status_columns *columns, const char *name, size_t n, struct error *err)
{
	size_t i = 0;

	while (i < _STATUS_COLUMN_MAX && (strlen(column_table[i].name) != n ||
	                                  strncasecmp(column_table[i].name, name, n) != 0))
		i++;
	if (i == _STATUS_COLUMN_MAX)
		return refuse_columns(name, n, err);
	if (columns->n == STATUS_COLUMNS_MAX) {
		error_set(err, -EINVAL, "More than %d columns", STATUS_COLUMNS_MAX);
		error_set_kind(err, ERROR_USAGE);
		return -EINVAL;
	}
	columns->items[columns->n++] = (enum status_column)i;
	return 0;
}

int status_columns_parse(const char *text, struct status_columns *ret, struct error *err)
{
	struct status_columns columns = { .n = 0 };
	int r = 0;

	if (!text || *text == '+')
		columns = usual_columns;
	if (text && *text == '+')
		text++;
	while (r == 0 && text) {
		size_t n = strcspn(text, ",");

		r = add_column(&columns, text, n, err);
		text = text[n] ? text + n + 1 : NULL;
	}
	if (r == 0)
		*ret = columns;
	return r;
}

/* ---- the table --------------------------------------------------------------------------- */

struct smartcols {
	__typeof__(scols_new_table) *scols_new_table;
	__typeof__(scols_unref_table) *scols_unref_table;
	__typeof__(scols_table_new_column) *scols_table_new_column;
	__typeof__(scols_table_new_line) *scols_table_new_line;
	__typeof__(scols_table_enable_noheadings) *scols_table_enable_noheadings;
	__typeof__(scols_table_enable_colors) *scols_table_enable_colors;
	__typeof__(scols_line_set_data) *scols_line_set_data;
	__typeof__(scols_line_get_cell) *scols_line_get_cell;
	__typeof__(scols_cell_set_color) *scols_cell_set_color;
	__typeof__(scols_print_table_to_string) *scols_print_table_to_string;
};

#define SYMBOL(name) LIBRARY_SYMBOL(struct smartcols, name)

static int load_smartcols(struct smartcols *ret, struct error *err)
{
	static const struct library_symbol symbols[] = {
		SYMBOL(scols_new_table),
		SYMBOL(scols_unref_table),
		SYMBOL(scols_table_new_column),
		SYMBOL(scols_table_new_line),
		SYMBOL(scols_table_enable_noheadings),
		SYMBOL(scols_table_enable_colors),
		SYMBOL(scols_line_set_data),
		SYMBOL(scols_line_get_cell),
		SYMBOL(scols_cell_set_color),
		SYMBOL(scols_print_table_to_string),
	};

	return library_load("libsmartcols.so.1", "libsmartcols1", symbols, ARRAY_SIZE(symbols), ret,
	                    err);
}

static const char *state_color(enum device_state state)
{
	switch (state) {
	case DEVICE_ACTIVE:
		return "green";
	case DEVICE_DEGRADED:
	case DEVICE_FAILED:
	case DEVICE_STUCK:
		return "red";
	case DEVICE_WAITING_PARENT:
	case DEVICE_WAITING_TYPE:
	case DEVICE_WAITING_INSTANCE:
	case DEVICE_BLOCKED:
	case DEVICE_STARTING:
	case DEVICE_STOPPING:
		return "yellow";
	case DEVICE_INACTIVE:
	case _DEVICE_STATE_MAX:
		break;
	}
	return NULL;
}

static int add_columns(const struct smartcols *lib, struct libscols_table *table,
                       const struct status_columns *columns)
{
	for (size_t i = 0; i < columns->n; i++) {
		const struct column *c = &column_table[columns->items[i]];
		int flags = c->is_number ? SCOLS_FL_RIGHT : 0;

		if (columns->items[i] == STATUS_REASON && i == columns->n - 1)
			flags = SCOLS_FL_WRAP;
		if (!lib->scols_table_new_column(table, c->name, 0, flags))
			return -ENOMEM;
	}
	return 0;
}

static int add_row(const struct smartcols *lib, struct libscols_table *table,
                   const struct status_columns *columns, const struct status_row *row)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct libscols_line *line = lib->scols_table_new_line(table, NULL);
	int r = line ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < columns->n; i++) {
		enum status_column column = columns->items[i];
		const char *color = state_color(row->entry->state);

		strbuf_clear(&text);
		status_value_add(&text, row, column);
		r = strbuf_error(&text);
		if (r == 0)
			r = lib->scols_line_set_data(line, i, strbuf_str(&text));
		if (r == 0 && column == STATUS_STATE && color)
			r = lib->scols_cell_set_color(lib->scols_line_get_cell(line, i), color);
	}
	return r;
}

static bool wants_colors(const struct output *out)
{
	const char *no_color = getenv("NO_COLOR");

	return out->is_terminal && !(no_color && *no_color);
}

static int fill_table(const struct smartcols *lib, struct libscols_table *table,
                      const struct status_columns *columns, const struct status_row *rows, size_t n)
{
	int r = add_columns(lib, table, columns);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_row(lib, table, columns, &rows[i]);
	return r;
}

int status_add_table(struct output *out, const struct status_columns *columns, bool headings,
                     const struct status_row *rows, size_t n, struct error *err)
{
	struct smartcols lib;
	struct libscols_table *table;
	char *text = NULL;
	int r = load_smartcols(&lib, err);

	if (r < 0)
		return r;
	table = lib.scols_new_table();
	if (!table)
		return -ENOMEM;
	lib.scols_table_enable_noheadings(table, !headings);
	lib.scols_table_enable_colors(table, wants_colors(out));
	r = fill_table(&lib, table, columns, rows, n);
	if (r == 0)
		r = lib.scols_print_table_to_string(table, &text);
	lib.scols_unref_table(table);
	/* An empty table is no text at all. */
	if (r == 0 && text && *text)
		strbuf_addf(&out->text, "%s\n", text);
	free(text);
	return r;
}

/* ---- the summary ------------------------------------------------------------------------ */

void status_count(struct status_summary *summary, const struct survey_entry *entry)
{
	summary->defined += entry->is_defined;
	summary->autos += entry->is_auto;
	summary->bad += survey_entry_is_bad(entry);
	summary->states[entry->state]++;
}

void status_add_summary(struct strbuf *out, const struct status_summary *summary)
{
	static const struct {
		enum device_state state;
		const char *one;
		const char *several;
	} words[] = {
		{ DEVICE_ACTIVE, "active", "active" },
		{ DEVICE_INACTIVE, "inactive", "inactive" },
		{ DEVICE_STARTING, "starting", "starting" },
		{ DEVICE_STOPPING, "stopping", "stopping" },
		{ DEVICE_WAITING_PARENT, "waiting for its parent", "waiting for their parents" },
		{ DEVICE_WAITING_TYPE, "waiting for its type", "waiting for their types" },
		{ DEVICE_WAITING_INSTANCE, "waiting for a free instance",
		  "waiting for free instances" },
		{ DEVICE_BLOCKED, "blocked", "blocked" },
		{ DEVICE_DEGRADED, "degraded", "degraded" },
		{ DEVICE_FAILED, "failed", "failed" },
		{ DEVICE_STUCK, "stuck", "stuck" },
	};

	strbuf_addf(out, "%zu defined", summary->defined);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = summary->states[words[i].state];

		if (n > 0)
			strbuf_addf(out, ", %zu %s", n, n == 1 ? words[i].one : words[i].several);
	}
	if (summary->daemon)
		strbuf_addf(out, "; mdevmgrd is running (pid %d)\n", (int)summary->daemon);
	else
		strbuf_add_str(out, "; mdevmgrd is not running\n");
}
