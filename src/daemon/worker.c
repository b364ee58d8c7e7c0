/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tries, reports, and the unit of its own. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/record.h"
#include "core/site.h"
#include "core/store.h"
#include "daemon/worker.h"
#include "shared/file.h"

/* Each report wakes the daemon: quick tries are told together. */
#define REPORT_US 1000000

void worker_task_done(struct worker_task *task)
{
	for (size_t i = 0; i < task->n; i++) {
		free(task->items[i].rival);
		try_made_done(&task->items[i].made);
	}
	free(task->parent);
	free(task->items);
	*task = (struct worker_task){ .parent = NULL };
}

/* ---- the work ---------------------------------------------------------------------------- */

static int try_one(struct ops *ops, const struct env *env, const struct try_request *request,
                   const struct mdev_uuid *uuid)
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char name[MDEV_UUID_TEXT_MAX];
	int r = ops_try(ops, request, uuid, &err);

	if (r < 0) {
		mdev_uuid_format(uuid, name);
		error_format(&err, &text);
		log_debug(env_log(env), "%s on %s: %s", name, request->parent, strbuf_str(&text));
	}
	return r;
}

/* Of the item that is tried. */
static const char *rival_of(void *userdata, const char *parent _unused_,
                            const struct mdev_uuid *uuid _unused_)
{
	const struct worker_item *const *item = userdata;

	return (*item)->rival;
}

/* A name with a newline would be another line. */
static void add_line(struct strbuf *lines, const struct mdev_uuid *uuid, int r,
                     const struct try_made *made)
{
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	strbuf_addf(lines, "%s %d", text, r);
	if (made->type && !strchr(made->type, '\n'))
		strbuf_addf(lines, " %u %" PRId64 " %s", made->attempts, made->since, made->type);
	strbuf_add_char(lines, '\n');
}

/* Nobody reads when the daemon has gone: the records tell the next one. */
static void send_report(int fd, struct strbuf *lines, int64_t *sent_at)
{
	(void)!file_write_all(fd, strbuf_str(lines), lines->len);
	strbuf_clear(lines);
	*sent_at = record_now();
}

void worker_do(struct ops *ops, const struct env *env, const struct campaign_policy *policy,
               const struct worker_task *task, int report_fd)
{
	const struct worker_item *item;
	struct try_request request = { .parent = task->parent,
		                       .registration = task->registration,
		                       .policy = policy,
		                       .is_freed = task->is_freed,
		                       .comes_back = true,
		                       .rival = rival_of,
		                       .userdata = &item };
	_cleanup_(site_freep) struct site *site = NULL;
	_cleanup_(strbuf_done) struct strbuf lines = STRBUF_INIT;
	int64_t sent_at = record_now();

	ops_refresh(ops);
	/* Where that fails each try fails by itself. */
	if (site_new(ops, task->parent, &site) == 0)
		request.site = site;
	for (item = task->items; item < task->items + task->n; item++) {
		_cleanup_(try_made_done) struct try_made made = { .type = NULL };
		int r;

		request.was_seen = item->was_seen;
		request.made = &made;
		r = try_one(ops, env, &request, &item->uuid);
		if (task->step)
			task->step(task->userdata);
		add_line(&lines, &item->uuid, r, &made);
		if (record_now() - sent_at > REPORT_US)
			send_report(report_fd, &lines, &sent_at);
		if (r == -ESTALE)
			break;
	}
	send_report(report_fd, &lines, &sent_at);
}

/* What a line begins with. */
static bool parse_uuid(const char *line, struct mdev_uuid *ret)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	size_t n = strcspn(line, " ");

	if (line[n] != ' ' || n >= sizeof(uuid))
		return false;
	memcpy(uuid, line, n);
	uuid[n] = '\0';
	return mdev_uuid_parse(uuid, ret) == 0;
}

/* " ATTEMPTS SINCE TYPE" */
static bool parse_made(const char *text, struct try_made *ret)
{
	int end = 0;

	if (sscanf(text, " %9u %18" SCNd64 " %n", &ret->attempts, &ret->since, &end) != 2 ||
	    end == 0 || text[end] == '\0')
		return false;
	ret->type = strdup(text + end);
	return ret->type;
}

