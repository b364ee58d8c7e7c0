/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Campaigns: what is due for one definition. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/campaign.h"
#include "core/failure.h"

/* When to look again without an event: at a process that is inside a driver, ... */
#define STUCK_PERIOD INT64_C(5000000)

/* ... at a device that is made (the kernel's last event comes before its last link), ... */
#define STARTING_PERIOD INT64_C(5000000)

/* ... and at one that goes, and whose UUID is waited for. */
#define STOPPING_PERIOD INT64_C(1000000)

static enum campaign_phase phase_of(const struct campaign_facts *f)
{
	if (f->record)
		return f->record->phase;
	return f->is_armed ? CAMPAIGN_ARMED : CAMPAIGN_NONE;
}

bool campaign_phase_is_pending(enum campaign_phase phase)
{
	switch (phase) {
	case CAMPAIGN_ARMED:
	case CAMPAIGN_RETRY:
	case CAMPAIGN_NO_TYPE:
	case CAMPAIGN_NO_INSTANCE:
	case CAMPAIGN_OTHER_DISK:
	case CAMPAIGN_BLOCKED:
	case CAMPAIGN_FAILED:
		return true;
	case CAMPAIGN_NONE:
	case CAMPAIGN_CREATING:
	case CAMPAIGN_STUCK:
	case CAMPAIGN_DONE:
	case CAMPAIGN_DEGRADED:
	case CAMPAIGN_HALF_MADE:
	case _CAMPAIGN_PHASE_MAX:
		break;
	}
	return false;
}

bool campaign_phase_is_at_work(enum campaign_phase phase)
{
	return phase == CAMPAIGN_CREATING || phase == CAMPAIGN_STUCK;
}

static bool is_open(enum campaign_phase phase)
{
	return campaign_phase_is_pending(phase) || campaign_phase_is_at_work(phase);
}

static bool is_stuck(const struct campaign_facts *f)
{
	return phase_of(f) == CAMPAIGN_STUCK && f->is_writer_alive;
}

/* By hand, when somebody was inside the driver to make it. */
static bool is_stopped(const struct campaign_facts *f)
{
	return campaign_phase_is_at_work(phase_of(f)) && f->record->is_stopped;
}

/* ---- verdicts ---------------------------------------------------------------------- */

static struct campaign_verdict rest(enum device_state state)
{
	return (struct campaign_verdict){ .state = state, .action = CAMPAIGN_REST };
}

static struct campaign_verdict rest_until(enum device_state state, int64_t due)
{
	return (struct campaign_verdict){ .state = state, .action = CAMPAIGN_REST, .due = due };
}

static struct campaign_verdict act(enum device_state state, enum campaign_action action)
{
	return (struct campaign_verdict){ .state = state, .action = action };
}

static void say_recorded(const struct campaign_facts *f, const char *otherwise,
                         struct strbuf *reason)
{
	const char *text = f->record ? f->record->reason : NULL;

	strbuf_add_str(reason, text && text[0] ? text : otherwise);
}

static struct campaign_verdict retire(const char *why, struct strbuf *reason)
{
	strbuf_add_str(reason, why);
	return act(DEVICE_INACTIVE, CAMPAIGN_RETIRE);
}

static void say_stopped(const struct campaign_facts *f, struct strbuf *reason)
{
	say_recorded(f, "it was stopped while it was being made", reason);
}

static struct campaign_verdict stuck(const struct campaign_facts *f, struct strbuf *reason)
{
	say_recorded(f, "the driver does not come back", reason);
	if (is_stopped(f))
		strbuf_addf(reason, "; process %d is still inside the driver", (int)f->record->pid);
	return rest_until(DEVICE_STUCK, f->now + STUCK_PERIOD);
}

/* Written down again when it is somebody else by now; one that named nobody stays. */
static struct campaign_verdict block(const struct campaign_facts *f, const char *other)
{
	bool is_recorded = phase_of(f) == CAMPAIGN_BLOCKED &&
	                   (!f->record->other || strcmp(f->record->other, other) == 0);
	struct campaign_verdict v = act(DEVICE_BLOCKED,
	                                is_recorded ? CAMPAIGN_REST : CAMPAIGN_BLOCK);

	v.other = other;
	return v;
}

static struct campaign_verdict block_by_device(const struct campaign_facts *f,
                                               struct strbuf *reason)
{
	strbuf_addf(reason, "the UUID is active on parent %s", f->active_parent);
	return block(f, f->active_parent);
}

