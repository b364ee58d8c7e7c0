/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records as text, and whether the process that one names is still there. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/record-private.h"
#include "core/store.h"
#include "shared/file.h"
#include "shared/utf8.h"

static const char *const phase_names[_CAMPAIGN_PHASE_MAX] = {
	[CAMPAIGN_NONE] = "none",
	[CAMPAIGN_ARMED] = "armed",
	[CAMPAIGN_CREATING] = "creating",
	[CAMPAIGN_RETRY] = "retry",
	[CAMPAIGN_NO_TYPE] = "no-type",
	[CAMPAIGN_NO_INSTANCE] = "no-instance",
	[CAMPAIGN_OTHER_DISK] = "other-disk",
	[CAMPAIGN_BLOCKED] = "blocked",
	[CAMPAIGN_STUCK] = "stuck",
	[CAMPAIGN_FAILED] = "failed",
	[CAMPAIGN_DONE] = "done",
	[CAMPAIGN_DEGRADED] = "degraded",
	[CAMPAIGN_HALF_MADE] = "half-made",
};

int64_t record_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void record_done(struct record *record)
{
	free(record->other);
	free(record->reason);
	*record = (struct record){ 0 };
}

void record_take_back_stop(struct record *record)
{
	if (!record->is_stopped)
		return;
	record->is_stopped = false;
	free(record->reason);
	record->reason = NULL;
}

/* ---- text ------------------------------------------------------------------------- */

int record_parse_u64(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

bool record_next_field(char **text, char **ret_key, char **ret_value)
{
	while (**text) {
		char *line = *text, *end = line + strcspn(line, "\n"), *equals;

		*text = *end ? end + 1 : end;
		*end = '\0';
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		*ret_key = line;
		*ret_value = equals + 1;
		return true;
	}
	return false;
}

char *record_clean_line(const char *text)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
	size_t left = strlen(text), n;

	for (; left > 0 && line.len + 4 <= RECORD_REASON_MAX; text += n, left -= n) {
		unsigned char c = (unsigned char)*text;

		n = utf8_sequence(text, left);
		if (n == 0)
			strbuf_add_char(&line, '?');
		else if (c < 0x20 || c == 0x7f)
			strbuf_add_char(&line, ' ');
		else
			strbuf_add(&line, text, n);
		n = n ? n : 1;
	}
	strbuf_trim(&line);
	return strbuf_take(&line);
}

static int parse_i64(const char *value, int64_t *ret)
{
	uint64_t number;
	int r = record_parse_u64(value, &number);

	if (r == 0 && number > INT64_MAX)
		return -ERANGE;
	if (r == 0)
		*ret = (int64_t)number;
	return r;
}

static int parse_int(const char *value, int *ret)
{
	uint64_t number;
	int r = record_parse_u64(value, &number);

	if (r == 0 && number > INT_MAX)
		return -ERANGE;
	if (r == 0)
		*ret = (int)number;
	return r;
}

static int parse_unsigned(const char *value, unsigned *ret)
{
	int number = 0, r = parse_int(value, &number);

	*ret = (unsigned)number;
	return r;
}

/* Of a later version is what says anything else. */
static int parse_mark(const char *value, bool *ret)
{
	*ret = strcmp(value, "1") == 0;
	return *ret ? 0 : -EINVAL;
}

