/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finding rows of the table of verbs and options. */
#include "config.h"

#include <string.h>

#include "cli/cli-table.h"

const struct cli_verb *cli_verb_find(const char *name)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		if (strcmp(cli_verbs[i].name, name) == 0)
			return &cli_verbs[i];
	return NULL;
}

const char *cli_verb_word(const struct cli_verb *verb, const struct cli_verb *group)
{
	size_t n = group->name ? strlen(group->name) : 0;

	if (!group->name)
		return strchr(verb->name, ' ') ? NULL : verb->name;
	return strncmp(verb->name, group->name, n) == 0 && verb->name[n] == ' ' ? verb->name + n + 1
	                                                                        : NULL;
}

const struct cli_verb *cli_verb_find_in(const struct cli_verb *group, const char *word)
{
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const char *own = cli_verb_word(&cli_verbs[i], group);

		if (own && strcmp(own, word) == 0)
			return &cli_verbs[i];
	}
	return NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), n_end = strlen(end);

	return n >= n_end && strcmp(s + n - n_end, end) == 0;
}

const struct cli_verb *cli_verb_of_program(const char *program)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		if (cli_verbs[i].program && ends_with(program, cli_verbs[i].program))
			return &cli_verbs[i];
	return NULL;
}

const struct cli_option *cli_option_find(const struct cli_verb *verb, enum option_id id)
{
	for (size_t i = 0; i < verb->n_options; i++)
		if (verb->options[i].id == id)
			return &verb->options[i];
	return NULL;
}
