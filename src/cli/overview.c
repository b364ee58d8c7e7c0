/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A look at all parents. Which of two automatic definitions of one UUID is the one to
 * start depends on all of them: so parents that have such are looked at twice. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/overview.h"

void overview_done(struct overview *overview)
{
	for (size_t i = 0; i < overview->n; i++)
		survey_done(&overview->surveys[i]);
	free(overview->surveys);
	free(overview->autos);
	*overview = (struct overview){ 0 };
}

/* ---- rivals ----------------------------------------------------------------------------- */

static int compare_autos(const void *a, const void *b)
{
	const struct overview_auto *x = a, *y = b;
	int order = mdev_uuid_compare(x->uuid, y->uuid);

	if (order != 0)
		return order;
	return x->survey < y->survey ? -1 : x->survey > y->survey;
}

static size_t count_autos(const struct overview *overview)
{
	size_t n = 0;

	for (size_t i = 0; i < overview->n; i++)
		for (size_t j = 0; j < overview->surveys[i].n; j++)
			n += overview->surveys[i].entries[j].is_auto;
	return n;
}

static int index_autos(struct overview *overview)
{
	struct overview_auto *autos = calloc(count_autos(overview) + 1, sizeof(*autos));
	size_t n = 0;

	if (!autos)
		return -ENOMEM;
	for (size_t i = 0; i < overview->n; i++)
		for (size_t j = 0; j < overview->surveys[i].n; j++)
			if (overview->surveys[i].entries[j].is_auto)
				autos[n++] = (struct overview_auto){
					.uuid = &overview->surveys[i].entries[j].uuid, .survey = i
				};
	qsort(autos, n, sizeof(*autos), compare_autos);
	free(overview->autos);
	overview->autos = autos;
	overview->n_autos = n;
	return 0;
}

static bool is_shared(const struct overview *overview, size_t i)
{
	return i + 1 < overview->n_autos &&
	       mdev_uuid_compare(overview->autos[i].uuid, overview->autos[i + 1].uuid) == 0;
}

void overview_each_rivalry(const struct overview *overview,
                           void (*each)(void *userdata, const struct mdev_uuid *uuid,
                                        const char *first, const char *second),
                           void *userdata)
{
	for (size_t i = 0; i < overview->n_autos; i++)
		if (is_shared(overview, i))
			each(userdata, overview->autos[i].uuid,
			     overview->surveys[overview->autos[i].survey].parent,
			     overview->surveys[overview->autos[i + 1].survey].parent);
}

/* The first of the registered ones starts it. Before there is an index nobody has rivals. */
static const char *find_rival(void *userdata, const char *parent, const struct mdev_uuid *uuid)
{
	const struct overview *overview = userdata;

	for (size_t i = 0; i < overview->n_autos; i++) {
		const struct survey *s = &overview->surveys[overview->autos[i].survey];

		if (mdev_uuid_compare(overview->autos[i].uuid, uuid) == 0 && s->registration != 0)
			return strcmp(s->parent, parent) == 0 ? NULL : s->parent;
	}
	return NULL;
}

/* ---- looking -------------------------------------------------------------------------------- */

static int look_at(struct ops *ops, struct overview *overview, const char *parent,
                   struct survey *ret)
{
	const struct survey_hints hints = { .rival = find_rival, .userdata = overview };

	return survey_parent(ops, parent, &hints, ret);
}

static int look_first(struct ops *ops, const struct log *log, struct overview *overview,
                      const struct names *parents)
{
	overview->surveys = calloc(parents->n + 1, sizeof(*overview->surveys));
	if (!overview->surveys)
		return -ENOMEM;
	for (size_t i = 0; i < parents->n; i++) {
		int r = look_at(ops, overview, parents->items[i], &overview->surveys[overview->n]);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			log_warn(log, "Cannot look at parent %s: %s", parents->items[i],
			         strerror(-r));
		else
			overview->n++;
	}
	return 0;
}

/* Looks again at what has rivals; the index stays valid, since it is made anew. */
static int look_again(struct ops *ops, struct overview *overview)
{
	_cleanup_(freep) bool *again = calloc(overview->n + 1, sizeof(*again));

	if (!again)
		return -ENOMEM;
	for (size_t i = 0; i < overview->n_autos; i++)
		if (is_shared(overview, i))
			again[overview->autos[i].survey] = again[overview->autos[i + 1].survey] =
				true;
	for (size_t i = 0; i < overview->n; i++) {
		struct survey fresh = { 0 };
		int r = again[i] ? look_at(ops, overview, overview->surveys[i].parent, &fresh) : 0;

		if (r == -ENOMEM)
			return r;
		if (!again[i] || r < 0)
			continue;
		survey_done(&overview->surveys[i]);
		overview->surveys[i] = fresh;
		r = index_autos(overview);
		if (r < 0)
			return r;
	}
	return 0;
}

int overview_take(struct ops *ops, const struct log *log, struct overview *ret)
{
	_cleanup_(names_done) struct names parents = { 0 };
	_cleanup_(overview_done) struct overview overview = { 0 };
	int r = survey_list_parents(ops, &parents);

	if (r == 0)
		r = look_first(ops, log, &overview, &parents);
	if (r == 0)
		r = index_autos(&overview);
	if (r == 0)
		r = look_again(ops, &overview);
	if (r < 0)
		return r;
	*ret = overview;
	overview = (struct overview){ 0 };
	return 0;
}
