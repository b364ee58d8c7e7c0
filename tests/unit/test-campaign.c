/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of campaigns, a row each: what is recorded and seen, what is to be done. */
#include "config.h"

#include <errno.h>

#include "core/campaign.h"
#include "core/failure.h"
#include "lib/unit.h"

#define NOW    1000000000
#define SECOND 1000000

/* What a row says besides phase and presence. */
enum {
	MANUAL = 1 << 0,
	UNREGISTERED = 1 << 1,
	NO_RECORD_ARMED = 1 << 2,
	NO_TYPE = 1 << 3,
	ALIVE = 1 << 4,
	DIFFERS = 1 << 5,
	RIVAL = 1 << 6,
	OVER = 1 << 7,
	CHANGED = 1 << 8,
	SEEN = 1 << 9,
	FREED = 1 << 10,
	LATER = 1 << 11,      /* the next try is in a second */
	MANY = 1 << 12,       /* CAMPAIGN_PATIENCE attempts */
	OTHER_Q = 1 << 13,    /* recorded: blocked by Q */
	STOPPING = 1 << 14,   /* the system goes down */
	UNNOTED = 1 << 15,    /* nobody has remembered the registration */
	NO_NEXT = 1 << 16,    /* ... and there is none; HALF_MADE: removed by us */
	STOPPED = 1 << 17,    /* by hand, ten seconds ago */
	NOW_STOPPED = 1 << 18 /* ... a second ago */
};

#define ABSENT    PRESENCE_ABSENT
#define COMING    PRESENCE_STARTING
#define ACTIVE    PRESENCE_ACTIVE
#define GOING     PRESENCE_STOPPING
#define ELSEWHERE PRESENCE_ELSEWHERE

struct row {
	enum presence presence;
	enum campaign_phase phase;
	unsigned flags;
	enum device_state state;
	enum campaign_action action;
	int64_t due; /* from NOW; 0: none */
	const char *reason;
};

#define STUCK_DUE (5 * SECOND)

