/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A report is a row of entries: a letter, a length, bytes. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "daemon/bus-error.h"
#include "daemon/bus-request.h"
#include "daemon/bus-work.h"
#include "shared/file.h"
#include "shared/utf8.h"

#define MESSAGES_MAX 200
#define MESSAGE_MAX  1024
#define PLAN_MAX     (64 * 1024)

enum entry_kind {
	ENTRY_PID = 'p',
	ENTRY_MESSAGE = 'm', /* a byte: the level; the text */
	ENTRY_UUID = 'u',
	ENTRY_PLAN = 'l',
	ENTRY_ERROR = 'e', /* struct failure; the text */
	ENTRY_END = '.',   /* it is whole */
};

struct failure {
	uint32_t kind;
	uint32_t errnum;
};

/* Of the definitions, the parent, the device. */
#define LOCKS        3
#define LOCK_WAIT_US UINT64_C(130000000)
/* Asked before, told after, for the device and for its definition; and some. */
#define SCRIPTS 8
/* Made and removed again, or removed with a time of its own. */
#define WRITES 2
/* Calls that are about many devices or parents: so many may use up all their time. */
#define MANY 32

/* ---- the child ------------------------------------------------------------------------ */

static volatile sig_atomic_t stop_signal;

static void on_signal(int signal)
{
	stop_signal = signal;
}

static void add_entry(struct strbuf *out, enum entry_kind kind, const void *head, size_t n_head,
                      const char *text, size_t n_text)
{
	uint32_t n = (uint32_t)(n_head + n_text);

	strbuf_add_char(out, (char)kind);
	strbuf_add(out, &n, sizeof(n));
	strbuf_add(out, head, n_head);
	strbuf_add(out, text, n_text);
}

/* Appends a text that everybody may print, at most max bytes of it. */
static void add_text(struct strbuf *out, enum entry_kind kind, const void *head, size_t n_head,
                     const char *text, size_t max)
{
	_cleanup_(strbuf_done) struct strbuf clean = STRBUF_INIT;
	size_t n;

	utf8_add_clean(&clean, text, strnlen(text, max), kind != ENTRY_ERROR);
	n = clean.len < max ? clean.len : max;
	while (n > 0 && !utf8_is_valid(strbuf_str(&clean), n))
		n--;
	add_entry(out, kind, head, n_head, strbuf_str(&clean), n);
}

struct talk {
	struct strbuf report;
	unsigned n;
};

static void on_message(void *userdata, enum log_level level, const char *text)
{
	struct talk *talk = userdata;
	unsigned char head = level;

	if (talk->n++ < MESSAGES_MAX)
		add_text(&talk->report, ENTRY_MESSAGE, &head, 1, text, MESSAGE_MAX);
}

static void add_error(struct strbuf *out, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
	const struct failure failure = { .kind = err->kind, .errnum = (uint32_t)err->errnum };

	error_format(err, &line);
	add_text(out, ENTRY_ERROR, &failure, sizeof(failure), strbuf_str(&line), PLAN_MAX);
}

static void add_result(struct strbuf *out, struct ops *ops, const struct request_result *result)
{
	_cleanup_(strbuf_done) struct strbuf plan = STRBUF_INIT;
	const struct mdev_uuid none = { 0 };
	char uuid[MDEV_UUID_TEXT_MAX];

	if (mdev_uuid_compare(&result->uuid, &none) != 0) {
		mdev_uuid_format(&result->uuid, uuid);
		add_entry(out, ENTRY_UUID, NULL, 0, uuid, strlen(uuid));
	}
	if (result->text.len > 0)
		add_text(out, ENTRY_PLAN, NULL, 0, strbuf_str(&result->text), PLAN_MAX);
	if (result->plan.n == 0)
		return;
	ops_format_plan(ops, &result->plan, &plan);
	add_text(out, ENTRY_PLAN, NULL, 0, strbuf_str(&plan), PLAN_MAX);
}

