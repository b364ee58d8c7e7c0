/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * status as JSON. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/out-status.h"
#include "cli/status-value.h"
#include "shared/json.h"
#include "shared/utf8.h"

/* Names may hold any bytes, JSON may not: what is no UTF-8 becomes U+FFFD. */
static void add_text(struct strbuf *out, const char *s)
{
	_cleanup_(strbuf_done) struct strbuf clean = STRBUF_INIT;
	size_t left = strlen(s);

	while (left > 0) {
		size_t n = utf8_sequence(s, left);

		if (n > 0)
			strbuf_add(&clean, s, n);
		else
			strbuf_add_str(&clean, "\xef\xbf\xbd");
		n = n ? n : 1;
		s += n;
		left -= n;
	}
	if (strbuf_error(&clean) < 0)
		out->error = -ENOMEM;
	json_add_string(out, strbuf_str(&clean), clean.len);
}

static void add_key(struct strbuf *out, const char *key)
{
	strbuf_addf(out, ",\n      \"%s\": ", key);
}

static void add_text_field(struct strbuf *out, const char *key, const char *value)
{
	add_key(out, key);
	if (value)
		add_text(out, value);
	else
		strbuf_add_str(out, "null");
}

static void add_bool_field(struct strbuf *out, const char *key, bool value)
{
	add_key(out, key);
	strbuf_add_str(out, value ? "true" : "false");
}

/* 0 is told as null where it means none. */
static void add_number_field(struct strbuf *out, const char *key, unsigned value, bool is_count)
{
	add_key(out, key);
	if (value || is_count)
		strbuf_addf(out, "%u", value);
	else
		strbuf_add_str(out, "null");
}

static void add_time_field(struct strbuf *out, const char *key, int64_t boottime)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	if (boottime)
		status_add_utc_time(&text, boottime);
	add_text_field(out, key, boottime ? strbuf_str(&text) : NULL);
}

static void add_errno_fields(struct strbuf *out, int errnum)
{
	_cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;

	if (errnum)
		status_add_errno(&name, errnum);
	add_number_field(out, "errno", (unsigned)errnum, false);
	add_text_field(out, "error", errnum ? strbuf_str(&name) : NULL);
}

static const char *start_word(const struct survey_entry *e)
{
	if (!e->is_defined || e->is_broken)
		return NULL;
	return e->is_auto ? "auto" : "manual";
}

static void add_device(struct strbuf *out, const struct status_row *row)
{
	const struct survey_entry *e = row->entry;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&e->uuid, uuid);
	strbuf_addf(out, "    {\n      \"uuid\": \"%s\"", uuid);
	add_text_field(out, "parent", row->parent);
	add_bool_field(out, "registered", row->is_registered);
	add_text_field(out, "type", e->type);
	add_bool_field(out, "defined", e->is_defined);
	add_text_field(out, "start", start_word(e));
	add_text_field(out, "state", device_state_name(e->state));
	add_bool_field(out, "bad", survey_entry_is_bad(e));
	add_time_field(out, "since", e->since);
	add_number_field(out, "attempts", e->attempts, true);
	add_time_field(out, "next", e->next);
	add_errno_fields(out, e->errnum);
	add_text_field(out, "reason", e->reason);
	add_number_field(out, "pid", (unsigned)e->pid, false);
	strbuf_add_str(out, "\n    }");
}

static void add_summary(struct strbuf *out, const struct status_summary *summary)
{
	strbuf_addf(out, "    \"defined\": %zu,\n    \"auto\": %zu,\n    \"bad\": %zu,\n",
	            summary->defined, summary->autos, summary->bad);
	strbuf_add_str(out, "    \"states\": {");
	for (unsigned i = 0; i < _DEVICE_STATE_MAX; i++)
		strbuf_addf(out, "%s\n      \"%s\": %zu", i ? "," : "",
		            device_state_name((enum device_state)i), summary->states[i]);
	strbuf_add_str(out, "\n    },\n    \"daemon\": ");
	if (summary->daemon)
		strbuf_addf(out, "%d", (int)summary->daemon);
	else
		strbuf_add_str(out, "null");
}

void status_add_json(struct strbuf *out, const struct status_summary *summary,
                     const struct status_row *rows, size_t n, const char *recipes)
{
	strbuf_add_str(out, "{\n  \"summary\": {\n");
	add_summary(out, summary);
	strbuf_add_str(out, "\n  },\n  \"devices\": [");
	for (size_t i = 0; i < n; i++) {
		strbuf_add_str(out, i ? ",\n" : "\n");
		add_device(out, &rows[i]);
	}
	strbuf_add_str(out, n ? "\n  ]" : "]");
	if (*recipes)
		strbuf_addf(out, ",\n  \"recipes\": [\n%s\n  ]\n}\n", recipes);
	else
		strbuf_add_str(out, ",\n  \"recipes\": []\n}\n");
}
