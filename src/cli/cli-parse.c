/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * getopt_long driven from the table, and what mdevctl's parser does beyond it: no
 * abbreviations, no option twice, values that begin with a hyphen only after "=",
 * help and version acted upon when they are reached. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cli/cli-args.h"
#include "cli/usage.h"
#include "shared/utf8.h"

/* getopt's code of a long option: this plus its row's number. Short ones are their
 * character, which for some C libraries may be any of Unicode's. */
#define LONG_CODE 0x200000

struct parser {
	struct arguments *args;
	struct strbuf *message;
	const struct cli_verb *verb;
	int argc;
	char *const *argv;
	char shorts[2 + 3 * _OPTION_MAX + 1];
	struct option longs[_OPTION_MAX + 1];
};

static void parser_add_short(struct parser *p, const struct cli_option *o)
{
	size_t n = strlen(p->shorts);

	if (!o->short_name)
		return;
	p->shorts[n++] = o->short_name;
	if (o->value_name)
		p->shorts[n++] = ':';
	p->shorts[n] = '\0';
}

/* "-": words that are no options are handed over where they stand; ":": no messages
 * of getopt's own. */
static void parser_fill(struct parser *p)
{
	strcpy(p->shorts, "-:");
	for (size_t i = 0; i < p->verb->n_options; i++) {
		const struct cli_option *o = &p->verb->options[i];

		parser_add_short(p, o);
		p->longs[i] = (struct option){
			.name = o->long_name,
			.has_arg = !o->value_name      ? no_argument
			           : o->optional_value ? optional_argument
			                               : required_argument,
			.val = LONG_CODE + (int)i,
		};
	}
}

static const struct cli_option *parser_option(const struct parser *p, int code)
{
	if (code >= LONG_CODE)
		return &p->verb->options[code - LONG_CODE];
	for (size_t i = 0; i < p->verb->n_options; i++)
		if (code != 0 && p->verb->options[i].short_name == code)
			return &p->verb->options[i];
	return NULL;
}

/* The word that getopt has just read a long option from. */
static const char *parser_long_word(const struct parser *p)
{
	bool separate = optarg && optarg == p->argv[optind - 1];

	return p->argv[optind - (separate ? 2 : 1)];
}

static bool is_exact(const char *word, const struct cli_option *o)
{
	size_t n = strlen(o->long_name);

	return strncmp(word + 2, o->long_name, n) == 0 && (!word[2 + n] || word[2 + n] == '=');
}

static int unexpected_short(struct parser *p, int c)
{
	bool is_ascii = c > 0 && c < 0x80;

	return usage_error(p->args, p->message,
	                   is_ascii ? "unexpected argument '-%c' found"
	                            : "unexpected argument '-\\x%02x' found",
	                   is_ascii ? c : c & 0xff);
}

static int on_missing_value(struct parser *p, const struct cli_option *o)
{
	_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

	usage_add_option(&name, o);
	return usage_error(p->args, p->message,
	                   "a value is required for '%s' but none was supplied", strbuf_str(&name));
}

/* What stands where a value was expected and begins with a hyphen: known options mean
 * that the value was forgotten. */
static int on_hyphen_value(struct parser *p, const struct cli_option *o, const char *word)
{
	if (strncmp(word, "--", 2) == 0) {
		for (size_t i = 0; i < p->verb->n_options; i++)
			if (!word[2] || is_exact(word, &p->verb->options[i]))
				return on_missing_value(p, o);
		return usage_unknown_option(p->args, p->message, word);
	}
	if (parser_option(p, (unsigned char)word[1]))
		return on_missing_value(p, o);
	return unexpected_short(p, word[1]);
}

static int read_number(struct parser *p, const struct cli_option *o, const char *text, uint32_t min,
                       uint32_t *ret)
{
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	const char *digits = text + (*text == '-' || *text == '+');
	long long value;

	if (!*text)
		return usage_bad_value(p->args, p->message, text, o,
		                       "cannot parse integer from empty string");
	if (!*digits || digits[strspn(digits, "0123456789")])
		return usage_bad_value(p->args, p->message, text, o,
		                       "invalid digit found in string");
	value = strtoll(text, NULL, 10); /* saturates: out of range all the same */
	if (value >= min && value <= UINT32_MAX) {
		*ret = (uint32_t)value;
		return 0;
	}
	strbuf_addf(&reason, "%s is not in %u..=%u", text, min, UINT32_MAX);
	return usage_bad_value(p->args, p->message, text, o, strbuf_str(&reason));
}