static struct campaign_verdict block_by_rival(const struct campaign_facts *f, struct strbuf *reason)
{
	strbuf_addf(reason, "parent %s has an auto definition of it too, and comes first",
	            f->rival);
	return block(f, f->rival);
}

static struct campaign_verdict start(const struct campaign_facts *f, enum device_state state,
                                     struct strbuf *reason)
{
	if (f->rival)
		return block_by_rival(f, reason);
	if (!f->has_type) {
		strbuf_add_str(reason, "the parent does not offer its type");
		return act(DEVICE_WAITING_TYPE, CAMPAIGN_MISS);
	}
	/* What the last try failed at stays true until the next one has failed or not. */
	if (state == DEVICE_FAILED || phase_of(f) == CAMPAIGN_RETRY)
		say_recorded(f, "", reason);
	return act(state, CAMPAIGN_START);
}

/* ---- the device is there, or somewhere ------------------------------------------------ */

/* Between tries; from some of them on it is told as failed. */
static enum device_state state_of_tries(const struct record *record)
{
	return record->attempts >= CAMPAIGN_PATIENCE ? DEVICE_FAILED : DEVICE_STARTING;
}

/* What an earlier definition has written cannot be taken back, but with the device. */
static struct campaign_verdict judge_half_made(const struct campaign_facts *f,
                                               struct strbuf *reason)
{
	enum device_state state = state_of_tries(f->record);

	if (f->is_changed)
		return act(DEVICE_STARTING, CAMPAIGN_REMAKE);
	strbuf_add_str(reason, "the device is there, half made: ");
	say_recorded(f, "an attribute could not be written", reason);
	return f->now >= f->record->next ? act(state, CAMPAIGN_FINISH)
	                                 : rest_until(state, f->record->next);
}

static struct campaign_verdict judge_active(const struct campaign_facts *f, struct strbuf *reason)
{
	enum campaign_phase phase = phase_of(f);
	struct campaign_verdict v = rest(DEVICE_ACTIVE);

	if (is_stuck(f))
		return stuck(f, reason);
	if (is_stopped(f) && !f->type_differs) {
		say_stopped(f, reason);
		strbuf_add_str(reason, "; it has come all the same");
		return act(DEVICE_STOPPING, CAMPAIGN_REMOVE);
	}
	if (campaign_phase_is_at_work(phase) && !f->type_differs)
		return act(DEVICE_STARTING, CAMPAIGN_FINISH);
	if (phase == CAMPAIGN_HALF_MADE && !f->type_differs)
		return judge_half_made(f, reason);
	/* Seen for the first time, or defined since: its unit is told that it is ready. */
	if (is_open(phase) || phase == CAMPAIGN_HALF_MADE ||
	    (phase == CAMPAIGN_NONE && f->is_noted))
		v.action = CAMPAIGN_RETIRE;
	if (f->type_differs) {
		v.state = DEVICE_DEGRADED;
		strbuf_addf(reason, "it is active with type %s, and defined with type %s",
		            f->active_type, f->type);
	} else if (phase == CAMPAIGN_DEGRADED) {
		v.state = DEVICE_DEGRADED;
		say_recorded(f, "not all attributes could be written", reason);
	}
	return v;
}

static struct campaign_verdict judge_starting(const struct campaign_facts *f, struct strbuf *reason)
{
	if (is_stuck(f))
		return stuck(f, reason);
	if (is_stopped(f))
		say_stopped(f, reason);
	return rest_until(DEVICE_STARTING, f->now + STARTING_PERIOD);
}

static struct campaign_verdict judge_stopping(const struct campaign_facts *f, struct strbuf *reason)
{
	enum campaign_phase phase = phase_of(f);
	bool is_awaited = f->is_auto && (is_open(phase) || phase == CAMPAIGN_HALF_MADE);

	strbuf_add_str(reason, "the kernel waits for its last user");
	return rest_until(DEVICE_STOPPING, is_awaited ? f->now + STOPPING_PERIOD : 0);
}

static struct campaign_verdict judge_elsewhere(const struct campaign_facts *f,
                                               struct strbuf *reason)
{
	enum campaign_phase phase = phase_of(f);

	if (is_stuck(f))
		return stuck(f, reason);
	if (f->is_auto && is_open(phase) && !f->was_seen && !is_stopped(f))
		return block_by_device(f, reason);
	strbuf_addf(reason, "the UUID is active on parent %s", f->active_parent);
	return act(DEVICE_INACTIVE,
	           is_open(phase) || phase == CAMPAIGN_HALF_MADE ? CAMPAIGN_RETIRE : CAMPAIGN_REST);
}

