/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * wait */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/overview.h"
#include "cli/verbs.h"
#include "cli/wakeup.h"
#include "shared/clock.h"

/* Not every change can be heard of: look at least so often. */
#define LOOK_MS 1000

/* ... unless looking takes long itself: no more than one part of so many of the time. */
#define LOOK_SHARE 10

/* Events of one cause come together. */
#define SETTLE_MS 20

/* So many of those that are missing are told one by one. */
#define MISSING_MAX 20

struct waiting {
	struct cli *cli;
	const struct arguments *args;
	struct overview overview;
	size_t wanted;  /* devices that are waited for */
	size_t missing; /* ... in vain until now */
	size_t bad;     /* told */
};

/* ---- what is waited for -------------------------------------------------------------------- */

static bool is_wanted(const struct arguments *args, const struct survey *s,
                      const struct survey_entry *e)
{
	const struct mdev_uuid *uuid = arguments_uuid(args);
	const char *parent = args->values[OPTION_PARENT];

	if (uuid)
		return mdev_uuid_compare(uuid, &e->uuid) == 0 &&
		       (!parent || strcmp(parent, s->parent) == 0);
	if (parent && strcmp(parent, s->parent) != 0)
		return false;
	return e->is_auto || (parent && arguments_has(args, GONE));
}

/* Not only what is active: a device that stops has its UUID and its instance still. */
static bool is_gone(const struct survey_entry *e)
{
	switch (e->state) {
	case DEVICE_STARTING:
	case DEVICE_ACTIVE:
	case DEVICE_DEGRADED:
	case DEVICE_STOPPING:
	case DEVICE_STUCK:
		return false;
	case DEVICE_INACTIVE:
	case DEVICE_WAITING_PARENT:
	case DEVICE_WAITING_TYPE:
	case DEVICE_WAITING_INSTANCE:
	case DEVICE_BLOCKED:
	case _DEVICE_STATE_MAX:
		break;
	case DEVICE_FAILED:
		return !e->is_half_made;
	}
	return true;
}

static bool is_reached(const struct arguments *args, const struct survey_entry *e)
{
	if (arguments_has(args, GONE))
		return is_gone(e);
	if (arguments_has(args, SETTLED) && survey_entry_is_at_rest(e, true))
		return true;
	return e->state == DEVICE_ACTIVE || e->state == DEVICE_DEGRADED;
}

/* Calls each() for what is waited for. A UUID that is defined under two parents is there as
 * soon as one has it, and gone when none has. */
static void each_wanted(struct waiting *w, void (*each)(struct waiting *w, const struct survey *s,
                                                        const struct survey_entry *e))
{
	for (size_t i = 0; i < w->overview.n; i++)
		for (size_t j = 0; j < w->overview.surveys[i].n; j++)
			if (is_wanted(w->args, &w->overview.surveys[i],
			              &w->overview.surveys[i].entries[j]))
				each(w, &w->overview.surveys[i],
				     &w->overview.surveys[i].entries[j]);
}

static void count(struct waiting *w, const struct survey *s, const struct survey_entry *e)
{
	w->wanted++;
	w->missing += !is_reached(w->args, e);
}

static bool all_reached(const struct waiting *w)
{
	const struct arguments *args = w->args;

	if (!arguments_uuid(args))
		return w->missing == 0;
	if (arguments_has(args, GONE) || arguments_has(args, SETTLED))
		return w->missing == 0 && (w->wanted > 0 || arguments_has(args, GONE));
	return w->missing < w->wanted;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void add_device(struct strbuf *out, const struct survey *s, const struct survey_entry *e)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&e->uuid, uuid);
	strbuf_addf(out, "Device %s on parent %s is %s", uuid, s->parent,
	            device_state_name(e->state));
	if (e->reason)
		strbuf_addf(out, ": %s", e->reason);
}

static void warn_of(struct waiting *w, const struct survey *s, const struct survey_entry *e)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	add_device(&text, s, e);
	log_warn(env_log(w->cli->env), "%s", strbuf_str(&text));
}

static void tell_missing(struct waiting *w, const struct survey *s, const struct survey_entry *e)
{
	if (!is_reached(w->args, e) && w->missing++ < MISSING_MAX)
		warn_of(w, s, e);
}

