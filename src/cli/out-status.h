/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * status, as a table (libsmartcols, loaded when needed), as JSON, and its summary. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/output.h"
#include "core/device-state.h"
#include "core/survey.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

enum status_column {
	STATUS_UUID,
	STATUS_PARENT,
	STATUS_TYPE,
	STATUS_START,
	STATUS_STATE,
	STATUS_SINCE,
	STATUS_ATTEMPTS,
	STATUS_NEXT,
	STATUS_ERRNO,
	STATUS_PID,
	STATUS_REASON,
	_STATUS_COLUMN_MAX,
};

/* Columns to show; each may come several times. */
#define STATUS_COLUMNS_MAX 32
struct status_columns {
	enum status_column items[STATUS_COLUMNS_MAX];
	size_t n;
};

/** Reads a list of names in any case, separated by commas; text NULL: the usual ones; one
 * that begins with + adds to those. -EINVAL of kind ERROR_USAGE, naming all columns. */
int status_columns_parse(const char *text, struct status_columns *ret,
                         struct error *err) _must_check_;

/* One device under one parent; all borrowed. */
struct status_row {
	const char *parent;
	bool is_registered; /* the parent is */
	const struct survey_entry *entry;
};

struct status_summary {
	size_t defined;
	size_t autos;
	size_t bad;
	size_t states[_DEVICE_STATE_MAX];
	pid_t daemon; /* 0: not running */
};

/** Counts one device. */
void status_count(struct status_summary *summary, const struct survey_entry *entry);

/** Appends a table of n rows. -ELIBACC or the like if there is no libsmartcols. */
int status_add_table(struct output *out, const struct status_columns *columns, bool headings,
                     const struct status_row *rows, size_t n, struct error *err) _must_check_;

/** Appends "16 defined, 14 active, ...; mdevmgrd is running (pid N)" and a newline. */
void status_add_summary(struct strbuf *out, const struct status_summary *summary);

/** Appends an object with "summary", "devices", and the recipes' objects, which are text. */
void status_add_json(struct strbuf *out, const struct status_summary *summary,
                     const struct status_row *rows, size_t n, const char *recipes);
