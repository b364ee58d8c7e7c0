/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survey.c and survey-device.c share: what is read once for all of a parent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/presence.h"
#include "core/registration.h"
#include "core/site.h"
#include "core/store.h"
#include "core/survey.h"
#include "shared/macro.h"

/* What a definition's file says. */
struct survey_file {
	int result; /* 1: it can be used, 0: there is none any more, else why it cannot */
	struct definition *definition;
	uint64_t hash; /* record_hash_definition(); 0: unreadable */
	bool is_private;
	struct error why;
};

/** Releases it; empty afterwards. */
void survey_file_done(struct survey_file *file);

struct look {
	struct ops *ops;
	const struct site *site; /* what is open is its; NULL: ours */
	const char *parent;
	const struct survey_hints *hints;
	int64_t now;
	uint64_t registration;
	struct registration noted; /* n_armed 0 unless is_noted */
	bool is_noted;
	bool is_stopping;
	bool is_private; /* of a site: whatever the files of definitions say */
	int types_fd;    /* -1: not registered */
	int records_fd;  /* -1: none */
	struct store_parent store;
	struct survey_file *files; /* as store.entries, where they were read before; else NULL */
	struct presences presences;
	char **known_type; /* the type that was last seen to be offered; NULL: not remembered */
	struct definition **ret_definition; /* takes what was read, or NULL */
};

/** Reads and parses it. */
void survey_read_file(const struct look *look, const struct store_entry *e,
                      struct survey_file *ret);

/** Puts a registration into the records that is not there yet, if the hints want that; reads
 * the definitions for it, which are in look->files then. */
int survey_note(struct look *look, int root_fd) _must_check_;

/** Fills in what a definition's file says and what is due for it; present is the device of
 * that UUID, or NULL. 1, 0 if the definition is gone by now, negative errno. */
int survey_look_at_definition(const struct look *look, const struct store_entry *e,
                              const struct present *present, struct survey_entry *ret) _must_check_;

/** Fills in a device that has no definition. */
int survey_look_at_device(const struct present *present, struct survey_entry *ret) _must_check_;
