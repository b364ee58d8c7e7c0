/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where messages go. The program owns one struct log and hands it to the core
 * with its environment; there is no global logger. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

enum log_level {
	LOG_LEVEL_OFF,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_TRACE,
	/* Not a level: somebody else's words (a callout's stderr), passed on as they
	 * are whatever the level. */
	LOG_LEVEL_FOREIGN,
};

/* More different texts are not told. */
#define LOG_TOLD_MAX 64

/* What was told once. */
struct log_told {
	char *texts[LOG_TOLD_MAX];
	size_t n;
};

struct log {
	enum log_level max; /* what is less important is not formatted */
	void (*sink)(void *userdata, enum log_level level, const char *text);
	void *userdata;
	struct log_told *told; /* NULL: everything is told each time */
};

/** Hands a message to the sink if level is wanted. log may be NULL. */
void log_message(const struct log *log, enum log_level level, const char *fmt, ...) _printf_(3, 4);

/** A warning that a program which looks again and again would give each time: one that keeps
 * what it told gives it once. */
void log_warn_once(const struct log *log, const char *fmt, ...) _printf_(2, 3);

/** Releases the texts. */
void log_told_done(struct log_told *told);

/** True if messages of this level reach the sink. */
bool log_wants(const struct log *log, enum log_level level);

/** Reads off, error, warn, info, debug or trace in any case. -EINVAL otherwise. */
int log_level_parse(const char *text, enum log_level *ret) _must_check_;

#define log_warn(log, ...)  log_message((log), LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...)  log_message((log), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_message((log), LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_trace(log, ...) log_message((log), LOG_LEVEL_TRACE, __VA_ARGS__)
