/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the daemon's messages go: to the journal with fields, or as lines to stderr. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/mdev-uuid.h"
#include "shared/log.h"
#include "shared/macro.h"

struct journal {
	bool is_native; /* stderr is the journal's: it takes fields and priorities */
	pid_t pid;      /* of the process that may use the journal's socket */
	enum log_level max;
};

/* What is told of a device or parent; what is NULL or 0 is left out. */
struct journal_entry {
	int priority;           /* LOG_ERR to LOG_DEBUG of syslog.h */
	const char *message_id; /* daemon/message-ids.h */
	const struct mdev_uuid *uuid;
	const char *parent;
	const char *type;
	int errnum;
	const char *text;
};

/** Looks where stderr leads and at MDEVCTL_LOG (info if it is not set). *ret_log is a sink
 * that leads to the same place, also from children. */
void journal_init(struct journal *journal, struct log *ret_log);

/** Tells. Texts carry names from outside: control characters become blanks. */
void journal_tell(const struct journal *journal, const struct journal_entry *entry);
