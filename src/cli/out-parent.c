/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for people and for programs. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/out-parent.h"
#include "cli/out-text.h"
#include "cli/status-value.h"
#include "shared/json.h"
#include "shared/utf8.h"

enum column {
	COLUMN_NAME,
	COLUMN_KIND,
	COLUMN_STATE,
	COLUMN_PARENT,
	COLUMN_REASON,
};

static const char *const headings_text[PARENT_COLUMNS] = { "NAME", "KIND", "STATE", "PARENT",
	                                                   "REASON" };

void parent_table_done(struct parent_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t j = 0; j < PARENT_COLUMNS; j++)
			free(table->rows[i].cells[j]);
	free(table->rows);
	strbuf_done(&table->json);
	*table = (struct parent_table){ 0 };
}

static const char *kind_of(const struct parent_info *info)
{
	return info->recipe ? recipe_type_name(info->recipe->type) : NULL;
}

/* ---- JSON ---------------------------------------------------------------------------- */

/* An object that is being written. */
struct object {
	struct strbuf *out;
	size_t indent; /* of its members */
};

static struct strbuf *add_key(const struct object *o, const char *key)
{
	strbuf_add_char(o->out, ',');
	json_add_line(o->out, o->indent);
	strbuf_addf(o->out, "\"%s\": ", key);
	return o->out;
}

/* Reasons may quote what is in a file: no UTF-8 for sure. */
static void add_text(const struct object *o, const char *key, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf clean = STRBUF_INIT;
	struct strbuf *out = add_key(o, key);

	if (!value) {
		strbuf_add_str(out, "null");
		return;
	}
	utf8_add_clean(&clean, value, strlen(value), false);
	json_add_string(out, strbuf_str(&clean), clean.len);
}

static void add_bool(const struct object *o, const char *key, bool value)
{
	strbuf_add_str(add_key(o, key), value ? "true" : "false");
}

static void add_time(const struct object *o, const char *key, int64_t boottime)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	if (boottime)
		status_add_utc_time(&text, boottime);
	add_text(o, key, boottime ? strbuf_str(&text) : NULL);
}

static void add_set(const struct object *o, const char *key, const struct ap_set *set)
{
	struct strbuf *out = add_key(o, key);
	const char *separator = "";

	strbuf_add_char(out, '[');
	AP_SET_FOREACH(number, set)
	{
		strbuf_addf(out, "%s%u", separator, number);
		separator = ", ";
	}
	strbuf_add_char(out, ']');
}

static void add_busid(const struct object *o, const char *key, bool is_there,
                      const struct busid *id)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	add_text(o, key, is_there ? text : NULL);
}

static void add_uuids(const struct object *o, const struct recipe_ccw *ccw)
{
	struct strbuf *out = add_key(o, "devices");

	strbuf_add_char(out, '[');
	for (size_t i = 0; i < ccw->n_uuids; i++) {
		char text[MDEV_UUID_TEXT_MAX];

		mdev_uuid_format(&ccw->uuids[i], text);
		strbuf_addf(out, "%s\"%s\"", i ? ", " : "", text);
	}
	strbuf_add_char(out, ']');
}

static void add_recipe(const struct object *o, const struct recipe *recipe)
{
	switch (recipe->type) {
	case RECIPE_VFIO_CCW:
		add_busid(o, "device", true, &recipe->ccw.device);
		add_text(o, "driver", recipe->ccw.driver);
		add_busid(o, "subchannel", recipe->ccw.has_subchannel, &recipe->ccw.subchannel);
		add_uuids(o, &recipe->ccw);
		break;
	case RECIPE_VFIO_AP:
		add_set(o, "adapters", &recipe->ap.adapters);
		add_set(o, "domains", &recipe->ap.domains);
		break;
	case _RECIPE_TYPE_MAX:
		break;
	}
}

static void add_object(struct strbuf *out, size_t indent, const struct parent_info *info)
{
	_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;
	const struct object object = { .out = out, .indent = indent + 2 }, *o = &object;
	const struct recipe_record *record = &info->record;

	strbuf_addf(out, "%*s{", (int)indent, "");
	json_add_line(out, indent + 2);
	strbuf_addf(out, "\"name\": \"%s\"", info->name);
	add_text(o, "kind", kind_of(info));
	add_text(o, "state", info->state);
	add_bool(o, "bad", info->is_bad);
	add_bool(o, "paused", record->is_paused);
	add_text(o, "parent", info->parent);
	add_text(o, "reason", info->reason);
	add_text(o, "advice", info->advice);
	strbuf_addf(add_key(o, "attempts"), "%u", record->attempts);
	add_time(o, "since", record->since);
	add_time(o, "next", record->next);
	if (record->errnum)
		status_add_errno(&name, record->errnum);
	add_text(o, "error", record->errnum ? strbuf_str(&name) : NULL);
	if (info->recipe)
		add_recipe(o, info->recipe);
	json_add_line(out, indent);
	strbuf_add_char(out, '}');
}

/* ---- one recipe, for people -------------------------------------------------------------- */

static void show(struct output *out, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	strbuf_addf(&out->text, "  %s: ", key);
	text_add(out, value, strlen(value));
	strbuf_add_char(&out->text, '\n');
}

static void show_busid(struct output *out, const char *key, const struct busid *id)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	show(out, key, text);
}

