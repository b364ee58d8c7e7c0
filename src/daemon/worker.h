/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child that works on one parent: device after device, a line of report for each. Inside
 * the daemon's sandbox it is a fork, for one parent after the other; outside it is mdevmgrd
 * --worker in a unit of its own, with its task as text on stdin. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/env.h"
#include "core/ops.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct worker_item {
	struct mdev_uuid uuid;
	bool was_seen; /* struct try_request */
	char *rival;   /* another registered parent with it that comes first, NULL: none */
	/* No part of the text: that it was seen is to be written down, and is not yet. */
	bool keeps_seen;
	struct try_made made; /* the same: that it was, as the report says */
};

struct worker_task {
	char *parent;
	uint64_t registration;
	bool is_freed;
	struct worker_item *items; /* in order of UUID */
	size_t n;
	/* No part of the text: called at the end of each try, unless NULL. */
	void (*step)(void *userdata);
	void *userdata;
};

/** Releases it; empty afterwards. */
void worker_task_done(struct worker_task *task);

/* A line of a report: "UUID RESULT", or "UUID 0 ATTEMPTS SINCE TYPE" of what was made. */
struct worker_report {
	struct mdev_uuid uuid;
	int result;
	struct try_made made;
};

/** Does it. A line for each device goes to report_fd, at the end or every second. */
void worker_do(struct ops *ops, const struct env *env, const struct campaign_policy *policy,
               const struct worker_task *task, int report_fd);

/** Lets a transient unit do a task, which is a text: becomes systemd-run, and returns only if
 * that fails. */
int worker_do_outside(const char *text, int report_fd);

/** Appends a task as text. */
void worker_task_format(const struct worker_task *task, struct strbuf *out);

/** Reads it back. -EBADMSG. */
int worker_task_parse(const char *text, struct worker_task *ret) _must_check_;

/** Reads a line of a report: true if it is one. What was made is the caller's. */
bool worker_report_parse(const char *line, struct worker_report *ret);
