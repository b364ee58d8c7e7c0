/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the script protocol share: the lists of scripts, a single call
 * and its verdict, the answers to the capabilities probe. */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "core/callout.h"
#include "shared/process.h"

/* The actions that no user asks for, after those of enum callout_action. */
enum {
	CALLOUT_ATTRIBUTES = _CALLOUT_ACTION_MAX,
	CALLOUT_CAPABILITIES,
	_CALLOUT_ALL_ACTIONS_MAX,
};

enum callout_event {
	CALLOUT_PRE,
	CALLOUT_POST,
	CALLOUT_NOTIFY,
	CALLOUT_GET,
	CALLOUT_LIVE,
	_CALLOUT_EVENT_MAX,
};

/* A script directory with more is an accident. */
#define CALLOUT_SCRIPTS_MAX 1024

/* Bytes kept of a script's stderr, and of a stdout that is not looked at. */
#define CALLOUT_WORDS_MAX (64 * 1024)

struct callout_scripts {
	char **paths; /* executable files in the order in which they are asked */
	size_t n;
};

/* One parent and type's answer to the capabilities probe. */
struct callout_probe {
	struct callout_probe *next;
	char *parent;
	char *type;
	const char *path; /* the script that has versioning, owned by its list; or NULL */
	struct callout_capabilities capabilities;
	struct error failure;     /* the probe went wrong; set: nothing may be asked */
	struct error get_failure; /* a get attributes that took too long; set: no more */
};

/* In the order in which they are searched: two of callouts, two of notifiers. */
#define CALLOUT_DIRS 4

/* Which script directory it is, and when it changed; zeros: none. */
struct callout_dir {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
};

struct callouts {
	const struct env *env;
	bool is_loaded;
	bool has_entries;                      /* files of any kind */
	struct callout_dir dirs[CALLOUT_DIRS]; /* as they were before that was looked at; */
	bool knows_dirs;                       /* ... false: unknown */
	struct callout_scripts scripts;
	struct callout_scripts notifiers;
	struct callout_probe *probes;
	unsigned change_ms;
	unsigned get_ms;
};

/* ---- callout-scripts.c: the directories ------------------------------------------ */

/** Reads the script directories once. Those that are missing count as empty; -E2BIG,
 * -ENOMEM, or why one could not be read. */
int callouts_load(struct callouts *c, struct error *err) _must_check_;

/** Releases the lists; nothing of the probes may be left. */
void callouts_unload(struct callouts *c);

/** True if the script directories were empty, and none has changed since. Notes how they are
 * now, for the next time. */
bool callouts_are_still_none(struct callouts *c);

/* ---- callout-call.c: one script ----------------------------------------------------- */

struct callout_call {
	enum callout_event event;
	int action; /* enum callout_action or one of the above */
	enum callout_state state;
	const char *input; /* stdin, may be NULL */
	size_t input_len;
	bool is_locked; /* we hold the parent's lock */
	bool is_brief;  /* the script has failed us before: nobody waits long for it */
};

enum callout_verdict {
	CALLOUT_SKIPPED,  /* cannot be executed */
	CALLOUT_NOT_MINE, /* status 2 */
	CALLOUT_ANSWERED, /* any other status */
	CALLOUT_BROKEN,   /* died, took too long, or was interrupted */
};

/** "define", as it stands in arguments and in JSON. */
const char *callout_action_name(int action) _pure_;

/** "pre", as it stands in arguments and in JSON. */
const char *callout_event_name(enum callout_event event) _pure_;

/** Appends a path as mdevctl prints it in its messages: with quotes, and escapes for
 * what would break the line. */
void callout_add_quoted(struct strbuf *out, const char *path);

/** Runs one script. An enum callout_verdict, or a negative errno with a message when it
 * could not be run; *res is the caller's to release in the first case. */
int callout_call(struct callouts *c, const char *path, const struct callout_subject *subject,
                 const struct callout_call *call, struct process_result *res,
                 struct error *err) _must_check_;

/** Passes on what a script wrote to stderr. */
void callout_forward(struct callouts *c, const char *path, const struct process_result *res);

/** Says why a script's end is no success: -EPERM if it said so, -ECHILD if it was killed
 * by a signal, -ETIMEDOUT, -EINTR. */
int callout_fail(struct callouts *c, const char *path, const struct callout_call *call,
                 const struct process_result *res, struct error *err);

/** Asks the scripts one by one until one does not say that the device is not its own.
 * 1 and *ret_path (owned by the list) and *res, which the caller releases, if that one
 * agreed; 0 if there is none; negative if one failed or refused. */
int callout_search(struct callouts *c, const struct callout_subject *subject,
                   const struct callout_call *call, const char **ret_path,
                   struct process_result *res, struct error *err) _must_check_;

/** Asks one script that is known to be responsible: 0 and *res, which the caller
 * releases, or negative: "not mine" is a failure too. */
int callout_ask(struct callouts *c, const char *path, const struct callout_subject *subject,
                const struct callout_call *call, struct process_result *res,
                struct error *err) _must_check_;

/* ---- callout-probe.c: who supports what ------------------------------------------------ */

/** Finds, or makes by asking all scripts, the answer for the subject's parent and type;
 * owned by c. Negative if the probe failed now or before. */
int callouts_probe(struct callouts *c, const struct callout_subject *subject,
                   struct callout_probe **ret, struct error *err) _must_check_;

/** 0, or -EOPNOTSUPP with mdevctl's message if the probed script does not take part. */
int callout_probe_supports(const struct callout_probe *probe, enum callout_event event, int action,
                           struct error *err) _must_check_;

/** Fills err with a failure that was kept; returns its negative errno. */
int callout_repeat_failure(const struct error *failure, struct error *err);

/** Releases all answers. */
void callouts_forget(struct callouts *c);
