/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of names with reasons. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/details.h"

void details_done(struct details *d)
{
	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < d->lists[i].n; k++) {
			free(d->lists[i].items[k].name);
			free(d->lists[i].items[k].reason);
		}
		free(d->lists[i].items);
	}
	*d = (struct details){ .n = 0 };
}

int details_begin(struct details *d, const char *key, const char *label)
{
	if (d->n >= DETAILS_MAX)
		return -E2BIG;
	d->lists[d->n++] = (struct detail){ .key = key, .label = label };
	return 0;
}

static int make_room(struct detail *list)
{
	size_t size = list->size ? list->size * 2 : 16;
	struct detail_item *items;

	if (list->n < list->size)
		return 0;
	if (list->n >= DETAIL_ITEMS_MAX)
		return -E2BIG;
	items = reallocarray(list->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->size = size;
	return 0;
}

static int add(struct details *d, const char *name, size_t len, const char *reason)
{
	struct detail *list = &d->lists[d->n - 1];
	_cleanup_(freep) char *name_copy = strndup(name, len);
	_cleanup_(freep) char *reason_copy = reason ? strdup(reason) : NULL;
	int r = make_room(list);

	if (r < 0)
		return r;
	if (!name_copy || (reason && !reason_copy))
		return -ENOMEM;
	list->items[list->n++] = (struct detail_item){ .name = TAKE_PTR(name_copy),
		                                       .reason = TAKE_PTR(reason_copy) };
	return 0;
}

int details_add(struct details *d, const char *name, const char *reason)
{
	return d->n == 0 ? -EINVAL : add(d, name, strlen(name), reason);
}

int details_add_lines(struct details *d, const char *text)
{
	int r = d->n == 0 ? -EINVAL : 0;

	while (r == 0 && *text) {
		size_t len = strcspn(text, "\n");

		if (len > 0)
			r = add(d, text, len, NULL);
		text += len + (text[len] == '\n');
	}
	return r;
}
