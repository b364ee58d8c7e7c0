/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fields of status. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/status-value.h"
#include "core/record.h"

#define HALF_DAY 43200

void status_add_errno(struct strbuf *out, int errnum)
{
	const char *name = NULL;

#ifdef HAVE_STRERRORNAME_NP
	name = strerrorname_np(errnum);
#endif
	if (name)
		strbuf_add_str(out, name);
	else
		strbuf_addf(out, "%d", errnum);
}

/* The wall clock's time of a time of CLOCK_BOOTTIME, as the two go now. */
static time_t to_wall_clock(int64_t boottime)
{
	struct timespec now;
	int64_t wall;

	clock_gettime(CLOCK_REALTIME, &now);
	wall = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	return (time_t)((wall - record_now() + boottime) / 1000000);
}

static void add_date(struct strbuf *out, const struct tm *tm)
{
	strbuf_addf(out, "%04d-%02d-%02d", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday);
}

void status_add_local_time(struct strbuf *out, int64_t boottime)
{
	time_t t = to_wall_clock(boottime), away = t - time(NULL);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return;
	if (away < -HALF_DAY || away > HALF_DAY) {
		add_date(out, &tm);
		strbuf_addf(out, " %02d:%02d", tm.tm_hour, tm.tm_min);
	} else {
		strbuf_addf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
}

void status_add_utc_time(struct strbuf *out, int64_t boottime)
{
	time_t t = to_wall_clock(boottime);
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return;
	add_date(out, &tm);
	strbuf_addf(out, "T%02d:%02d:%02dZ", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static const char *start_word(const struct survey_entry *e)
{
	if (!e->is_defined || e->is_broken)
		return "-";
	return e->is_auto ? "auto" : "manual";
}

static void add_uuid(struct strbuf *out, const struct mdev_uuid *uuid)
{
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	strbuf_add_str(out, text);
}

void status_value_add(struct strbuf *out, const struct status_row *row, enum status_column column)
{
	const struct survey_entry *e = row->entry;
	size_t before = out->len;

	switch (column) {
	case STATUS_UUID:
		add_uuid(out, &e->uuid);
		break;
	case STATUS_PARENT:
		strbuf_add_str(out, row->parent);
		break;
	case STATUS_TYPE:
		strbuf_add_str(out, e->type ? e->type : "");
		break;
	case STATUS_START:
		strbuf_add_str(out, start_word(e));
		break;
	case STATUS_STATE:
		strbuf_add_str(out, device_state_name(e->state));
		break;
	case STATUS_SINCE:
		if (e->since)
			status_add_local_time(out, e->since);
		break;
	case STATUS_ATTEMPTS:
		if (e->attempts)
			strbuf_addf(out, "%u", e->attempts);
		break;
	case STATUS_NEXT:
		if (e->next)
			status_add_local_time(out, e->next);
		break;
	case STATUS_ERRNO:
		if (e->errnum)
			status_add_errno(out, e->errnum);
		break;
	case STATUS_PID:
		if (e->pid)
			strbuf_addf(out, "%d", (int)e->pid);
		break;
	case STATUS_REASON:
		strbuf_add_str(out, e->reason ? e->reason : "");
		break;
	case _STATUS_COLUMN_MAX:
		break;
	}
	if (out->len == before)
		strbuf_add_char(out, '-');
}
