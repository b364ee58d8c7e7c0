/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Message levels and their sink. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/log.h"

bool log_wants(const struct log *log, enum log_level level)
{
	return log && log->sink && (level == LOG_LEVEL_FOREIGN || level <= log->max);
}

void log_message(const struct log *log, enum log_level level, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;
	int n;

	if (!log_wants(log, level))
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		log->sink(log->userdata, level, "out of memory for a message");
		return;
	}
	log->sink(log->userdata, level, text);
}

/* False when it was told before, or there is no room to remember it. */
static bool told_add(struct log_told *told, const char *text)
{
	for (size_t i = 0; i < told->n; i++)
		if (strcmp(told->texts[i], text) == 0)
			return false;
	if (told->n == LOG_TOLD_MAX)
		return false;
	told->texts[told->n] = strdup(text);
	if (!told->texts[told->n])
		return false;
	told->n++;
	return true;
}

void log_warn_once(const struct log *log, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;
	int n;

	if (!log_wants(log, LOG_LEVEL_WARN))
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	else if (!log->told || told_add(log->told, text))
		log->sink(log->userdata, LOG_LEVEL_WARN, text);
}

void log_told_done(struct log_told *told)
{
	for (size_t i = 0; i < told->n; i++)
		free(told->texts[i]);
	told->n = 0;
}

int log_level_parse(const char *text, enum log_level *ret)
{
	static const char *const names[] = {
		[LOG_LEVEL_OFF] = "off",   [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn",
		[LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug", [LOG_LEVEL_TRACE] = "trace",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(text, names[i]) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}
