/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root with little scripts for the tests of the script protocol. Each script writes
 * "NAME ARGUMENTS|STDIN" into a trace, which is what most tests look at. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "core/callout-internal.h"
#include "shared/log.h"

#define UUID   "976d8cc2-4bfc-43b9-b9f5-f4af2de91ab9"
#define PARENT "0000:00:03.0"
#define LIB    "/usr/lib/mdevctl/scripts.d/callouts/"
#define ETC    "/etc/mdevctl.d/scripts.d/callouts/"
#define NOTIFY "/usr/lib/mdevctl/scripts.d/notifiers/"
#define OLD    "/etc/mdevctl.d/scripts.d/notifiers/"

#define COMPACT "{\"mdev_type\":\"T1\",\"start\":\"manual\",\"attrs\":[]}"

/* Longer than any machine needs: only a hang reaches it. */
#define AMPLE_MS 60000

/* Shorter than what hangs, which is all that matters. */
#define SHORT_MS 200

/* The reply of a script that takes part in everything. */
#define SUPPORTS_ALL                                                                               \
	"{\"supports\":{\"version\":2,\"actions\":[\"start\",\"stop\",\"define\",\"undefine\","    \
	"\"modify\",\"attributes\",\"capabilities\"],\"events\":[\"pre\",\"post\",\"notify\","     \
	"\"get\",\"live\"]}}"

/* Most scripts are to be taken for unversioned ones. */
#define NO_CAPABILITIES "[ $6 = capabilities ] && exit 2; "

struct world {
	char root[32];
	struct strbuf messages; /* what was logged: "LEVEL TEXT" and a newline each */
	struct log log;
	struct env *env;
	struct callouts *c;
	struct definition *definition;
	struct mdev_uuid uuid;
	struct callout_subject subject;
	struct error err;
	volatile sig_atomic_t interrupt;
};

/** Runs a shell command line with the root as $0; it must succeed. */
void shell(const struct world *w, const char *command);

/** Forgets what was read and asked before, as a new process would. */
void renew(struct world *w);

/** Setup of a test: an empty root and what works below it. */
int make_world(void **state);

/** Teardown of a test. */
int end_world(void **state);

/** Writes a file, path below the root. */
void write_file(const struct world *w, const char *path, mode_t mode, const char *text);

/** Writes a script that writes its trace line and then does what body says; ROOT is
 * set in it. */
void script(const struct world *w, const char *path, const char *body);

/** The trace so far, which is emptied; the caller frees it. Without "-u UUID -p PARENT"
 * and the probes' stdin, which have a test of their own. */
char *take_trace(const struct world *w);

/** Holds what was logged, with the root cut out, against expected; forgets it. */
void assert_messages(struct world *w, const char *expected);

/** Holds the error's one line, with the root cut out, against expected; nothing may
 * have been logged. Forgets it. */
void assert_error(struct world *w, const char *expected);

/** Begins a conversation about the world's device. */
struct conversation *begin(struct world *w, enum callout_action action);

/** A whole operation that succeeds if it is allowed to. */
int operate(struct world *w, enum callout_action action, bool force);

/** Holds the trace so far against expected; forgets it. */
#define assert_trace(w, expected)                                                                  \
	do {                                                                                       \
		_cleanup_(freep) char *trace_ = take_trace(w);                                     \
		assert_string_equal(trace_, expected);                                             \
	} while (0)
