/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * retry */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/bus.h"
#include "cli/change.h"
#include "cli/out-text.h"
#include "cli/overview.h"
#include "cli/verbs.h"
#include "core/running.h"

static bool is_wanted(const struct arguments *args, const struct survey *s,
                      const struct survey_entry *e)
{
	const struct mdev_uuid *uuid = arguments_uuid(args);
	const char *parent = args->values[OPTION_PARENT];

	return e->is_auto && (!uuid || mdev_uuid_compare(uuid, &e->uuid) == 0) &&
	       (!parent || strcmp(parent, s->parent) == 0);
}

/* Calls each() for the automatic definitions that were asked for. */
static int each_wanted(struct cli *cli, const struct arguments *args,
                       const struct overview *overview,
                       int (*each)(struct cli *cli, const struct survey *s,
                                   const struct survey_entry *e, struct error *err),
                       struct error *err)
{
	int status = CLI_SUCCESS;

	for (size_t i = 0; i < overview->n; i++)
		for (size_t j = 0; j < overview->surveys[i].n; j++) {
			const struct survey *s = &overview->surveys[i];
			int r;

			if (!is_wanted(args, s, &s->entries[j]))
				continue;
			if (env_is_interrupted(cli->env))
				return error_set(err, -EINTR, "Interrupted");
			r = each(cli, s, &s->entries[j], err);
			if (r == -EINTR || r == -ENOMEM)
				return r;
			if (r < 0) {
				status = messages_print_error(cli->messages, err);
				error_done(err);
			}
		}
	return status;
}

static int print_one(struct cli *cli, const struct survey *s, const struct survey_entry *e,
                     struct error *err _unused_)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	/* Without its parent there is nothing to try either. */
	if (s->registration == 0 || survey_entry_is_there(e))
		return 0;
	mdev_uuid_format(&e->uuid, uuid);
	strbuf_addf(&cli->out->text, "try to start %s on parent ", uuid);
	text_add_lines(cli->out, s->parent);
	strbuf_addf(&cli->out->text, ", now %s\n", device_state_name(e->state));
	return output_advance(cli->out);
}

static int try_one(struct cli *cli, const struct survey *s, const struct survey_entry *e,
                   struct error *err)
{
	const struct try_request req = {
		.parent = s->parent,
		.registration = s->registration,
		.policy = &cli->settings.retry,
	};

	return e->action == CAMPAIGN_REST ? 0 : ops_try(cli->ops, &req, &e->uuid, err);
}

/* The daemon hears of what was armed, and tries it; without it we do. */
int verb_retry(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(request_result_done) struct request_result result = { 0 };
	_cleanup_(overview_done) struct overview overview = { 0 };
	bool dry_run = arguments_has(args, DRY_RUN);
	const struct request req = { .kind = REQUEST_RETRY,
		                     .target = { .uuid = arguments_uuid(args),
		                                 .parent = args->values[OPTION_PARENT],
		                                 .options = change_options(args) } };
	int r = change_run(cli, args, &req, &result, err), status = CLI_SUCCESS;

	if ((r < 0 && result.n_armed == 0) ||
	    (!dry_run && (bus_is_needed(cli->env) || running_pid(cli->env) != 0)))
		return r;
	/* What could be armed has nobody but us. */
	if (r < 0) {
		status = messages_print_error(cli->messages, err);
		error_done(err);
	}
	r = overview_take(cli->ops, env_log(cli->env), &overview);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look at the devices");
	r = each_wanted(cli, args, &overview, dry_run ? print_one : try_one, err);
	return r != 0 ? r : status;
}