static void show_ccw(struct output *out, const struct recipe_ccw *ccw)
{
	show_busid(out, "Device", &ccw->device);
	show(out, "Driver", ccw->driver);
	if (ccw->has_subchannel)
		show_busid(out, "Subchannel", &ccw->subchannel);
	for (size_t i = 0; i < ccw->n_uuids; i++) {
		char text[MDEV_UUID_TEXT_MAX];

		mdev_uuid_format(&ccw->uuids[i], text);
		show(out, "Binds", text);
	}
}

static void show_set(struct output *out, const char *key, const struct ap_set *set)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	ap_set_print_list(set, &text);
	show(out, key, text.len ? strbuf_str(&text) : "none");
}

static void show_record(struct output *out, const struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	if (!record->attempts)
		return;
	strbuf_addf(&text, "%u", record->attempts);
	if (record->next) {
		strbuf_add_str(&text, ", the next try at ");
		status_add_local_time(&text, record->next);
	}
	show(out, "Failed tries", strbuf_str(&text));
}

static void show_entry(struct output *out, const struct parent_info *info)
{
	const struct recipe *recipe = info->recipe;

	strbuf_addf(&out->text, "%s\n", info->name);
	show(out, "Kind", kind_of(info));
	show(out, "State", info->state);
	show(out, "Parent", info->parent);
	show(out, "Reason", info->reason);
	show(out, "Advice", info->advice);
	show_record(out, &info->record);
	if (recipe && recipe->type == RECIPE_VFIO_CCW)
		show_ccw(out, &recipe->ccw);
	if (recipe && recipe->type == RECIPE_VFIO_AP) {
		show_set(out, "Adapters", &recipe->ap.adapters);
		show_set(out, "Domains", &recipe->ap.domains);
	}
}

/* ---- the table --------------------------------------------------------------------------- */

static int add_row(struct parent_table *table, const struct parent_info *info)
{
	const char *const texts[PARENT_COLUMNS] = { info->name, kind_of(info), info->state,
		                                    info->parent, info->reason };
	struct parent_row *rows = reallocarray(table->rows, table->n + 1, sizeof(*rows));
	bool is_whole = true;

	if (!rows)
		return -ENOMEM;
	table->rows = rows;
	rows += table->n;
	rows->is_bad = info->is_bad;
	for (size_t i = 0; i < PARENT_COLUMNS; i++) {
		rows->cells[i] = strdup(texts[i] ? texts[i] : "-");
		is_whole = is_whole && rows->cells[i];
	}
	table->n++;
	return is_whole ? 0 : -ENOMEM;
}

int parent_table_entry(void *userdata, const struct parent_info *info)
{
	struct parent_table *table = userdata;

	table->n_bad += info->is_bad;
	if (table->is_json) {
		if (table->json.len > 0)
			strbuf_add_str(&table->json, ",\n");
		add_object(&table->json, table->is_single ? 0 : 4, info);
		return strbuf_error(&table->json);
	}
	if (table->is_single) {
		show_entry(table->out, info);
		return 0;
	}
	return add_row(table, info);
}

static void add_line(struct output *out, const size_t *widths, const char *const *cells)
{
	for (size_t i = 0; i < PARENT_COLUMNS; i++) {
		text_add(out, cells[i], strlen(cells[i]));
		if (i + 1 < PARENT_COLUMNS)
			strbuf_addf(&out->text, "%*s", (int)(widths[i] - strlen(cells[i]) + 1), "");
	}
	strbuf_add_char(&out->text, '\n');
}

static void add_table(const struct parent_table *table, struct output *out, bool headings)
{
	size_t widths[PARENT_COLUMNS] = { 0 };

	for (size_t j = 0; j < PARENT_COLUMNS; j++) {
		widths[j] = headings ? strlen(headings_text[j]) : 0;
		for (size_t i = 0; i < table->n; i++)
			if (strlen(table->rows[i].cells[j]) > widths[j])
				widths[j] = strlen(table->rows[i].cells[j]);
	}
	if (headings && table->n > 0)
		add_line(out, widths, headings_text);
	for (size_t i = 0; i < table->n; i++)
		add_line(out, widths, (const char *const *)table->rows[i].cells);
}

int parent_table_finish(struct parent_table *table, bool headings)
{
	struct strbuf *out = &table->out->text;

	if (!table->is_json) {
		add_table(table, table->out, headings);
		return strbuf_error(out);
	}
	if (table->is_single)
		strbuf_addf(out, "%s\n", strbuf_str(&table->json));
	else if (table->json.len == 0)
		strbuf_add_str(out, "{\n  \"recipes\": []\n}\n");
	else
		strbuf_addf(out, "{\n  \"recipes\": [\n%s\n  ]\n}\n", strbuf_str(&table->json));
	return strbuf_error(out);
}

void parent_table_add_status(const struct parent_table *table, bool bad_only)
{
	struct output *out = table->out;

	for (size_t i = 0; i < table->n; i++) {
		char *const *cells = table->rows[i].cells;

		if (bad_only && !table->rows[i].is_bad)
			continue;
		strbuf_addf(&out->text, "Recipe %s: %s", cells[COLUMN_NAME], cells[COLUMN_STATE]);
		if (strcmp(cells[COLUMN_REASON], "-") != 0) {
			strbuf_add_str(&out->text, ": ");
			text_add(out, cells[COLUMN_REASON], strlen(cells[COLUMN_REASON]));
		}
		strbuf_add_char(&out->text, '\n');
	}
}