/* Reached, but not all well. */
static void tell_bad(struct waiting *w, const struct survey *s, const struct survey_entry *e)
{
	if ((e->state == DEVICE_DEGRADED || survey_entry_is_bad(e)) && w->bad++ < MISSING_MAX)
		warn_of(w, s, e);
}

/* Nothing to wait for is no failure, but may be a slip. */
static void tell_nothing(const struct waiting *w)
{
	const char *parent = w->args->values[OPTION_PARENT];

	if (w->wanted == 0 && parent && !arguments_uuid(w->args))
		log_warn(env_log(w->cli->env), "No device on parent %s is started automatically",
		         parent);
}

/* The reasons are warnings, one a line; the error is what they come to. */
static int time_out(struct waiting *w, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	const char *what = arguments_has(w->args, GONE)      ? "gone"
	                   : arguments_has(w->args, SETTLED) ? "settled"
	                                                     : "active";

	w->missing = 0;
	each_wanted(w, tell_missing);
	if (arguments_uuid(w->args)) {
		mdev_uuid_format(arguments_uuid(w->args), uuid);
		error_set(err, -ETIMEDOUT, "Device %s is not %s", uuid, what);
		if (w->wanted == 0)
			error_set_cause(err, "nothing of this UUID is defined or active");
	} else {
		error_set(err, -ETIMEDOUT, "%zu of %zu devices are not %s", w->missing, w->wanted,
		          what);
	}
	error_add_cause(err, "after %u s", w->args->wait_seconds);
	error_set_kind(err, ERROR_STATE);
	return -ETIMEDOUT;
}

static void tell_unknown(const struct waiting *w)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	if (!arguments_uuid(w->args) || w->wanted > 0)
		return;
	mdev_uuid_format(arguments_uuid(w->args), uuid);
	log_warn(env_log(w->cli->env), "Device %s is neither defined nor active, waiting for it",
	         uuid);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static int look(struct waiting *w)
{
	int r;

	overview_done(&w->overview);
	r = overview_take(w->cli->ops, env_log(w->cli->env), &w->overview);
	if (r < 0)
		return r;
	w->wanted = w->missing = 0;
	each_wanted(w, count);
	return all_reached(w);
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Sleeps until the next look; the last one took look_ms. 0: time is up. */
static int sleep_until_look(struct waiting *w, struct wakeup *wakeup, int64_t start,
                            int64_t look_ms)
{
	int64_t left = (int64_t)w->args->wait_seconds * 1000 - (clock_ms() - start);
	int64_t pause = larger(look_ms * LOOK_SHARE, LOOK_MS);
	int r;

	if (!arguments_has(w->args, TIMEOUT))
		left = pause;
	if (left <= 0)
		return 0;
	r = wakeup_wait(wakeup, larger(look_ms * LOOK_SHARE, SETTLE_MS),
	                left < pause ? left : pause);
	return r < 0 ? r : 1;
}

/* 1: reached. 0: time is up. */
static int wait_until_reached(struct waiting *w, struct wakeup *wakeup)
{
	int64_t start = clock_ms();
	bool is_first = true;

	for (;;) {
		int64_t before = clock_ms();
		int r = look(w);

		if (r != 0)
			return r;
		if (is_first)
			tell_unknown(w);
		is_first = false;
		r = sleep_until_look(w, wakeup, start, clock_ms() - before);
		if (r <= 0)
			return r;
	}
}

static void waiting_done(struct waiting *w)
{
	overview_done(&w->overview);
}

int verb_wait(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(waiting_done) struct waiting w = { .cli = cli, .args = args };
	_cleanup_(wakeup_freep) struct wakeup *wakeup = NULL;
	int r = wakeup_new(cli->env, &wakeup);

	if (r == 0)
		r = wait_until_reached(&w, wakeup);
	if (r == -EINTR)
		return error_set(err, r, "Waiting was interrupted");
	if (r < 0)
		return error_set_errno(err, r, "Cannot wait for the devices");
	if (r == 0)
		return time_out(&w, err);
	if (!arguments_has(args, GONE)) {
		each_wanted(&w, tell_bad);
		tell_nothing(&w);
	}
	return CLI_SUCCESS;
}
