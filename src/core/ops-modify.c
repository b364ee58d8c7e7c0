/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing a stored definition. The text that was read must still be there when the new
 * one is written, else everything begins again. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/driver.h"
#include "core/ops-private.h"

/* With callouts in between the lock is not held; a file changed that often is somebody
 * else's fight. */
#define MODIFY_TRIES 5
#define PAUSE_NS     50000000 /* before the second try, doubled for each further */

struct modify {
	struct ops *ops;
	const struct modify_request *req;
	struct store_hit hit; /* where it is, or with --jsonfile will be */
	bool exists;
	struct strbuf old_text;
	struct definition *definition; /* as it shall be */
	struct strbuf new_text;
};

static void modify_done(struct modify *m)
{
	free(m->hit.parent);
	free(m->hit.entry.name);
	strbuf_done(&m->old_text);
	strbuf_done(&m->new_text);
	definition_free(m->definition);
	*m = (struct modify){ 0 };
}

/* ---- finding it ------------------------------------------------------------------ */

static int not_defined(const struct modify_request *req, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(req->uuid, uuid);
	error_set(err, -ENOENT, "Mediated device %s%s%s is not defined",
	          req->parent ? req->parent : "", req->parent ? "/" : "", uuid);
	error_set_advice(err, "'mdevmgr list -d' lists what is");
	return -ENOENT;
}

static int several_defined(const struct store_hits *hits, struct error *err)
{
	const char *first = hits->items[0].parent;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&hits->items[0].entry.uuid, uuid);
	if (strcmp(first, hits->items[hits->n - 1].parent) != 0)
		return error_set(err, -ENOTUNIQ,
		                 "Multiple definitions found for %s, specify a parent", uuid);
	error_set(err, -ENOTUNIQ, "Multiple definitions found for %s/%s", first, uuid);
	error_set_advice(
		err, "the UUID is spelled in two ways in " STORE_DIR "/%s; remove one file", first);
	return -ENOTUNIQ;
}

static int modify_find(struct modify *m, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	const struct modify_request *req = m->req;
	int r = store_find(m->ops->store, req->uuid, req->parent, &hits);

	if (r < 0)
		return ops_result(r, err);
	if (hits.n > 1)
		return several_defined(&hits, err);
	if (hits.n == 0 && !req->json.bytes)
		return not_defined(req, err);
	m->exists = hits.n == 1;
	if (m->exists) {
		m->hit = hits.items[0];
		hits.n = 0;
	} else {
		/* --jsonfile makes one, as in mdevctl */
		m->hit.entry.uuid = *req->uuid;
		m->hit.parent = strdup(req->parent);
	}
	return m->hit.parent ? 0 : ops_result(-ENOMEM, err);
}

/* ---- what it shall be ------------------------------------------------------------- */

static int bad_index(const struct modify_request *req, size_t n, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(req->uuid, uuid);
	error_set(err, -EINVAL, "Attribute index %u is invalid", req->index);
	if (n == 0)
		error_set_cause(err, "Device %s has no attributes", uuid);
	else
		error_set_cause(err, "Device %s has the attributes 0 to %zu", uuid, n - 1);
	return -EINVAL;
}

static int add_attr(const struct modify_request *req, struct attrs *attrs, struct error *err)
{
	size_t index = req->has_index ? req->index : attrs->n;
	const char *name = req->attr_name ? req->attr_name : "";
	const char *problem = plan_attr_name_problem(name);

	if (!problem && !req->attr_value)
		problem = "it needs a value";
	if (problem) {
		error_set(err, -EINVAL, "Invalid attribute '%s'", name);
		error_set_cause(err, "%s", problem);
		return -EINVAL;
	}
	if (index > attrs->n)
		return bad_index(req, attrs->n, err);
	return ops_result(
		attrs_insert(attrs, index, name, req->attr_value, strlen(req->attr_value)), err);
}

static int delete_attr(const struct modify_request *req, struct attrs *attrs, struct error *err)
{
	/* Nothing to delete is no failure, unless it was named: as in mdevctl. */
	if (!req->has_index)
		return attrs->n == 0 ? 0 : attrs_remove(attrs, attrs->n - 1);
	if (req->index >= attrs->n)
		return bad_index(req, attrs->n, err);
	return attrs_remove(attrs, req->index);
}

