/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the operations share among themselves. */
#pragma once

#include "core/apply.h"
#include "core/callout.h"
#include "core/campaign.h"
#include "core/definition.h"
#include "core/lock.h"
#include "core/ops.h"
#include "core/record.h"
#include "core/snapshot.h"
#include "core/store.h"
#include "core/sysfs.h"
#include "core/types.h"

struct ops {
	struct env *env;
	struct sysfs *sysfs;
	struct store *store;
	struct callouts *callouts;
	unsigned create_ms;           /* limit of a write to create */
	struct campaign_policy retry; /* of start-parent-mdevs */
	struct records *records;
	struct writer *writer;
	struct lock_file lock; /* of who tries device after device */
};

/* One changing operation on one device: callouts around a body. */
struct operation {
	struct ops *ops;
	enum callout_action action;
	struct callout_subject subject;
	bool force;
	/* Does the work; runs between pre and post. May exchange the subject's
	 * definition. */
	int (*body)(struct operation *op, struct error *err);
	/* Writes down how it ended, before the lock is released; NULL: nothing to write.
	 * r is what operation_run() returns, err its error. */
	void (*settle)(struct operation *op, int r, const struct error *err);
	void *userdata;
	struct lock *lock;           /* held over pre, body and post, or NULL; released before
			    * the notifiers */
	bool holds_parent;           /* lock is the parent's: callouts are told */
	bool is_resumed;             /* of a process that died: leave was given, pre is not run */
	bool is_quiet;               /* nobody reads along: what is refused is told by err alone */
	const struct recipe *recipe; /* of the parent, if it is not yet in its file */
};

/** Runs pre, body, post and the notifiers; the lock is released in any case. err must not
 * be NULL if there is a settle(). */
int operation_run(struct operation *op, struct error *err) _must_check_;

/** Asks the driver whether define, modify or start go together with all else on this host
 * (struct driver's check()); called by bodies, under the locks, before anything is written. */
int operation_check(const struct operation *op, struct error *err) _must_check_;

/** The word for an action in plans and messages: "define", "start", ... */
const char *operation_name(enum callout_action action);

/** Adds the step that asks (or tells) the callouts about an action. */
int ops_plan_callouts(struct plan *plan, enum plan_step_kind kind, const struct mdev_uuid *uuid,
                      const char *parent, enum callout_action action) _must_check_;

/** What apply needs of us. */
struct apply ops_apply(struct ops *ops, unsigned limit_ms);

/** Sets "Out of memory" on -ENOMEM when no message is set yet, passes r on. */
int ops_result(int r, struct error *err);

/** Looks one UUID up in sysfs. ret->n is 0 if it is not active. A failure other than
 * that is an error, with force a warning. */
int ops_find_active(struct ops *ops, const struct mdev_uuid *uuid, bool force, struct snapshot *ret,
                    struct error *err) _must_check_;

/** Reads an active device's attributes back: by its driver, else by asking callouts. */
int ops_read_attrs(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
                   const char *type, bool keep_leading, struct attrs *ret,
                   struct error *err) _must_check_;

/** Sets the error of an active device's attributes that cannot be read, passes r on. */
int ops_attrs_failed(int r, const char *device, struct error *err);

/** Turns a type as the user gave it into an id: the name of exactly one of the
 * parent's types becomes that type's id (told); a value with a blank that is no such
 * name is refused; anything else is taken as it is. *ret is owned by the caller. */
int ops_resolve_type(struct ops *ops, const char *parent, const char *type, char **ret,
                     struct error *err) _must_check_;

/** Opens the one definition that hits[0] names and reads it. */
int ops_read_hit(struct ops *ops, const struct store_hit *hit, struct definition **ret,
                 struct error *err) _must_check_;

/** As ops_read_hit(), the bytes only. */
int ops_read_hit_bytes(struct ops *ops, const struct store_hit *hit, struct strbuf *ret,
                       struct error *err) _must_check_;

/** Parses what --jsonfile gave; errors name the file. */
int ops_parse_source(const struct json_source *json, struct definition **ret,
                     struct error *err) _must_check_;

/** lock_definitions() for writing or removing a definition: a failure reads as that of
 * the operation, with the lock's as its cause. */
int ops_lock_definitions(struct ops *ops, const char *what, const struct mdev_uuid *uuid,
                         struct lock **ret, struct error *err) _must_check_;

/** True if any callout or notifier would be run. */
bool ops_has_scripts(struct ops *ops);

/** Adds or deletes the attribute that the request names. -EINVAL for a name that is none, a
 * value that is missing, an index that is not there. */
int ops_change_attrs(const struct modify_request *req, struct attrs *attrs,
                     struct error *err) _must_check_;

/** ops_define() of a crypto matrix: ops-define-ap.c. */
int ops_define_ap(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
                  struct plan *ret_plan, struct error *err) _must_check_;

/** ops_define() of a device number: ops-define-ccw.c. */
int ops_define_ccw(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
                   struct plan *ret_plan, struct error *err) _must_check_;

/** After the definition of a UUID below a subchannel was removed: unless there is another one,
 * no recipe binds it any longer. Of a disk that is passed on for nothing now the user is told.
 * With ret_plan only planned. */
int ops_unbind_ccw(struct ops *ops, const struct mdev_uuid *uuid, struct plan *ret_plan,
                   struct error *err) _must_check_;

/** Changes the running device (modify --live): ops-live.c. */
int ops_modify_live(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
                    struct error *err) _must_check_;

/** Changes the stored definition (modify without --live, or after it). */
int ops_modify_stored(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
                      struct error *err) _must_check_;

/** Would ops_modify_stored() be refused, as far as can be told without scripts? Nothing is
 * changed, and nothing told but err. */
int ops_modify_check(struct ops *ops, const struct modify_request *req,
                     struct error *err) _must_check_;

/* ---- what is remembered: ops-remember.c. Where there is no place for it, or it cannot be
 * written, that is a debug message: whoever may change devices may not write there always
 * (a caller's SELinux domain). ------------------------------------------------------- */

/* A start that is going on. */
struct memory {
	uint64_t registration; /* 0: nothing is remembered */
	bool has_before;
	bool was_private;
	struct record before;
};

/** Releases it; zeros afterwards. */
void memory_done(struct memory *m);

/** Writes down that a defined device is about to be made. */
void memory_begin(struct memory *m, struct ops *ops, const char *parent,
                  const struct mdev_uuid *uuid);

/** Writes down how it ended: success, or a driver that does not come back (pid); else what
 * was there before. */
void memory_end(struct memory *m, struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                int r, pid_t pid);

/** Ends the campaign of a definition: its device was removed by our caller, or (pid > 0) is
 * about to be, by that process. */
void ops_remember_stop(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       pid_t pid);

/** Ends the campaign of a definition if it has not come to its end; how is a verb:
 * "stopped", "set to manual". True if it had not. */
bool ops_end_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                      const char *how);

/* What a stop finds of a campaign. */
struct stopped_campaign {
	bool may_come; /* somebody is inside the driver to make the device, or was */
	pid_t pid;     /* ... that process, where it is known */
};

/** Ends the campaign of a definition whose device was told to stop and is not there. Where it
 * may come all the same it is written down that it shall be removed then. The parent's lock
 * is held. True if there was a campaign, and that it has ended is remembered. */
bool ops_stop_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       struct stopped_campaign *ret);

/** Forgets the campaign of a definition that is gone. */
void ops_forget_campaign(struct ops *ops, const char *parent, const struct mdev_uuid *uuid);
