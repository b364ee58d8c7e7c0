/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes as objects. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "core/recipe.h"

int recipe_new(enum recipe_type type, struct recipe **ret)
{
	struct recipe *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->type = type;
	*ret = r;
	return 0;
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	free(r->ccw.uuids);
	json_object_put(r->unknown);
	free(r);
}

int recipe_copy(const struct recipe *r, struct recipe **ret)
{
	_cleanup_(recipe_freep) struct recipe *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *r;
	copy->ccw.uuids = NULL;
	copy->unknown = json_object_get(r->unknown);
	if (r->ccw.n_uuids > 0) {
		copy->ccw.uuids = calloc(r->ccw.n_uuids, sizeof(*copy->ccw.uuids));
		if (!copy->ccw.uuids)
			return -ENOMEM;
		memcpy(copy->ccw.uuids, r->ccw.uuids, r->ccw.n_uuids * sizeof(*copy->ccw.uuids));
	}
	*ret = TAKE_PTR(copy);
	return 0;
}

const char *recipe_type_name(enum recipe_type type)
{
	static const char *const names[_RECIPE_TYPE_MAX] = {
		[RECIPE_VFIO_CCW] = "vfio-ccw",
		[RECIPE_VFIO_AP] = "vfio-ap",
	};

	return names[type];
}

void recipe_name(const struct recipe *r, char ret[static BUSID_TEXT_MAX])
{
	if (r->type == RECIPE_VFIO_CCW)
		busid_format(&r->ccw.device, ret);
	else
		memcpy(ret, RECIPE_MATRIX, sizeof(RECIPE_MATRIX));
}

bool recipe_name_is_valid(const char *name)
{
	return strcmp(name, RECIPE_MATRIX) == 0 || busid_is_canonical(name);
}

bool recipe_names_parent(const struct recipe *r, const char *parent)
{
	char name[BUSID_TEXT_MAX];

	if (r->type == RECIPE_VFIO_AP)
		return strcmp(parent, RECIPE_MATRIX) == 0;
	if (!r->ccw.has_subchannel)
		return false;
	busid_format(&r->ccw.subchannel, name);
	return strcmp(parent, name) == 0;
}

bool recipe_driver_is_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n < RECIPE_DRIVER_MAX && name[n] == '\0';
}

/* ---- the devices that it binds -------------------------------------------------------- */

static size_t find_uuid(const struct recipe *r, const struct mdev_uuid *uuid)
{
	size_t i = 0;

	while (i < r->ccw.n_uuids && mdev_uuid_compare(&r->ccw.uuids[i], uuid) != 0)
		i++;
	return i;
}

bool recipe_binds(const struct recipe *r, const struct mdev_uuid *uuid)
{
	return find_uuid(r, uuid) < r->ccw.n_uuids;
}

int recipe_bind(struct recipe *r, const struct mdev_uuid *uuid)
{
	struct mdev_uuid *uuids;

	if (recipe_binds(r, uuid))
		return 0;
	if (r->ccw.n_uuids >= RECIPE_DEVICES_MAX)
		return -E2BIG;
	uuids = reallocarray(r->ccw.uuids, r->ccw.n_uuids + 1, sizeof(*uuids));
	if (!uuids)
		return -ENOMEM;
	uuids[r->ccw.n_uuids++] = *uuid;
	r->ccw.uuids = uuids;
	return 0;
}

bool recipe_unbind(struct recipe *r, const struct mdev_uuid *uuid)
{
	size_t i = find_uuid(r, uuid);

	if (i == r->ccw.n_uuids)
		return false;
	r->ccw.n_uuids--;
	memmove(r->ccw.uuids + i, r->ccw.uuids + i + 1,
	        (r->ccw.n_uuids - i) * sizeof(*r->ccw.uuids));
	return true;
}
