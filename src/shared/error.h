/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a user is told of a failure: a message, its cause, and what to do. Filled
 * where the cause is known, printed in one place by the caller that decides. */
#pragma once

#include "shared/macro.h"
#include "shared/strbuf.h"

enum error_kind {
#define ERROR_KIND(name, status, help) ERROR_##name,
#include "shared/errors.def"
#undef ERROR_KIND
	_ERROR_KIND_MAX,
};

struct error {
	enum error_kind kind;
	int errnum;    /* positive errno; 0 while nothing is set */
	int mark;      /* what callers tell failures of one errno apart by, in a numbering of
	                * their own; 0: nothing */
	char *message; /* "Failed to create mdev U, type T on P" */
	char *cause;   /* "No space left on device", or NULL */
	char *advice;  /* "stop another device first", or NULL */
};

#define ERROR_INIT                                                                                 \
	((struct error){ .kind = ERROR_FAILED,                                                     \
	                 .errnum = 0,                                                              \
	                 .mark = 0,                                                                \
	                 .message = NULL,                                                          \
	                 .cause = NULL,                                                            \
	                 .advice = NULL })

/** Releases the texts; err is as after ERROR_INIT. */
void error_done(struct error *err);

/** Replaces what err holds by a message. r is a negative errno and is returned,
 * so that a caller can write `return error_set(err, -EINVAL, ...)`. err may be
 * NULL. When memory is short the message is lost, never the errno. */
int error_set(struct error *err, int r, const char *fmt, ...) _printf_(3, 4);

/** As error_set(), with the text of errno r as the cause. */
int error_set_errno(struct error *err, int r, const char *fmt, ...) _printf_(3, 4);

/** Sets or replaces the cause. Does nothing on NULL. */
void error_set_cause(struct error *err, const char *fmt, ...) _printf_(2, 3);

/** Sets or replaces what the user can do. Does nothing on NULL. */
void error_set_advice(struct error *err, const char *fmt, ...) _printf_(2, 3);

/** Adds to the cause (", TEXT" if there is one already): the file or device that the
 * error is about, known further out. Does nothing on NULL or when no error is set. */
void error_add_cause(struct error *err, const char *fmt, ...) _printf_(2, 3);

/** Sets the kind, hence the exit status. Does nothing on NULL. */
void error_set_kind(struct error *err, enum error_kind kind);

/** Sets the mark, which the next error_set() takes away. Does nothing on NULL or when no
 * error is set. */
void error_set_mark(struct error *err, int mark);

/** Hands what is in from over to err, which may be NULL; from is empty afterwards. Returns
 * its negative errno. */
int error_move(struct error *from, struct error *err);

/** True once error_set() was called. */
bool error_is_set(const struct error *err);

/** Appends "MESSAGE: CAUSE (ADVICE)" in one line: control characters become
 * spaces, since the texts carry names from outside. An error without a message
 * prints the text of its errno. */
void error_format(const struct error *err, struct strbuf *out);

/** The exit status of a program that ends with this error. */
int error_exit_status(const struct error *err);
