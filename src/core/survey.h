/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One look at one parent: its definitions and devices, each with its state. Changes
 * nothing, reads no driver's attribute and waits for nobody: the daemon's own process
 * does it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/campaign.h"
#include "core/device-state.h"
#include "core/mdev-uuid.h"
#include "core/ops.h"
#include "shared/file.h"
#include "shared/macro.h"

#define SURVEY_PARENT_MAX 200

struct survey_entry {
	struct mdev_uuid uuid;
	bool is_defined;
	bool is_auto;
	bool is_private; /* others may not read the definition: its reason neither */
	bool is_broken;  /* the definition cannot be used; reason says why */
	enum device_state state;
	enum campaign_action action;
	int64_t due; /* CLOCK_BOOTTIME in microseconds, 0: none */
	char *type;  /* NULL: unknown */
	char *reason;
	unsigned attempts;
	int errnum;
	int64_t since;       /* CLOCK_BOOTTIME in microseconds; 0: unknown */
	int64_t next;        /* of the next try; 0: none */
	pid_t pid;           /* STUCK: who writes; else 0 */
	bool is_held;        /* devices are taken down with the system: nothing is started */
	bool was_left;       /* whoever was to start it died, or gave up, before the end */
	bool is_stopped;     /* ... and it was stopped since, by hand */
	bool is_half_made;   /* the device is there, and waits for the rest of its attributes */
	unsigned written;    /* ... so many of them are */
	uint64_t tried;      /* hash of the definition at the last try; 0: none, or unknown */
	char *other;         /* DEVICE_BLOCKED: by which parent, else NULL */
	bool is_rivalled;    /* ... by its definition, not by its device */
	uint64_t definition; /* record_hash_definition() of its file; 0: none, or unreadable */
};

struct survey {
	char *parent;
	uint64_t registration;        /* 0: not registered */
	bool is_noted;                /* this registration is in the records */
	struct survey_entry *entries; /* in order of UUID */
	size_t n;
	size_t size;
};

/* What the caller knows beyond what is on disk and in sysfs. */
struct survey_hints {
	bool is_freed;                /* an instance of the parent may be free again */
	const struct mdev_uuid *seen; /* bound or unbound by others in this registration */
	size_t n_seen;
	/* Another registered parent, sorting first, with an auto definition of it, or NULL;
	 * NULL function: looked up on disk, which costs a walk through all parents. */
	const char *(*rival)(void *userdata, const char *parent, const struct mdev_uuid *uuid);
	/* Not NULL: a registration that is not in the records is put there; this is told of it,
	 * or of why it could not be (negative errno), before anything that may have changed
	 * since then is read. */
	void (*noted)(void *userdata, const char *parent, int r);
	bool arms; /* ... and arms what is auto now */
	void *userdata;
};

/** Looks. hints may be NULL. Broken definitions become entries. */
int survey_parent(struct ops *ops, const char *parent, const struct survey_hints *hints,
                  struct survey *ret) _must_check_;

/** As survey_parent(), at one device only: ret->n is 0 if there is no such thing. */
int survey_device(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                  const struct survey_hints *hints, struct survey *ret) _must_check_;

struct definition;
struct site;

/** As survey_device(), where all that belongs to the parent is open: 1, 0 if there is no such
 * thing. *ret is to be released by survey_entry_done(). *ret_definition, if not NULL, is the
 * definition that was judged, NULL if it is broken or there is none. -ESTALE if the site's
 * registration is over. */
int survey_device_at(struct site *site, const struct mdev_uuid *uuid,
                     const struct survey_hints *hints, struct survey_entry *ret,
                     struct definition **ret_definition) _must_check_;

/** Releases an entry; zeros afterwards. */
void survey_entry_done(struct survey_entry *e);

/** A hint for who knows that there is no rival, or leaves the question to others. */
const char *survey_no_rival(void *userdata, const char *parent, const struct mdev_uuid *uuid);

/** Releases all; empty afterwards. */
void survey_done(struct survey *s);

/** The entry of this UUID, or NULL. */
const struct survey_entry *survey_find(const struct survey *s, const struct mdev_uuid *uuid);

/** Names of all parents that are registered, have definitions or have devices; sorted. A
 * name that is not UTF-8, or longer than SURVEY_PARENT_MAX, is passed over with a warning:
 * it fits into no object path. */
int survey_list_parents(struct ops *ops, struct names *ret) _must_check_;

/** True if nothing will change any more without somebody's doing: active, failed for good
 * or until much later, blocked, stopped, waiting for a type; not what is starting. A
 * missing parent counts as rest only if the caller says so. */
bool survey_entry_is_at_rest(const struct survey_entry *e, bool count_missing_parent);

/** True if the device is there, on its way, or on its way out: there is nothing to try. Not
 * of one that is half made, and waits for its next try. */
bool survey_entry_is_there(const struct survey_entry *e);

/** True for what status must not be silent about: auto and failed, stuck or degraded. */
bool survey_entry_is_bad(const struct survey_entry *e);
