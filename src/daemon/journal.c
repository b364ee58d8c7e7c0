/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Journal entries with fields by libsystemd; lines on stderr otherwise. */
#include "config.h"

#define SD_JOURNAL_SUPPRESS_LOCATION

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "daemon/journal.h"
#include "shared/strbuf.h"

#define FIELDS_MAX 8

/* systemd sets JOURNAL_STREAM to the device and inode of what it gave us as stderr. */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return text && sscanf(text, "%" SCNuMAX ":%" SCNuMAX, &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static void add_line(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		strbuf_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

/* One write a line. In a child of a daemon with the journal the prefix tells the priority;
 * one that cannot be written is lost, there is nobody to tell. */
static void write_line(const struct journal *j, int priority, const char *text)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

	if (j->is_native)
		strbuf_addf(&line, "<%d>", priority);
	add_line(&line, text);
	strbuf_add_char(&line, '\n');
	if (strbuf_error(&line) == 0)
		(void)!write(STDERR_FILENO, line.data, line.len);
}

/* ---- fields ------------------------------------------------------------------------------- */

struct fields {
	struct strbuf texts[FIELDS_MAX];
	size_t n;
};

static struct strbuf *add_field(struct fields *f, const char *name)
{
	struct strbuf *text = &f->texts[f->n++];

	*text = STRBUF_INIT;
	strbuf_addf(text, "%s=", name);
	return text;
}

static void add_text(struct fields *f, const char *name, const char *value)
{
	if (value)
		add_line(add_field(f, name), value);
}

static void send_fields(struct fields *f)
{
	struct iovec iov[FIELDS_MAX];
	int n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (strbuf_error(&f->texts[i]) == 0)
			iov[n++] = (struct iovec){ f->texts[i].data, f->texts[i].len };
	(void)!sd_journal_sendv(iov, n);
	for (size_t i = 0; i < f->n; i++)
		strbuf_done(&f->texts[i]);
}

static void send_entry(const struct journal_entry *e)
{
	struct fields f = { .n = 0 };
	char uuid[MDEV_UUID_TEXT_MAX] = "";

	if (e->uuid)
		mdev_uuid_format(e->uuid, uuid);
	add_text(&f, "MESSAGE", e->text);
	strbuf_addf(add_field(&f, "PRIORITY"), "%d", e->priority);
	add_text(&f, "MESSAGE_ID", e->message_id);
	add_text(&f, "MDEV_UUID", e->uuid ? uuid : NULL);
	add_text(&f, "MDEV_PARENT", e->parent);
	add_text(&f, "MDEV_TYPE", e->type);
	if (e->errnum)
		strbuf_addf(add_field(&f, "ERRNO"), "%d", e->errnum);
	send_fields(&f);
}

/* ---- for others ----------------------------------------------------------------------------- */

static enum log_level level_of(int priority)
{
	return priority <= LOG_ERR       ? LOG_LEVEL_ERROR
	       : priority <= LOG_WARNING ? LOG_LEVEL_WARN
	       : priority <= LOG_INFO    ? LOG_LEVEL_INFO
	                                 : LOG_LEVEL_DEBUG;
}

/* libsystemd keeps its socket open, which a child of ours has closed: the number may be
 * anything there. */
void journal_tell(const struct journal *j, const struct journal_entry *entry)
{
	if (level_of(entry->priority) > j->max)
		return;
	if (j->is_native && getpid() == j->pid)
		send_entry(entry);
	else
		write_line(j, entry->priority, entry->text);
}

static void sink(void *userdata, enum log_level level, const char *text)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,   [LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,   [LOG_LEVEL_DEBUG] = LOG_DEBUG,
		[LOG_LEVEL_TRACE] = LOG_DEBUG, [LOG_LEVEL_FOREIGN] = LOG_NOTICE,
	};
	const struct journal *j = userdata;

	if (j->is_native && getpid() == j->pid)
		send_entry(&(struct journal_entry){ .priority = priorities[level], .text = text });
	else
		write_line(j, priorities[level], text);
}

void journal_init(struct journal *journal, struct log *ret_log)
{
	const char *level = getenv("MDEVCTL_LOG");

	*journal = (struct journal){ .is_native = stderr_is_journal(),
		                     .pid = getpid(),
		                     .max = LOG_LEVEL_INFO };
	*ret_log = (struct log){ .max = LOG_LEVEL_INFO, .sink = sink, .userdata = journal };
	if (level && *level && log_level_parse(level, &ret_log->max) < 0)
		log_warn(ret_log,
		         "MDEVCTL_LOG is '%s', which is no level: taking 'info' (off, error, warn, "
		         "info, debug and trace are known)",
		         level);
	journal->max = ret_log->max;
}