int ops_change_attrs(const struct modify_request *req, struct attrs *attrs, struct error *err)
{
	switch (req->attr) {
	case MODIFY_ATTR_NONE:
		break;
	case MODIFY_ATTR_ADD:
		return add_attr(req, attrs, err);
	case MODIFY_ATTR_DELETE:
		return delete_attr(req, attrs, err);
	}
	return 0;
}

static int modify_type(struct modify *m, struct error *err)
{
	char *type = NULL;
	int r;

	if (!m->req->type)
		return 0;
	r = ops_resolve_type(m->ops, m->hit.parent, m->req->type, &type, err);
	if (r < 0)
		return r;
	free(m->definition->type);
	m->definition->type = type;
	return 0;
}

static int modify_matrix(struct modify *m, struct error *err)
{
	const char *type = m->definition->type;
	const struct driver *driver = driver_for_type(type);
	char uuid[MDEV_UUID_TEXT_MAX];

	if (!m->req->ap)
		return 0;
	if (driver->set_matrix)
		return ops_result(driver->set_matrix(m->req->ap, &m->definition->attrs, err), err);
	mdev_uuid_format(m->req->uuid, uuid);
	return error_set(err, -EINVAL, "Device %s is of type %s, which has no matrix", uuid, type);
}

static int modify_change(struct modify *m, struct error *err)
{
	const struct modify_request *req = m->req;
	int r = modify_type(m, err);

	if (r == 0)
		r = modify_matrix(m, err);
	if (r < 0)
		return r;
	if (req->set_auto || req->set_manual)
		m->definition->autostart = req->set_auto;
	return ops_change_attrs(req, &m->definition->attrs, err);
}

static int modify_read_old(struct modify *m, struct error *err)
{
	return m->exists ? ops_read_hit_bytes(m->ops, &m->hit, &m->old_text, err) : 0;
}

static int modify_compute(struct modify *m, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int r;

	if (m->req->json.bytes) {
		r = ops_parse_source(&m->req->json, &m->definition, err);
	} else {
		r = definition_parse(strbuf_str(&m->old_text), m->old_text.len, &m->definition,
		                     err);
		if (r == 0)
			r = modify_change(m, err);
	}
	if (r == 0)
		r = definition_print_file(m->definition, &m->new_text, err);
	if (r < 0 && !m->req->json.bytes) {
		store_add_path(m->ops->store, m->hit.parent, &m->hit.entry, &path);
		error_add_cause(err, "in %s", strbuf_str(&path));
	}
	return r;
}

static int modify_prepare(struct modify *m, struct error *err)
{
	int r = modify_find(m, err);

	if (r == 0)
		r = modify_read_old(m, err);
	return r == 0 ? modify_compute(m, err) : r;
}

/* ---- writing it --------------------------------------------------------------------- */

static int modify_write(struct modify *m, struct error *err)
{
	if (!m->exists)
		return store_put(m->ops->store, m->hit.parent, &m->hit.entry.uuid, m->new_text.data,
		                 m->new_text.len, err);
	return store_replace(m->ops->store, m->hit.parent, &m->hit.entry, m->new_text.data,
	                     m->new_text.len, err);
}

static struct operation operation_of(struct modify *m)
{
	return (struct operation){ .ops = m->ops,
		                   .action = CALLOUT_MODIFY,
		                   .subject = { .uuid = m->req->uuid,
		                                .parent = m->hit.parent,
		                                .type = m->definition->type,
		                                .definition = m->definition },
		                   .force = m->req->options.force,
		                   .userdata = m };
}

static int modify_store(struct modify *m, struct error *err)
{
	const struct operation op = operation_of(m);
	int r = operation_check(&op, err);

	if (r == 0)
		r = modify_write(m, err);
	if (r == 0 && !m->definition->autostart)
		ops_end_campaign(m->ops, m->hit.parent, m->req->uuid, "set to manual");
	return r;
}

