/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * status */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "cli/out-parent.h"
#include "cli/out-status.h"
#include "cli/overview.h"
#include "cli/verbs.h"
#include "core/mdevctl-rule.h"
#include "core/running.h"

struct selection {
	struct status_row *rows;
	size_t n;
	struct status_summary summary;
	struct parent_table recipes;
};

static void selection_done(struct selection *s)
{
	free(s->rows);
	parent_table_done(&s->recipes);
}

/* ---- what is shown ---------------------------------------------------------------------- */

static bool is_wanted(const struct arguments *args, const struct survey *s,
                      const struct survey_entry *e)
{
	const struct mdev_uuid *uuid = arguments_uuid(args);
	const char *parent = args->values[OPTION_PARENT];

	return (!uuid || mdev_uuid_compare(uuid, &e->uuid) == 0) &&
	       (!parent || strcmp(parent, s->parent) == 0);
}

static size_t count_entries(const struct overview *overview)
{
	size_t n = 0;

	for (size_t i = 0; i < overview->n; i++)
		n += overview->surveys[i].n;
	return n;
}

/* All that is wanted is counted, only what is bad is shown with --failed. */
static int select_rows(const struct arguments *args, const struct overview *overview,
                       struct selection *ret)
{
	bool failed = arguments_has(args, FAILED);

	ret->rows = calloc(count_entries(overview) + 1, sizeof(*ret->rows));
	if (!ret->rows)
		return -ENOMEM;
	for (size_t i = 0; i < overview->n; i++) {
		const struct survey *s = &overview->surveys[i];

		for (size_t j = 0; j < s->n; j++) {
			const struct survey_entry *e = &s->entries[j];

			if (!is_wanted(args, s, e))
				continue;
			status_count(&ret->summary, e);
			if (!failed || survey_entry_is_bad(e))
				ret->rows[ret->n++] = (struct status_row){
					.parent = s->parent,
					.is_registered = s->registration != 0,
					.entry = e,
				};
		}
	}
	return 0;
}

static size_t n_counted(const struct status_summary *summary)
{
	size_t n = 0;

	for (size_t i = 0; i < _DEVICE_STATE_MAX; i++)
		n += summary->states[i];
	return n;
}

/* A device that nobody knows is a mistake of who asks; so is a parent that is not there
 * and has nothing. */
static int check_known(const struct arguments *args, const struct overview *overview,
                       const struct selection *selection, struct error *err)
{
	const struct mdev_uuid *uuid = arguments_uuid(args);
	const char *parent = args->values[OPTION_PARENT];
	char text[MDEV_UUID_TEXT_MAX];

	if (n_counted(&selection->summary) > 0 || (!uuid && !parent))
		return 0;
	if (uuid) {
		mdev_uuid_format(uuid, text);
		return error_set(err, -ENOENT, "Device %s is neither defined nor active%s%s", text,
		                 parent ? " on parent " : "", parent ? parent : "");
	}
	for (size_t i = 0; i < overview->n; i++)
		if (strcmp(overview->surveys[i].parent, parent) == 0)
			return 0;
	return error_set(err, -ENOENT, "Parent %s is not there, and no device is defined on it",
	                 parent);
}

/* A recipe is about a parent, and about no single device. */
static int select_recipes(struct cli *cli, const struct arguments *args, struct selection *ret)
{
	ret->recipes.out = cli->out;
	ret->recipes.is_json = arguments_has(args, JSON);
	if (arguments_uuid(args) || args->values[OPTION_PARENT])
		return 0;
	return ops_parent_list(cli->ops, NULL, parent_table_entry, &ret->recipes, NULL);
}

/* ---- remarks ----------------------------------------------------------------------------- */

static void on_rivalry(void *userdata, const struct mdev_uuid *uuid, const char *first,
                       const char *second)
{
	const struct cli *cli = userdata;
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	log_warn(env_log(cli->env),
	         "Device %s is to be started automatically on the parents %s and %s: only one of "
	         "them can have it",
	         text, first, second);
}

/* Each says so itself, but not how to see it. */
static void remark_hidden(struct cli *cli, const struct selection *s)
{
	size_t n = 0;

	if (geteuid() == 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		n += s->rows[i].entry->is_private && s->rows[i].entry->is_broken;
	if (n > 0)
		log_warn(env_log(cli->env),
		         "Definitions that only root may read: %zu; not all is "
		         "known of these devices",
		         n);
}

static int remark(struct cli *cli, const struct overview *overview)
{
	_cleanup_(freep) char *rule = NULL;
	int r = mdevctl_rule_find(cli->env, &rule);

	if (rule)
		log_warn(env_log(cli->env),
		         "The udev rule %s of mdevctl starts devices too: remove it, or mask it by "
		         "a link to /dev/null",
		         rule);
	overview_each_rivalry(overview, on_rivalry, cli);
	return r;
}

/* ---- the verb ---------------------------------------------------------------------------- */

static int print(struct cli *cli, const struct arguments *args,
                 const struct status_columns *columns, const struct selection *s, struct error *err)
{
	bool headings = !arguments_has(args, NOHEADINGS);
	size_t before;
	int r;

	if (arguments_has(args, JSON)) {
		status_add_json(&cli->out->text, &s->summary, s->rows, s->n,
		                strbuf_str(&s->recipes.json));
		return 0;
	}
	if (s->n > 0) {
		/* libsmartcols shows what the locale cannot print as codes. */
		setlocale(LC_CTYPE, "");
		r = status_add_table(cli->out, columns, headings, s->rows, s->n, err);
		if (r < 0)
			return error_is_set(err) ? r
			                         : error_set_errno(err, r, "Cannot make the table");
	}
	before = cli->out->text.len;
	if (headings && s->n > 0)
		strbuf_add_char(&cli->out->text, '\n');
	parent_table_add_status(&s->recipes, arguments_has(args, FAILED));
	if (headings) {
		if (cli->out->text.len > before + 1)
			strbuf_add_char(&cli->out->text, '\n');
		status_add_summary(&cli->out->text, &s->summary);
	}
	return 0;
}

int verb_status(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(overview_done) struct overview overview = { 0 };
	_cleanup_(selection_done) struct selection selection = { 0 };
	struct status_columns columns;
	int r = status_columns_parse(args->values[OPTION_OUTPUT], &columns, err);

	if (r < 0)
		return r;
	r = overview_take(cli->ops, env_log(cli->env), &overview);
	if (r == 0)
		r = select_rows(args, &overview, &selection);
	if (r == 0)
		r = select_recipes(cli, args, &selection);
	if (r == 0)
		r = remark(cli, &overview);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look at the devices");
	r = check_known(args, &overview, &selection, err);
	if (r < 0)
		return r;
	remark_hidden(cli, &selection);
	selection.summary.daemon = running_pid(cli->env);
	r = print(cli, args, &columns, &selection, err);
	if (r < 0)
		return r;
	return selection.summary.bad + selection.recipes.n_bad > 0 ? CLI_STATE : CLI_SUCCESS;
}
