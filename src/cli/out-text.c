/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text output of lists. Runs once a device: appends, formats nothing. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/out-text.h"

static bool is_control(const unsigned char *s, size_t n)
{
	/* U+0080 to U+009F are control characters too, and some terminals obey them */
	return s[0] < 0x20 || s[0] == 0x7f ||
	       (s[0] == 0xc2 && n > 1 && s[1] >= 0x80 && s[1] <= 0x9f);
}

void text_add(struct output *out, const char *bytes, size_t n)
{
	const unsigned char *s = (const unsigned char *)bytes;

	if (!out->is_terminal) {
		strbuf_add(&out->text, bytes, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (is_control(s + i, n - i) && s[i] == 0xc2)
			strbuf_addf(&out->text, "\\u%04x", s[++i]);
		else if (is_control(s + i, n - i))
			strbuf_addf(&out->text, "\\x%02x", s[i]);
		else
			strbuf_add_char(&out->text, (char)s[i]);
	}
}

void text_add_lines(struct output *out, const char *text)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		text_add(out, text, (size_t)(end - text));
		strbuf_add_char(&out->text, '\n');
	}
	text_add(out, text, strlen(text));
}

static void add_str(struct output *out, const char *s)
{
	text_add(out, s, strlen(s));
}

void text_add_attrs(struct output *out, const struct attrs *attrs)
{
	if (attrs->n == 0)
		return;
	strbuf_add_str(&out->text, "  Attrs:\n");
	for (size_t i = 0; i < attrs->n; i++) {
		const struct attr *a = &attrs->items[i];

		strbuf_addf(&out->text, "    @{%zu}: {\"", i);
		add_str(out, a->name);
		strbuf_add_str(&out->text, "\":\"");
		text_add(out, a->value, a->value_len);
		strbuf_add_str(&out->text, "\"}\n");
	}
}

int list_text_entry(void *userdata, const struct list_entry *entry)
{
	static const char *const marks[] = { "\n", " (active)\n", " (defined)\n" };
	struct list_text *list = userdata;
	struct output *out = list->out;
	char uuid[MDEV_UUID_TEXT_MAX];
	bool marked = list->defined ? entry->is_active : entry->is_defined;

	mdev_uuid_format(&entry->uuid, uuid);
	strbuf_add(&out->text, uuid, MDEV_UUID_TEXT_MAX - 1);
	strbuf_add_char(&out->text, ' ');
	add_str(out, entry->parent);
	strbuf_add_char(&out->text, ' ');
	add_str(out, entry->type);
	strbuf_add_str(&out->text, entry->autostart ? " auto" : " manual");
	strbuf_add_str(&out->text, marks[!marked ? 0 : list->defined ? 1 : 2]);
	if (list->verbose && entry->attrs)
		text_add_attrs(out, entry->attrs);
	return output_advance(out);
}

static void add_types_parent(struct types_text *types, const char *parent)
{
	if (types->has_parent && strcmp(strbuf_str(&types->parent), parent) == 0)
		return;
	strbuf_clear(&types->parent);
	strbuf_add_str(&types->parent, parent);
	if (strbuf_error(&types->parent) < 0)
		types->out->text.error = -ENOMEM;
	types->has_parent = true;
	add_str(types->out, parent);
	strbuf_add_char(&types->out->text, '\n');
}

static void add_field(struct output *out, const char *label, const char *value)
{
	if (!*value)
		return;
	strbuf_add_str(&out->text, label);
	add_str(out, value);
	strbuf_add_char(&out->text, '\n');
}

void text_join_lines(struct strbuf *out, const char *lines)
{
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
		strbuf_add(out, lines, (size_t)(end - lines));
		strbuf_add_str(out, ", ");
	}
	strbuf_add_str(out, lines);
}

static void add_description(struct output *out, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

	text_join_lines(&line, value);
	if (strbuf_error(&line) < 0)
		out->text.error = -ENOMEM;
	add_field(out, "    Description: ", strbuf_str(&line));
}

int types_text_entry(void *userdata, const struct types_entry *entry)
{
	struct types_text *types = userdata;
	struct output *out = types->out;

	add_types_parent(types, entry->parent);
	if (!entry->type)
		return output_advance(out);
	strbuf_add_str(&out->text, "  ");
	add_str(out, entry->type);
	strbuf_addf(&out->text, "\n    Available instances: %d\n", entry->available_instances);
	strbuf_add_str(&out->text, "    Device API: ");
	add_str(out, entry->device_api);
	strbuf_add_char(&out->text, '\n');
	add_field(out, "    Name: ", entry->name);
	add_description(out, entry->description);
	return output_advance(out);
}
