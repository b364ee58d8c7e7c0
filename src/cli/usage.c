/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage errors and the usage line. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/usage.h"

void usage_add_option(struct strbuf *out, const struct cli_option *option)
{
	strbuf_addf(out, "--%s", option->long_name);
	if (option->value_name && option->optional_value)
		strbuf_addf(out, "[=<%s>]", option->value_name);
	else if (option->value_name)
		strbuf_addf(out, " <%s>", option->value_name);
}

/* The options of one rule that stand in the usage line: " --uuid <UUID>", or a choice. */
static void add_needed(struct strbuf *out, const struct cli_verb *verb, uint64_t mask)
{
	bool is_choice = __builtin_popcountll(mask) > 1;
	const char *separator = is_choice ? " <" : " ";

	for (size_t i = 0; i < verb->n_options; i++) {
		if (!(mask & (UINT64_C(1) << verb->options[i].id)))
			continue;
		strbuf_add_str(out, separator);
		usage_add_option(out, &verb->options[i]);
		separator = "|";
	}
	if (is_choice)
		strbuf_add_char(out, '>');
}

static void add_needed_options(struct strbuf *out, const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_rules; i++)
		if (verb->rules[i].kind == RULE_ANY_OF)
			add_needed(out, verb, verb->rules[i].a);
	for (size_t i = 0; i < verb->n_rules; i++)
		if (verb->rules[i].kind == RULE_ONE_OF)
			add_needed(out, verb, verb->rules[i].a | verb->rules[i].b);
}

void usage_add_line(struct strbuf *out, const struct arguments *args)
{
	const struct cli_verb *verb = args->verb;

	strbuf_addf(out, "Usage: %s", args->program);
	if (!verb->name) {
		strbuf_addf(out, " <%s>", verb->positional_name);
		return;
	}
	if (!args->is_program)
		strbuf_addf(out, " %s", verb->name);
	if (verb->n_options > 1)
		strbuf_add_str(out, " [OPTIONS]");
	add_needed_options(out, verb);
	if (verb->positional_name)
		strbuf_addf(out, verb->positional_min > 0 ? " <%s>" : " [%s]",
		            verb->positional_name);
}

static void add_hint(struct strbuf *out)
{
	strbuf_add_str(out, "\nFor more information, try '--help'.\n");
}

/* Texts hold words of the user's command line, which may be anything: no control
 * character of theirs reaches the terminal. */
static void neutralise(struct strbuf *out)
{
	for (size_t i = 0; i < out->len; i++)
		if (((unsigned char)out->data[i] < 0x20 && out->data[i] != '\n') ||
		    out->data[i] == 0x7f)
			out->data[i] = ' ';
}

static void finish(const struct arguments *args, struct strbuf *out)
{
	neutralise(out);
	strbuf_add_str(out, "\n\n");
	usage_add_line(out, args);
	strbuf_add_char(out, '\n');
	add_hint(out);
}

int usage_error(const struct arguments *args, struct strbuf *out, const char *fmt, ...)
{
	va_list ap;

	strbuf_add_str(out, "error: ");
	va_start(ap, fmt);
	strbuf_addv(out, fmt, ap);
	va_end(ap);
	finish(args, out);
	return -EINVAL;
}

/* Edit distance of two short words; long ones count as different. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(b), row[32];

	if (n >= ARRAY_SIZE(row) || strlen(a) >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

/* How far a word is from what was probably meant; SIZE_MAX: not meant at all. */
static size_t dissimilarity(const char *word, const char *name)
{
	size_t n = strlen(word), d = distance(word, name);

	if (n >= 2 && strncmp(word, name, n) == 0)
		return 1;
	return d <= (strlen(name) + 2) / 3 ? d : SIZE_MAX;
}

static const char *similar_option(const struct cli_verb *verb, const char *word)
{
	size_t best = SIZE_MAX;
	const char *found = NULL;

	for (size_t i = 0; i < verb->n_options; i++) {
		size_t d = dissimilarity(word, verb->options[i].long_name);

		if (d < best && verb->options[i].help) {
			best = d;
			found = verb->options[i].long_name;
		}
	}
	return found;
}

int usage_unknown_option(const struct arguments *args, struct strbuf *out, const char *word)
{
	_cleanup_(freep) char *name = strndup(word, strcspn(word, "="));
	const char *similar;

	if (!name)
		return -ENOMEM;
	similar = similar_option(args->verb, name + 2);
	strbuf_add_str(out, "error: unexpected argument '");
	strbuf_add_str(out, name);
	strbuf_add_str(out, "' found");
	if (similar)
		strbuf_addf(out, "\n\n  tip: a similar argument exists: '--%s'", similar);
	finish(args, out);
	return -EINVAL;
}

int usage_unknown_verb(const struct arguments *args, struct strbuf *out, const char *word)
{
	size_t best = SIZE_MAX;
	const char *similar = NULL;

	for (size_t i = 0; i < cli_n_verbs; i++) {
		const char *own = cli_verb_word(&cli_verbs[i], args->verb);
		size_t d = own ? dissimilarity(word, own) : SIZE_MAX;

		if (d < best && !cli_verbs[i].is_hidden) {
			best = d;
			similar = own;
		}
	}
	strbuf_add_str(out, "error: unrecognized subcommand '");
	strbuf_add_str(out, word);
	strbuf_add_char(out, '\'');
	if (similar)
		strbuf_addf(out, "\n\n  tip: a similar subcommand exists: '%s'", similar);
	finish(args, out);
	return -EINVAL;
}

int usage_bad_value(const struct arguments *args, struct strbuf *out, const char *value,
                    const struct cli_option *option, const char *reason)
{
	strbuf_add_str(out, "error: invalid value '");
	strbuf_add_str(out, value);
	strbuf_add_str(out, "' for '");
	usage_add_option(out, option);
	strbuf_addf(out, "': %s", reason);
	neutralise(out);
	strbuf_add_char(out, '\n');
	add_hint(out);
	return -EINVAL;
}
