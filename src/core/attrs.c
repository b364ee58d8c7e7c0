/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ordered list of attributes. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/attrs.h"

static void attr_done(struct attr *attr)
{
	free(attr->name);
	free(attr->value);
}

void attrs_done(struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		attr_done(&a->items[i]);
	free(a->items);
	*a = (struct attrs){ 0 };
}

static int attrs_grow(struct attrs *a)
{
	size_t size = a->size ? a->size * 2 : 4;
	struct attr *items;

	if (a->n < a->size)
		return 0;
	if (a->n >= ATTRS_MAX)
		return -E2BIG;
	items = realloc(a->items, size * sizeof(*items));
	if (!items)
		return -ENOMEM;
	a->items = items;
	a->size = size;
	return 0;
}

static int attr_init(struct attr *attr, const char *name, const char *value, size_t value_len)
{
	_cleanup_(freep) char *n = strdup(name);
	_cleanup_(freep) char *v = malloc(value_len + 1);

	if (!n || !v)
		return -ENOMEM;
	memcpy(v, value, value_len);
	v[value_len] = '\0';
	*attr = (struct attr){ .name = TAKE_PTR(n), .value = TAKE_PTR(v), .value_len = value_len };
	return 0;
}

int attrs_insert(struct attrs *a, size_t index, const char *name, const char *value,
                 size_t value_len)
{
	struct attr attr;
	int r;

	if (index > a->n)
		return -EINVAL;
	r = attrs_grow(a);
	if (r < 0)
		return r;
	r = attr_init(&attr, name, value, value_len);
	if (r < 0)
		return r;
	memmove(&a->items[index + 1], &a->items[index], (a->n - index) * sizeof(attr));
	a->items[index] = attr;
	a->n++;
	return 0;
}

int attrs_append(struct attrs *a, const char *name, const char *value, size_t value_len)
{
	return attrs_insert(a, a->n, name, value, value_len);
}

int attrs_remove(struct attrs *a, size_t index)
{
	if (index >= a->n)
		return -EINVAL;
	attr_done(&a->items[index]);
	memmove(&a->items[index], &a->items[index + 1], (a->n - index - 1) * sizeof(*a->items));
	a->n--;
	return 0;
}

int attrs_copy(const struct attrs *a, struct attrs *ret)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *attr = &a->items[i];
		int r = attrs_append(ret, attr->name, attr->value, attr->value_len);

		if (r < 0) {
			attrs_done(ret);
			return r;
		}
	}
	return 0;
}

bool attrs_equal(const struct attrs *a, const struct attrs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->items[i], *y = &b->items[i];

		if (strcmp(x->name, y->name) != 0 || x->value_len != y->value_len ||
		    memcmp(x->value, y->value, x->value_len) != 0)
			return false;
	}
	return true;
}
