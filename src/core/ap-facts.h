/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads what conflicts between crypto matrices are judged by (core/ap-conflict.h): sysfs,
 * definitions, the recipe of the matrix, chzdev's rule. */
#pragma once

#include "core/ap-conflict.h"
#include "core/env.h"
#include "core/recipe.h"
#include "core/store.h"
#include "core/sysfs.h"
#include "shared/error.h"
#include "shared/macro.h"

/* The type of crypto matrices. */
#define AP_TYPE "vfio_ap-passthrough"

/* Where facts are read; all borrowed. */
struct ap_world {
	const struct env *env;
	const struct sysfs *sysfs;
	const struct store *store;
	/* The recipe of the matrix as it shall be, NULL: as it is in its file. */
	const struct recipe *recipe;
};

/** Reads all facts about a parent's matrices. A definition or device that cannot be read is
 * warned about and passed over; hosts without AP bus have no masks. *ret must be zeros and is
 * released with ap_facts_done(). -ENOMEM, or what looking through a directory gives. */
int ap_facts_read(const struct ap_world *world, const char *parent, struct ap_facts *ret,
                  struct error *err) _must_check_;

/** Reads what holds now, of all parents: active devices, masks and overrides. The store is not
 * looked at, and may be NULL. As ap_facts_read(). */
int ap_facts_read_now(const struct ap_world *world, struct ap_facts *ret) _must_check_;

/** The masks as they are. -ENOENT on hosts without AP bus, -EINVAL for what are no masks. */
int ap_masks_read(const struct sysfs *sysfs, struct ap_masks *ret) _must_check_;

/** The masks as they will be after the next boot: chzdev's rule, or else the kernel's
 * parameters or all ones, each without what the recipe of the matrix reserves, unless the rule
 * keeps that from being applied. Without recipe a mask that no rule sets is taken to be what it
 * is now. 1 and *ret, 0 if nobody can tell. */
int ap_masks_read_persistent(const struct ap_world *world, struct ap_masks *ret) _must_check_;
