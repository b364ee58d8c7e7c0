/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is open of one parent. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/site.h"

/* Modes of directories are for the records' sake, and hardly ever change. */
#define PUBLIC_US 1000000

static void type_done(struct site_type *type)
{
	free(type->name);
	closep(&type->fd);
	closep(&type->available_fd);
	*type = (struct site_type){ .fd = -1, .available_fd = -1 };
}

void site_free(struct site *site)
{
	if (!site)
		return;
	type_done(&site->type);
	registration_done(&site->noted);
	closep(&site->parent_fd);
	closep(&site->types_fd);
	closep(&site->bus_fd);
	closep(&site->root_fd);
	closep(&site->records_fd);
	closep(&site->store_fd);
	free(site->parent);
	free(site);
}

/* ---- opening ------------------------------------------------------------------------ */

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -ENOTDIR;
}

/* A parent that has gone may still have devices on their way out, and need not have been
 * registered at all. */
static int open_registration(struct site *site)
{
	const struct sysfs *sysfs = site->ops->sysfs;

	site->parent_fd = sysfs_open_parent(sysfs, site->parent);
	if (site->parent_fd < 0)
		return is_absent(site->parent_fd) ? 0 : site->parent_fd;
	site->types_fd = registration_open_any(sysfs, site->parent_fd, site->parent,
	                                       &site->registration);
	return site->types_fd < 0 && site->types_fd != -ENOENT ? site->types_fd : 0;
}

static int open_rest(struct site *site)
{
	struct ops *ops = site->ops;

	site->bus_fd = sysfs_open_dir(ops->sysfs, SYSFS_DEVICES);
	if (site->bus_fd < 0 && site->bus_fd != -ENOENT)
		return site->bus_fd;
	site->root_fd = records_open(ops->records);
	if (site->root_fd >= 0)
		site->records_fd = records_open_parent_at(site->root_fd, site->parent);
	site->store_fd = store_open(ops->store);
	return site_look_for_note(site);
}

int site_new(struct ops *ops, const char *parent, struct site **ret)
{
	_cleanup_(site_freep) struct site *site = calloc(1, sizeof(*site));
	int r;

	if (!site)
		return -ENOMEM;
	*site = (struct site){
		.ops = ops,
		.parent = strdup(parent),
		.parent_fd = -1,
		.types_fd = -1,
		.bus_fd = -1,
		.root_fd = -1,
		.records_fd = -1,
		.store_fd = -1,
		.type = { .fd = -1, .available_fd = -1 },
	};
	if (!site->parent)
		return -ENOMEM;
	r = open_registration(site);
	if (r == 0)
		r = open_rest(site);
	if (r == 0)
		*ret = TAKE_PTR(site);
	return r;
}

/* ---- what may have changed ------------------------------------------------------------ */

int site_is_current(const struct site *site)
{
	uint64_t now = 0;
	int r = registration_read(site->ops->sysfs, site->parent, &now);

	return r < 0 ? r : now == site->registration;
}

int site_look_for_note(struct site *site)
{
	_cleanup_(registration_done) struct registration found = { 0 };
	const struct records *records = site->ops->records;
	int r;

	if (site->is_noted || site->registration == 0)
		return 0;
	r = site->records_fd < 0 ? registration_recall(records, site->parent, &found)
	                         : registration_recall_at(records, site->records_fd, &found);
	if (r == 0 && found.id == site->registration) {
		site->noted = found;
		found = (struct registration){ 0 };
		site->is_noted = true;
	}
	return r == -ENOMEM ? r : 0;
}

bool site_is_private(struct site *site, int64_t now)
{
	if (site->store_fd < 0)
		return true;
	if (site->public_at > 0 && now - site->public_at < PUBLIC_US)
		return false;
	site->public_at = store_parent_is_private(site->store_fd, site->parent) ? 0 : now;
	return site->public_at == 0;
}

/* ---- types ---------------------------------------------------------------------------- */

bool site_has_open(const struct site *site, const char *type)
{
	return site->type.name && strcmp(site->type.name, type) == 0;
}

int site_open_type(struct site *site, const char *type)
{
	if (site_has_open(site, type))
		return site->type.fd;
	type_done(&site->type);
	if (site->types_fd < 0 || !sysfs_name_is_plain(type))
		return -ENOENT;
	site->type.fd = sysfs_open_dir_beneath(site->types_fd, type);
	if (site->type.fd < 0)
		return site->type.fd;
	site->type.available_fd = sysfs_open_file(site->type.fd, "available_instances");
	site->type.name = strdup(type);
	return site->type.name ? site->type.fd : -ENOMEM;
}

int site_read_available(struct site *site, const char *type, struct strbuf *ret)
{
	int r = site_open_type(site, type);

	if (r >= 0 && site->type.available_fd < 0)
		r = site->type.available_fd;
	return r < 0 ? r : sysfs_read_again(site->type.available_fd, ret);
}

bool site_has_instances(struct site *site, const char *type)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *reason;
	int32_t available;

	if (site_read_available(site, type, &text) < 0)
		return false;
	strbuf_trim(&text);
	return types_parse_instances(strbuf_str(&text), &available, &reason) == 0 && available != 0;
}

/* ---- records -------------------------------------------------------------------------- */

/* Whoever removed the directory has made an end to all that was in it. */
static int open_records(struct site *site)
{
	closep(&site->records_fd);
	site->records_fd = records_make_parent(site->ops->records, site->parent);
	return site->records_fd < 0 ? site->records_fd : 0;
}

int site_write_record(struct site *site, const struct mdev_uuid *uuid, const struct record *record,
                      bool is_private)
{
	const struct records *records = site->ops->records;
	bool is_closed = is_private || (record->reason && site->store_fd >= 0 &&
	                                store_parent_is_private(site->store_fd, site->parent));
	int r = site->records_fd < 0
	                ? -ENOENT
	                : record_write_at(records, site->records_fd, uuid, record, is_closed);

	if (r != -ENOENT)
		return r;
	r = open_records(site);
	return r < 0 ? r : record_write_at(records, site->records_fd, uuid, record, is_closed);
}
