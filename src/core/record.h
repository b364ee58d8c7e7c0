/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is remembered of a boot below /run/mdevmgr: how far the campaign of each
 * definition has come (parents/PARENT/UUID), and which registrations were seen
 * (core/registration.h). Daemon, unit and command
 * line write them alike; each file is exchanged as a whole. Where the directory
 * /run/mdevmgr is not there nothing is remembered: it comes with the units (tmpfiles.d). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/env.h"
#include "core/mdev-uuid.h"
#include "shared/macro.h"

#define RECORD_DIR "/run/mdevmgr"

/* How far a campaign has come. */
enum campaign_phase {
	CAMPAIGN_NONE,     /* no record */
	CAMPAIGN_ARMED,    /* to be started: by the registration, or by retry */
	CAMPAIGN_CREATING, /* somebody writes, or died writing, between here and done */
	CAMPAIGN_RETRY,    /* failed on what may heal; next is the time of the next try */
	CAMPAIGN_NO_TYPE,
	CAMPAIGN_NO_INSTANCE, /* next is 0 unless the type says that there are some */
	CAMPAIGN_OTHER_DISK,  /* the parent carries another disk than the device's own */
	CAMPAIGN_BLOCKED,     /* the UUID belongs to the device of parent `other` */
	CAMPAIGN_STUCK,       /* process `pid` is inside the driver, or was */
	CAMPAIGN_FAILED,      /* on what cannot heal */
	CAMPAIGN_DONE,        /* started, seen, or stopped by somebody: over */
	CAMPAIGN_DEGRADED,    /* done, but not as defined */
	CAMPAIGN_HALF_MADE,   /* created, and then failed at an attribute, on what may heal; as
	                     * RETRY. next is 0 while it is removed, on what cannot heal */
	_CAMPAIGN_PHASE_MAX,
};

/* Times are microseconds of CLOCK_BOOTTIME, which nobody sets; 0: none. */
struct record {
	enum campaign_phase phase;
	uint64_t registration; /* the life of the parent that it is about */
	unsigned attempts;
	unsigned written; /* HALF_MADE: so many attributes, the first of the definition */
	int errnum;       /* positive errno of the last attempt, 0: none */
	int64_t since;
	int64_t next;
	uint64_t definition; /* hash of the definition's bytes at the last attempt */
	bool is_stopped;     /* CREATING, STUCK: by hand since then; what comes is removed */
	pid_t pid;           /* STUCK: who writes */
	uint64_t pid_start;  /* when it was started, in the kernel's ticks; 0: it had ended */
	char *other;         /* BLOCKED: the parent that has the UUID, or NULL */
	uint64_t other_registration;
	char *reason; /* one line, or NULL */
};

struct records;

/** env is borrowed. -ENOMEM. */
int records_new(const struct env *env, struct records **ret) _must_check_;

/** NULL is fine. */
void records_free(struct records *records);
DEFINE_CLEANUP(struct records, records_free);

/** True if there is a place to remember. */
bool records_exist(const struct records *records);

/** Reads the record of a device's campaign. One of another boot, or one that cannot be
 * understood, counts as none: -ENOENT. */
int record_read(const struct records *records, const char *parent, const struct mdev_uuid *uuid,
                struct record *ret) _must_check_;

/** Opens RECORD_DIR. -ENOENT: there is no place to remember. */
int records_open(const struct records *records) _must_check_;

/** Opens the directory with a parent's records, for record_read_at(). -ENOENT: none. */
int records_open_parent(const struct records *records, const char *parent) _must_check_;

/** As records_open_parent(), where RECORD_DIR is open. */
int records_open_parent_at(int root_fd, const char *parent) _must_check_;

/** As records_open_parent(), makes the directory if need be. -ENOENT where nothing is
 * remembered. */
int records_make_parent(const struct records *records, const char *parent) _must_check_;

/** The same, where RECORD_DIR is open; for who has found none. *ret_is_new: it was made, and
 * nothing is in it. */
int records_make_parent_at(const struct records *records, int root_fd, const char *parent,
                           bool *ret_is_new) _must_check_;

/** As record_read(), where that directory is open. */
int record_read_at(const struct records *records, int dirfd, const struct mdev_uuid *uuid,
                   struct record *ret) _must_check_;

/** True unless everybody may read the record: it may hold values of a definition. */
bool record_is_private(const struct records *records, const char *parent,
                       const struct mdev_uuid *uuid);

/** The number by which a record knows a definition again: FNV-1a of its bytes, never 0. */
uint64_t record_hash_definition(const void *bytes, size_t n) _pure_;

/** Exchanges it as a whole: a reader finds the old one or the new one. pid_start is filled
 * in where it is 0. Readable by everybody unless is_private, since the reason may hold values
 * of a definition that is not. -ENOENT where nothing is remembered. */
int record_write(const struct records *records, const char *parent, const struct mdev_uuid *uuid,
                 const struct record *record, bool is_private) _must_check_;

/** As record_write(), where the directory is open. -ENOENT if it was removed meanwhile. */
int record_write_at(const struct records *records, int dirfd, const struct mdev_uuid *uuid,
                    const struct record *record, bool is_private) _must_check_;

/** Removes it; none is fine. */
int record_remove(const struct records *records, const char *parent, const struct mdev_uuid *uuid);

/** Releases the texts; zeros afterwards. */
void record_done(struct record *record);

/** As it would be without the stop that came when somebody was at work. */
void record_take_back_stop(struct record *record);

/** True if the process that a record names still is in the driver: that very process, not
 * another one with its pid, nor what is left of it. */
bool record_writer_is_alive(const struct records *records, const struct record *record);

/** When a process was started, in the kernel's ticks since boot; 0 if there is none. */
uint64_t records_process_start(const struct records *records, pid_t pid);

/** True once records_begin() was called in this boot, and from its beginning if the mark
 * `booted` says that we were installed then: parents found from then on have registered
 * while somebody watched, or would have. */
bool records_have_begun(const struct records *records);

/** True once records_begin() was called in this boot: somebody has looked before us. */
bool records_were_watched(const struct records *records);

/** Marks the first pass of this boot as over. */
int records_begin(const struct records *records) _must_check_;

/** True while devices are taken down at shutdown: what was armed for the next boot without
 * a new kernel (soft-reboot) is not started meanwhile, nor is anything else. */
bool records_are_stopping(const struct records *records);

/** As records_are_stopping(), where RECORD_DIR is open. */
bool records_are_stopping_at(const struct records *records, int root_fd);

/** Begins that. -ENOENT where nothing is remembered. */
int records_begin_stopping(const struct records *records) _must_check_;

/** Ends it; fine if it had not begun. The file is removed at boot, too (tmpfiles.d). */
int records_end_stopping(const struct records *records) _must_check_;

/** Microseconds of CLOCK_BOOTTIME. */
int64_t record_now(void);
