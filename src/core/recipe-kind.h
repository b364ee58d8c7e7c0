/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What differs from one kind of recipe to another, as a table of functions: looking at the
 * hardware, planning, and knowing when a step has done its work. Kinds read; only
 * core/recipe-apply.c writes. Nothing outside of a kind knows css, ccw or ap. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/recipe.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

struct ops;

/* How far hardware is on its way to be a parent. */
enum recipe_state {
	RECIPE_ABSENT,  /* not there; nothing can be done but wait for it */
	RECIPE_HIDDEN,  /* there for all we know, hidden from the kernel (cio_ignore) */
	RECIPE_HOST,    /* the host has it, does not use it, and would give it */
	RECIPE_PARTIAL, /* on the way: some steps are done */
	RECIPE_READY,   /* a parent is registered, as the recipe says */
	RECIPE_IN_USE,  /* the host uses it: never taken away */
	RECIPE_FOREIGN, /* somebody else's setting says otherwise (driverctl, chzdev): named, not
	                 * fought over */
	RECIPE_FAILED,  /* broken in a way that no step of ours mends */
	_RECIPE_STATE_MAX,
};

/* What a look found. Zeros hold nothing. */
struct recipe_look {
	enum recipe_state state;
	char *parent; /* the parent now: "matrix", a subchannel; NULL: none is registered */
	char *left;   /* where the hardware was, and the recipe's driver still is: release gives it
	               * back; or NULL */
	char *reason; /* why it is not READY, one line, or NULL */
	char *advice; /* what an administrator can do, or NULL */
	void *facts;  /* of the kind's own, for its plan(), or NULL */
	void (*free_facts)(void *facts);
};

/** Releases all; zeros afterwards. */
void recipe_look_done(struct recipe_look *look);

enum recipe_step_kind {
	RECIPE_STEP_WRITE,      /* one value into one file below /sys */
	RECIPE_STEP_WRITE_PROC, /* ... below /proc */
	RECIPE_STEP_MODULE,     /* load a kernel module */
	RECIPE_STEP_WAIT,       /* only wait until it is done */
	/* Wait for what may come: when it has, all is looked at and planned again; past the limit
	 * the next step is done. */
	RECIPE_STEP_SETTLE,
};

/* A step has done its work when the kind's is_done() says so, whoever did it: before it is
 * carried out (then it is left out) and again and again after it, until the limit. It is
 * also who says that the step must not be carried out any more. */
struct recipe_step {
	enum recipe_step_kind kind;
	/* WRITE, WRITE_PROC: a path, relative, made of names that were checked; what is before
	 * the last slash may be links. MODULE: the module's name. WAIT, SETTLE: NULL. */
	const char *target;
	const char *value;   /* what is written, in one write(2); NULL: nothing is */
	const char *what;    /* for people: "set device 0.0.4711 offline" */
	int goal;            /* what is_done() looks for, in the kind's numbering; -1: nothing,
	                      * a write that returns success is enough */
	unsigned limit_ms;   /* of the whole step */
	bool retry_on_again; /* WRITE: EAGAIN means: a little later */
	bool retry_on_busy;  /* WRITE: EBUSY, too */
	bool go_on;          /* WAIT: past its limit a warning, and the next step */
};

/* In a plan everything is owned by it; in a template for recipe_plan_add() nothing is. */
struct recipe_plan {
	struct recipe_step *steps;
	size_t n;
	size_t size;
	/* What is to be done after these can only be told then: look and plan again. */
	bool is_partial;
	/* What people shall know before, a line each: APQNs that the host loses. May be NULL. */
	char *remarks;
};

/** Releases all; zeros afterwards. */
void recipe_plan_done(struct recipe_plan *plan);

/** Appends a copy of a step. -ENOMEM. */
int recipe_plan_add(struct recipe_plan *plan, const struct recipe_step *step) _must_check_;

/** Appends the plan as text, a line a step: "set device 0.0.4711 offline: write 0 to
 * /sys/...", after its remarks. */
void recipe_plan_format(const struct recipe_plan *plan, struct strbuf *out);

struct recipe_kind {
	enum recipe_type type;
	/* Carried out under the lock that s390-tools take too (core/ap-lock.h). */
	bool has_ap_lock;

	/** Reads how things are; writes nothing, waits for nothing. Hardware that is not there
	 * is a state, not a failure. */
	int (*look)(struct ops *ops, const struct recipe *r, struct recipe_look *ret,
	            struct error *err);

	/** From a look to the steps that lead to READY, or with release back to the host. Pure.
	 * No step: nothing is to be done. Refuses with message, cause and advice what must not
	 * be done: -EBUSY (IN_USE, with ERROR_IN_USE), -EPERM (FOREIGN), -ENODEV (ABSENT), and
	 * what FAILED calls for. */
	int (*plan)(const struct recipe *r, const struct recipe_look *look, bool release,
	            struct recipe_plan *ret, struct error *err);

	/** Has this step reached its goal? 1, 0, or a negative errno when it never will, with
	 * err. Reads only. */
	int (*is_done)(struct ops *ops, const struct recipe *r, const struct recipe_step *step,
	               struct error *err);

	/** Turns the errno of a step's write into advice, a half sentence; NULL for what it
	 * knows nothing about. */
	const char *(*explain)(const struct recipe_step *step, int error);

	/** May this UUID be started on this parent? The recipe binds it, or is of this parent.
	 * Called under the parent's lock by every start, whoever starts. Negative errno with
	 * message, cause, advice. NULL: always. */
	int (*guard)(struct ops *ops, const struct recipe *r, const char *parent,
	             const struct mdev_uuid *uuid, struct error *err);

	/** Checks a recipe that is to be written against the others and the hardware: numbers
	 * that the machine does not have, a device number that is not visible. Writes nothing.
	 * May fill in what it finds (the subchannel). Warnings go to the log. NULL: nothing is
	 * checked. */
	int (*check)(struct ops *ops, struct recipe *r, bool force, struct error *err);
};

extern const struct recipe_kind recipe_kind_vfio_ap;
extern const struct recipe_kind recipe_kind_vfio_ccw;

/** The kind of a recipe, or NULL: this program has none for it. */
const struct recipe_kind *recipe_kind(enum recipe_type type);

/** The word for a state: "absent", "in-use", ... */
const char *recipe_state_name(enum recipe_state state);

/** The state of this name. -EINVAL. */
int recipe_state_parse(const char *name, enum recipe_state *ret) _must_check_;
