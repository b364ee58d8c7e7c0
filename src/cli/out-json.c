/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON output of lists: an array of one object, keyed by parent, of arrays of one-key
 * objects. No final newline. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/out-json.h"
#include "cli/out-text.h"
#include "core/definition.h"
#include "shared/json.h"

/* Blanks before the members of each level. */
#define PARENT_INDENT "    "
#define ENTRY_INDENT  "      "
#define KEY_INDENT    "        "
#define KEY_COLUMN    8

static void add_quoted(struct strbuf *b, const char *s)
{
	json_add_string(b, s, strlen(s));
}

/* ---- the tree that both lists have --------------------------------------------- */

/* The brackets of an empty array stand side by side. */
static void open_parent(struct strbuf *b, const char *parent, bool is_first, bool before_is_empty)
{
	if (is_first)
		strbuf_add_str(b, "[\n  {\n" PARENT_INDENT);
	else
		strbuf_add_str(b, before_is_empty ? "],\n" PARENT_INDENT
		                                  : "\n" PARENT_INDENT "],\n" PARENT_INDENT);
	add_quoted(b, parent);
	strbuf_add_str(b, ": [");
}

static void open_entry(struct strbuf *b, const char *key, size_t key_len, bool is_first)
{
	strbuf_add_str(b, is_first ? "\n" ENTRY_INDENT "{\n" KEY_INDENT
	                           : ",\n" ENTRY_INDENT "{\n" KEY_INDENT);
	json_add_string(b, key, key_len);
	strbuf_add_str(b, ": ");
}

static void close_entry(struct strbuf *b)
{
	strbuf_add_str(b, "\n" ENTRY_INDENT "}");
}

static void close_tree(struct strbuf *b, bool has_parent, bool has_entry)
{
	if (!has_parent)
		strbuf_add_str(b, "[]");
	else
		strbuf_add_str(b, has_entry ? "\n" PARENT_INDENT "]\n  }\n]" : "]\n  }\n]");
}

/* True if a new parent begins with this entry; *has_parent and *last are updated. No
 * memory for last is out's error, too. */
static bool is_new_parent(struct strbuf *out, struct strbuf *last, bool *has_parent,
                          const char *parent)
{
	if (*has_parent && strcmp(strbuf_str(last), parent) == 0)
		return false;
	strbuf_clear(last);
	strbuf_add_str(last, parent);
	if (strbuf_error(last) < 0)
		out->error = -ENOMEM;
	*has_parent = true;
	return true;
}

/* ---- devices --------------------------------------------------------------------- */

void list_json_init(struct list_json *list, struct output *out, bool single)
{
	*list = (struct list_json){ .out = out, .single = single, .parent = STRBUF_INIT };
}

static void drop_held(struct list_json *list)
{
	free(list->held_parent);
	free(list->held_type);
	attrs_done(&list->held_attrs);
	list->held_parent = NULL;
	list->held_type = NULL;
	list->has_held = false;
}

void list_json_done(struct list_json *list)
{
	strbuf_done(&list->parent);
	drop_held(list);
}

static int hold(struct list_json *list, const struct list_entry *entry)
{
	list->held = *entry;
	list->held_parent = strdup(entry->parent);
	list->held_type = strdup(entry->type);
	if (!list->held_parent || !list->held_type ||
	    (entry->attrs && attrs_copy(entry->attrs, &list->held_attrs) < 0))
		return -ENOMEM;
	list->held.parent = list->held_parent;
	list->held.type = list->held_type;
	list->held.attrs = &list->held_attrs;
	list->has_held = true;
	return 0;
}

static void add_definition(struct strbuf *b, const struct list_entry *entry, size_t column)
{
	static const struct attrs none;

	definition_print_object(entry->type, entry->autostart, entry->attrs ? entry->attrs : &none,
	                        column, b);
}

static void add_device(struct list_json *list, const struct list_entry *entry)
{
	struct strbuf *b = &list->out->text;
	char uuid[MDEV_UUID_TEXT_MAX];
	bool is_first = !list->has_parent;

	if (is_new_parent(b, &list->parent, &list->has_parent, entry->parent)) {
		open_parent(b, entry->parent, is_first, false);
		list->has_device = false;
	}
	mdev_uuid_format(&entry->uuid, uuid);
	open_entry(b, uuid, MDEV_UUID_TEXT_MAX - 1, !list->has_device);
	add_definition(b, entry, KEY_COLUMN);
	close_entry(b);
	list->has_device = true;
}

int list_json_entry(void *userdata, const struct list_entry *entry)
{
	struct list_json *list = userdata;

	if (list->single && !list->has_parent && !list->has_held)
		return hold(list, entry);
	if (list->has_held) {
		add_device(list, &list->held);
		drop_held(list);
	}
	add_device(list, entry);
	return output_advance(list->out);
}

void list_json_finish(struct list_json *list)
{
	if (list->has_held)
		add_definition(&list->out->text, &list->held, 0);
	else
		close_tree(&list->out->text, list->has_parent, list->has_device);
}

/* ---- types ----------------------------------------------------------------------- */

static void add_member(struct strbuf *b, const char *key, const char *value)
{
	strbuf_addf(b, ",\n" KEY_INDENT "  \"%s\": ", key);
	add_quoted(b, value);
}

static void add_type(struct strbuf *b, const struct types_entry *entry)
{
	_cleanup_(strbuf_done) struct strbuf description = STRBUF_INIT;

	strbuf_addf(b, "{\n" KEY_INDENT "  \"available_instances\": %d",
	            entry->available_instances);
	add_member(b, "device_api", entry->device_api);
	if (*entry->name)
		add_member(b, "name", entry->name);
	text_join_lines(&description, entry->description);
	if (description.len > 0)
		add_member(b, "description", strbuf_str(&description));
	strbuf_add_str(b, "\n" KEY_INDENT "}");
}

int types_json_entry(void *userdata, const struct types_entry *entry)
{
	struct types_json *types = userdata;
	struct strbuf *b = &types->out->text;
	bool is_first = !types->has_parent;

	if (is_new_parent(b, &types->parent, &types->has_parent, entry->parent)) {
		open_parent(b, entry->parent, is_first, !types->has_type);
		types->has_type = false;
	}
	if (entry->type) {
		open_entry(b, entry->type, strlen(entry->type), !types->has_type);
		add_type(b, entry);
		close_entry(b);
		types->has_type = true;
	}
	return output_advance(types->out);
}

void types_json_finish(struct types_json *types)
{
	close_tree(&types->out->text, types->has_parent, types->has_type);
}
