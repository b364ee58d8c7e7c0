/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table itself, and the help made from it. */
#include "config.h"

#include "cli/cli-dump.h"
#include "cli/cli-table.h"
#include "cli/usage.h"
#include "lib/unit.h"
#include "shared/json.h"

#include <json.h>

#define COLUMNS 80

static void each_verb(void (*check)(const struct cli_verb *verb))
{
	check(&cli_top);
	for (size_t i = 0; i < cli_n_verbs; i++)
		check(&cli_verbs[i]);
}

static uint64_t options_mask(const struct cli_verb *verb)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < verb->n_options; i++)
		mask |= UINT64_C(1) << verb->options[i].id;
	return mask;
}

static void check_options_differ(const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_options; i++)
		for (size_t j = 0; j < i; j++) {
			const struct cli_option *a = &verb->options[i], *b = &verb->options[j];

			assert_int_not_equal(a->id, b->id);
			assert_string_not_equal(a->long_name, b->long_name);
			assert_true(!a->short_name || a->short_name != b->short_name);
		}
}

static void check_option_rows(const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];

		assert_int_equal(o->value_name == NULL, o->kind == VALUE_NONE);
		assert_true(!o->optional_value || (o->value_name && !o->short_name));
		assert_true(o->help || o->id == OPTION_DUMP_CLI);
		assert_true(!o->help || o->help[strlen(o->help) - 1] != '.');
		assert_true(!o->note || o->note[strlen(o->note) - 1] == '.');
	}
	assert_non_null(cli_option_find(verb, OPTION_HELP));
}

static void check_rules(const struct cli_verb *verb)
{
	uint64_t mask = options_mask(verb);

	for (size_t i = 0; i < verb->n_rules; i++) {
		const struct cli_rule *rule = &verb->rules[i];

		assert_int_not_equal(rule->a, 0);
		assert_int_equal((rule->a | rule->b | rule->unless) & ~mask, 0);
		assert_int_equal(rule->a & rule->b, 0);
		assert_true(rule->b || rule->kind == RULE_ANY_OF || rule->kind == RULE_ONE_OF);
	}
}

static void test_rows_are_consistent(void **state)
{
	each_verb(check_options_differ);
	each_verb(check_option_rows);
	each_verb(check_rules);
	for (size_t i = 0; i < cli_n_verbs; i++) {
		assert_ptr_equal(cli_verb_find(cli_verbs[i].name), &cli_verbs[i]);
		assert_true(cli_verbs[i].positional_min <= cli_verbs[i].positional_max);
		assert_int_equal(cli_verbs[i].positional_name == NULL,
		                 cli_verbs[i].positional_max == 0);
		assert_non_null(cli_verbs[i].summary);
	}
	assert_null(cli_verb_find("frobnicate"));
}

static void test_programs(void **state)
{
	assert_ptr_equal(cli_verb_of_program("lsmdev"), cli_verb_find("list"));
	assert_ptr_equal(cli_verb_of_program("foolsmdev"), cli_verb_find("list"));
	assert_null(cli_verb_of_program("lsmdev2"));
	assert_null(cli_verb_of_program("mdevctl"));
	assert_null(cli_verb_of_program(""));
}

/* No line is too long, none ends in a blank, the text ends in one newline. */
static void check_layout(const char *text)
{
	assert_true(*text != '\0');
	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true(end - text <= COLUMNS);
		assert_true(end == text || end[-1] != ' ');
		assert_true(end > text || end[1] != '\0');
	}
}

static void check_help(const struct cli_verb *verb)
{
	struct arguments args = { .program = "mdevctl", .verb = verb };
	_cleanup_(strbuf_done) struct strbuf in_short = STRBUF_INIT, in_full = STRBUF_INIT;

	usage_add_help(&in_short, &args, false);
	usage_add_help(&in_full, &args, true);
	check_layout(strbuf_str(&in_short));
	check_layout(strbuf_str(&in_full));
	assert_true(in_full.len >= in_short.len);
	for (size_t i = 0; i < verb->n_options; i++) {
		_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

		usage_add_option(&name, &verb->options[i]);
		assert_int_equal(!strstr(in_short.data, strbuf_str(&name)), !verb->options[i].help);
		assert_int_equal(!strstr(in_full.data, strbuf_str(&name)), !verb->options[i].help);
	}
}

static void test_help(void **state)
{
	struct arguments args = { .program = "mdevctl", .verb = &cli_top };
	_cleanup_(strbuf_done) struct strbuf help = STRBUF_INIT;

	each_verb(check_help);
	usage_add_help(&help, &args, true);
	for (size_t i = 0; i < cli_n_verbs; i++) {
		_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

		strbuf_addf(&line, "\n  %s ", cli_verbs[i].name);
		assert_int_equal(!strstr(help.data, strbuf_str(&line)),
		                 cli_verbs[i].is_hidden || strchr(cli_verbs[i].name, ' '));
	}
}

static void test_wrapping(void **state)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char word[COLUMNS + 1];

	memset(word, 'x', COLUMNS);
	word[COLUMNS] = '\0';
	usage_add_wrapped(&text, "a b", 0);
	assert_string_equal(text.data, "a b");
	strbuf_clear(&text);
	usage_add_wrapped(&text, word, 0); /* fits exactly */
	strbuf_add_str(&text, "|");
	assert_null(strchr(text.data, '\n'));
	strbuf_clear(&text);
	word[COLUMNS - 2] = ' ';
	word[COLUMNS - 1] = 'y';
	usage_add_wrapped(&text, word, 0);
	assert_null(strchr(text.data, '\n'));
	strbuf_clear(&text);
	usage_add_wrapped(&text, word, 3);
	assert_non_null(strstr(text.data, "x\n   y"));
}

/* What the generators read is JSON and has all verbs. */
static void test_dump(void **state)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct json_object *dump = NULL, *verbs = NULL;

	cli_dump(&text);
	assert_int_equal(json_parse(text.data, text.len, &dump, NULL, NULL), 0);
	assert_true(json_object_object_get_ex(dump, "verbs", &verbs));
	assert_int_equal(json_object_array_length(verbs), cli_n_verbs);
	assert_true(json_object_object_get_ex(dump, "statuses", &verbs));
	assert_int_equal(json_object_array_length(verbs), _ERROR_KIND_MAX + 1);
	json_object_put(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_consistent),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_wrapping),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
