/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The help texts, made from the table, 80 columns wide. */
#include "config.h"

#include <string.h>

#include "cli/usage.h"

#define COLUMNS     80
#define NOTE_INDENT 10 /* of an option's text in the long form */

static void add_blanks(struct strbuf *out, size_t n)
{
	strbuf_addf(out, "%*s", (int)n, "");
}

void usage_add_wrapped(struct strbuf *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > COLUMNS) {
			strbuf_add_char(out, '\n');
			add_blanks(out, indent);
			column = indent;
		} else if (column > indent) {
			strbuf_add_char(out, ' ');
			column++;
		}
		strbuf_add(out, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
}

/* Paragraphs, separated by an empty line in the text as in the output. */
static void add_paragraphs(struct strbuf *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);
		_cleanup_(freep) char *paragraph = strndup(text, n);

		usage_add_wrapped(out, paragraph ? paragraph : "", 0);
		strbuf_add_str(out, "\n\n");
		text += end ? n + 2 : n;
	}
}

/* "  -u, --uuid <UUID>" */
static void add_name(struct strbuf *out, const struct cli_option *o)
{
	if (o->short_name)
		strbuf_addf(out, "  -%c, ", o->short_name);
	else
		strbuf_add_str(out, "      ");
	usage_add_option(out, o);
}

static size_t name_width(const struct cli_verb *verb)
{
	size_t widest = 0;

	for (size_t i = 0; i < verb->n_options; i++) {
		_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

		add_name(&name, &verb->options[i]);
		if (verb->options[i].help && name.len > widest)
			widest = name.len;
	}
	return widest;
}

static void add_options_short(struct strbuf *out, const struct cli_verb *verb)
{
	size_t width = name_width(verb);

	for (size_t i = 0; i < verb->n_options; i++) {
		size_t start = out->len;

		if (!verb->options[i].help)
			continue;
		add_name(out, &verb->options[i]);
		add_blanks(out, width + 2 - (out->len - start));
		usage_add_wrapped(out, verb->options[i].help, width + 2);
		strbuf_add_char(out, '\n');
	}
}

static void add_options_long(struct strbuf *out, const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];

		strbuf_add_str(out, i > 0 ? "\n" : "");
		add_name(out, o);
		strbuf_add_char(out, '\n');
		add_blanks(out, NOTE_INDENT);
		usage_add_wrapped(out, o->help, NOTE_INDENT);
		strbuf_add_char(out, '\n');
		if (!o->note)
			continue;
		add_blanks(out, NOTE_INDENT);
		usage_add_wrapped(out, o->note, NOTE_INDENT);
		strbuf_add_char(out, '\n');
	}
}

/* The word that a visible verb of this group has in its list; NULL: it is not in it. */
static const char *listed(const struct cli_verb *verb, const struct cli_verb *group)
{
	return verb->is_hidden ? NULL : cli_verb_word(verb, group);
}

static void add_verbs(struct strbuf *out, const struct cli_verb *group)
{
	size_t width = 0;

	for (size_t i = 0; i < cli_n_verbs; i++) {
		const char *word = listed(&cli_verbs[i], group);

		if (word && strlen(word) > width)
			width = strlen(word);
	}
	strbuf_add_str(out, "Commands:\n");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const char *word = listed(&cli_verbs[i], group);

		if (!word)
			continue;
		strbuf_addf(out, "  %-*s  ", (int)width, word);
		usage_add_wrapped(out, cli_verbs[i].summary, width + 4);
		strbuf_add_char(out, '\n');
	}
	strbuf_add_char(out, '\n');
}

static void add_usage(struct strbuf *out, const struct arguments *args)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

	usage_add_line(&line, args);
	usage_add_wrapped(out, strbuf_str(&line), strlen("Usage: "));
	strbuf_add_str(out, "\n\n");
}

void usage_add_help(struct strbuf *out, const struct arguments *args, bool is_long)
{
	const struct cli_verb *verb = args->verb;

	usage_add_wrapped(out, verb->summary, 0);
	strbuf_add_str(out, "\n\n");
	if (is_long && verb->description)
		add_paragraphs(out, verb->description);
	add_usage(out, args);
	if (!verb->name || verb->is_group)
		add_verbs(out, verb);
	strbuf_add_str(out, "Options:\n");
	if (is_long && verb->name)
		add_options_long(out, verb);
	else
		add_options_short(out, verb);
}
