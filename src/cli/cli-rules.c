/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules between options: conflicts first, then what is missing, as mdevctl tells
 * them. */
#include "config.h"

#include <errno.h>

#include "cli/cli-args.h"
#include "cli/usage.h"

static bool is_in(const struct cli_option *o, uint64_t mask)
{
	return mask & (UINT64_C(1) << o->id);
}

/* Appends the verb's options of a mask, each with `before` and `after` around it. */
static void add_options(const struct arguments *args, uint64_t mask, const char *before,
                        const char *after, struct strbuf *out)
{
	for (size_t i = 0; i < args->verb->n_options; i++) {
		if (!is_in(&args->verb->options[i], mask))
			continue;
		strbuf_add_str(out, before);
		usage_add_option(out, &args->verb->options[i]);
		strbuf_add_str(out, after);
	}
}

static unsigned count_bits(uint64_t mask)
{
	return (unsigned)__builtin_popcountll(mask);
}

/* What was given and must not be given together with this option. */
static uint64_t conflicting(const struct arguments *args, enum option_id id)
{
	uint64_t bit = UINT64_C(1) << id, others = 0;

	for (size_t i = 0; i < args->verb->n_rules; i++) {
		const struct cli_rule *rule = &args->verb->rules[i];

		if (rule->kind == RULE_ONE_OF && (rule->a & bit))
			others |= rule->a & ~bit;
		if (rule->kind == RULE_CONFLICTS && (rule->a & bit))
			others |= rule->b;
		if (rule->kind == RULE_CONFLICTS && (rule->b & bit))
			others |= rule->a;
	}
	return others & args->given;
}

static int tell_conflict(const struct arguments *args, enum option_id first, uint64_t others,
                         struct strbuf *message)
{
	_cleanup_(strbuf_done) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	usage_add_option(&a, cli_option_find(args->verb, first));
	if (count_bits(others) > 1) {
		add_options(args, others, "\n  ", "", &b);
		return usage_error(args, message, "the argument '%s' cannot be used with:%s",
		                   strbuf_str(&a), strbuf_str(&b));
	}
	add_options(args, others, "", "", &b);
	return usage_error(args, message, "the argument '%s' cannot be used with '%s'",
	                   strbuf_str(&a), strbuf_str(&b));
}

static int check_conflicts(const struct arguments *args, struct strbuf *message)
{
	for (size_t i = 0; i < args->n_order; i++) {
		uint64_t others = conflicting(args, args->order[i]);

		if (others)
			return tell_conflict(args, args->order[i], others, message);
	}
	return 0;
}

/* "  <--auto|--manual>": one line for a choice. */
static void add_choice(const struct arguments *args, uint64_t mask, struct strbuf *out)
{
	strbuf_add_str(out, "\n  <");
	add_options(args, mask, "", "|", out);
	out->data[out->len - 1] = '>';
}

static bool is_missing(const struct arguments *args, const struct cli_rule *rule)
{
	switch (rule->kind) {
	case RULE_ANY_OF:
	case RULE_ONE_OF:
		return !(args->given & (rule->a | rule->b));
	case RULE_REQUIRES:
		return (args->given & rule->a) && !(args->given & (rule->b | rule->unless));
	case RULE_CONFLICTS:
		break;
	}
	return false;
}

static void add_missing(const struct arguments *args, const struct cli_rule *rule,
                        struct strbuf *out)
{
	if (rule->kind == RULE_ONE_OF)
		add_choice(args, rule->a | rule->b, out);
	else if (rule->kind == RULE_REQUIRES && count_bits(rule->b) > 1)
		add_choice(args, rule->b, out);
	else
		add_options(args, rule->kind == RULE_REQUIRES ? rule->b : rule->a, "\n  ", "", out);
}

/* What one option needs is asked for only when nothing is missing as such: else the
 * same option would be named twice. */
static void collect_missing(const struct arguments *args, bool dependent, struct strbuf *out)
{
	for (size_t i = 0; i < args->verb->n_rules; i++) {
		const struct cli_rule *rule = &args->verb->rules[i];

		if ((rule->kind == RULE_REQUIRES) == dependent && is_missing(args, rule))
			add_missing(args, rule, out);
	}
}

int cli_check_rules(const struct arguments *args, struct strbuf *message)
{
	_cleanup_(strbuf_done) struct strbuf missing = STRBUF_INIT;
	const struct cli_verb *verb = args->verb;
	int r = check_conflicts(args, message);

	if (r < 0)
		return r;
	collect_missing(args, false, &missing);
	if (missing.len == 0)
		collect_missing(args, true, &missing);
	if (verb->positional_min > 0 && !args->positional)
		strbuf_addf(&missing, "\n  <%s>", verb->positional_name);
	if (missing.len == 0)
		return strbuf_error(&missing);
	return usage_error(args, message, "the following required arguments were not provided:%s",
	                   strbuf_str(&missing));
}
