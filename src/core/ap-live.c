/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Live changes of a crypto matrix. (Documentation/arch/s390/vfio-ap.rst, "Hot plug/unplug
 * support"; drivers/s390/crypto/vfio_ap_ops.c, Linux 6.1 and 6.12) */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-live.h"

#define AP_CONFIG "ap_config"

/* An empty one is none: below a relocated root files may keep what is written. */
static int read_config(int device_fd, struct ap_matrix *ret)
{
	_cleanup_(strbuf_done) struct strbuf config = STRBUF_INIT;
	int r = sysfs_read(device_fd, AP_CONFIG, &config);

	return r < 0 ? r : ap_matrix_parse_config(strbuf_str(&config), ret);
}

static int read_lists(int device_fd, struct ap_matrix *ret, bool *ret_is_cut)
{
	_cleanup_(strbuf_done) struct strbuf matrix = STRBUF_INIT, controls = STRBUF_INIT;
	int r = sysfs_read(device_fd, "matrix", &matrix);

	if (r == 0)
		r = sysfs_read(device_fd, "control_domains", &controls);
	if (r == 0)
		ap_matrix_from_sysfs(strbuf_str(&matrix), strbuf_str(&controls), ret);
	*ret_is_cut = matrix.len >= AP_SHOWN_MAX;
	return r;
}

int ap_live_read(int device_fd, struct ap_matrix *ret, bool *ret_is_cut)
{
	bool is_cut = false;
	int r = read_config(device_fd, ret);

	if (r == -ENOENT || r == -EINVAL)
		r = read_lists(device_fd, ret, &is_cut);
	if (ret_is_cut)
		*ret_is_cut = is_cut;
	return r;
}

/* ---- which writes ------------------------------------------------------------------------ */

static int add_numbers(const char *attr, const struct ap_set *more, const struct ap_set *less,
                       struct attrs *ret)
{
	struct ap_set numbers = ap_set_minus(more, less);

	AP_SET_FOREACH(i, &numbers)
	{
		char value[8];
		int n = snprintf(value, sizeof(value), "%u", i);
		int r = attrs_append(ret, attr, value, (size_t)n);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_steps(const struct ap_matrix *from, const struct ap_matrix *to, struct attrs *ret)
{
	const struct {
		const char *attr;
		const struct ap_set *more, *less;
	} rows[] = {
		{ "unassign_adapter", &from->adapters, &to->adapters },
		{ "unassign_domain", &from->domains, &to->domains },
		{ "unassign_control_domain", &from->controls, &to->controls },
		{ "assign_adapter", &to->adapters, &from->adapters },
		{ "assign_domain", &to->domains, &from->domains },
		{ "assign_control_domain", &to->controls, &from->controls },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = add_numbers(rows[i].attr, rows[i].more, rows[i].less, ret);
	return r;
}

int ap_live_writes(const struct ap_matrix *from, const struct ap_matrix *to, bool has_config,
                   struct attrs *ret)
{
	char config[AP_CONFIG_TEXT_MAX];

	if (ap_matrix_equal(from, to))
		return 0;
	if (!has_config)
		return add_steps(from, to, ret);
	ap_matrix_print_config(to, config);
	return attrs_append(ret, AP_CONFIG, config, strlen(config));
}

static int refuse_cut(const struct driver_device *device, struct error *err)
{
	error_set(err, -EFBIG, "Failed to change the matrix of device %s", device->name);
	error_set_cause(err, "it has more queues than this kernel shows");
	error_set_advice(err, "nothing was changed; stop it, change its definition and start it");
	return -EFBIG;
}

static int read_now(const struct driver_device *device, struct ap_matrix *ret, struct error *err)
{
	bool is_cut;
	int r = ap_live_read(device->fd, ret, &is_cut);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the matrix of device %s", device->name);
	return is_cut ? refuse_cut(device, err) : 0;
}

static bool has_config(const struct driver_device *device)
{
	return sysfs_has(device->fd, AP_CONFIG) == 1;
}

static int plan_from(const struct driver_device *device, const struct ap_matrix *from,
                     const struct ap_matrix *to, struct attrs *ret, struct error *err)
{
	int r = ap_live_writes(from, to, has_config(device), ret);

	return r < 0 ? error_set(err, r, "Out of memory") : 0;
}

int ap_live_plan(const struct driver_device *device, const struct ap_matrix *to, struct attrs *ret,
                 struct error *err)
{
	struct ap_matrix from = { 0 };
	int r = read_now(device, &from, err);

	return r < 0 ? r : plan_from(device, &from, to, ret, err);
}

/* ---- doing it ------------------------------------------------------------------------------ */

/* *ret_at is the write that failed. A write is never given up half way: it would be done when
 * nobody undoes it any more. An interrupt is looked for between them, and does not keep us from
 * undoing. */
static int write_all(const struct driver_device *device, const struct attrs *writes, bool is_undo,
                     size_t *ret_at, pid_t *ret_pid)
{
	int r = 0;

	*ret_pid = 0;
	for (*ret_at = 0; *ret_at < writes->n; (*ret_at)++) {
		const struct attr *a = &writes->items[*ret_at];

		if (!is_undo && env_is_interrupted(device->env))
			return -EINTR;
		r = writer_write(device->writer, NULL, device->fd, a->name, a->value, a->value_len,
		                 device->limit_ms, ret_pid);
		if (r < 0)
			break;
	}
	return r;
}

/* Tells what the matrix is, where it is not what it should be. */
static void tell_now(const struct driver_device *device, const char *words, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct ap_matrix now = { 0 };
	int r = ap_live_read(device->fd, &now, NULL);

	if (r < 0)
		strbuf_addf(&text, "cannot be read: %s", strerror(-r));
	else if (ap_matrix_is_empty(&now))
		strbuf_add_str(&text, "is empty now");
	else {
		strbuf_add_str(&text, "is now ");
		ap_matrix_print(&now, &text);
	}
	error_add_cause(err, "%s the matrix %s", words, strbuf_str(&text));
}

/* Of what is cut there is all that is seen. */
static bool is_same(const struct ap_matrix *now, bool is_cut, const struct ap_matrix *wanted)
{
	const struct ap_matrix more = {
		.adapters = ap_set_minus(&now->adapters, &wanted->adapters),
		.domains = ap_set_minus(&now->domains, &wanted->domains),
	};

	if (!is_cut)
		return ap_matrix_equal(now, wanted);
	return ap_matrix_is_empty(&more) && ap_set_equal(&now->controls, &wanted->controls);
}

static bool has_matrix(const struct driver_device *device, const struct ap_matrix *wanted)
{
	struct ap_matrix now = { 0 };
	bool is_cut;

	return ap_live_read(device->fd, &now, &is_cut) == 0 && is_same(&now, is_cut, wanted);
}

/* The writes that lead back, from what is there, whatever came of the last write. Of what is cut
 * all may be there that was to be: to take out a number that is not there is no failure. */
static int plan_undo(const struct driver_device *device, const struct ap_matrix *from,
                     const struct ap_matrix *to, struct attrs *ret)
{
	struct ap_matrix now = { 0 };
	bool is_cut;
	int r = ap_live_read(device->fd, &now, &is_cut);

	return r < 0 ? r : plan_from(device, is_cut ? to : &now, from, ret, NULL);
}

static void undo(const struct driver_device *device, const struct ap_matrix *from,
                 const struct ap_matrix *to, struct error *err)
{
	_cleanup_(attrs_done) struct attrs writes = { 0 };
	size_t at;
	pid_t pid;

	if (has_matrix(device, from)) {
		error_add_cause(err, "nothing was changed");
		return;
	}
	if (plan_undo(device, from, to, &writes) == 0 &&
	    write_all(device, &writes, true, &at, &pid) == 0 && has_matrix(device, from))
		error_add_cause(err, "what was changed has been undone");
	else
		tell_now(device, "and it could not be undone:", err);
}

static int failed(const struct driver_device *device, const struct attr *a, int r,
                  struct error *err)
{
	const char *advice = driver_vfio_ap.explain_attr(a->name, r);

	error_set(err, r, "Failed to change the matrix of device %s", device->name);
	error_set_cause(err, "writing '%s' to %s: %s", a->value, a->name, strerror(-r));
	if (advice)
		error_set_advice(err, "%s", advice);
	return r;
}

/* The driver keeps it; another write would only wait for the same. */
static void tell_stuck(const struct driver_device *device, pid_t pid, struct error *err)
{
	tell_now(device, "there was no answer in time and the change may still come:", err);
	error_set_advice(err, "process %d waits for the driver; the kernel's log may tell why",
	                 (int)pid);
}

static int verify(const struct driver_device *device, const struct ap_matrix *to, struct error *err)
{
	/* Plain files keep what is written and do no more. */
	if (!sysfs_is_live(device->sysfs) || has_matrix(device, to))
		return 0;
	error_set(err, -EIO, "Failed to change the matrix of device %s", device->name);
	tell_now(device, "the kernel refused nothing, but", err);
	return -EIO;
}

int ap_live_apply(const struct driver_device *device, const struct ap_matrix *to, struct error *err)
{
	_cleanup_(attrs_done) struct attrs writes = { 0 };
	struct ap_matrix from = { 0 };
	pid_t pid = 0;
	size_t at = 0;
	int r = read_now(device, &from, err);

	if (r == 0)
		r = plan_from(device, &from, to, &writes, err);
	if (r < 0)
		return r;
	r = write_all(device, &writes, false, &at, &pid);
	if (r == 0)
		return verify(device, to, err);
	failed(device, &writes.items[at], r, err);
	if (pid > 0)
		tell_stuck(device, pid, err);
	else
		undo(device, &from, to, err);
	return r;
}
