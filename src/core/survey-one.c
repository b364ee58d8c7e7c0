/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One look at one device of a site: for who tries, and looks again before each try. */
#include "config.h"

#include <errno.h>

#include "core/ops-private.h"
#include "core/survey-private.h"

static const struct present *find_device(const struct look *look)
{
	return look->presences.n ? &look->presences.items[0] : NULL;
}

static int look_at_file(const struct look *look, const struct store_entry *e,
                        struct survey_entry *ret)
{
	int r = survey_look_at_definition(look, e, find_device(look), ret);

	if (r == 0)
		survey_entry_done(ret);
	return r;
}

/* Nearly all have the canonical name. */
static int look_at_definition(struct look *look, const struct mdev_uuid *uuid,
                              struct survey_entry *ret)
{
	const struct store_entry canonical = { .uuid = *uuid };
	int r = look->site->store_fd < 0 ? 0 : look_at_file(look, &canonical, ret);

	if (r != 0)
		return r;
	r = store_open_parent_for(look->ops->store, look->parent, uuid, &look->store);
	if (r < 0 || look->store.n == 0)
		return r;
	return look_at_file(look, &look->store.entries[0], ret);
}

static int look_at_one(struct look *look, const struct mdev_uuid *uuid, struct survey_entry *ret)
{
	int r = look_at_definition(look, uuid, ret);

	if (r != 0 || look->presences.n == 0)
		return r;
	r = survey_look_at_device(find_device(look), ret);
	return r < 0 ? r : 1;
}

static int read_device(struct look *look, const struct mdev_uuid *uuid)
{
	const struct site *site = look->site;
	int r = site->parent_fd < 0 ? 0
	                            : presence_scan_at(site->ops->sysfs, site->parent_fd,
	                                               site->bus_fd, uuid, &look->presences);

	return r == -ENOENT || r == -ENODEV || r == -ENOTDIR ? 0 : r;
}

/* What it points to is the site's. */
static struct look look_of(const struct site *site)
{
	const struct records *records = site->ops->records;

	return (struct look){
		.ops = site->ops,
		.site = site,
		.parent = site->parent,
		.now = record_now(),
		.registration = site->registration,
		.noted = site->noted,
		.is_noted = site->is_noted,
		.is_stopping = site->records_fd >= 0 &&
		               records_are_stopping_at(records, site->root_fd),
		.types_fd = site->types_fd,
		.records_fd = site->records_fd,
		.store = { .fd = -1 },
	};
}

static void look_done(struct look *look)
{
	presences_done(&look->presences);
	store_parent_done(&look->store);
}

static int is_over(const struct site *site)
{
	int r = site_is_current(site);

	return r < 0 ? r : r == 0 ? -ESTALE : 0;
}

int survey_device_at(struct site *site, const struct mdev_uuid *uuid,
                     const struct survey_hints *hints, struct survey_entry *ret,
                     struct definition **ret_definition)
{
	_cleanup_(survey_entry_done) struct survey_entry entry = { .uuid = *uuid };
	_cleanup_(definition_freep) struct definition *definition = NULL;
	_cleanup_(look_done) struct look look = look_of(site);
	int found, r = site_look_for_note(site);

	look.hints = hints;
	look.noted = site->noted;
	look.is_noted = site->is_noted;
	look.ret_definition = &definition;
	look.is_private = site_is_private(site, look.now);
	if (r == 0)
		r = read_device(&look, uuid);
	if (r < 0)
		return r;
	found = look_at_one(&look, uuid, &entry);
	/* What was read may be of two lives. */
	r = found < 0 ? found : is_over(site);
	if (r < 0)
		return r;
	*ret = entry;
	entry = (struct survey_entry){ .is_defined = false };
	if (ret_definition)
		*ret_definition = TAKE_PTR(definition);
	return found;
}
