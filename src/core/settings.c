/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevmgr.conf: its keys as a table, and its syntax. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/settings.h"
#include "shared/timespan.h"

/* A file that is something else altogether need not be told line by line. */
#define WARNINGS_MAX 20

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

/* ---- the table -------------------------------------------------------------------------- */

enum setting_kind {
	SETTING_SPAN,  /* int64_t, microseconds */
	SETTING_COUNT, /* unsigned */
	SETTING_BOOL,
};

struct setting {
	const char *section;
	const char *key;
	enum setting_kind kind;
	size_t offset;
	int64_t min;
	int64_t max;
};

#define SPAN(section, key, member, min, max)                                                       \
	{                                                                                          \
		section, key, SETTING_SPAN, offsetof(struct settings, member), min, max            \
	}
#define COUNT(section, key, member, min, max)                                                      \
	{                                                                                          \
		section, key, SETTING_COUNT, offsetof(struct settings, member), min, max           \
	}
#define BOOL(section, key, member)                                                                 \
	{                                                                                          \
		section, key, SETTING_BOOL, offsetof(struct settings, member), 0, 1                \
	}

/* One section's rows are neighbours. */
static const struct setting table[] = {
	SPAN("Campaign", "RetryMinSec", retry.retry_min, 1000, 3600 * SECOND),
	SPAN("Campaign", "RetryMaxSec", retry.retry_max, 1000, DAY),
	COUNT("Campaign", "FastTries", retry.fast_tries, 1, 1000000),
	SPAN("Campaign", "RetrySlowSec", retry.retry_slow, SECOND, 365 * DAY),
	SPAN("Limits", "CreateTimeoutSec", create_timeout, SECOND, DAY),
	SPAN("Limits", "CalloutTimeoutSec", callout_timeout, SECOND, DAY),
	COUNT("Daemon", "WorkersMax", workers_max, 1, 1024),
	COUNT("Daemon", "CallsMax", calls_max, 1, 1024),
	SPAN("Daemon", "SettleSec", settle, 0, 10 * SECOND),
	SPAN("Daemon", "SettleMaxSec", settle_max, 0, 60 * SECOND),
	BOOL("Daemon", "WorkerSandbox", worker_sandbox),
	SPAN("Boot", "ParentGraceSec", parent_grace, 0, DAY),
	SPAN("Boot", "DevicesTimeoutSec", devices_timeout, SECOND, DAY),
	BOOL("Shutdown", "StopDevices", stop_at_shutdown),
	SPAN("Shutdown", "UsersGraceSec", users_grace, 0, DAY),
};

void settings_init(struct settings *ret)
{
	*ret = (struct settings){
		.retry = CAMPAIGN_POLICY_DEFAULT,
		.create_timeout = 60 * SECOND,
		.callout_timeout = 120 * SECOND,
		.settle = SECOND / 20,
		.settle_max = SECOND / 2,
		.workers_max = 16,
		.calls_max = 32,
		.parent_grace = 15 * SECOND,
		.devices_timeout = 90 * SECOND,
		.users_grace = 30 * SECOND,
		.stop_at_shutdown = true,
		.worker_sandbox = true,
	};
}

static int64_t setting_get(const struct setting *row, const struct settings *s)
{
	const char *at = (const char *)s + row->offset;
	int64_t span;
	unsigned count;
	bool yes;

	switch (row->kind) {
	case SETTING_SPAN:
		memcpy(&span, at, sizeof(span));
		return span;
	case SETTING_COUNT:
		memcpy(&count, at, sizeof(count));
		return count;
	case SETTING_BOOL:
		memcpy(&yes, at, sizeof(yes));
		return yes;
	}
	return 0;
}

static void setting_set(const struct setting *row, struct settings *s, int64_t value)
{
	char *at = (char *)s + row->offset;
	unsigned count = (unsigned)value;
	bool yes = value != 0;

	switch (row->kind) {
	case SETTING_SPAN:
		memcpy(at, &value, sizeof(value));
		break;
	case SETTING_COUNT:
		memcpy(at, &count, sizeof(count));
		break;
	case SETTING_BOOL:
		memcpy(at, &yes, sizeof(yes));
		break;
	}
}

static void add_value(const struct setting *row, int64_t value, struct strbuf *out)
{
	switch (row->kind) {
	case SETTING_SPAN:
		timespan_add(out, value);
		break;
	case SETTING_COUNT:
		strbuf_addf(out, "%lld", (long long)value);
		break;
	case SETTING_BOOL:
		strbuf_add_str(out, value ? "yes" : "no");
		break;
	}
}

void settings_format(const struct settings *s, struct strbuf *out)
{
	const char *section = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!section || strcmp(section, table[i].section) != 0)
			strbuf_addf(out, "%s[%s]\n", section ? "\n" : "", table[i].section);
		section = table[i].section;
		strbuf_addf(out, "%s=", table[i].key);
		add_value(&table[i], setting_get(&table[i], s), out);
		strbuf_add_char(out, '\n');
	}
}

/* ---- values ------------------------------------------------------------------------------ */

static int parse_count(const char *text, int64_t *ret)
{
	size_t n = strspn(text, "0123456789");
	int64_t value = 0;

	if (n == 0 || text[n])
		return -EINVAL;
	if (n > 17)
		return -ERANGE;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + text[i] - '0';
	*ret = value;
	return 0;
}

