/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes: what makes hardware of the host a parent of mediated devices, as data, and its
 * only parser and printer. /etc/mdevmgr/parents.d/NAME.json holds one (core/recipe-store.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ap-set.h"
#include "core/busid.h"
#include "core/mdev-uuid.h"
#include "shared/error.h"
#include "shared/log.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* The name of the recipe, and of the parent, of AP queues. */
#define RECIPE_MATRIX "matrix"

#define RECIPE_SIZE_MAX    65536 /* bytes of a file */
#define RECIPE_DEVICES_MAX 64    /* UUIDs that one recipe binds */
#define RECIPE_DRIVER_MAX  64    /* bytes of a driver's name, with the NUL */

/* Of a recipe that names none. */
#define RECIPE_DRIVER_DEFAULT "vfio_ccw"

enum recipe_type {
	RECIPE_VFIO_CCW,
	RECIPE_VFIO_AP,
	_RECIPE_TYPE_MAX,
};

/* What only VFIO_CCW has. */
struct recipe_ccw {
	struct busid device;            /* number of the device: it is the recipe's name, too */
	char driver[RECIPE_DRIVER_MAX]; /* that its subchannel shall have: "vfio_ccw" */
	bool has_subchannel;
	struct busid subchannel; /* where it was seen last, or is by the administrator's word */
	/* What is on this device number wherever it turns up, and nowhere else. */
	struct mdev_uuid *uuids;
	size_t n_uuids;
};

/* What only VFIO_AP has: reserved for vfio_ap, taken from the host. */
struct recipe_ap {
	struct ap_set adapters;
	struct ap_set domains;
};

struct json_object;

struct recipe {
	enum recipe_type type;
	struct recipe_ccw ccw;
	struct recipe_ap ap;
	struct json_object *unknown; /* keys that are not ours, kept when it is written again */
};

/** An empty recipe. -ENOMEM. */
int recipe_new(enum recipe_type type, struct recipe **ret) _must_check_;

/** NULL is fine. */
void recipe_free(struct recipe *r);
DEFINE_CLEANUP(struct recipe, recipe_free);

/** A copy of its own. -ENOMEM. */
int recipe_copy(const struct recipe *r, struct recipe **ret) _must_check_;

/** The word for a type: "vfio-ccw", "vfio-ap". */
const char *recipe_type_name(enum recipe_type type);

/** Writes the recipe's name, that of its file without .json: "matrix", or a device number. */
void recipe_name(const struct recipe *r, char ret[static BUSID_TEXT_MAX]);

/** True if a recipe can have this name, spelled just so. */
bool recipe_name_is_valid(const char *name);

/** True if the text may be the name of a driver, hence of a module and a file. */
bool recipe_driver_is_valid(const char *name);

/** Reads the text of the recipe of this name. Unknown keys are warned about (log may be NULL)
 * and kept. -EINVAL with message and cause, which do not name the file; -EFBIG, -ENOMEM. */
int recipe_parse(const char *name, const char *bytes, size_t n, const struct log *log,
                 struct recipe **ret, struct error *err) _must_check_;

/** Appends its text, one form for one content: what recipe_parse() reads back. */
void recipe_print(const struct recipe *r, struct strbuf *out);

/** True if the recipe makes this the parent, as far as it can tell: matrix, or the subchannel
 * that its device was seen on last. */
bool recipe_names_parent(const struct recipe *r, const char *parent);

/** True if this UUID is bound to the recipe's device number. */
bool recipe_binds(const struct recipe *r, const struct mdev_uuid *uuid);

/** Binds a UUID; one that is bound stays so. -E2BIG beyond RECIPE_DEVICES_MAX, -ENOMEM. */
int recipe_bind(struct recipe *r, const struct mdev_uuid *uuid) _must_check_;

/** Takes a UUID out. True if it was there. */
bool recipe_unbind(struct recipe *r, const struct mdev_uuid *uuid);