static int read_uuid(struct parser *p, const struct cli_option *o, const char *text)
{
	struct arguments *args = p->args;
	struct mdev_uuid uuid, *uuids;

	if (mdev_uuid_parse(text, &uuid) < 0)
		return usage_bad_value(p->args, p->message, text, o,
		                       "not a UUID: expected 32 hexadecimal digits as "
		                       "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX");
	uuids = reallocarray(args->uuids, args->n_uuids + 1, sizeof(*uuids));
	if (!uuids)
		return -ENOMEM;
	args->uuids = uuids;
	args->uuids[args->n_uuids++] = uuid;
	return 0;
}

static int read_assignment(struct parser *p, const struct cli_option *o, const char *text)
{
	const char *equals = strchr(text, '=');
	_cleanup_(freep) char *name = NULL;

	if (!equals || equals == text)
		return usage_bad_value(p->args, p->message, text, o, "expected NAME=VALUE");
	name = strndup(text, (size_t)(equals - text));
	if (!name)
		return -ENOMEM;
	return attrs_append(&p->args->attrs, name, equals + 1, strlen(equals + 1));
}

static int read_value(struct parser *p, const struct cli_option *o, const char *text)
{
	if (o->kind != VALUE_FILE && !utf8_is_valid(text, strlen(text)))
		return usage_error(p->args, p->message,
		                   "invalid UTF-8 was detected in one or more arguments");
	switch (o->kind) {
	case VALUE_UUID_ACTIVE:
	case VALUE_UUID_DEFINED:
	case VALUE_UUID_ANY:
		return read_uuid(p, o, text);
	case VALUE_INDEX:
		return read_number(p, o, text, 0, &p->args->index);
	case VALUE_SECONDS:
		return read_number(p, o, text, 1, &p->args->wait_seconds);
	case VALUE_ASSIGNMENT:
		return read_assignment(p, o, text);
	case VALUE_FILE:
		return *text ? 0 : on_missing_value(p, o);
	case VALUE_NONE:
	case VALUE_PARENT:
	case VALUE_TYPE:
	case VALUE_TEXT:
	case VALUE_VERB:
	case VALUE_RECIPE:
	case _VALUE_KIND_MAX:
		break;
	}
	return 0;
}

/* 1 for an option that ends the reading: help, version. */
static int take_action(struct parser *p, const struct cli_option *o, bool is_long)
{
	switch ((int)o->id) {
	case OPTION_HELP:
		p->args->action = is_long ? CLI_HELP_LONG : CLI_HELP_SHORT;
		return 1;
	case OPTION_VERSION:
		p->args->action = CLI_VERSION;
		return 1;
	case OPTION_DUMP_CLI:
		p->args->action = CLI_DUMP;
		return 1;
	}
	return 0;
}

static int take_option(struct parser *p, const struct cli_option *o, bool is_long)
{
	uint64_t bit = UINT64_C(1) << o->id;
	const char *value = optarg;
	int r;

	if (value && value == p->argv[optind - 1] && value[0] == '-' && value[1])
		return on_hyphen_value(p, o, value);
	if (value && !is_long && value != p->argv[optind - 1] && value[0] == '=')
		value++;
	r = value ? read_value(p, o, value) : 0;
	if (r < 0)
		return r;
	if ((p->args->given & bit) && !o->repeatable) {
		_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

		usage_add_option(&name, o);
		return usage_error(p->args, p->message,
		                   "the argument '%s' cannot be used multiple times",
		                   strbuf_str(&name));
	}
	if (!(p->args->given & bit))
		p->args->order[p->args->n_order++] = o->id;
	p->args->given |= bit;
	p->args->values[o->id] = value;
	return take_action(p, o, is_long);
}

/* `help parent define` */
static bool take_second(struct parser *p, const char *word)
{
	const struct cli_verb *first;

	if (p->verb->run || p->verb->is_group || !p->verb->name || p->args->second)
		return false;
	first = p->args->positional ? cli_verb_find_in(&cli_top, p->args->positional) : NULL;
	if (!first || !first->is_group)
		return false;
	p->args->second = word;
	return true;
}

static int take_positional(struct parser *p, const char *word)
{
	if (take_second(p, word))
		return 0;
	if (p->args->positional || p->verb->positional_max == 0)
		return usage_error(p->args, p->message, "unexpected argument '%s' found", word);
	if (p->verb->positional_kind != VALUE_FILE && !utf8_is_valid(word, strlen(word)))
		return usage_error(p->args, p->message,
		                   "invalid UTF-8 was detected in one or more arguments");
	p->args->positional = word;
	return 0;
}

