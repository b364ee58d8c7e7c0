/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Claims on queues against each other, the host's masks and overrides. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-conflict.h"

void ap_facts_done(struct ap_facts *facts)
{
	free(facts->defined.items);
	free(facts->active.items);
	free(facts->overrides.items);
	*facts = (struct ap_facts){ 0 };
}

/* Makes room for one more in an array of items of this size. */
static int grow(void *items, size_t n, size_t *size, size_t item_size)
{
	void *old, *bigger;

	if (n < *size)
		return 0;
	memcpy(&old, items, sizeof(old));
	bigger = reallocarray(old, *size * 2 + 8, item_size);
	if (!bigger)
		return -ENOMEM;
	memcpy(items, &bigger, sizeof(bigger));
	*size = *size * 2 + 8;
	return 0;
}

int ap_claims_add(struct ap_claims *claims, const struct ap_claim *claim)
{
	int r = grow(&claims->items, claims->n, &claims->size, sizeof(*claims->items));

	if (r == 0)
		claims->items[claims->n++] = *claim;
	return r;
}

int ap_overrides_add(struct ap_overrides *overrides, const struct ap_queue *queue,
                     const char *driver)
{
	struct ap_override *o;
	int r = grow(&overrides->items, overrides->n, &overrides->size, sizeof(*overrides->items));

	if (r < 0)
		return r;
	o = &overrides->items[overrides->n++];
	o->queue = *queue;
	snprintf(o->driver, sizeof(o->driver), "%s", driver);
	return 0;
}

static const struct ap_override *find_override(const struct ap_facts *facts,
                                               const struct ap_queue *queue)
{
	for (size_t i = 0; i < facts->overrides.n; i++) {
		const struct ap_override *o = &facts->overrides.items[i];

		if (o->queue.adapter == queue->adapter && o->queue.domain == queue->domain)
			return o;
	}
	return NULL;
}

static bool is_for_host(const struct ap_override *o)
{
	return strcmp(o->driver, AP_PASSTHROUGH_DRIVER) != 0;
}

bool ap_facts_reserve(const struct ap_facts *facts, const struct ap_masks *masks,
                      const struct ap_queue *queue)
{
	const struct ap_override *o = find_override(facts, queue);

	if (o)
		return is_for_host(o);
	return ap_set_has(&masks->adapters, queue->adapter) &&
	       ap_set_has(&masks->domains, queue->domain);
}

/* ---- rows ------------------------------------------------------------------------------ */

static int add_row(struct ap_conflicts *c, const struct ap_conflict *row)
{
	int r;

	/* Why it is refused is among what is kept. */
	if (c->n >= AP_CONFLICTS_MAX && row->is_refused && c->n_refused == 0)
		c->items[c->n - 1] = *row;
	c->n_refused += row->is_refused;
	if (c->n >= AP_CONFLICTS_MAX) {
		c->n_more++;
		return 0;
	}
	r = grow(&c->items, c->n, &c->size, sizeof(*c->items));
	if (r == 0)
		c->items[c->n++] = *row;
	return r;
}

/* A row like this one for each queue of a matrix. */
static int add_rows(struct ap_conflicts *c, struct ap_conflict row, const struct ap_matrix *queues)
{
	int r = 0;

	for (bool more = ap_matrix_first_queue(queues, &row.queue); r == 0 && more;
	     more = ap_matrix_next_queue(queues, &row.queue))
		r = add_row(c, &row);
	return r;
}

static int compare_rows(const void *a, const void *b)
{
	const struct ap_conflict *x = a, *y = b;

	if (x->queue.adapter != y->queue.adapter)
		return x->queue.adapter < y->queue.adapter ? -1 : 1;
	if (x->queue.domain != y->queue.domain)
		return x->queue.domain < y->queue.domain ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return mdev_uuid_compare(&x->uuid, &y->uuid);
}

static void sort_rows(struct ap_conflicts *c)
{
	if (c->n > 1)
		qsort(c->items, c->n, sizeof(*c->items), compare_rows);
}

void ap_conflicts_done(struct ap_conflicts *conflicts)
{
	free(conflicts->items);
	*conflicts = (struct ap_conflicts){ 0 };
}

/* ---- a matrix -------------------------------------------------------------------------- */

