/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checking definitions: what is wrong with them, and what would keep them from being
 * started now. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ops-private.h"

struct verify {
	struct ops *ops;
	int (*each)(void *userdata, const struct verify_finding *finding);
	void *userdata;
	size_t files;
	size_t errors;
	struct store_hits seen; /* all files, to find a UUID that has several */
};

static _printf_(4, 5) int tell(struct verify *v, const char *path, bool is_error, const char *fmt,
                               ...)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct verify_finding finding = { .path = path, .is_error = is_error };
	va_list ap;

	va_start(ap, fmt);
	strbuf_addv(&text, fmt, ap);
	va_end(ap);
	if (strbuf_error(&text) < 0)
		return -ENOMEM;
	finding.text = strbuf_str(&text);
	v->errors += is_error;
	return v->each(v->userdata, &finding);
}

static int tell_error(struct verify *v, const char *path, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(err, &text);
	return tell(v, path, true, "%s", strbuf_str(&text));
}

static int verify_attrs(struct verify *v, const char *path, const struct attrs *attrs)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < attrs->n; i++) {
		const char *problem = plan_attr_name_problem(attrs->items[i].name);

		if (problem)
			r = tell(v, path, true, "attribute %zu, '%s': %s", i, attrs->items[i].name,
			         problem);
	}
	return r;
}

/* Definitions may well wait for hardware to come: only remarks. types: NULL if the parent
 * is not there. */
static int verify_type(struct verify *v, const char *path, const char *parent,
                       const struct types *types, const char *type)
{
	if (!types)
		return tell(v, path, false, "parent %s is not registered for mediated devices now",
		            parent);
	if (!types_have_id(types, type))
		return tell(v, path, false, "parent %s does not offer type %s now", parent, type);
	return 0;
}

static int verify_definition(struct verify *v, const char *path, const char *parent,
                             const struct types *types, const struct definition *d)
{
	int r = 0;

	if (!sysfs_name_is_plain(d->type))
		r = tell(v, path, true, "type '%s' cannot be the name of a type", d->type);
	else if (parent)
		r = verify_type(v, path, parent, types, d->type);
	if (r >= 0)
		r = verify_attrs(v, path, &d->attrs);
	if (r >= 0 && d->is_lossy)
		r = tell(v, path, false,
		         "an unknown key holds a number that would be changed by rewriting: "
		         "'mdevmgr modify' will refuse");
	return r;
}

static int verify_entry(struct verify *v, const struct store_parent *p, const struct types *types,
                        const struct store_entry *e)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, bytes = STRBUF_INIT;
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int r;

	store_add_path(v->ops->store, p->name, e, &path);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	v->files++;
	r = store_read_bytes(p, e, &bytes);
	if (r < 0)
		return r == -ENOMEM ? r : tell(v, path.data, true, "%s", strerror(-r));
	r = definition_parse(strbuf_str(&bytes), bytes.len, &d, &err);
	if (r < 0)
		return r == -ENOMEM ? r : tell_error(v, path.data, &err);
	return verify_definition(v, path.data, p->name, types, d);
}

static int verify_entries(struct verify *v, const struct store_parent *p, const struct types *types)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->n; i++) {
		r = verify_entry(v, p, types, &p->entries[i]);
		if (r >= 0)
			r = store_hits_add(&v->seen, p->name, &p->entries[i]);
	}
	return r;
}

static int verify_parent(struct verify *v, const char *parent)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	_cleanup_(types_done) struct types types = { 0 };
	int r = store_open_parent(v->ops->store, parent, &p);

	if (r < 0 || p.n == 0)
		return r;
	r = types_read(v->ops->sysfs, NULL, parent, &types);
	return r == -ENOMEM ? r : verify_entries(v, &p, r < 0 ? NULL : &types);
}

/* ---- UUIDs with several files ----------------------------------------------------- */

static int compare_hits(const void *a, const void *b)
{
	const struct store_hit *x = a, *y = b;
	int c = mdev_uuid_compare(&x->entry.uuid, &y->entry.uuid);

	return c != 0 ? c : strcmp(x->parent, y->parent);
}

/* One UUID under several parents is legal, but only one of them can run. */
static int tell_twice(struct verify *v, const struct store_hit *hit, const struct store_hit *other)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	bool is_same_parent = strcmp(hit->parent, other->parent) == 0;

	store_add_path(v->ops->store, hit->parent, &hit->entry, &path);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	if (is_same_parent)
		return tell(v, path.data, true,
		            "another file of this directory names the same UUID");
	return tell(v, path.data, false,
	            "the UUID is defined on parent %s too; only one can be active", other->parent);
}

static int verify_twice(struct verify *v)
{
	struct store_hit *hits = v->seen.items;
	int r = 0;

	if (v->seen.n > 1)
		qsort(hits, v->seen.n, sizeof(*hits), compare_hits);
	for (size_t i = 1; r >= 0 && i < v->seen.n; i++) {
		if (mdev_uuid_compare(&hits[i - 1].entry.uuid, &hits[i].entry.uuid) != 0)
			continue;
		r = tell_twice(v, &hits[i - 1], &hits[i]);
		if (r >= 0)
			r = tell_twice(v, &hits[i], &hits[i - 1]);
	}
	return r;
}

static int verify_all(struct verify *v)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = store_list_parents(v->ops->store, &parents);

	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = verify_parent(v, parents.items[i]);
	return r < 0 ? r : verify_twice(v);
}

static int verify_source(struct verify *v, const struct json_source *json)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(error_done) struct error err = ERROR_INIT;
	int r;

	v->files++;
	r = definition_parse(json->bytes, json->len, &d, &err);
	return r < 0 ? tell_error(v, json->name, &err)
	             : verify_definition(v, json->name, NULL, NULL, d);
}

int ops_verify(struct ops *ops, const struct json_source *json,
               int (*each)(void *userdata, const struct verify_finding *finding), void *userdata,
               size_t *ret_files, size_t *ret_errors, struct error *err)
{
	struct verify v = { .ops = ops, .each = each, .userdata = userdata };
	int r = json->bytes ? verify_source(&v, json) : verify_all(&v);

	store_hits_done(&v.seen);
	if (r < 0)
		return ops_result(r, err);
	*ret_files = v.files;
	*ret_errors = v.errors;
	return 0;
}
