/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who else has, or will have, the queues of a crypto matrix? Pure: facts in, rows out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ap-matrix.h"
#include "core/mdev-uuid.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* So many rows are kept; what is beyond them is only counted. A start that meets all 65536
 * queues of the architecture is told enough by these. */
#define AP_CONFLICTS_MAX 4096

/* What of a driver's name is kept, with the NUL. */
#define AP_DRIVER_MAX 64

/* The driver whose queues guests may have. */
#define AP_PASSTHROUGH_DRIVER "vfio_ap"

/* The host's own drivers have each queue whose adapter and domain are both set. */
struct ap_masks {
	struct ap_set adapters; /* apmask */
	struct ap_set domains;  /* aqmask */
};

/* A matrix that a device has, or is to have. */
struct ap_claim {
	struct mdev_uuid uuid;
	bool is_auto; /* of definitions */
	struct ap_matrix matrix;
};

struct ap_claims {
	struct ap_claim *items;
	size_t n;
	size_t size;
};

/* A queue whose driver is named by hand (driver_override, Linux 6.19). */
struct ap_override {
	struct ap_queue queue;
	char driver[AP_DRIVER_MAX];
};

struct ap_overrides {
	struct ap_override *items;
	size_t n;
	size_t size;
};

/* All zeros: nothing is known, and nothing conflicts. */
struct ap_facts {
	struct ap_claims defined; /* below one parent */
	struct ap_claims active;
	struct ap_overrides overrides;
	bool has_masks;
	struct ap_masks masks; /* as they are */
	bool has_persistent;
	struct ap_masks persistent; /* as they will be after the next boot */
};

enum ap_purpose {
	AP_TO_DEFINE, /* or to change a definition */
	AP_TO_START,  /* or to change a running device */
};

/* What is about to be done. Other claims of its UUID are its own. */
struct ap_candidate {
	enum ap_purpose purpose;
	struct ap_claim claim;
};

/* In the order in which those of one queue are told. */
enum ap_conflict_kind {
	AP_CONFLICT_ACTIVE,     /* with the device `uuid` */
	AP_CONFLICT_AUTO,       /* with its definition */
	AP_CONFLICT_MANUAL,     /* with its definition */
	AP_CONFLICT_MASKS,      /* with the host */
	AP_CONFLICT_PERSISTENT, /* with the host, after the next boot */
	AP_CONFLICT_OVERRIDE,   /* with `driver` */
};

struct ap_conflict {
	struct ap_queue queue;
	enum ap_conflict_kind kind;
	bool is_refused; /* breaks a promise; else it is worth a warning */
	struct mdev_uuid uuid;
	const char *driver; /* of the facts */
};

struct ap_conflicts {
	struct ap_conflict *items; /* by queue, then kind, then UUID */
	size_t n;
	size_t size;
	size_t n_more;    /* not kept */
	size_t n_refused; /* kept or not */
};

/** Releases all; zeros afterwards. */
void ap_facts_done(struct ap_facts *facts);

/** Adds a claim. -ENOMEM. */
int ap_claims_add(struct ap_claims *claims, const struct ap_claim *claim) _must_check_;

/** Adds an override; of a driver's name too long its beginning. -ENOMEM. */
int ap_overrides_add(struct ap_overrides *overrides, const struct ap_queue *queue,
                     const char *driver) _must_check_;

/** True if the host's drivers have the queue: by its override, else by the masks. */
bool ap_facts_reserve(const struct ap_facts *facts, const struct ap_masks *masks,
                      const struct ap_queue *queue);

/** Finds all conflicts of a matrix. Refused are, for a definition that is auto, others that
 * are auto and the persistent masks; for a start, active devices, the masks as they are and
 * overrides. Definitions that are not both auto are used by turns: a warning, as is, for a
 * definition, a device that runs without one. ret must be zeros; it points into the facts. -ENOMEM. */
int ap_conflicts_find(const struct ap_candidate *candidate, const struct ap_facts *facts,
                      struct ap_conflicts *ret) _must_check_;

/** Finds all conflicts of a change of the masks from `from` to `to`: queues that the host
 * would get. Refused are active devices (of a change now), and definitions that are auto (of
 * one that lasts); other definitions are a warning. ret as above. -ENOMEM. */
int ap_conflicts_find_of_masks(const struct ap_masks *from, const struct ap_masks *to, bool is_now,
                               bool is_lasting, const struct ap_facts *facts,
                               struct ap_conflicts *ret) _must_check_;

/** Releases the rows; zeros afterwards. */
void ap_conflicts_done(struct ap_conflicts *conflicts);

/** Appends what a row is about, without its queue: "in use by device UUID". */
void ap_conflict_describe(const struct ap_conflict *c, struct strbuf *out);

/** The first row that is refused, or NULL. */
const struct ap_conflict *ap_conflicts_first_refused(const struct ap_conflicts *c);

/** Appends a table with headings, at most max_rows rows and how many more there are; each
 * line ends in a newline. */
void ap_conflicts_print(const struct ap_conflicts *c, size_t max_rows, struct strbuf *out);
