/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The matrix of a device against that of its guest. The kernel withholds an adapter if any of
 * its queues is not bound to vfio_ap, and what the host does not have. (vfio_ap_ops.c,
 * vfio_ap_mdev_filter_matrix(), Linux 6.1) */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-conflict.h"
#include "core/ap-live.h"
#include "core/ap-matrix.h"
#include "core/ap-show.h"

/* Queues that a reason names. */
#define NAMES_MAX 4

struct show {
	int queues_fd; /* the AP bus's devices, or -1 */
	struct ap_matrix matrix;
	bool is_cut; /* and there may be more of it */
	struct ap_matrix guest;
	struct details *details;
};

/* A list as the kernel has it in a file of that name. */
static int add_file(struct show *s, int device_fd, const char *name, const char *label,
                    struct strbuf *text)
{
	int r = sysfs_read(device_fd, name, text);

	if (r == 0)
		r = details_begin(s->details, name, label);
	return r == 0 ? details_add_lines(s->details, strbuf_str(text)) : r;
}

/* What is wrong with a queue, "" if nothing is. */
static int describe_queue(const struct show *s, const char *name, struct strbuf *out)
{
	_cleanup_(freep) char *driver = NULL;
	_cleanup_(closep) int fd = s->queues_fd < 0 ? -ENOENT
	                                            : sysfs_open_entry(s->queues_fd, name);
	int r = fd < 0 ? fd : sysfs_read_link_name(fd, "driver", &driver);

	if (r == -ENOMEM)
		return r;
	if (fd < 0)
		strbuf_addf(out, "%s is not there", name);
	else if (!driver)
		strbuf_addf(out, "%s is bound to no driver", name);
	else if (strcmp(driver, AP_PASSTHROUGH_DRIVER) != 0)
		strbuf_addf(out, "%s is bound to %s", name, driver);
	return 0;
}

/* Why the guest does not get this adapter: its queues that are not as they should be. */
static int explain_adapter(const struct show *s, unsigned int adapter, struct strbuf *out)
{
	size_t n = 0;

	AP_SET_FOREACH(domain, &s->matrix.domains)
	{
		const struct ap_queue queue = { adapter, domain };
		_cleanup_(strbuf_done) struct strbuf one = STRBUF_INIT;
		char name[AP_QUEUE_TEXT_MAX];
		int r;

		ap_queue_format(&queue, name);
		r = describe_queue(s, name, &one);
		if (r < 0)
			return r;
		if (one.len > 0 && n++ < NAMES_MAX)
			strbuf_addf(out, "%s%s", n > 1 ? ", " : "", strbuf_str(&one));
	}
	if (n > NAMES_MAX)
		strbuf_addf(out, ", and %zu more", n - NAMES_MAX);
	if (n == 0)
		strbuf_add_str(out, ap_set_is_empty(&s->matrix.domains)
		                            ? "the device has no domain"
		                            : "the kernel gives no reason");
	return strbuf_error(out);
}

static int add_adapter(struct show *s, unsigned int adapter)
{
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	char name[16];
	int r = explain_adapter(s, adapter, &reason);

	snprintf(name, sizeof(name), "%02x.", adapter);
	return r < 0 ? r : details_add(s->details, name, strbuf_str(&reason));
}

/* Of an adapter that the guest has: domains that the host does not have. */
static int add_domain(struct show *s, unsigned int domain)
{
	char name[16];

	snprintf(name, sizeof(name), ".%04x", domain);
	return details_add(s->details, name, "the host does not have this domain");
}

static int add_withheld(struct show *s)
{
	const struct ap_set adapters = ap_set_minus(&s->matrix.adapters, &s->guest.adapters);
	const struct ap_set domains = ap_set_minus(&s->matrix.domains, &s->guest.domains);
	int r = details_begin(s->details, "withheld", "Withheld:");

	AP_SET_FOREACH(adapter, &adapters)
	{
		if (r < 0)
			return r;
		r = add_adapter(s, adapter);
	}
	/* With no adapter left the kernel has reasons for those, and none for domains. */
	if (r < 0 || ap_set_is_empty(&s->guest.adapters))
		return r;
	AP_SET_FOREACH(domain, &domains)
	{
		if (r < 0)
			return r;
		r = add_domain(s, domain);
	}
	return r;
}

/* The kernel's list, or what it does not show of it. */
static int add_matrix(struct show *s, int device_fd)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct ap_queue queue;
	int r = sysfs_read(device_fd, "matrix", &text);

	if (r == 0)
		r = details_begin(s->details, "matrix", "Matrix:");
	if (r < 0 || text.len < AP_SHOWN_MAX)
		return r < 0 ? r : details_add_lines(s->details, strbuf_str(&text));
	for (bool more = ap_matrix_first_queue(&s->matrix, &queue); r == 0 && more;
	     more = ap_matrix_next_queue(&s->matrix, &queue)) {
		char name[AP_QUEUE_TEXT_MAX];

		ap_queue_format(&queue, name);
		r = details_add(s->details, name, NULL);
	}
	return r;
}

static int show_guest(struct show *s, int device_fd)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = add_file(s, device_fd, "guest_matrix", "Guest matrix:", &text);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* What is cut does not tell what is withheld. */
	if (s->is_cut || text.len >= AP_SHOWN_MAX)
		return 0;
	ap_matrix_from_sysfs(strbuf_str(&text), "", &s->guest);
	return add_withheld(s);
}

int ap_show_device(const struct sysfs *sysfs, int device_fd, struct details *ret)
{
	_cleanup_(strbuf_done) struct strbuf controls = STRBUF_INIT;
	_cleanup_(closep) int queues_fd = sysfs_open_dir(sysfs, "bus/ap/devices");
	struct show s = { .queues_fd = queues_fd, .details = ret };
	int r = ap_live_read(device_fd, &s.matrix, &s.is_cut);

	if (r == 0)
		r = add_matrix(&s, device_fd);
	if (r == 0)
		r = add_file(&s, device_fd, "control_domains", "Controls:", &controls);
	return r < 0 ? r : show_guest(&s, device_fd);
}
