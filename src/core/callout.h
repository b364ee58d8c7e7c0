/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevctl's script protocol: callouts that may refuse, extend or read back an
 * operation, and notifiers that hear of it. (reference: mdevctl(8) of 1.4.0) */
#pragma once

#include <stdbool.h>

#include "core/attrs.h"
#include "core/definition.h"
#include "core/env.h"
#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

enum callout_action {
	CALLOUT_DEFINE,
	CALLOUT_UNDEFINE,
	CALLOUT_MODIFY,
	CALLOUT_START,
	CALLOUT_STOP,
	_CALLOUT_ACTION_MAX,
};

enum callout_state {
	CALLOUT_NONE,
	CALLOUT_SUCCESS,
	CALLOUT_FAILURE,
};

/* What a call is about; borrowed by every function below. */
struct callout_subject {
	const struct mdev_uuid *uuid;
	const char *parent;
	const char *type;
	const struct definition *definition; /* what goes to stdin as compact JSON */
};

struct callouts;

/* Limit of get: list asks once per device, one after the other. */
#define CALLOUT_GET_MS 10000

/** The scripts of this system; nothing is read before the first use. Answers to the
 * capabilities probe are kept for the life of the object, per parent and type.
 * A missing directory counts as empty. -ENOMEM. */
int callouts_new(const struct env *env, struct callouts **ret) _must_check_;

/** NULL is fine. */
void callouts_free(struct callouts *c);
DEFINE_CLEANUP(struct callouts, callouts_free);

/** Forgets which scripts there are and what they answered: the next conversation looks and
 * asks again. None is under way. */
void callouts_refresh(struct callouts *c);

/** True if there is any callout script: else nothing needs asking. */
bool callouts_exist(struct callouts *c);

/** Time limits in milliseconds: of pre, post, live and notify (120 s), and of get
 * (CALLOUT_GET_MS). */
void callouts_set_limits(struct callouts *c, unsigned change_ms, unsigned get_ms);

/** Appends the paths of all scripts that would be asked, one per line ("would ask
 * PATH"), and of the notifiers ("would notify PATH"), for --dry-run; runs nothing. */
void callouts_describe(struct callouts *c, struct strbuf *out);

/* One operation's conversation: the script that claimed the device at pre is the one
 * that gets post. */
struct conversation;

/** Begins; subject must outlive it (its definition may be exchanged between calls).
 * -ENOMEM. */
int conversation_new(struct callouts *c, enum callout_action action,
                     const struct callout_subject *subject, struct conversation **ret) _must_check_;

/** NULL is fine. */
void conversation_free(struct conversation *v);
DEFINE_CLEANUP(struct conversation, conversation_free);

/** Says whether the caller holds the parent's lock: scripts asked meanwhile find
 * MDEVMGR_LOCKED=PARENT in their environment, so that a mdevmgr that they call does not
 * wait for it. Notifiers never get it: they run after unlocking. */
void conversation_set_locked(struct conversation *v, bool locked);

/** Asks for leave (event pre). A refusal: -EPERM; a death by signal: -ECHILD; -ETIMEDOUT;
 * -EOPNOTSUPP from a script that takes no part in such operations; -EINTR. With
 * "Script '"PATH"' failed with status 'N'" or what fits. With force these become a
 * warning "Forcing operation 'X' despite callout failure. Error was: ..." and 0, but for
 * -EINTR: who interrupts wants no more. */
int conversation_pre(struct conversation *v, bool force, struct error *err) _must_check_;

/** Takes up the conversation of a process that died after pre, so that the script that is
 * responsible can be told the outcome. Asks for no leave. As conversation_pre(). */
int conversation_resume(struct conversation *v, struct error *err) _must_check_;

/** Tells the outcome (event post), with the text that pre got on stdin. Failures are
 * debug messages. Runs in spite of an interrupt that came before, but not for long. */
void conversation_post(struct conversation *v, enum callout_state state);

/** Runs the notifiers (event notify) with the final state and the definition on stdin.
 * Failures are debug messages. */
void conversation_notify(struct conversation *v, enum callout_state state);

/** Asks for a live change (event live, action modify); the new definition is the
 * subject's. -EOPNOTSUPP "Live modification is not supported for this device type. ..."
 * without a versioned script, or what such a script does not support; else as pre. */
int conversation_live(struct conversation *v, struct error *err) _must_check_;

/** Asks for the attributes of an active device (event get, action attributes). None
 * and 0 if no script answers. keep_leading as in definition_parse_attrs_reply(). After
 * a time-out devices of this parent and type fail at once. *ret must be empty. */
int callouts_get_attributes(struct callouts *c, const struct callout_subject *subject,
                            bool keep_leading, struct attrs *ret, struct error *err) _must_check_;

/** Reads the reply to the capabilities probe: bit sets of 1 << enum callout_action
 * (plus the internal ones) and events; exported for the fuzz target. -EINVAL, and
 * -ENODATA if "supports" is absent or null. Unknown words are reported to log. */
struct callout_capabilities {
	unsigned actions;
	unsigned events;
};
int callout_parse_capabilities(const char *bytes, size_t n, const char *path, const struct log *log,
                               struct callout_capabilities *ret) _must_check_;