static int do_request(struct env *env, const struct settings *settings, enum request_kind kind,
                      sd_bus_message *m, struct strbuf *report, struct error *err)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(request_result_done) struct request_result result = { 0 };
	_cleanup_(bus_request_done) struct bus_request req = { 0 };
	_cleanup_(ops_freep) struct ops *ops = NULL;
	int r = sd_bus_message_rewind(m, 1);

	if (r >= 0)
		r = bus_request_read(m, kind, &req, &error);
	if (r >= 0)
		r = ops_new(env, &ops);
	if (r >= 0) {
		ops_configure(ops, settings);
		r = request_run(ops, &req.request, &result, err);
	}
	if (r >= 0)
		add_result(report, ops, &result);
	else if (!error_is_set(err))
		error_set_errno(err, r, "Cannot do it");
	return r;
}

static int make_env(const struct env *like, const struct log *log, struct env **ret)
{
	_cleanup_(freep) char *root = env_path(like, "");
	int r = root ? env_new(root, log, ret) : -ENOMEM;

	if (r == 0)
		env_set_interrupt(*ret, &stop_signal);
	return r;
}

int bus_work_do(const struct env *like, const struct settings *settings, enum request_kind kind,
                sd_bus_message *m, int report_fd)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(env_freep) struct env *env = NULL;
	struct talk talk = { .report = STRBUF_INIT };
	const struct log log = { .max = LOG_LEVEL_WARN, .sink = on_message, .userdata = &talk };
	const struct sigaction stop = { .sa_handler = on_signal };
	pid_t pid = getpid();
	int r;

	sigaction(SIGTERM, &stop, NULL);
	add_entry(&talk.report, ENTRY_PID, &pid, sizeof(pid), NULL, 0);
	r = file_write_all(report_fd, strbuf_str(&talk.report), talk.report.len);
	strbuf_clear(&talk.report);
	if (r == 0)
		r = make_env(like, &log, &env);
	if (r == 0)
		r = do_request(env, settings, kind, m, &talk.report, &err);
	if (r < 0)
		add_error(&talk.report, &err);
	add_entry(&talk.report, ENTRY_END, NULL, 0, NULL, 0);
	if (strbuf_error(&talk.report) == 0)
		r = file_write_all(report_fd, strbuf_str(&talk.report), talk.report.len);
	strbuf_done(&talk.report);
	return r < 0;
}

/* ---- the daemon ------------------------------------------------------------------------ */

struct entry {
	enum entry_kind kind;
	const char *bytes;
	size_t n;
};

/* Reads the entry at *at: 1, 0 if there is no whole one. */
static int next_entry(const struct strbuf *report, size_t *at, struct entry *ret)
{
	uint32_t n;

	if (report->len - *at < 1 + sizeof(n))
		return 0;
	memcpy(&n, report->data + *at + 1, sizeof(n));
	if (n > report->len - *at - 1 - sizeof(n))
		return 0;
	*ret = (struct entry){ .kind = (unsigned char)report->data[*at],
		               .bytes = report->data + *at + 1 + sizeof(n),
		               .n = n };
	*at += 1 + sizeof(n) + n;
	return 1;
}

static bool find_entry(const struct strbuf *report, enum entry_kind kind, struct entry *ret)
{
	size_t at = 0;

	while (next_entry(report, &at, ret))
		if (ret->kind == kind)
			return true;
	return false;
}

uint64_t bus_work_limit(const struct settings *settings, enum request_kind kind, bool is_wait)
{
	uint64_t one = LOCKS * LOCK_WAIT_US + SCRIPTS * (uint64_t)settings->callout_timeout +
	               WRITES * (uint64_t)settings->create_timeout;

	if (is_wait)
		return 0;
	switch (kind) {
	case REQUEST_START_PARENT:
	case REQUEST_RETRY:
	case REQUEST_PARENT_DEFINE: /* and apply it */
	case REQUEST_PARENT_APPLY:
	case REQUEST_PARENT_RELEASE:
		return MANY * one;
	case REQUEST_DEFINE:
	case REQUEST_UNDEFINE:
	case REQUEST_MODIFY:
	case REQUEST_START:
	case REQUEST_STOP:
	case REQUEST_PARENT_UNDEFINE:
	case _REQUEST_KIND_MAX:
		break;
	}
	return one;
}