/* clang-format off */
static const struct row rows[] = {
	/* not registered */
	{ ABSENT, CAMPAIGN_NONE, UNREGISTERED, DEVICE_WAITING_PARENT, CAMPAIGN_REST, 0, "parent is not there" },
	{ ABSENT, CAMPAIGN_NONE, UNREGISTERED | MANUAL, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_NONE, UNREGISTERED, DEVICE_BLOCKED, CAMPAIGN_REST, 0, "active on parent Q" },
	{ ELSEWHERE, CAMPAIGN_NONE, UNREGISTERED | MANUAL, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ GOING, CAMPAIGN_NONE, UNREGISTERED, DEVICE_STOPPING, CAMPAIGN_REST, 0, "last user" },

	/* the device is there: whatever waited is over */
	{ ACTIVE, CAMPAIGN_NONE, 0, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_NONE, MANUAL, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_NONE, UNNOTED, DEVICE_ACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_NONE, NO_RECORD_ARMED, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_ARMED, 0, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_ARMED, MANUAL, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_RETRY, LATER, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_NO_TYPE, 0, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_NO_INSTANCE, 0, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_BLOCKED, OTHER_Q, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_FAILED, 0, DEVICE_ACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ACTIVE, CAMPAIGN_DONE, 0, DEVICE_ACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_DONE, CHANGED, DEVICE_ACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_DEGRADED, 0, DEVICE_DEGRADED, CAMPAIGN_REST, 0, "recorded" },
	{ ACTIVE, CAMPAIGN_DONE, DIFFERS, DEVICE_DEGRADED, CAMPAIGN_REST, 0, "type tb, and defined with type ta" },
	{ ACTIVE, CAMPAIGN_ARMED, DIFFERS, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	{ ACTIVE, CAMPAIGN_NONE, DIFFERS | MANUAL, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	/* half made: finished, never made again; not if it is another's */
	{ ACTIVE, CAMPAIGN_CREATING, 0, DEVICE_STARTING, CAMPAIGN_FINISH, 0, NULL },
	{ ACTIVE, CAMPAIGN_CREATING, MANUAL, DEVICE_STARTING, CAMPAIGN_FINISH, 0, NULL },
	{ ACTIVE, CAMPAIGN_CREATING, DIFFERS, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	{ ACTIVE, CAMPAIGN_STUCK, 0, DEVICE_STARTING, CAMPAIGN_FINISH, 0, NULL },
	{ ACTIVE, CAMPAIGN_STUCK, ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded" },

	/* an attribute failed: tried again as it is; never made again, unless as something else */
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER, DEVICE_STARTING, CAMPAIGN_REST, SECOND, "half made: recorded" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, 0, DEVICE_STARTING, CAMPAIGN_FINISH, 0, "half made: recorded" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, SEEN | FREED | LATER, DEVICE_STARTING, CAMPAIGN_REST, SECOND, NULL },
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER | MANY, DEVICE_FAILED, CAMPAIGN_REST, SECOND, "half made: recorded" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, MANY, DEVICE_FAILED, CAMPAIGN_FINISH, 0, "recorded" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, STOPPING, DEVICE_STARTING, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER | CHANGED, DEVICE_STARTING, CAMPAIGN_REMAKE, 0, NULL },
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER | CHANGED | MANUAL, DEVICE_STARTING, CAMPAIGN_REMAKE, 0, NULL },
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER | DIFFERS, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, LATER | DIFFERS | CHANGED, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	{ ACTIVE, CAMPAIGN_HALF_MADE, NO_NEXT, DEVICE_STARTING, CAMPAIGN_FINISH, 0, NULL },
	{ ACTIVE, CAMPAIGN_HALF_MADE, NO_NEXT | CHANGED, DEVICE_STARTING, CAMPAIGN_REMAKE, 0, NULL },
	{ GOING, CAMPAIGN_HALF_MADE, LATER, DEVICE_STOPPING, CAMPAIGN_REST, SECOND, "last user" },
	{ ELSEWHERE, CAMPAIGN_HALF_MADE, LATER, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "active on parent Q" },
	{ ABSENT, CAMPAIGN_HALF_MADE, LATER, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "stopped while it was half made" },
	{ ABSENT, CAMPAIGN_HALF_MADE, 0, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ABSENT, CAMPAIGN_HALF_MADE, CHANGED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ABSENT, CAMPAIGN_HALF_MADE, MANUAL | CHANGED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },
	{ ABSENT, CAMPAIGN_HALF_MADE, NO_NEXT, DEVICE_FAILED, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_HALF_MADE, NO_NEXT | CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_HALF_MADE, NO_NEXT | CHANGED | MANUAL, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },

	/* it is made */
	{ COMING, CAMPAIGN_NONE, 0, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, NULL },
	{ COMING, CAMPAIGN_ARMED, 0, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, NULL },
	{ COMING, CAMPAIGN_CREATING, 0, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, NULL },
	{ COMING, CAMPAIGN_STUCK, 0, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, NULL },
	{ COMING, CAMPAIGN_STUCK, ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded" },

	/* it goes */
	{ GOING, CAMPAIGN_DONE, 0, DEVICE_STOPPING, CAMPAIGN_REST, 0, "last user" },
	{ GOING, CAMPAIGN_ARMED, 0, DEVICE_STOPPING, CAMPAIGN_REST, SECOND, NULL },
	{ GOING, CAMPAIGN_RETRY, 0, DEVICE_STOPPING, CAMPAIGN_REST, SECOND, NULL },
	{ GOING, CAMPAIGN_CREATING, 0, DEVICE_STOPPING, CAMPAIGN_REST, SECOND, NULL },
	{ GOING, CAMPAIGN_ARMED, MANUAL, DEVICE_STOPPING, CAMPAIGN_REST, 0, NULL },

	/* the UUID is another parent's device */
	{ ELSEWHERE, CAMPAIGN_NONE, 0, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "active on parent Q" },
	{ ELSEWHERE, CAMPAIGN_NONE, NO_RECORD_ARMED, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, "active on parent Q" },
	{ ELSEWHERE, CAMPAIGN_RETRY, LATER, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_FAILED, 0, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_CREATING, 0, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_BLOCKED, OTHER_Q, DEVICE_BLOCKED, CAMPAIGN_REST, 0, "active on parent Q" },
	{ ELSEWHERE, CAMPAIGN_BLOCKED, 0, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, "active on parent Q" },
	{ ELSEWHERE, CAMPAIGN_ARMED, MANUAL, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_ARMED, SEEN, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_DONE, 0, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_STUCK, ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, NULL },

	/* not there, manual */
	{ ABSENT, CAMPAIGN_NONE, MANUAL, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_DONE, MANUAL, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_NONE, MANUAL | NO_RECORD_ARMED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },
	{ ABSENT, CAMPAIGN_RETRY, MANUAL, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },
	{ ABSENT, CAMPAIGN_FAILED, MANUAL | CHANGED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },
	{ ABSENT, CAMPAIGN_CREATING, MANUAL, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "manual" },
	{ ABSENT, CAMPAIGN_STUCK, MANUAL | ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, NULL },

	/* not there, but it was */
	{ ABSENT, CAMPAIGN_NONE, NO_RECORD_ARMED | SEEN, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "stopped by somebody" },
	{ ABSENT, CAMPAIGN_RETRY, SEEN, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "stopped by somebody" },
	{ ABSENT, CAMPAIGN_FAILED, SEEN | CHANGED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "stopped by somebody" },
	{ ABSENT, CAMPAIGN_NONE, SEEN, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "set to auto after" },
	{ ABSENT, CAMPAIGN_CREATING, SEEN, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },

	/* not there: armed */
	{ ABSENT, CAMPAIGN_NONE, 0, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "set to auto after" },
	{ ABSENT, CAMPAIGN_NONE, CHANGED | FREED, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "set to auto after" },
	{ ABSENT, CAMPAIGN_NONE, NO_RECORD_ARMED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_ARMED, 0, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_ARMED, RIVAL, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, "parent A has an auto definition" },
	{ ABSENT, CAMPAIGN_ARMED, RIVAL | NO_TYPE, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, NULL },
	{ ABSENT, CAMPAIGN_ARMED, NO_TYPE, DEVICE_WAITING_TYPE, CAMPAIGN_MISS, 0, "does not offer" },
	{ ABSENT, CAMPAIGN_CREATING, 0, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },

	{ ABSENT, CAMPAIGN_NONE, UNNOTED, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "nobody has looked" },

	/* the system goes down: nothing is started, and what was armed for later stays so */
	{ ABSENT, CAMPAIGN_ARMED, STOPPING, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "the system goes down" },
	{ ABSENT, CAMPAIGN_ARMED, STOPPING | SEEN, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, STOPPING | FREED, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "the system goes down" },
	{ ABSENT, CAMPAIGN_DONE, STOPPING, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_ARMED, STOPPING, DEVICE_ACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ACTIVE, CAMPAIGN_CREATING, STOPPING, DEVICE_STARTING, CAMPAIGN_REST, 0, NULL },

	/* not there: tried again */
	{ ABSENT, CAMPAIGN_RETRY, 0, DEVICE_STARTING, CAMPAIGN_START, 0, "recorded" },
	{ ABSENT, CAMPAIGN_RETRY, LATER, DEVICE_STARTING, CAMPAIGN_REST, SECOND, "recorded" },
	{ ABSENT, CAMPAIGN_RETRY, LATER | FREED, DEVICE_STARTING, CAMPAIGN_REST, SECOND, NULL },
	{ ABSENT, CAMPAIGN_RETRY, LATER | CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_RETRY, LATER | MANY, DEVICE_FAILED, CAMPAIGN_REST, SECOND, "recorded" },
	{ ABSENT, CAMPAIGN_RETRY, MANY, DEVICE_FAILED, CAMPAIGN_START, 0, "recorded" },
	{ ABSENT, CAMPAIGN_RETRY, RIVAL, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, NULL },

	/* not there: waits */
	{ ABSENT, CAMPAIGN_NO_INSTANCE, NO_NEXT, DEVICE_WAITING_INSTANCE, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, NO_NEXT | FREED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, NO_NEXT | CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, LATER, DEVICE_WAITING_INSTANCE, CAMPAIGN_REST, SECOND, "recorded" },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, LATER | FREED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_INSTANCE, 0, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_OTHER_DISK, 0, DEVICE_WAITING_PARENT, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_OTHER_DISK, FREED, DEVICE_WAITING_PARENT, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_OTHER_DISK, CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_TYPE, NO_TYPE, DEVICE_WAITING_TYPE, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_NO_TYPE, NO_TYPE | CHANGED, DEVICE_WAITING_TYPE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_TYPE, 0, DEVICE_WAITING_TYPE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_NO_TYPE, CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_BLOCKED, OTHER_Q, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "was stopped" },
	{ ABSENT, CAMPAIGN_BLOCKED, OTHER_Q | OVER, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_BLOCKED, OTHER_Q | OVER | RIVAL, DEVICE_BLOCKED, CAMPAIGN_BLOCK, 0, "parent A" },
	{ ABSENT, CAMPAIGN_FAILED, 0, DEVICE_FAILED, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_FAILED, FREED, DEVICE_FAILED, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_FAILED, CHANGED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },
	{ ABSENT, CAMPAIGN_STUCK, ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded" },
	{ ABSENT, CAMPAIGN_STUCK, 0, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },

	/* stopped while somebody was inside the driver: what comes all the same goes again */
	{ ABSENT, CAMPAIGN_STUCK, STOPPED | ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded; process 42 is still inside" },
	{ COMING, CAMPAIGN_STUCK, STOPPED | ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded; process 42" },
	{ ACTIVE, CAMPAIGN_STUCK, STOPPED | ALIVE, DEVICE_STUCK, CAMPAIGN_REST, STUCK_DUE, "recorded; process 42" },
	{ ABSENT, CAMPAIGN_STUCK, STOPPED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "recorded" },
	{ ABSENT, CAMPAIGN_STUCK, NOW_STOPPED | CHANGED | FREED | SEEN, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "recorded" },
	{ ABSENT, CAMPAIGN_STUCK, STOPPED | MANUAL, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "recorded" },
	{ ABSENT, CAMPAIGN_STUCK, STOPPED | RIVAL | NO_TYPE, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "recorded" },
	{ ABSENT, CAMPAIGN_CREATING, STOPPED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "recorded" },
	{ ABSENT, CAMPAIGN_CREATING, NOW_STOPPED, DEVICE_INACTIVE, CAMPAIGN_REST, 5 * SECOND, "recorded" },
	{ COMING, CAMPAIGN_CREATING, STOPPED, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, "recorded" },
	{ COMING, CAMPAIGN_STUCK, STOPPED, DEVICE_STARTING, CAMPAIGN_REST, 5 * SECOND, "recorded" },
	{ ACTIVE, CAMPAIGN_STUCK, STOPPED, DEVICE_STOPPING, CAMPAIGN_REMOVE, 0, "recorded; it has come all the same" },
	{ ACTIVE, CAMPAIGN_CREATING, NOW_STOPPED, DEVICE_STOPPING, CAMPAIGN_REMOVE, 0, "recorded; it has come" },
	{ ACTIVE, CAMPAIGN_CREATING, STOPPED | MANUAL | CHANGED, DEVICE_STOPPING, CAMPAIGN_REMOVE, 0, "recorded" },
	{ ACTIVE, CAMPAIGN_STUCK, STOPPED | DIFFERS, DEVICE_DEGRADED, CAMPAIGN_RETIRE, 0, "type tb" },
	{ ACTIVE, CAMPAIGN_STUCK, STOPPED | STOPPING, DEVICE_STOPPING, CAMPAIGN_REST, 0, NULL },
	{ ELSEWHERE, CAMPAIGN_STUCK, STOPPED, DEVICE_INACTIVE, CAMPAIGN_RETIRE, 0, "active on parent Q" },
	{ GOING, CAMPAIGN_STUCK, STOPPED, DEVICE_STOPPING, CAMPAIGN_REST, SECOND, "last user" },
	/* ... which is nothing to other phases */
	{ ABSENT, CAMPAIGN_RETRY, STOPPED, DEVICE_STARTING, CAMPAIGN_START, 0, NULL },

	/* not there: over, for good */
	{ ABSENT, CAMPAIGN_DONE, 0, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "recorded" },
	{ ABSENT, CAMPAIGN_DONE, CHANGED | FREED | NO_RECORD_ARMED, DEVICE_INACTIVE, CAMPAIGN_REST, 0, NULL },
	{ ABSENT, CAMPAIGN_DEGRADED, CHANGED, DEVICE_INACTIVE, CAMPAIGN_REST, 0, "recorded" },
};
/* clang-format on */

static struct record record_of(const struct row *row)
{
	static char q[] = "Q", z[] = "Z", reason[] = "recorded";

	return (struct record){
		.phase = row->phase,
		.registration = 7,
		.attempts = row->flags & MANY ? CAMPAIGN_PATIENCE : CAMPAIGN_PATIENCE - 1,
		.next = row->flags & LATER     ? NOW + SECOND
		        : row->flags & NO_NEXT ? 0
		                               : NOW,
		.other = row->phase != CAMPAIGN_BLOCKED ? NULL
		         : row->flags & OTHER_Q         ? q
		                                        : z,
		.is_stopped = row->flags & (STOPPED | NOW_STOPPED),
		.since = row->flags & NOW_STOPPED ? NOW - SECOND : NOW - 10 * SECOND,
		.pid = 42,
		.reason = reason,
	};
}

static struct campaign_facts facts_of(const struct row *row, const struct record *record)
{
	unsigned flags = row->flags;

	return (struct campaign_facts){
		.now = NOW,
		.is_auto = !(flags & MANUAL),
		.registration = flags & UNREGISTERED ? 0 : 7,
		.is_noted = !(flags & UNNOTED),
		.is_armed = flags & NO_RECORD_ARMED,
		.has_type = !(flags & NO_TYPE),
		.record = row->phase == CAMPAIGN_NONE ? NULL : record,
		.is_writer_alive = flags & ALIVE,
		.presence = row->presence,
		.type = "ta",
		.type_differs = flags & DIFFERS,
		.active_type = row->presence == ACTIVE ? flags & DIFFERS ? "tb" : "ta" : NULL,
		.active_parent = row->presence == ELSEWHERE ? "Q" : NULL,
		.rival = flags & RIVAL ? "A" : NULL,
		.other_is_over = flags & OVER,
		.is_changed = flags & CHANGED,
		.was_seen = flags & SEEN,
		.is_freed = flags & FREED,
		.is_stopping = flags & STOPPING,
	};
}

static void assert_row(size_t i)
{
	const struct row *row = &rows[i];
	const struct record record = record_of(row);
	const struct campaign_facts facts = facts_of(row, &record);
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	struct campaign_verdict v = campaign_judge(&facts, &reason);

	if (v.state != row->state || v.action != row->action ||
	    v.due != (row->due ? NOW + row->due : 0))
		fail_msg("row %zu: state %s, action %u, due %+lld", i, device_state_name(v.state),
		         v.action, (long long)(v.due ? v.due - NOW : 0));
	if (row->reason && !strstr(strbuf_str(&reason), row->reason))
		fail_msg("row %zu: reason '%s'", i, strbuf_str(&reason));
	assert_int_equal(v.other != NULL,
	                 v.action == CAMPAIGN_BLOCK ||
	                         (v.state == DEVICE_BLOCKED && facts.registration != 0));
}

static void test_rules(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(i);
}

/* Written down once, also where nobody could be named: else it would be for ever. */
static void test_rival_recorded(void **state _unused_)
{
	const struct record nameless = { .phase = CAMPAIGN_BLOCKED, .registration = 7 };
	char a[] = "A";
	const struct record record = { .phase = CAMPAIGN_BLOCKED, .registration = 7, .other = a };
	struct campaign_facts facts = { .is_auto = true,
		                        .registration = 7,
		                        .record = &record,
		                        .has_type = true,
		                        .rival = "A" };
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	struct campaign_verdict v = campaign_judge(&facts, &reason);

	assert_int_equal(v.state, DEVICE_BLOCKED);
	assert_int_equal(v.action, CAMPAIGN_REST);
	assert_string_equal(v.other, "A");
	facts.record = &nameless;
	assert_int_equal(campaign_judge(&facts, &reason).action, CAMPAIGN_REST);
}

static void test_classes(void **state _unused_)
{
	static const struct {
		int r, mark;
		enum campaign_phase phase;
	} classes[] = {
		{ -EEXIST, FAILURE_ELSEWHERE, CAMPAIGN_BLOCKED },
		{ -EEXIST, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -ENOENT, FAILURE_NO_TYPE, CAMPAIGN_NO_TYPE },
		{ -ENOENT, FAILURE_ATTRIBUTE, CAMPAIGN_FAILED },
		{ -ENOENT, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -ENOSPC, FAILURE_NO_INSTANCE, CAMPAIGN_NO_INSTANCE },
		{ -EUSERS, FAILURE_NO_INSTANCE, CAMPAIGN_NO_INSTANCE },
		{ -EXDEV, FAILURE_OTHER_DISK, CAMPAIGN_OTHER_DISK },
		{ -ENOSPC, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -EINVAL, FAILURE_ATTRIBUTE, CAMPAIGN_FAILED },
		{ -EINVAL, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -EPERM, FAILURE_REFUSED, CAMPAIGN_FAILED },
		{ -EPERM, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -ETIMEDOUT, FAILURE_STUCK, CAMPAIGN_STUCK },
		{ -ETIMEDOUT, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -EBUSY, FAILURE_OTHER, CAMPAIGN_RETRY },
		{ -EIO, _FAILURE_MAX, CAMPAIGN_RETRY },
		{ -EIO, -1, CAMPAIGN_RETRY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		_cleanup_(error_done) struct error err = ERROR_INIT;

		assert_int_equal(campaign_classify(classes[i].r, &err), CAMPAIGN_RETRY);
		error_set_mark(&err, classes[i].mark);
		assert_int_equal(err.mark, 0);
		error_set(&err, classes[i].r, "failed");
		error_set_mark(&err, classes[i].mark);
		assert_int_equal(campaign_classify(classes[i].r, &err), classes[i].phase);
		assert_int_equal(campaign_classify(-EDOM, &err), CAMPAIGN_RETRY);
		error_set(&err, classes[i].r, "another failure");
		assert_int_equal(campaign_classify(classes[i].r, &err), CAMPAIGN_RETRY);
	}
	assert_int_equal(campaign_classify(-EIO, NULL), CAMPAIGN_RETRY);
}

static void test_pauses(void **state _unused_)
{
	const struct campaign_policy policy = CAMPAIGN_POLICY_DEFAULT;
	static const struct {
		unsigned attempts;
		int64_t pause;
	} pauses[] = {
		{ 0, 100000 },
		{ 1, 100000 },
		{ 2, 200000 },
		{ 3, 400000 },
		{ 10, 51200000 },
		{ 11, 60000000 },
		{ 19, 60000000 },
		{ 20, INT64_C(3600000000) },
		{ UINT32_MAX, INT64_C(3600000000) },
	};
	struct campaign_policy long_ones = policy;

	for (size_t i = 0; i < ARRAY_SIZE(pauses); i++)
		assert_int_equal(campaign_next_try(&policy, pauses[i].attempts, NOW),
		                 NOW + pauses[i].pause);
	long_ones.retry_slow = INT64_MAX;
	assert_int_equal(campaign_next_try(&long_ones, 20, NOW), INT64_MAX);
	long_ones.retry_min = long_ones.retry_max + 1;
	assert_int_equal(campaign_next_try(&long_ones, 1, NOW), NOW + policy.retry_max);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rival_recorded),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