static bool is_own(const struct ap_candidate *candidate, const struct ap_claim *other)
{
	return mdev_uuid_compare(&candidate->claim.uuid, &other->uuid) == 0;
}

static int add_defined(const struct ap_candidate *candidate, const struct ap_claim *other,
                       struct ap_conflicts *c)
{
	const struct ap_matrix common = ap_matrix_common(&candidate->claim.matrix, &other->matrix);
	const struct ap_conflict row = {
		.kind = other->is_auto ? AP_CONFLICT_AUTO : AP_CONFLICT_MANUAL,
		.is_refused = other->is_auto && candidate->claim.is_auto,
		.uuid = other->uuid,
	};

	return add_rows(c, row, &common);
}

static int add_active(const struct ap_candidate *candidate, const struct ap_claim *other,
                      struct ap_conflicts *c)
{
	const struct ap_matrix common = ap_matrix_common(&candidate->claim.matrix, &other->matrix);
	const struct ap_conflict row = { .kind = AP_CONFLICT_ACTIVE,
		                         .is_refused = candidate->purpose == AP_TO_START,
		                         .uuid = other->uuid };

	return add_rows(c, row, &common);
}

static bool is_defined(const struct ap_facts *facts, const struct mdev_uuid *uuid)
{
	for (size_t i = 0; i < facts->defined.n; i++)
		if (mdev_uuid_compare(&facts->defined.items[i].uuid, uuid) == 0)
			return true;
	return false;
}

/* Those that have a definition are told by that. */
static int add_transient(const struct ap_candidate *candidate, const struct ap_facts *facts,
                         struct ap_conflicts *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->active.n; i++)
		if (!is_own(candidate, &facts->active.items[i]) &&
		    !is_defined(facts, &facts->active.items[i].uuid))
			r = add_active(candidate, &facts->active.items[i], c);
	return r;
}

/* Queues that the masks give to the host, but for those with an override. */
static int add_masks(const struct ap_candidate *candidate, const struct ap_facts *facts,
                     const struct ap_masks *masks, enum ap_conflict_kind kind,
                     struct ap_conflicts *c)
{
	const struct ap_matrix host = { .adapters = masks->adapters, .domains = masks->domains };
	const struct ap_matrix common = ap_matrix_common(&candidate->claim.matrix, &host);
	struct ap_conflict row = { .kind = kind, .is_refused = true };
	int r = 0;

	for (bool more = ap_matrix_first_queue(&common, &row.queue); r == 0 && more;
	     more = ap_matrix_next_queue(&common, &row.queue))
		if (!find_override(facts, &row.queue))
			r = add_row(c, &row);
	return r;
}

static int add_overrides(const struct ap_candidate *candidate, const struct ap_facts *facts,
                         struct ap_conflicts *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->overrides.n; i++) {
		const struct ap_override *o = &facts->overrides.items[i];
		const struct ap_conflict row = { .queue = o->queue,
			                         .kind = AP_CONFLICT_OVERRIDE,
			                         .is_refused = true,
			                         .driver = o->driver };

		if (is_for_host(o) &&
		    ap_set_has(&candidate->claim.matrix.adapters, o->queue.adapter) &&
		    ap_set_has(&candidate->claim.matrix.domains, o->queue.domain))
			r = add_row(c, &row);
	}
	return r;
}

static int find_for_definition(const struct ap_candidate *candidate, const struct ap_facts *facts,
                               struct ap_conflicts *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->defined.n; i++)
		if (!is_own(candidate, &facts->defined.items[i]))
			r = add_defined(candidate, &facts->defined.items[i], c);
	if (r == 0 && candidate->claim.is_auto && facts->has_persistent)
		r = add_masks(candidate, facts, &facts->persistent, AP_CONFLICT_PERSISTENT, c);
	return r == 0 ? add_transient(candidate, facts, c) : r;
}

static int find_for_start(const struct ap_candidate *candidate, const struct ap_facts *facts,
                          struct ap_conflicts *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->active.n; i++)
		if (!is_own(candidate, &facts->active.items[i]))
			r = add_active(candidate, &facts->active.items[i], c);
	if (r == 0 && facts->has_masks)
		r = add_masks(candidate, facts, &facts->masks, AP_CONFLICT_MASKS, c);
	return r == 0 ? add_overrides(candidate, facts, c) : r;
}

