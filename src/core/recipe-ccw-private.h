/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the kind vfio-ccw share: what is known of a device, its subchannel, and
 * others' settings for them. */
#pragma once

#include <stdbool.h>

#include "core/ccw-use.h"
#include "core/ccw.h"
#include "core/recipe-kind.h"

/* What a step of the kind is to reach. */
enum ccw_goal {
	CCW_GOAL_VISIBLE,     /* the device has a subchannel */
	CCW_GOAL_MODULE,      /* the driver is there */
	CCW_GOAL_THERE,       /* the host's driver has found out what the device is */
	CCW_GOAL_ONLINE,      /* the host's driver has come up with the device */
	CCW_GOAL_OFFLINE,     /* the host's driver has let go of the device */
	CCW_GOAL_OVERRIDE,    /* no other driver may take the subchannel */
	CCW_GOAL_LEFT_HOST,   /* the host's driver has left the subchannel */
	CCW_GOAL_READY,       /* the subchannel is a parent */
	CCW_GOAL_NO_OVERRIDE, /* any driver may take it */
	CCW_GOAL_LEFT_DRIVER, /* the recipe's driver has left it */
	CCW_GOAL_HOST,        /* another driver has it */
};

struct ccw_facts {
	bool is_ambiguous; /* several subchannels say that they carry the device */
	int is_ignored;    /* as ccw_is_ignored(), looked at when there is none */
	bool has_subchannel;
	bool is_left; /* no subchannel carries the device, but the recipe's driver still has the one
	               * where it was */
	struct ccw_subchannel subchannel; /* that carries it, or is left */
	struct ccw_device device;
	bool is_ours;       /* the recipe's driver has the subchannel */
	bool is_registered; /* ... and it is a parent */
	bool has_driver;    /* the recipe's driver is loaded */
	enum ccw_use use;   /* while it is online */
	char *use_reason;
	char *mdev;      /* the UUID of a device on the subchannel, or NULL */
	char *driverctl; /* the driver that driverctl gives the subchannel, or NULL */
	char *chzdev;    /* chzdev's rule for the device, or NULL */
};

/** Releases all, the struct too. */
void ccw_facts_free(struct ccw_facts *f);
DEFINE_CLEANUP(struct ccw_facts, ccw_facts_free);

/** Finds out all that is known of a recipe's hardware. */
int ccw_facts_read(struct ops *ops, const struct recipe *r, struct ccw_facts **ret,
                   struct error *err) _must_check_;

/** True if a driver, or a driver_override, is of this name; NULL is none. */
bool ccw_is_driver(const char *driver, const char *name);

/** Appends what is left and with whom, in half a sentence. */
void ccw_left_text(const struct recipe *r, const struct ccw_facts *f, struct strbuf *out);

/** Why nothing of the host's may be taken for the recipe, by others' settings: one line, with
 * what to do; NULL: nothing is in the way. Owned by the caller, -ENOMEM. */
int ccw_foreign_reason(const struct recipe *r, const struct ccw_facts *f, char **ret_reason,
                       char **ret_advice) _must_check_;

/** The parts of struct recipe_kind that are in recipe-ccw-plan.c and recipe-ccw-check.c. */
int ccw_plan(const struct recipe *r, const struct recipe_look *look, bool release,
             struct recipe_plan *ret, struct error *err);
int ccw_is_done(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
                struct error *err);
const char *ccw_explain(const struct recipe_step *step, int error);
int ccw_guard(struct ops *ops, const struct recipe *r, const char *parent,
              const struct mdev_uuid *uuid, struct error *err);
int ccw_check(struct ops *ops, struct recipe *r, bool force, struct error *err);
