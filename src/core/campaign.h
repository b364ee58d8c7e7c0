/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When is an auto definition started? Pure: facts in, verdict out.
 *
 * Each registration of a parent gives each definition that is auto at that moment one
 * campaign. It tries until success, ends for good on what cannot heal, and is over once
 * the device was seen, whoever made it: what is stopped then stays stopped until the
 * next registration. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/device-state.h"
#include "core/presence.h"
#include "core/record.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct campaign_policy {
	int64_t retry_min;   /* microseconds before the second try; doubles from try to try */
	int64_t retry_max;   /* ... up to this */
	unsigned fast_tries; /* after so many tries, once in retry_slow */
	int64_t retry_slow;
};

#define CAMPAIGN_POLICY_DEFAULT                                                                    \
	((struct campaign_policy){ .retry_min = 100000,                                            \
	                           .retry_max = 60000000,                                          \
	                           .fast_tries = 20,                                               \
	                           .retry_slow = INT64_C(3600000000) })

/* From so many failed tries on a campaign that still tries is told as failed. */
#define CAMPAIGN_PATIENCE 5

struct campaign_facts {
	int64_t now;
	bool is_auto;
	uint64_t registration;       /* 0: the parent is not registered */
	bool is_noted;               /* this registration is remembered */
	bool is_armed;               /* ... and its list has it */
	bool has_type;               /* the registration offers the defined type */
	const struct record *record; /* of this registration, or NULL */
	bool is_writer_alive;        /* the process that the record names */
	enum presence presence;
	const char *type;          /* as defined */
	bool type_differs;         /* ACTIVE: another type than defined */
	const char *active_type;   /* ACTIVE */
	const char *active_parent; /* ELSEWHERE */
	const char *rival;  /* a registered parent whose name sorts first and that has an auto
			    * definition of this UUID too, or NULL */
	bool other_is_over; /* BLOCKED: the registration that had the device has ended, or it was
			     * no device but a rival */
	bool is_changed;    /* the definition is not that of the last try */
	bool was_seen;      /* bound or unbound in this registration, not by a try of ours */
	bool is_freed;      /* an instance of the parent may have become free */
	bool is_stopping;   /* records_are_stopping(): REST, whatever else */
};

enum campaign_action {
	CAMPAIGN_REST,   /* nothing to do, until `due` or an event */
	CAMPAIGN_START,  /* try */
	CAMPAIGN_FINISH, /* the device is there half made: write its attributes again */
	CAMPAIGN_REMAKE, /* it is there half made by another definition: remove it, and start */
	CAMPAIGN_REMOVE, /* it has come in spite of a stop: remove it */
	CAMPAIGN_RETIRE, /* over: write that down */
	CAMPAIGN_BLOCK,  /* write down who has the UUID */
	CAMPAIGN_MISS,   /* write down that the type is not offered */
};

struct campaign_verdict {
	enum device_state state;
	enum campaign_action action;
	int64_t due;       /* when to look again without an event; 0: never */
	const char *other; /* DEVICE_BLOCKED: by whom, of the facts; else NULL */
};

/** Judges one definition. Why the state is what it is, and not what the definition asks
 * for, is appended to reason: one line, or nothing. */
struct campaign_verdict campaign_judge(const struct campaign_facts *facts, struct strbuf *reason);

/** What a failed try means (of a device that is not there): RETRY, NO_TYPE, NO_INSTANCE,
 * OTHER_DISK, BLOCKED, STUCK or FAILED. r is its negative errno, err has its mark
 * (core/failure.h); what has none is tried again. */
enum campaign_phase campaign_classify(int r, const struct error *err);

/** True of the phases of a campaign that is neither over nor at work. */
bool campaign_phase_is_pending(enum campaign_phase phase);

/** True if somebody is at work, or was when he died or gave up: the device may come. */
bool campaign_phase_is_at_work(enum campaign_phase phase);

/** When to try again after so many tries. */
int64_t campaign_next_try(const struct campaign_policy *policy, unsigned attempts, int64_t now);
