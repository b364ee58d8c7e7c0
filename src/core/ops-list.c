/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listing devices and types. Entries are handed over one by one as they are read, so
 * that memory does not grow with what definitions hold. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/ops-private.h"
#include "shared/utf8.h"

struct list {
	struct ops *ops;
	const struct list_request *req;
	int (*each)(void *userdata, const struct list_entry *entry);
	void *userdata;
	struct snapshot active;
};

static void list_done(struct list *l)
{
	snapshot_done(&l->active);
}

static void warn_broken(const struct ops *ops, const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	log_warn(env_log(ops->env), "Passing over a definition: %s", strbuf_str(&text));
}

/* NULL in *ret for one that cannot be used, which is told. */
static int list_read(struct list *l, const struct store_parent *p, const struct store_entry *e,
                     struct definition **ret)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r = store_read(l->ops->store, p, e, ret, &why);

	if (r == -ENOMEM)
		return r;
	/* Removed since the directory was read: no longer a definition. */
	if (r < 0 && r != -ENOENT)
		warn_broken(l->ops, &why);
	return 0;
}

static int list_open_parent(struct list *l, const char *parent, struct store_parent *ret)
{
	return l->req->uuid ? store_open_parent_for(l->ops->store, parent, l->req->uuid, ret)
	                    : store_open_parent(l->ops->store, parent, ret);
}

/* ---- active devices -------------------------------------------------------------------- */

/* Attributes of one device; what cannot be read is told and left out. */
static int list_read_attrs(struct list *l, const struct list_entry *entry, struct attrs *ret)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r;

	if (!l->req->want_attrs)
		return 0;
	r = ops_read_attrs(l->ops, &entry->uuid, entry->parent, entry->type, true, ret, &why);
	if (r < 0 && r != -ENOMEM && r != -EINTR) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

		error_format(&why, &text);
		log_debug(env_log(l->ops->env), "No attributes: %s", strbuf_str(&text));
		return 0;
	}
	return r;
}

static int list_active_device(struct list *l, const struct store_parent *p, const struct device *d)
{
	_cleanup_(definition_freep) struct definition *definition = NULL;
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	const struct store_entry *e = store_parent_find(p, &d->uuid);
	struct list_entry entry = { .uuid = d->uuid,
		                    .parent = snapshot_parent(&l->active, d),
		                    .type = snapshot_type(&l->active, d),
		                    .is_active = true,
		                    .attrs = &attrs };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r = 0;

	if (e) {
		entry.is_defined = true;
		r = list_read(l, p, e, &definition);
		entry.autostart = definition && definition->autostart;
	} else if (p->fd >= 0) {
		/* Something of that name is no definition for us, but counts here. */
		mdev_uuid_format(&d->uuid, uuid);
		entry.is_defined = faccessat(p->fd, uuid, F_OK, 0) == 0;
	}
	if (r == 0)
		r = list_read_attrs(l, &entry, &attrs);
	return r < 0 ? r : l->each(l->userdata, &entry);
}

/* What is not UTF-8 would spoil the whole JSON document. */
static bool parent_is_printable(struct ops *ops, const char *parent)
{
	if (utf8_is_valid(parent, strlen(parent)))
		return true;
	log_warn(env_log(ops->env), "Passing over a parent, its name is not UTF-8: %s", parent);
	return false;
}

static int list_active(struct list *l)
{
	const struct snapshot *s = &l->active;
	size_t i = 0;
	int r = 0;

	snapshot_sort_by_parent(&l->active);
	while (r >= 0 && i < s->n) {
		_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
		uint32_t parent = s->devices[i].parent;
		bool is_shown = parent_is_printable(l->ops, s->parents.items[parent]);

		if (is_shown)
			r = list_open_parent(l, s->parents.items[parent], &p);
		for (; r >= 0 && i < s->n && s->devices[i].parent == parent; i++)
			if (is_shown)
				r = list_active_device(l, &p, &s->devices[i]);
	}
	return r;
}

/* ---- definitions ------------------------------------------------------------------------ */

static int list_definition(struct list *l, const struct store_parent *p,
                           const struct store_entry *e)
{
	_cleanup_(definition_freep) struct definition *definition = NULL;
	const struct device *d = snapshot_find(&l->active, &e->uuid);
	struct list_entry entry = { .uuid = e->uuid, .parent = p->name, .is_defined = true };
	int r = list_read(l, p, e, &definition);

	if (r < 0 || !definition)
		return r;
	entry.type = definition->type;
	entry.autostart = definition->autostart;
	entry.attrs = &definition->attrs;
	entry.is_active = d && strcmp(snapshot_parent(&l->active, d), p->name) == 0 &&
	                  strcmp(snapshot_type(&l->active, d), definition->type) == 0;
	return l->each(l->userdata, &entry);
}

static int list_definitions_of(struct list *l, const char *parent)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = list_open_parent(l, parent, &p);

	for (size_t i = 0; r >= 0 && i < p.n; i++)
		r = list_definition(l, &p, &p.entries[i]);
	return r;
}

static int list_definitions(struct list *l)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r;

	if (l->req->parent)
		return list_definitions_of(l, l->req->parent);
	r = store_list_parents(l->ops->store, &parents);
	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = list_definitions_of(l, parents.items[i]);
	return r;
}

int ops_list(struct ops *ops, const struct list_request *req,
             int (*each)(void *userdata, const struct list_entry *entry), void *userdata,
             struct error *err)
{
	_cleanup_(list_done) struct list l = {
		.ops = ops, .req = req, .each = each, .userdata = userdata
	};
	int r;

	r = snapshot_scan(ops->sysfs, env_log(ops->env), req->uuid, req->parent, &l.active);
	if (r >= 0)
		r = req->defined ? list_definitions(&l) : list_active(&l);
	return ops_result(r < 0 ? r : 0, err);
}

/* ---- types ---------------------------------------------------------------------------------- */

static int types_of_parent(struct ops *ops, const char *parent,
                           int (*each)(void *userdata, const struct types_entry *entry),
                           void *userdata)
{
	_cleanup_(types_done) struct types types = { 0 };
	int r = types_read(ops->sysfs, env_log(ops->env), parent, &types);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_warn(env_log(ops->env), "Passing over parent %s: mdev_supported_types: %s",
		         parent, strerror(-r));
		return 0;
	}
	if (types.n == 0)
		return each(userdata, &(const struct types_entry){ .parent = parent });
	for (size_t i = 0; r >= 0 && i < types.n; i++) {
		const struct type *t = &types.items[i];
		const struct types_entry entry = { .parent = parent,
			                           .type = t->id,
			                           .available_instances = t->available,
			                           .device_api = t->device_api,
			                           .name = t->name,
			                           .description = t->description };

		r = each(userdata, &entry);
	}
	return r;
}

int ops_types(struct ops *ops, const char *parent,
              int (*each)(void *userdata, const struct types_entry *entry), void *userdata,
              struct error *err)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = types_list_parents(ops->sysfs, &parents);

	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		if (parent ? strcmp(parent, parents.items[i]) == 0
		           : parent_is_printable(ops, parents.items[i]))
			r = types_of_parent(ops, parents.items[i], each, userdata);
	return ops_result(r < 0 ? r : 0, err);
}