int ap_conflicts_find(const struct ap_candidate *candidate, const struct ap_facts *facts,
                      struct ap_conflicts *ret)
{
	int r = candidate->purpose == AP_TO_DEFINE ? find_for_definition(candidate, facts, ret)
	                                           : find_for_start(candidate, facts, ret);

	sort_rows(ret);
	return r;
}

/* ---- masks ----------------------------------------------------------------------------- */

/* The queues of a claim that the host would get. */
static int add_lost(const struct ap_masks *from, const struct ap_masks *to,
                    const struct ap_facts *facts, const struct ap_claim *claim,
                    struct ap_conflict row, struct ap_conflicts *c)
{
	const struct ap_matrix host = { .adapters = to->adapters, .domains = to->domains };
	const struct ap_matrix common = ap_matrix_common(&claim->matrix, &host);
	int r = 0;

	row.uuid = claim->uuid;
	for (bool more = ap_matrix_first_queue(&common, &row.queue); r == 0 && more;
	     more = ap_matrix_next_queue(&common, &row.queue))
		if (!find_override(facts, &row.queue) && !ap_facts_reserve(facts, from, &row.queue))
			r = add_row(c, &row);
	return r;
}

int ap_conflicts_find_of_masks(const struct ap_masks *from, const struct ap_masks *to, bool is_now,
                               bool is_lasting, const struct ap_facts *facts,
                               struct ap_conflicts *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && is_now && i < facts->active.n; i++)
		r = add_lost(from, to, facts, &facts->active.items[i],
		             (struct ap_conflict){ .kind = AP_CONFLICT_ACTIVE, .is_refused = true },
		             ret);
	for (size_t i = 0; r == 0 && i < facts->defined.n; i++) {
		bool is_auto = facts->defined.items[i].is_auto;

		r = add_lost(from, to, facts, &facts->defined.items[i],
		             (struct ap_conflict){ .kind = is_auto ? AP_CONFLICT_AUTO
		                                                   : AP_CONFLICT_MANUAL,
		                                   .is_refused = is_auto && is_lasting },
		             ret);
	}
	sort_rows(ret);
	return r;
}

/* ---- text ------------------------------------------------------------------------------ */

void ap_conflict_describe(const struct ap_conflict *c, struct strbuf *out)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&c->uuid, uuid);
	switch (c->kind) {
	case AP_CONFLICT_ACTIVE:
		strbuf_addf(out, "in use by device %s", uuid);
		break;
	case AP_CONFLICT_AUTO:
		strbuf_addf(out, "defined for device %s, which starts automatically", uuid);
		break;
	case AP_CONFLICT_MANUAL:
		strbuf_addf(out, "defined for device %s, which is started by hand", uuid);
		break;
	case AP_CONFLICT_MASKS:
		strbuf_add_str(out, "reserved for the host by apmask and aqmask");
		break;
	case AP_CONFLICT_PERSISTENT:
		strbuf_add_str(out, "reserved for the host by the masks of the next boot");
		break;
	case AP_CONFLICT_OVERRIDE:
		strbuf_addf(out, "bound to driver %s by its driver_override", c->driver);
		break;
	}
}

const struct ap_conflict *ap_conflicts_first_refused(const struct ap_conflicts *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].is_refused)
			return &c->items[i];
	return NULL;
}

void ap_conflicts_print(const struct ap_conflicts *c, size_t max_rows, struct strbuf *out)
{
	size_t n = c->n < max_rows ? c->n : max_rows;
	char queue[AP_QUEUE_TEXT_MAX];

	strbuf_add_str(out, "APQN     VERDICT  CONFLICT\n");
	for (size_t i = 0; i < n; i++) {
		ap_queue_format(&c->items[i].queue, queue);
		strbuf_addf(out, "%s  %s  ", queue, c->items[i].is_refused ? "refused" : "warning");
		ap_conflict_describe(&c->items[i], out);
		strbuf_add_char(out, '\n');
	}
	if (c->n + c->n_more > n)
		strbuf_addf(out, "and %zu more\n", c->n + c->n_more - n);
}