/* getopt stumbled: an unknown option, or a flag with a value. */
static int on_unknown(struct parser *p)
{
	const struct cli_option *o = parser_option(p, optopt);
	const char *word = p->argv[optind - 1];

	if (optopt != 0 && optopt < LONG_CODE)
		return unexpected_short(p, optopt);
	if (!o || !is_exact(word, o))
		return usage_unknown_option(p->args, p->message, word);
	return usage_error(p->args, p->message,
	                   "unexpected value '%s' for '--%s' found; no more were expected",
	                   strchr(word, '=') + 1, o->long_name);
}

/* One result of getopt. 1: read no further. */
static int parser_take(struct parser *p, int code)
{
	const struct cli_option *o = parser_option(p, code == ':' ? optopt : code);
	bool is_long = code >= LONG_CODE || (code == ':' && optopt >= LONG_CODE);

	if (code == 1)
		return take_positional(p, optarg);
	if (code == '?' || !o)
		return on_unknown(p);
	if (is_long && !is_exact(parser_long_word(p), o))
		return usage_unknown_option(p->args, p->message, parser_long_word(p));
	return code == ':' ? on_missing_value(p, o) : take_option(p, o, is_long);
}

/* Reads until the end, help, or with `until_verb` the first word that is no option. The
 * number of words read is left in optind. */
static int parser_run(struct parser *p, bool until_verb)
{
	int code, r = 0;

	optind = 0; /* begin anew, also inside a bundle that was not read to its end */
	opterr = 0;
	while (r == 0 && !(until_verb && p->args->positional) &&
	       (code = getopt_long(p->argc, p->argv, p->shorts, p->longs, NULL)) != -1)
		r = parser_take(p, code);
	while (r == 0 && !(until_verb && p->args->positional) && optind < p->argc)
		r = until_verb ? usage_error(p->args, p->message, "unexpected argument '%s' found",
		                             p->argv[optind])
		               : take_positional(p, p->argv[optind++]);
	return r;
}

static int parse_words(struct arguments *args, int argc, char *const argv[], bool until_verb,
                       struct strbuf *message)
{
	struct parser p = {
		.args = args,
		.message = message,
		.verb = args->verb,
		.argc = argc,
		.argv = argv,
	};

	parser_fill(&p);
	return parser_run(&p, until_verb);
}

/* `help` and `help VERB`: the same as the option. */
static int resolve_help(struct arguments *args, struct strbuf *message)
{
	const char *words[] = { args->positional, args->second };

	args->verb = &cli_top;
	for (size_t i = 0; i < ARRAY_SIZE(words) && words[i]; i++) {
		const struct cli_verb *verb = cli_verb_find_in(args->verb, words[i]);

		if (!verb)
			return usage_unknown_verb(args, message, words[i]);
		args->verb = verb;
	}
	args->action = CLI_HELP_LONG;
	return 0;
}

static int parse_verb(struct arguments *args, int argc, char *const argv[], struct strbuf *message)
{
	int r = parse_words(args, argc, argv, false, message);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!args->verb->run)
		return resolve_help(args, message);
	return cli_check_rules(args, message);
}

static int no_verb(struct arguments *args, struct strbuf *message)
{
	usage_add_help(message, args, false);
	return -EINVAL;
}

/* The program, or a group: options of its own, then a verb. */
static int parse_group(struct arguments *args, int argc, char *const argv[], struct strbuf *message)
{
	const struct cli_verb *verb;
	int r = parse_words(args, argc, argv, true, message);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!args->positional)
		return no_verb(args, message);
	verb = cli_verb_find_in(args->verb, args->positional);
	if (!verb)
		return usage_unknown_verb(args, message, args->positional);
	args->verb = verb;
	args->positional = NULL;
	argc -= optind - 1;
	argv += optind - 1;
	return verb->is_group ? parse_group(args, argc, argv, message)
	                      : parse_verb(args, argc, argv, message);
}

/* The base name of argv[0]. It is printed: one with control characters is not taken. */
static const char *program_name(int argc, char *const argv[])
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : PACKAGE;

	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return PACKAGE;
	return name;
}

int cli_parse(int argc, char *const argv[], struct arguments *ret, struct strbuf *message)
{
	*ret = (struct arguments){ .action = CLI_RUN };
	ret->program = program_name(argc, argv);
	ret->verb = cli_verb_of_program(ret->program);
	ret->is_program = ret->verb != NULL;
	if (ret->is_program)
		return parse_verb(ret, argc, argv, message);
	ret->verb = &cli_top;
	if (argc <= 1)
		return no_verb(ret, message);
	return parse_group(ret, argc, argv, message);
}

void arguments_done(struct arguments *args)
{
	free(args->uuids);
	attrs_done(&args->attrs);
	*args = (struct arguments){ .action = CLI_RUN };
}

const struct mdev_uuid *arguments_uuid(const struct arguments *args)
{
	return args->n_uuids > 0 ? &args->uuids[0] : NULL;
}