/* ---- the device is not there ------------------------------------------------------------ */

static struct campaign_verdict judge_retry(const struct campaign_facts *f, struct strbuf *reason)
{
	enum device_state state = state_of_tries(f->record);

	if (f->now >= f->record->next || f->is_changed)
		return start(f, state, reason);
	say_recorded(f, "", reason);
	return rest_until(state, f->record->next);
}

static struct campaign_verdict judge_no_type(const struct campaign_facts *f, struct strbuf *reason)
{
	if (f->is_changed && f->has_type)
		return start(f, DEVICE_STARTING, reason);
	say_recorded(f, "the parent does not offer its type", reason);
	return rest(DEVICE_WAITING_TYPE);
}

static struct campaign_verdict judge_no_instance(const struct campaign_facts *f,
                                                 struct strbuf *reason)
{
	int64_t next = f->record->next;

	if (f->is_freed || f->is_changed || (next > 0 && f->now >= next))
		return start(f, DEVICE_STARTING, reason);
	say_recorded(f, "the type has no instance left", reason);
	return rest_until(DEVICE_WAITING_INSTANCE, next);
}

/* Its own disk comes by another registration, if it comes. */
static struct campaign_verdict judge_other_disk(const struct campaign_facts *f,
                                                struct strbuf *reason)
{
	if (f->is_changed)
		return start(f, DEVICE_STARTING, reason);
	say_recorded(f, "the parent carries another disk than its own", reason);
	return rest(DEVICE_WAITING_PARENT);
}

static struct campaign_verdict judge_blocked(const struct campaign_facts *f, struct strbuf *reason)
{
	if (f->rival)
		return block_by_rival(f, reason);
	if (f->other_is_over)
		return start(f, DEVICE_STARTING, reason);
	return retire("the device of another parent that had its UUID was stopped, while that "
	              "parent stays; 'start' or 'retry' starts this one",
	              reason);
}

static struct campaign_verdict judge_failed(const struct campaign_facts *f, struct strbuf *reason)
{
	if (f->is_changed)
		return start(f, DEVICE_STARTING, reason);
	say_recorded(f, "its start failed", reason);
	return rest(DEVICE_FAILED);
}

static struct campaign_verdict judge_over(const struct campaign_facts *f, const char *otherwise,
                                          struct strbuf *reason)
{
	say_recorded(f, otherwise, reason);
	return rest(DEVICE_INACTIVE);
}

/* A writer that nobody can name, since whom it worked for died, may not have come to the
 * driver yet. */
static struct campaign_verdict judge_stopped(const struct campaign_facts *f, struct strbuf *reason)
{
	bool may_come = phase_of(f) == CAMPAIGN_CREATING &&
	                f->now - f->record->since < STARTING_PERIOD;

	say_stopped(f, reason);
	return may_come ? rest_until(DEVICE_INACTIVE, f->now + STARTING_PERIOD)
	                : act(DEVICE_INACTIVE, CAMPAIGN_RETIRE);
}

static struct campaign_verdict judge_phase(const struct campaign_facts *f, struct strbuf *reason)
{
	switch (phase_of(f)) {
	case CAMPAIGN_NONE:
		if (!f->is_noted)
			return judge_over(
				f, "nobody has looked at its parent since that registered", reason);
		return judge_over(f,
		                  "it was set to auto after its parent had registered; 'start' or "
		                  "'retry' starts it",
		                  reason);
	case CAMPAIGN_ARMED:
		return start(f, DEVICE_STARTING, reason);
	case CAMPAIGN_CREATING:
		return act(DEVICE_STARTING, CAMPAIGN_START);
	case CAMPAIGN_RETRY:
		return judge_retry(f, reason);
	case CAMPAIGN_NO_TYPE:
		return judge_no_type(f, reason);
	case CAMPAIGN_NO_INSTANCE:
		return judge_no_instance(f, reason);
	case CAMPAIGN_OTHER_DISK:
		return judge_other_disk(f, reason);
	case CAMPAIGN_BLOCKED:
		return judge_blocked(f, reason);
	case CAMPAIGN_STUCK:
		return f->is_writer_alive ? stuck(f, reason) : act(DEVICE_STARTING, CAMPAIGN_START);
	case CAMPAIGN_FAILED:
		return judge_failed(f, reason);
	case CAMPAIGN_HALF_MADE:
		/* Whoever removed it as a failure did not come to write that down. */
		return f->record->next == 0
		               ? judge_failed(f, reason)
		               : retire("it was stopped while it was half made", reason);
	case CAMPAIGN_DONE:
	case CAMPAIGN_DEGRADED:
	case _CAMPAIGN_PHASE_MAX:
		break;
	}
	return judge_over(f, "it was stopped; 'start' or 'retry' starts it", reason);
}

