/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One parent in one registration, with all that is open of it while its devices are looked
 * at or tried one after the other: who works on a hundred of them opens it once. What may
 * change meanwhile (devices, definitions, records) is read each time; the registration
 * itself never comes back, so that what is open of it is right or dead. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/ops.h"
#include "core/record.h"
#include "core/registration.h"
#include "core/store.h"
#include "core/types.h"
#include "shared/macro.h"

/* The type that was asked for last: most parents' devices are of one. */
struct site_type {
	char *name;
	int fd;           /* its directory */
	int available_fd; /* its available_instances, -1: cannot be opened */
	uint64_t create;  /* its `create`, for writer_write_kept() */
};

struct site {
	struct ops *ops; /* borrowed */
	char *parent;
	uint64_t registration; /* 0: not registered, and nothing of sysfs is open but the bus */
	int parent_fd;         /* each -1: not there */
	int types_fd;
	int bus_fd;
	int root_fd; /* RECORD_DIR */
	int records_fd;
	int store_fd;
	int64_t public_at;         /* when everybody could open definitions; 0: not known */
	bool is_noted;             /* this registration is in the records: */
	struct registration noted; /* what it armed; n_armed 0 unless is_noted */
	struct site_type type;
};

/** Opens what there is of a parent, in the registration that it has now. */
int site_new(struct ops *ops, const char *parent, struct site **ret) _must_check_;

/** Closes all. NULL is fine. */
void site_free(struct site *site);
DEFINE_CLEANUP(struct site, site_free);

/** True if the registration is still that of the parent. Negative errno. */
int site_is_current(const struct site *site) _must_check_;

/** Reads whether the registration is in the records, unless it is known to be. */
int site_look_for_note(struct site *site) _must_check_;

/** True if a type is known to be offered, since it is open. */
bool site_has_open(const struct site *site, const char *type);

/** The directory of a type, open as long as the site and until the next type is asked for;
 * negative errno. */
int site_open_type(struct site *site, const char *type) _must_check_;

/** True if a type says that it has free instances, or that it does not count them. */
bool site_has_instances(struct site *site, const char *type);

/** Appends what available_instances of a type says now. */
int site_read_available(struct site *site, const char *type, struct strbuf *ret) _must_check_;

/** store_parent_is_private(); that it is not is believed for a second. now is record_now(). */
bool site_is_private(struct site *site, int64_t now);

/** Writes a device's record, as record_write(); is_private may be of site_is_private(): a
 * reason, which may hold values, is written by what is so now. */
int site_write_record(struct site *site, const struct mdev_uuid *uuid, const struct record *record,
                      bool is_private) _must_check_;
