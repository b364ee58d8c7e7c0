/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes as lines. */
#include "config.h"

#include <string.h>

#include "cli/out-monitor.h"
#include "shared/json.h"
#include "shared/utf8.h"

/* RFC 3339, UTC, microseconds. */
static void add_time(struct strbuf *out, const struct timespec *when)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when->tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(out, "%s.%06ldZ", text, when->tv_nsec / 1000);
}

/* A line stays one, whatever a name or a driver's words hold. */
static void add_words(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p; p++)
		strbuf_add_char(out, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
}

static void add_what(struct strbuf *out, const struct change *change)
{
	if (change->before)
		strbuf_addf(out, "%s -> ", change->before);
	strbuf_add_str(out, change->after);
	switch (change->kind) {
	case CHANGE_DEFINITION:
		strbuf_add_str(out, ", ");
		add_words(out, change->file);
		break;
	case CHANGE_DEVICE:
		if (change->type) {
			strbuf_add_str(out, ", ");
			add_words(out, change->type);
		}
		break;
	case CHANGE_PARENT:
		if (strcmp(change->after, "registered") == 0)
			strbuf_addf(out, ", %zu type%s", change->n_types,
			            change->n_types == 1 ? "" : "s");
		break;
	case CHANGE_STATE:
		if (change->reason) {
			strbuf_add_str(out, ", ");
			add_words(out, change->reason);
		}
		break;
	case _CHANGE_KIND_MAX:
		break;
	}
}

void monitor_add_text(struct strbuf *out, const struct timespec *when, const struct change *change)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	add_time(out, when);
	strbuf_addf(out, " %s ", change_kind_name(change->kind));
	if (change->uuid) {
		mdev_uuid_format(change->uuid, uuid);
		strbuf_addf(out, "%s ", uuid);
	}
	add_words(out, change->parent);
	strbuf_add_str(out, ": ");
	add_what(out, change);
	strbuf_add_char(out, '\n');
}

/* JSON is UTF-8; a byte that is none becomes the replacement character. */
static void add_value(struct strbuf *out, const char *text)
{
	_cleanup_(strbuf_done) struct strbuf clean = STRBUF_INIT;
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = utf8_sequence(text, left);

		if (n > 0)
			strbuf_add(&clean, text, n);
		else
			strbuf_add_str(&clean, "\xef\xbf\xbd");
		text += n > 0 ? n : 1;
		left -= n > 0 ? n : 1;
	}
	if (strbuf_error(&clean) < 0)
		out->error = strbuf_error(&clean);
	json_add_string(out, strbuf_str(&clean), clean.len);
}

static void add_member(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, ",\"%s\":", key);
	if (text)
		add_value(out, text);
	else
		strbuf_add_str(out, "null");
}

void monitor_add_json(struct strbuf *out, const struct timespec *when, const struct change *change)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	strbuf_add_str(out, "{\"time\":\"");
	add_time(out, when);
	strbuf_add_char(out, '"');
	if (change->uuid)
		mdev_uuid_format(change->uuid, uuid);
	add_member(out, "kind", change_kind_name(change->kind));
	add_member(out, "uuid", change->uuid ? uuid : NULL);
	add_member(out, "parent", change->parent);
	add_member(out, "type", change->type);
	add_member(out, "old", change->before);
	add_member(out, "new", change->after);
	add_member(out, "reason", change->reason);
	add_member(out, "file", change->file);
	strbuf_add_str(out, ",\"types\":");
	if (change->kind == CHANGE_PARENT && strcmp(change->after, "registered") == 0)
		strbuf_addf(out, "%zu", change->n_types);
	else
		strbuf_add_str(out, "null");
	strbuf_add_str(out, "}\n");
}
