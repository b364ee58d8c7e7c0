/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line as data: verbs, their options, and the rules between options.
 * Parser, help, completions and manual pages all come from this table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

struct arguments;
struct cli;

/* One bit each in a mask of 64. */
enum option_id {
	OPTION_UUID,
	OPTION_PARENT,
	OPTION_TYPE,
	OPTION_AUTO,
	OPTION_MANUAL,
	OPTION_JSONFILE,
	OPTION_ATTR,
	OPTION_ADDATTR,
	OPTION_DELATTR,
	OPTION_INDEX,
	OPTION_VALUE,
	OPTION_LIVE,
	OPTION_DEFINED,
	OPTION_DUMPJSON,
	OPTION_VERBOSE,
	OPTION_WAIT,
	OPTION_IN_USE,
	OPTION_JSON,
	OPTION_FAILED,
	OPTION_OUTPUT,
	OPTION_NOHEADINGS,
	OPTION_GONE,
	OPTION_SETTLED,
	OPTION_TIMEOUT,
	OPTION_QEMU,
	OPTION_LIBVIRT,
	OPTION_DRIVER,
	OPTION_CCW,
	OPTION_SUBCHANNEL,
	OPTION_AP,
	OPTION_RESERVE,
	OPTION_RESERVE_ADAPTERS,
	OPTION_RESERVE_DOMAINS,
	OPTION_NOW,
	OPTION_ALL,
	OPTION_DUE,
	OPTION_FORCE,
	OPTION_DRY_RUN,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_DUMP_CLI,
	_OPTION_MAX,
};

#define OPTION_BIT(name) (UINT64_C(1) << OPTION_##name)

enum value_kind {
	VALUE_NONE, /* a flag */
	VALUE_UUID_ACTIVE,
	VALUE_UUID_DEFINED,
	VALUE_UUID_ANY, /* the three differ in what completion offers */
	VALUE_PARENT,
	VALUE_TYPE,
	VALUE_FILE, /* any bytes; all others are UTF-8 */
	VALUE_TEXT,
	VALUE_ASSIGNMENT, /* NAME=VALUE */
	VALUE_INDEX,      /* 0 to 2^32-1 */
	VALUE_SECONDS,    /* 1 to 2^32-1 */
	VALUE_VERB,       /* of the program, or of the group that it is an argument of */
	VALUE_RECIPE,     /* a parent that has one */
	_VALUE_KIND_MAX,
};

struct cli_option {
	enum option_id id;
	char short_name; /* '\0': none */
	const char *long_name;
	const char *value_name; /* NULL for a flag */
	enum value_kind kind;
	bool repeatable;
	bool optional_value; /* only as --name=VALUE */
	const char *help;
	const char *note; /* more of it, for --help and the manual; may be NULL */
};

/* For options given as bit masks a and b: */
enum rule_kind {
	RULE_ANY_OF,    /* at least one of a, or, which is not told, of b */
	RULE_ONE_OF,    /* at most one of a, and one of a or b */
	RULE_CONFLICTS, /* none of a with any of b */
	RULE_REQUIRES,  /* each of a only with one of b; not checked if one of unless is given */
};

struct cli_rule {
	enum rule_kind kind;
	uint64_t a;
	uint64_t b;
	uint64_t unless;
};

struct cli_verb {
	/* "list", or of two words: "parent define". NULL: the program itself, before a verb. */
	const char *name;
	const char *program; /* a program of this name is this verb; may be NULL */
	bool is_hidden;
	bool is_group;               /* the first of two words; run is NULL */
	bool is_configured;          /* mdevmgr.conf is read first */
	const char *positional_name; /* NULL: none */
	enum value_kind positional_kind;
	unsigned positional_min;
	unsigned positional_max; /* 0 or 1 */
	const char *summary;
	const char *description; /* paragraphs, separated by an empty line */
	const struct cli_option *options;
	size_t n_options;
	const struct cli_rule *rules;
	size_t n_rules;
	/* Runs it: an exit status, or a negative errno with err filled in. */
	int (*run)(struct cli *cli, const struct arguments *args, struct error *err);
};

/** The program's own row: what stands before a verb. */
extern const struct cli_verb cli_top;

/** All verbs, in the order of the help text. */
extern const struct cli_verb cli_verbs[];
extern const size_t cli_n_verbs;

/** The verb of this name, or NULL. */
const struct cli_verb *cli_verb_find(const char *name);

/** The verb that a word means in a group: &cli_top, or one of is_group. NULL: none. */
const struct cli_verb *cli_verb_find_in(const struct cli_verb *group, const char *word);

/** What stands in a verb's name after the group's, NULL if it is not in that group. */
const char *cli_verb_word(const struct cli_verb *verb, const struct cli_verb *group);

/** The verb that a program of this name is, or NULL for one that takes a verb. A
 * name that ends in "lsmdev" is lsmdev, as in mdevctl. */
const struct cli_verb *cli_verb_of_program(const char *program);

/** The verb's option, or NULL if it has none of this id. */
const struct cli_option *cli_option_find(const struct cli_verb *verb, enum option_id id);