pid_t bus_work_pid(const struct strbuf *report)
{
	struct entry entry;
	pid_t pid;

	if (!find_entry(report, ENTRY_PID, &entry) || entry.n != sizeof(pid))
		return 0;
	memcpy(&pid, entry.bytes, sizeof(pid));
	return pid;
}

/* Appends n bytes as a string. */
static int append_text(sd_bus_message *m, const char *bytes, size_t n)
{
	char *place;
	int r = sd_bus_message_append_string_space(m, n, &place);

	if (r >= 0)
		memcpy(place, bytes, n);
	return r;
}

static int append_entry(sd_bus_message *m, const struct strbuf *report, enum entry_kind kind)
{
	struct entry entry;

	if (!find_entry(report, kind, &entry))
		return append_text(m, "", 0);
	return append_text(m, entry.bytes, entry.n);
}

static int append_message(sd_bus_message *m, const struct entry *entry)
{
	bool is_ours = entry->n > 0 && entry->bytes[0] != LOG_LEVEL_FOREIGN;
	int r = sd_bus_message_open_container(m, 'r', "ss");

	if (r >= 0)
		r = sd_bus_message_append(m, "s", is_ours ? "warning" : "script");
	if (r >= 0)
		r = append_text(m, entry->bytes + 1, entry->n - 1);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_messages(sd_bus_message *m, const struct strbuf *report)
{
	struct entry entry;
	size_t at = 0;
	int r = sd_bus_message_open_container(m, 'a', "(ss)");

	while (r >= 0 && next_entry(report, &at, &entry))
		if (entry.kind == ENTRY_MESSAGE && entry.n > 0)
			r = append_message(m, &entry);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int make_result(const struct strbuf *report, sd_bus_message *call, sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_return(call, ret);

	if (r >= 0)
		r = append_entry(*ret, report, ENTRY_UUID);
	if (r >= 0)
		r = append_entry(*ret, report, ENTRY_PLAN);
	return r < 0 ? r : append_messages(*ret, report);
}

static int make_error(const struct strbuf *report, const struct entry *entry, sd_bus_message *call,
                      sd_bus_message **ret)
{
	struct failure failure;
	sd_bus_error name = SD_BUS_ERROR_NULL;
	int r;

	if (entry->n < sizeof(failure))
		return -EBADMSG;
	memcpy(&failure, entry->bytes, sizeof(failure));
	if (failure.kind >= _ERROR_KIND_MAX)
		return -EBADMSG;
	name.name = bus_error_name(failure.kind);
	r = sd_bus_message_new_method_error(call, ret, &name);
	if (r >= 0)
		r = append_text(*ret, entry->bytes + sizeof(failure), entry->n - sizeof(failure));
	if (r >= 0)
		r = sd_bus_message_append(*ret, "u", failure.errnum);
	return r < 0 ? r : append_messages(*ret, report);
}

/* There is no report, or half of one. */
static int reply_unknown(int status, sd_bus_message *call)
{
	const char *why = status == -ETIMEDOUT ? "did not end in its time and was left to itself"
	                                       : "died";

	return sd_bus_reply_method_errorf(call, bus_error_name(ERROR_FAILED),
	                                  "The process that did it %s; what it has done so far is "
	                                  "told by 'mdevmgr status'",
	                                  why);
}

int bus_work_reply(const struct strbuf *report, int status, sd_bus_message *call)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	struct entry entry;
	int r;

	if (sd_bus_message_get_expect_reply(call) <= 0)
		return 0;
	if (!find_entry(report, ENTRY_END, &entry))
		return reply_unknown(status, call);
	r = find_entry(report, ENTRY_ERROR, &entry) ? make_error(report, &entry, call, &reply)
	                                            : make_result(report, call, &reply);
	if (r < 0)
		return sd_bus_reply_method_errno(call, r, NULL);
	return sd_bus_send(NULL, reply, NULL);
}