static bool is_same_text(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int changed_meanwhile(const struct modify *m, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(m->req->uuid, uuid);
	store_add_path(m->ops->store, m->hit.parent, &m->hit.entry, &path);
	error_set(err, -EAGAIN, "Failed to write config for device %s", uuid);
	error_set_cause(err, "%s was changed by somebody else meanwhile, %d times",
	                strbuf_str(&path), MODIFY_TRIES);
	error_set_advice(err, "try again");
	return -EAGAIN;
}

/* Under the lock: are these still the bytes that the change was worked out from? */
static int modify_write_if_same(struct operation *op, struct error *err)
{
	struct modify *m = op->userdata;
	_cleanup_(strbuf_done) struct strbuf now = STRBUF_INIT;
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = ops_lock_definitions(m->ops, "write", m->req->uuid, &lock, err);

	if (r < 0)
		return r;
	if (m->exists) {
		r = ops_read_hit_bytes(m->ops, &m->hit, &now, err);
		if (r < 0)
			return r;
		if (!is_same_text(&now, &m->old_text))
			return changed_meanwhile(m, err);
	}
	r = modify_store(m, err);
	return r == -EEXIST ? -EAGAIN : r;
}

static int modify_run(struct modify *m, struct error *err)
{
	struct operation op = operation_of(m);

	op.body = modify_write_if_same;
	return operation_run(&op, err);
}

/* Without callouts there is nothing to wait for between reading and writing: all of it
 * is done under the lock, and any number of writers come through. 1 if there is another
 * lock that must be taken first, and nothing was done. */
static int modify_locked(struct ops *ops, const struct modify_request *req, struct error *err)
{
	_cleanup_(modify_done) struct modify m = { .ops = ops, .req = req };
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = ops_lock_definitions(ops, "write", req->uuid, &lock, err);

	if (r == 0)
		r = modify_prepare(&m, err);
	if (r == 0 && driver_for_type(m.definition->type)->has_ap_lock)
		return 1;
	if (r == 0)
		r = modify_store(&m, err);
	return r;
}

/* Those who met once would meet again if all went on at once. */
static void pause_before_try(int i)
{
	unsigned int random = 0;
	struct timespec pause = { 0 };

	if (i == 0 || getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return;
	pause.tv_nsec = random % (PAUSE_NS << i);
	nanosleep(&pause, NULL);
}

/* With callouts, or a lock that is not ours alone. */
static int modify_by_tries(struct ops *ops, const struct modify_request *req, struct error *err)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < MODIFY_TRIES; i++) {
		_cleanup_(modify_done) struct modify m = { .ops = ops, .req = req };

		error_done(err);
		pause_before_try(i);
		r = modify_prepare(&m, err);
		if (r == 0)
			r = modify_run(&m, err);
	}
	return r;
}

static int modify_plan(struct ops *ops, const struct modify_request *req, struct plan *plan,
                       struct error *err)
{
	_cleanup_(modify_done) struct modify m = { .ops = ops, .req = req };
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	struct plan_step step = { .kind = PLAN_WRITE_DEFINITION, .uuid = *req->uuid };
	struct operation op;
	int r = modify_prepare(&m, err);

	if (r == 0) {
		op = operation_of(&m);
		r = operation_check(&op, err);
	}
	if (r < 0)
		return r;
	store_add_path(ops->store, m.hit.parent, &m.hit.entry, &path);
	step.path = strbuf_str(&path);
	step.parent = m.hit.parent;
	step.old_text = m.exists ? strbuf_str(&m.old_text) : NULL;
	step.value = m.new_text.data;
	step.value_len = m.new_text.len;
	r = ops_plan_callouts(plan, PLAN_ASK, req->uuid, m.hit.parent, CALLOUT_MODIFY);
	if (r == 0)
		r = plan_add(plan, &step);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, req->uuid, m.hit.parent, CALLOUT_MODIFY);
	return ops_result(r, err);
}

int ops_modify_stored(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
                      struct error *err)
{
	const char *problem = req->json.bytes && req->parent ? store_parent_problem(req->parent)
	                                                     : NULL;

	if (req->json.bytes && !req->parent)
		return error_set(err, -EINVAL,
		                 "Parent device required to modify device via json file");
	if (problem)
		return error_set(err, -EINVAL, "Invalid parent name '%s': %s", req->parent,
		                 problem);
	if (req->options.dry_run)
		return modify_plan(ops, req, ret_plan, err);
	if (!ops_has_scripts(ops)) {
		int r = modify_locked(ops, req, err);

		if (r <= 0)
			return r;
	}
	return modify_by_tries(ops, req, err);
}

int ops_modify_check(struct ops *ops, const struct modify_request *req, struct error *err)
{
	_cleanup_(modify_done) struct modify m = { .ops = ops, .req = req };
	struct operation op;
	int r = modify_prepare(&m, err);

	if (r < 0)
		return r;
	op = operation_of(&m);
	op.is_quiet = true;
	return operation_check(&op, err);
}

int ops_modify(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
               struct error *err)
{
	return req->live ? ops_modify_live(ops, req, ret_plan, err)
	                 : ops_modify_stored(ops, req, ret_plan, err);
}
