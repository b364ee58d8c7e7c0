/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From changes of states to journal entries. */
#include "config.h"

#include <syslog.h>

#include "core/mdevctl-rule.h"
#include "daemon/message-ids.h"
#include "daemon/reporter.h"
#include "shared/strbuf.h"

/* What is said when a definition comes into a state; no id: nothing. */
static const struct {
	const char *message_id;
	int priority;
	const char *words;
} arrivals[_DEVICE_STATE_MAX] = {
	[DEVICE_WAITING_TYPE] = { MESSAGE_ID_WAITING_TYPE, LOG_WARNING,
	                          "waits for its type, which the parent does not offer" },
	[DEVICE_WAITING_INSTANCE] = { MESSAGE_ID_WAITING_INSTANCE, LOG_WARNING,
	                              "waits for a free instance" },
	[DEVICE_BLOCKED] = { MESSAGE_ID_BLOCKED, LOG_WARNING, "is blocked" },
	[DEVICE_ACTIVE] = { MESSAGE_ID_STARTED, LOG_INFO, "is active" },
	[DEVICE_DEGRADED] = { MESSAGE_ID_DEGRADED, LOG_WARNING, "is active, but not as defined" },
	[DEVICE_FAILED] = { MESSAGE_ID_FAILED, LOG_ERR, "cannot be started" },
	[DEVICE_STUCK] = { MESSAGE_ID_STUCK, LOG_ERR, "is stuck in its driver" },
};

static bool is_there(const struct manager_device *d)
{
	return d && (d->state == DEVICE_ACTIVE || d->state == DEVICE_DEGRADED);
}

static void tell(const struct reporter *reporter, const char *parent,
                 const struct survey_entry *entry, int priority, const char *message_id,
                 const char *words)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&entry->uuid, uuid);
	strbuf_addf(&text, "%s on %s %s", uuid, parent, words);
	/* The journal may be read by others than the definition. */
	if (entry->reason && !entry->is_private)
		strbuf_addf(&text, ": %s", entry->reason);
	journal_tell(reporter->journal, &(struct journal_entry){ .priority = priority,
	                                                         .message_id = message_id,
	                                                         .uuid = &entry->uuid,
	                                                         .parent = parent,
	                                                         .type = entry->type,
	                                                         .errnum = entry->errnum,
	                                                         .text = strbuf_str(&text) });
}

/* A device that goes, or one that its driver is done with and that is not wanted any more. */
static bool is_stop(const struct manager_device *before, const struct manager_device *after,
                    const struct survey_entry *entry)
{
	if (is_there(before))
		return after->state == DEVICE_INACTIVE && after->is_auto;
	return before && before->state == DEVICE_STUCK && entry->is_stopped &&
	       (after->state == DEVICE_STOPPING || after->state == DEVICE_INACTIVE);
}

static void tell_state(const struct reporter *reporter, const char *parent,
                       const struct manager_device *before, const struct manager_device *after,
                       const struct survey_entry *entry)
{
	int priority = arrivals[after->state].priority;

	/* mdevmgr-devices.service does it, and tells in one line. */
	if (entry->is_held && after->state == DEVICE_INACTIVE)
		return;
	if (is_stop(before, after, entry))
		tell(reporter, parent, entry, LOG_INFO, MESSAGE_ID_STOPPED,
		     "was stopped by somebody and stays stopped");
	else if (before && before->state == DEVICE_STUCK &&
	         (after->state == DEVICE_ACTIVE || after->state == DEVICE_STARTING))
		tell(reporter, parent, entry, LOG_NOTICE, MESSAGE_ID_HEALED,
		     "goes on: the driver came back");
	else if (arrivals[after->state].message_id)
		tell(reporter, parent, entry, priority, arrivals[after->state].message_id,
		     arrivals[after->state].words);
}

static bool was_told(const struct reporter *reporter, const struct survey_entry *entry)
{
	return reporter->told_before > 0 && entry->since < reporter->told_before;
}

/* What is active at the first sight was so before we came. */
static void on_device(void *userdata, const char *parent, const struct manager_device *before,
                      const struct manager_device *after, const struct survey_entry *entry)
{
	const struct reporter *reporter = userdata;

	if (!after || !after->is_defined)
		return;
	if (after->is_broken && !(before && before->is_broken))
		tell(reporter, parent, entry, LOG_WARNING, MESSAGE_ID_DEFINITION_BROKEN,
		     "has a definition that cannot be used");
	else if (!after->is_broken && (before ? before->state != after->state
	                                      : !is_there(after) && !was_told(reporter, entry)))
		tell_state(reporter, parent, before, after, entry);
}

static void on_trouble(void *userdata, enum manager_trouble trouble, const char *parent)
{
	static const struct {
		const char *message_id;
		int priority;
		const char *text;
	} troubles[] = {
		[MANAGER_EVENTS_LOST] = { MESSAGE_ID_EVENTS_LOST, LOG_WARNING,
		                          "Events of the kernel were lost: looking at everything" },
		[MANAGER_WORKER_STUCK] = { MESSAGE_ID_WORKER_STUCK, LOG_ERR,
		                           "A parent's worker did not end in its time and was left "
		                           "to itself" },
	};
	const struct reporter *reporter = userdata;

	journal_tell(reporter->journal,
	             &(struct journal_entry){ .priority = troubles[trouble].priority,
	                                      .message_id = troubles[trouble].message_id,
	                                      .parent = parent,
	                                      .text = troubles[trouble].text });
}

void reporter_init(struct reporter *reporter, const struct journal *journal)
{
	reporter->journal = journal;
	reporter->told_before = 0;
	reporter->observer = (struct manager_observer){ .device = on_device,
		                                        .trouble = on_trouble,
		                                        .userdata = reporter };
}

int reporter_check_rules(const struct reporter *reporter, const struct env *env)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(freep) char *path = NULL;
	int r = mdevctl_rule_find(env, &path);

	if (r < 0 || !path)
		return r;
	strbuf_addf(&text,
	            "%s starts devices too: remove it, or mask it by a link to /dev/null in "
	            "/etc/udev/rules.d",
	            path);
	journal_tell(reporter->journal,
	             &(struct journal_entry){ .priority = LOG_WARNING,
	                                      .message_id = MESSAGE_ID_MDEVCTL_RULE,
	                                      .text = strbuf_str(&text) });
	return 0;
}
