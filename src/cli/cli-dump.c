/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --dump-cli. One line an option, so that a change of the table is a readable diff. */
#include "config.h"

#include <string.h>

#include "cli/cli-dump.h"
#include "cli/cli-table.h"
#include "cli/usage.h"
#include "shared/json.h"

static void add_text(struct strbuf *out, const char *key, const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, ", \"%s\": ", key);
	json_add_string(out, value, strlen(value));
}

static void add_flag(struct strbuf *out, const char *key, bool value)
{
	if (value)
		strbuf_addf(out, ", \"%s\": true", key);
}

static const char *kind_name(enum value_kind kind)
{
	static const char *const names[_VALUE_KIND_MAX] = {
		[VALUE_NONE] = "none",
		[VALUE_UUID_ACTIVE] = "uuid-active",
		[VALUE_UUID_DEFINED] = "uuid-defined",
		[VALUE_UUID_ANY] = "uuid-any",
		[VALUE_PARENT] = "parent",
		[VALUE_TYPE] = "type",
		[VALUE_FILE] = "file",
		[VALUE_TEXT] = "text",
		[VALUE_ASSIGNMENT] = "assignment",
		[VALUE_INDEX] = "index",
		[VALUE_SECONDS] = "seconds",
		[VALUE_VERB] = "verb",
		[VALUE_RECIPE] = "recipe",
	};

	return names[kind];
}

static void add_option(struct strbuf *out, const struct cli_option *o)
{
	char short_name[] = { o->short_name, '\0' };

	strbuf_addf(out, "{\"long\": \"%s\"", o->long_name);
	add_text(out, "short", o->short_name ? short_name : NULL);
	add_text(out, "value", o->value_name);
	add_text(out, "kind", kind_name(o->kind));
	add_flag(out, "repeatable", o->repeatable);
	add_flag(out, "optional_value", o->optional_value);
	add_flag(out, "hidden", !o->help);
	add_text(out, "help", o->help);
	add_text(out, "note", o->note);
	strbuf_add_char(out, '}');
}

/* The usage line without "Usage: ". */
static void add_usage(struct strbuf *out, const struct cli_verb *verb)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
	struct arguments args = { .program = PACKAGE, .verb = verb };

	usage_add_line(&line, &args);
	add_text(out, "usage", strbuf_str(&line) + strlen("Usage: "));
}

static void add_verb(struct strbuf *out, const struct cli_verb *verb)
{
	strbuf_add_str(out, "{\"verb\": ");
	json_add_string(out, verb->name ? verb->name : "", verb->name ? strlen(verb->name) : 0);
	add_text(out, "program", verb->program);
	add_flag(out, "hidden", verb->is_hidden);
	add_flag(out, "group", verb->is_group);
	add_usage(out, verb);
	add_text(out, "summary", verb->summary);
	add_text(out, "description", verb->description);
	if (verb->positional_name) {
		add_text(out, "positional", verb->positional_name);
		add_text(out, "positional_kind", kind_name(verb->positional_kind));
	}
	strbuf_add_str(out, ", \"options\": [");
	for (size_t i = 0; i < verb->n_options; i++) {
		strbuf_add_str(out, i > 0 ? ",\n  " : "\n  ");
		add_option(out, &verb->options[i]);
	}
	strbuf_add_str(out, "]}");
}

static void add_statuses(struct strbuf *out)
{
	strbuf_add_str(out, "\"statuses\": [\n"
	                    "  {\"status\": 0, \"help\": \"success\"}");
#define ERROR_KIND(name, status, help)                                                             \
	strbuf_addf(out, ",\n  {\"status\": %d, \"help\": ", (status));                            \
	json_add_string(out, (help), strlen(help));                                                \
	strbuf_add_char(out, '}');
#include "shared/errors.def"
#undef ERROR_KIND
	strbuf_add_str(out, "]");
}

void cli_dump(struct strbuf *out)
{
	strbuf_add_str(out, "{");
	add_statuses(out);
	strbuf_add_str(out, ",\n\"top\": ");
	add_verb(out, &cli_top);
	strbuf_add_str(out, ",\n\"verbs\": [\n");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		add_verb(out, &cli_verbs[i]);
		strbuf_add_str(out, i + 1 < cli_n_verbs ? ",\n" : "]}\n");
	}
}