static struct campaign_verdict judge_absent(const struct campaign_facts *f, struct strbuf *reason)
{
	enum campaign_phase phase = phase_of(f);

	if (is_stuck(f))
		return stuck(f, reason);
	if (is_stopped(f))
		return judge_stopped(f, reason);
	if (!f->is_auto)
		return is_open(phase) || phase == CAMPAIGN_HALF_MADE
		               ? retire("it is manual now", reason)
		               : rest(DEVICE_INACTIVE);
	if (f->was_seen && campaign_phase_is_pending(phase))
		return retire("it was started and stopped by somebody", reason);
	return judge_phase(f, reason);
}

static struct campaign_verdict judge_unregistered(const struct campaign_facts *f,
                                                  struct strbuf *reason)
{
	if (f->presence == PRESENCE_STOPPING)
		return judge_stopping(f, reason);
	if (!f->is_auto)
		return rest(DEVICE_INACTIVE);
	if (f->presence == PRESENCE_ELSEWHERE) {
		strbuf_addf(reason, "the UUID is active on parent %s", f->active_parent);
		return rest(DEVICE_BLOCKED);
	}
	strbuf_add_str(reason, "the parent is not there, or not registered by its driver");
	return rest(DEVICE_WAITING_PARENT);
}

static struct campaign_verdict judge(const struct campaign_facts *facts, struct strbuf *reason)
{
	if (facts->registration == 0)
		return judge_unregistered(facts, reason);
	switch (facts->presence) {
	case PRESENCE_ABSENT:
		break;
	case PRESENCE_STARTING:
		return judge_starting(facts, reason);
	case PRESENCE_ACTIVE:
		return judge_active(facts, reason);
	case PRESENCE_STOPPING:
		return judge_stopping(facts, reason);
	case PRESENCE_ELSEWHERE:
		return judge_elsewhere(facts, reason);
	}
	return judge_absent(facts, reason);
}

struct campaign_verdict campaign_judge(const struct campaign_facts *facts, struct strbuf *reason)
{
	struct campaign_verdict v = judge(facts, reason);

	if (!facts->is_stopping || v.action == CAMPAIGN_REST)
		return v;
	if (v.action == CAMPAIGN_START) {
		v.state = DEVICE_INACTIVE;
		strbuf_clear(reason);
		strbuf_add_str(reason, "the system goes down");
	}
	v.action = CAMPAIGN_REST;
	v.due = 0;
	return v;
}

/* ---- tries ------------------------------------------------------------------------------- */

enum campaign_phase campaign_classify(int r, const struct error *err)
{
	static const enum campaign_phase phases[_FAILURE_MAX] = {
		[FAILURE_OTHER] = CAMPAIGN_RETRY,      [FAILURE_ELSEWHERE] = CAMPAIGN_BLOCKED,
		[FAILURE_NO_TYPE] = CAMPAIGN_NO_TYPE,  [FAILURE_NO_INSTANCE] = CAMPAIGN_NO_INSTANCE,
		[FAILURE_ATTRIBUTE] = CAMPAIGN_FAILED, [FAILURE_REFUSED] = CAMPAIGN_FAILED,
		[FAILURE_STUCK] = CAMPAIGN_STUCK,      [FAILURE_OTHER_DISK] = CAMPAIGN_OTHER_DISK,
	};

	/* What is told of another failure than the one returned says nothing of that. */
	if (!error_is_set(err) || err->errnum != -r || err->mark < 0 || err->mark >= _FAILURE_MAX)
		return CAMPAIGN_RETRY;
	return phases[err->mark];
}

int64_t campaign_next_try(const struct campaign_policy *policy, unsigned attempts, int64_t now)
{
	int64_t pause = policy->retry_min;

	for (unsigned i = 1; i < attempts && pause < policy->retry_max; i++)
		pause = pause > policy->retry_max / 2 ? policy->retry_max : pause * 2;
	if (pause > policy->retry_max)
		pause = policy->retry_max;
	if (attempts >= policy->fast_tries)
		pause = policy->retry_slow;
	return pause > INT64_MAX - now ? INT64_MAX : now + pause;
}
