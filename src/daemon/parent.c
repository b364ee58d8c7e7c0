/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of parents. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "daemon/parent.h"

/* UUIDs that are remembered as bound by others, a parent. */
#define SEEN_MAX 4096

static void parent_free(struct parent *p)
{
	free(p->name);
	free(p->devices);
	free(p->seen);
	free(p);
}

void parents_done(struct parents *parents)
{
	for (size_t i = 0; i < parents->n; i++)
		parent_free(parents->items[i]);
	free(parents->items);
	memset(parents, 0, sizeof(*parents));
}

/* Where a name is, or would be. */
static size_t place_of(const struct parents *parents, const char *name)
{
	size_t from = 0, to = parents->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(parents->items[middle]->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct parent *parents_find(const struct parents *parents, const char *name)
{
	size_t i = place_of(parents, name);

	return i < parents->n && strcmp(parents->items[i]->name, name) == 0 ? parents->items[i]
	                                                                    : NULL;
}

static int make_room(struct parents *parents)
{
	size_t size = parents->size ? 2 * parents->size : 8;
	struct parent **items;

	if (parents->n < parents->size)
		return 0;
	items = reallocarray(parents->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	parents->items = items;
	parents->size = size;
	return 0;
}

static int parent_new(const char *name, struct parent **ret)
{
	struct parent *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->name = strdup(name);
	if (!p->name) {
		free(p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

int parents_get(struct parents *parents, const char *name, struct parent **ret)
{
	struct parent *p = parents_find(parents, name);
	size_t i;
	int r;

	if (!p) {
		r = make_room(parents);
		if (r == 0)
			r = parent_new(name, &p);
		if (r < 0)
			return r;
		i = place_of(parents, name);
		memmove(&parents->items[i + 1], &parents->items[i],
		        (parents->n - i) * sizeof(*parents->items));
		parents->items[i] = p;
		parents->n++;
	}
	*ret = p;
	return 0;
}

/* ---- devices ------------------------------------------------------------------------------ */

/* UUIDs are random in one place or the other; FNV-1a. */
static size_t hash_of(const struct mdev_uuid *uuid)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(uuid->bytes); i++)
		hash = (hash ^ uuid->bytes[i]) * 16777619U;
	return hash % PARENTS_HASHES;
}

static void count(struct parents *parents, const struct parent *p, int by)
{
	for (size_t i = 0; i < p->n; i++) {
		uint16_t *n = &parents->counts[hash_of(&p->devices[i].uuid)];

		if (*n != UINT16_MAX)
			*n = (uint16_t)(*n + by);
	}
}

void parents_set_devices(struct parents *parents, struct parent *p, struct manager_device *devices,
                         size_t n)
{
	count(parents, p, -1);
	free(p->devices);
	p->devices = devices;
	p->n = n;
	count(parents, p, 1);
}

bool parents_may_share(const struct parents *parents, const struct parent *p,
                       const struct mdev_uuid *uuid)
{
	return parents->counts[hash_of(uuid)] > (p && parent_find(p, uuid) ? 1 : 0);
}

void parents_drop(struct parents *parents, struct parent *p)
{
	size_t i = place_of(parents, p->name);

	count(parents, p, -1);
	parents->n--;
	memmove(&parents->items[i], &parents->items[i + 1],
	        (parents->n - i) * sizeof(*parents->items));
	parent_free(p);
}

static int compare_device(const void *key, const void *item)
{
	return mdev_uuid_compare(key, &((const struct manager_device *)item)->uuid);
}

const struct manager_device *parent_find(const struct parent *p, const struct mdev_uuid *uuid)
{
	return p->n == 0 ? NULL
	                 : bsearch(uuid, p->devices, p->n, sizeof(*p->devices), compare_device);
}

void parent_replace(struct parent *p, const struct manager_device *device,
                    const struct manager_device *by)
{
	p->devices[device - p->devices] = *by;
}

static size_t place_of_seen(const struct parent *p, const struct mdev_uuid *uuid)
{
	size_t i = 0;

	while (i < p->n_seen && mdev_uuid_compare(&p->seen[i], uuid) != 0)
		i++;
	return i;
}

bool parent_has_seen(const struct parent *p, const struct mdev_uuid *uuid)
{
	return place_of_seen(p, uuid) < p->n_seen;
}

void parent_add_seen(struct parent *p, const struct mdev_uuid *uuid)
{
	struct mdev_uuid *seen;

	if (p->n_seen >= SEEN_MAX || parent_has_seen(p, uuid))
		return;
	seen = reallocarray(p->seen, p->n_seen + 1, sizeof(*seen));
	if (!seen)
		return;
	p->seen = seen;
	p->seen[p->n_seen++] = *uuid;
}

void parent_drop_seen(struct parent *p, const struct mdev_uuid *uuid)
{
	size_t i = uuid ? place_of_seen(p, uuid) : 0;

	if (!uuid)
		p->n_seen = 0;
	else if (i < p->n_seen)
		p->seen[i] = p->seen[--p->n_seen];
	if (p->n_seen == 0) {
		free(p->seen);
		p->seen = NULL;
	}
}
