/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the AP bus. Its writers go through the steps of a recipe. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-bus.h"
#include "core/ap-facts.h"
#include "core/types.h"
#include "shared/file.h"

#define AP_BUS     "bus/ap"
#define AP_QUEUES  "bus/ap/devices"
#define AP_DRIVER  "bus/ap/drivers/" AP_PASSTHROUGH_DRIVER
#define AP_PARENT  "matrix"
#define COUNT_MAX  (AP_NUMBERS * AP_NUMBERS)
#define DIGITS_MAX 6

void ap_bus_done(struct ap_bus *bus)
{
	free(bus->queues);
	*bus = (struct ap_bus){ .queues = NULL };
}

/* ---- texts --------------------------------------------------------------------------------- */

static const char *parse_count(const char *p, unsigned *ret)
{
	size_t n = strspn(p, "0123456789");
	unsigned value = 0;

	if (n == 0 || n > DIGITS_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(p[i] - '0');
	*ret = value;
	return p + n;
}

int ap_bindings_parse(const char *text, struct ap_bindings *ret)
{
	struct ap_bindings b = { 0 };
	const char *p = parse_count(text, &b.bound);

	if (!p || *p != '/')
		return -EINVAL;
	p = parse_count(p + 1, &b.total);
	if (!p || b.bound > b.total || b.total > COUNT_MAX)
		return -EINVAL;
	b.is_complete = strncmp(p, " (complete)", strlen(" (complete)")) == 0;
	p += b.is_complete ? strlen(" (complete)") : 0;
	p += *p == '\n';
	if (*p)
		return -EINVAL;
	*ret = b;
	return 0;
}

bool ap_masks_have(const struct ap_masks *masks, const struct ap_queue *queue)
{
	return ap_set_has(&masks->adapters, queue->adapter) &&
	       ap_set_has(&masks->domains, queue->domain);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void read_driver(int dirfd, const char *name, struct ap_bus_queue *q)
{
	_cleanup_(closep) int fd = sysfs_open_entry(dirfd, name);
	_cleanup_(freep) char *driver = NULL;

	if (fd >= 0 && sysfs_read_link_name(fd, "driver", &driver) == 0)
		snprintf(q->driver, sizeof(q->driver), "%s", driver);
}

static int read_queues(const struct sysfs *sysfs, struct ap_bus *bus)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_QUEUES);
	int r = fd < 0 ? fd : dir_names(fd, &names);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	bus->queues = calloc(names.n ? names.n : 1, sizeof(*bus->queues));
	if (!bus->queues)
		return -ENOMEM;
	for (size_t i = 0; i < names.n; i++) {
		struct ap_bus_queue *q = &bus->queues[bus->n];

		/* cards are there, too */
		if (ap_queue_parse(names.items[i], &q->queue) < 0)
			continue;
		read_driver(fd, names.items[i], q);
		bus->n++;
	}
	return 0;
}

static int read_bindings(const struct sysfs *sysfs, struct ap_bus *bus)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_BUS);
	int r = fd < 0 ? fd : sysfs_read(fd, "bindings", &text);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = ap_bindings_parse(strbuf_str(&text), &bus->bindings);
	bus->has_bindings = r == 0;
	return r;
}

static bool has_dir(const struct sysfs *sysfs, const char *path)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, path);

	return fd >= 0;
}

static bool has_matrix(const struct sysfs *sysfs)
{
	_cleanup_(closep) int fd = types_open(sysfs, AP_PARENT);

	return fd >= 0;
}

int ap_bus_read(const struct sysfs *sysfs, struct ap_bus *ret)
{
	_cleanup_(ap_bus_done) struct ap_bus bus = { .queues = NULL };
	int r = ap_masks_read(sysfs, &bus.masks);

	if (r == 0)
		r = read_bindings(sysfs, &bus);
	if (r == 0)
		r = read_queues(sysfs, &bus);
	if (r < 0)
		return r;
	bus.has_driver = has_dir(sysfs, AP_DRIVER);
	bus.has_matrix = has_matrix(sysfs);
	*ret = bus;
	bus = (struct ap_bus){ .queues = NULL };
	return 0;
}

/* ---- judging ------------------------------------------------------------------------------- */

static bool are_bound(const struct ap_bus *bus, bool of_host)
{
	for (size_t i = 0; i < bus->n; i++)
		if (ap_masks_have(&bus->masks, &bus->queues[i].queue) == of_host &&
		    !bus->queues[i].driver[0])
			return false;
	return true;
}

bool ap_bus_is_settled(const struct ap_bus *bus)
{
	return !bus->has_bindings || bus->bindings.is_complete || are_bound(bus, true);
}

bool ap_bus_is_reserved_bound(const struct ap_bus *bus)
{
	return bus->bindings.is_complete || are_bound(bus, false);
}

int ap_bus_max(const struct sysfs *sysfs, bool of_domains, unsigned *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_BUS);
	int r = fd < 0 ? fd
	               : sysfs_read(fd, of_domains ? "ap_max_domain_id" : "ap_max_adapter_id",
	                            &text);

	return r < 0 ? r : ap_number_parse(strbuf_str(&text), ret, NULL);
}