static int parse_phase(const char *value, enum campaign_phase *ret)
{
	for (unsigned i = CAMPAIGN_NONE + 1; i < _CAMPAIGN_PHASE_MAX; i++)
		if (strcmp(phase_names[i], value) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_text(char *value, char **ret)
{
	free(*ret);
	*ret = value;
	return value ? 0 : -ENOMEM;
}

static int parse_parent(const char *value, char **ret)
{
	return store_parent_problem(value) ? -EINVAL : parse_text(strdup(value), ret);
}

static int take_number(struct record *record, const char *key, const char *value)
{
	if (strcmp(key, "registration") == 0)
		return record_parse_u64(value, &record->registration);
	if (strcmp(key, "errno") == 0)
		return parse_int(value, &record->errnum);
	if (strcmp(key, "since") == 0)
		return parse_i64(value, &record->since);
	if (strcmp(key, "next") == 0)
		return parse_i64(value, &record->next);
	if (strcmp(key, "definition") == 0)
		return record_parse_u64(value, &record->definition);
	if (strcmp(key, "pid") == 0)
		return parse_int(value, &record->pid);
	if (strcmp(key, "pid_start") == 0)
		return record_parse_u64(value, &record->pid_start);
	if (strcmp(key, "other_registration") == 0)
		return record_parse_u64(value, &record->other_registration);
	if (strcmp(key, "attempts") == 0)
		return parse_unsigned(value, &record->attempts);
	if (strcmp(key, "written") == 0)
		return parse_unsigned(value, &record->written);
	return 0; /* of a later version */
}

static int take_field(struct record *record, const char *key, const char *value)
{
	if (strcmp(key, "phase") == 0)
		return parse_phase(value, &record->phase);
	if (strcmp(key, "stopped") == 0)
		return parse_mark(value, &record->is_stopped);
	if (strcmp(key, "other") == 0)
		return parse_parent(value, &record->other);
	if (strcmp(key, "reason") == 0)
		return parse_text(record_clean_line(value), &record->reason);
	return take_number(record, key, value);
}

int record_parse(char *text, const char *boot_id, struct record *ret)
{
	_cleanup_(record_done) struct record record = { 0 };
	bool is_ours = false;
	char *key, *value;
	int r = 0;

	while (r == 0 && record_next_field(&text, &key, &value)) {
		if (strcmp(key, "boot_id") == 0)
			is_ours = strcmp(value, boot_id) == 0;
		else
			r = take_field(&record, key, value);
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !is_ours || record.phase == CAMPAIGN_NONE || record.registration == 0)
		return -ENOENT;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

static void add_number(struct strbuf *out, const char *key, uint64_t value)
{
	if (value > 0)
		strbuf_addf(out, "%s=%" PRIu64 "\n", key, value);
}

void record_format(const struct record *record, struct strbuf *out)
{
	_cleanup_(freep) char *reason = record->reason ? record_clean_line(record->reason) : NULL;

	strbuf_addf(out, "registration=%" PRIu64 "\nphase=%s\n", record->registration,
	            phase_names[record->phase]);
	add_number(out, "attempts", record->attempts);
	add_number(out, "written", record->written);
	add_number(out, "errno", (uint64_t)record->errnum);
	add_number(out, "since", (uint64_t)record->since);
	add_number(out, "next", (uint64_t)record->next);
	add_number(out, "definition", record->definition);
	add_number(out, "stopped", record->is_stopped);
	add_number(out, "pid", (uint64_t)record->pid);
	add_number(out, "pid_start", record->pid_start);
	if (record->other && !store_parent_problem(record->other))
		strbuf_addf(out, "other=%s\n", record->other);
	add_number(out, "other_registration", record->other_registration);
	if (reason)
		strbuf_addf(out, "reason=%s\n", reason);
}

/* ---- files ------------------------------------------------------------------------ */

int record_read_at(const struct records *records, int dirfd, const struct mdev_uuid *uuid,
                   struct record *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char name[MDEV_UUID_TEXT_MAX];
	const char *boot_id;
	int r;

	mdev_uuid_format(uuid, name);
	r = records_read_file_at(records, dirfd, name, RECORD_SIZE_MAX, &text, &boot_id);
	return r < 0 ? r : record_parse(text.data, boot_id, ret);
}

int record_read(const struct records *records, const char *parent, const struct mdev_uuid *uuid,
                struct record *ret)
{
	_cleanup_(closep) int fd = records_open_parent(records, parent);

	return fd < 0 ? fd : record_read_at(records, fd, uuid, ret);
}

bool record_is_private(const struct records *records, const char *parent,
                       const struct mdev_uuid *uuid)
{
	_cleanup_(closep) int fd = records_open_parent(records, parent);
	char name[MDEV_UUID_TEXT_MAX];
	struct stat st;

	mdev_uuid_format(uuid, name);
	return fd < 0 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !(st.st_mode & S_IROTH);
}

uint64_t record_hash_definition(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

int record_write_at(const struct records *records, int dirfd, const struct mdev_uuid *uuid,
                    const struct record *record, bool is_private)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct record dated = *record;
	char name[MDEV_UUID_TEXT_MAX];

	if (dated.pid > 0 && dated.pid_start == 0)
		dated.pid_start = records_process_start(records, dated.pid);
	mdev_uuid_format(uuid, name);
	record_format(&dated, &text);
	return records_write_file_at(records, dirfd, name, &text, is_private ? 0600 : 0644);
}

int record_write(const struct records *records, const char *parent, const struct mdev_uuid *uuid,
                 const struct record *record, bool is_private)
{
	_cleanup_(closep) int fd = records_make_parent(records, parent);

	return fd < 0 ? fd : record_write_at(records, fd, uuid, record, is_private);
}

int record_remove(const struct records *records, const char *parent, const struct mdev_uuid *uuid)
{
	char name[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, name);
	return records_remove_file(records, parent, name);
}

bool record_writer_is_alive(const struct records *records, const struct record *record)
{
	uint64_t start = record->pid > 0 ? records_process_start(records, record->pid) : 0;

	return start != 0 && start == record->pid_start;
}