bool worker_report_parse(const char *line, struct worker_report *ret)
{
	int end = 0;

	*ret = (struct worker_report){ .result = 0 };
	if (!parse_uuid(line, &ret->uuid) ||
	    sscanf(strchr(line, ' '), " %9d%n", &ret->result, &end) != 1)
		return false;
	line = strchr(line, ' ') + end;
	return *line == '\0' || (ret->result == 0 && parse_made(line, &ret->made));
}

/* ---- a task as text -------------------------------------------------------------------------- */

void worker_task_format(const struct worker_task *task, struct strbuf *out)
{
	strbuf_addf(out, "%s\n%" PRIu64 " %d\n", task->parent, task->registration, task->is_freed);
	for (size_t i = 0; i < task->n; i++) {
		char uuid[MDEV_UUID_TEXT_MAX];

		mdev_uuid_format(&task->items[i].uuid, uuid);
		strbuf_addf(out, "%s %d%s%s\n", uuid, task->items[i].was_seen,
		            task->items[i].rival ? " " : "",
		            task->items[i].rival ? task->items[i].rival : "");
	}
}

static int parse_flag(char c, bool *ret)
{
	if (c != '0' && c != '1')
		return -EBADMSG;
	*ret = c == '1';
	return 0;
}

/* "UUID FLAG", "UUID FLAG RIVAL" */
static int parse_item(const char *line, struct worker_item *ret)
{
	const char *blank = strchr(line, ' '), *rival;

	*ret = (struct worker_item){ .rival = NULL };
	if (!blank || !parse_uuid(line, &ret->uuid) || parse_flag(blank[1], &ret->was_seen) < 0)
		return -EBADMSG;
	if (blank[2] == '\0')
		return 0;
	rival = blank + 3;
	if (blank[2] != ' ' || store_parent_problem(rival))
		return -EBADMSG;
	ret->rival = strdup(rival);
	return ret->rival ? 0 : -ENOMEM;
}

static int add_item(struct worker_task *task, const char *line)
{
	struct worker_item *items = reallocarray(task->items, task->n + 1, sizeof(*items));
	int r;

	if (!items)
		return -ENOMEM;
	task->items = items;
	r = parse_item(line, &items[task->n]);
	task->n += r == 0;
	return r;
}

static int parse_head(const char *parent, const char *line, struct worker_task *task)
{
	int end = 0;

	if (!parent || store_parent_problem(parent) || !line ||
	    sscanf(line, "%20" SCNu64 " %n", &task->registration, &end) != 1 || end == 0 ||
	    strlen(line + end) != 1 || parse_flag(line[end], &task->is_freed) < 0)
		return -EBADMSG;
	task->parent = strdup(parent);
	return task->parent ? 0 : -ENOMEM;
}

int worker_task_parse(const char *text, struct worker_task *ret)
{
	_cleanup_(worker_task_done) struct worker_task task = { .parent = NULL };
	_cleanup_(freep) char *copy = strdup(text);
	char *rest = copy, *parent;
	int r;

	if (!copy)
		return -ENOMEM;
	parent = strsep(&rest, "\n");
	r = parse_head(parent, strsep(&rest, "\n"), &task);
	while (r == 0 && rest && *rest)
		r = add_item(&task, strsep(&rest, "\n"));
	if (r < 0)
		return r;
	*ret = task;
	task = (struct worker_task){ .parent = NULL };
	return 0;
}

/* ---- a unit of its own ----------------------------------------------------------------------- */

/* Its text in memory as stdin, its report as stdout. */
static int connect_to(const char *text, int report_fd)
{
	_cleanup_(closep) int fd = memfd_create("task", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, text, strlen(text));
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(report_fd, STDOUT_FILENO) < 0)
		return -errno;
	return 0;
}

int worker_do_outside(const char *text, int report_fd)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *const argv[] = { (char *)"systemd-run",
		               (char *)"--quiet",
		               (char *)"--pipe",
		               (char *)"--wait",
		               (char *)"--collect",
		               (char *)"--property=KillMode=process",
		               self,
		               (char *)"--worker",
		               NULL };
	int r;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	r = connect_to(text, report_fd);
	if (r < 0)
		return r;
	execv("/usr/bin/systemd-run", argv);
	return -errno;
}