static int parse_bool(const char *text, int64_t *ret)
{
	/* Those that mean yes have the odd places. */
	static const char *const words[] = { "no", "yes", "false", "true", "0", "1", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i % 2;
			return 0;
		}
	return -EINVAL;
}

static int parse_value(const struct setting *row, const char *text, int64_t *ret)
{
	int64_t value = 0;
	int r = -EINVAL;

	switch (row->kind) {
	case SETTING_SPAN:
		r = timespan_parse(text, &value);
		break;
	case SETTING_COUNT:
		r = parse_count(text, &value);
		break;
	case SETTING_BOOL:
		r = parse_bool(text, &value);
		break;
	}
	if (r < 0)
		return r;
	if (value < row->min || value > row->max)
		return -ERANGE;
	*ret = value;
	return 0;
}

/* ---- one file ------------------------------------------------------------------------------ */

struct reading {
	const char *path;
	const struct log *log;
	unsigned line;
	unsigned warnings;
	const char *section; /* NULL: none yet, or one that is unknown */
	bool is_unknown_section;
	struct settings *settings;
};

static void warn(struct reading *r, const char *fmt, ...) _printf_(2, 3);

static void warn(struct reading *r, const char *fmt, ...)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	va_list ap;

	if (r->warnings++ >= WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	strbuf_addv(&text, fmt, ap);
	va_end(ap);
	log_warn(r->log, "%s:%u: %s", r->path, r->line, strbuf_str(&text));
	if (r->warnings == WARNINGS_MAX)
		log_warn(r->log, "%s: more mistakes are not told", r->path);
}

static bool section_is_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].section, name) == 0)
			return true;
	return false;
}

static void read_section(struct reading *r, char *text)
{
	size_t n = strlen(text);

	r->section = NULL;
	r->is_unknown_section = true;
	if (text[n - 1] != ']') {
		warn(r, "a section ends with ']', passing over what is in it");
		return;
	}
	text[n - 1] = '\0';
	if (section_is_known(text + 1)) {
		r->section = text + 1;
		r->is_unknown_section = false;
	} else {
		warn(r, "unknown section [%.64s], passing over it", text + 1);
	}
}

static const struct setting *find_setting(const char *section, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].section, section) == 0 && strcmp(table[i].key, key) == 0)
			return &table[i];
	return NULL;
}

static void warn_of_value(struct reading *r, const struct setting *row, const char *value,
                          int error)
{
	static const char *const wanted[] = {
		[SETTING_SPAN] = "a time (such as 30s or 1min 30s)",
		[SETTING_COUNT] = "a number",
		[SETTING_BOOL] = "yes or no",
	};
	_cleanup_(strbuf_done) struct strbuf min = STRBUF_INIT, max = STRBUF_INIT;

	if (error == -EINVAL) {
		warn(r, "%s= is %s, not '%.64s', passing over it", row->key, wanted[row->kind],
		     value);
		return;
	}
	add_value(row, row->min, &min);
	add_value(row, row->max, &max);
	warn(r, "%s= is from %s to %s, not '%.64s', passing over it", row->key, strbuf_str(&min),
	     strbuf_str(&max), value);
}

static void read_assignment(struct reading *r, const char *key, const char *value)
{
	const struct setting *row;
	struct settings defaults;
	int64_t number = 0;
	int error = 0;

	if (r->is_unknown_section)
		return;
	if (!r->section) {
		warn(r, "'%.64s' stands before the first section, passing over it", key);
		return;
	}
	row = find_setting(r->section, key);
	if (!row) {
		warn(r, "unknown key '%.64s' in section [%s], passing over it", key, r->section);
		return;
	}
	settings_init(&defaults);
	if (*value)
		error = parse_value(row, value, &number);
	else
		number = setting_get(row, &defaults);
	if (error < 0)
		warn_of_value(r, row, value, error);
	else
		setting_set(row, r->settings, number);
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
	static const char blanks[] = " \t\r\f\v";
	size_t n;

	text += strspn(text, blanks);
	for (n = strlen(text); n > 0 && strchr(blanks, text[n - 1]); n--)
		;
	text[n] = '\0';
	return text;
}

static void read_line(struct reading *r, char *line, size_t n)
{
	char *text, *equals;

	if (memchr(line, '\0', n)) {
		warn(r, "a NUL byte, passing over the line");
		return;
	}
	text = trim(line);
	if (*text == '\0' || *text == '#' || *text == ';')
		return;
	if (*text == '[') {
		read_section(r, text);
		return;
	}
	equals = strchr(text, '=');
	if (!equals) {
		warn(r, "neither [Section] nor Key=Value, passing over the line");
		return;
	}
	*equals = '\0';
	read_assignment(r, trim(text), trim(equals + 1));
}

int settings_parse(const char *bytes, size_t n, const char *path, const struct log *log,
                   struct settings *ret)
{
	_cleanup_(freep) char *copy = malloc(n + 1);
	struct reading r = { .path = path, .log = log, .settings = ret };

	if (!copy)
		return -ENOMEM;
	if (n > 0)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	for (char *line = copy, *end = copy + n; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *next = newline ? newline : end;

		*next = '\0';
		r.line++;
		read_line(&r, line, (size_t)(next - line));
		line = next + 1;
	}
	return 0;
}
