/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pass over a document's bytes that goes before json-c: words, numbers,
 * strings and nesting are judged here, the structure is left to json-c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"
#include "shared/macro.h"

/* Containers within containers, as in mdevctl; a document of 128 is refused. */
#define JSON_NESTING_MAX 127

struct json_scan {
	const char *bytes;
	size_t n;
	size_t at;                   /* bytes looked at so far */
	unsigned depth;              /* open containers */
	unsigned deepest;            /* most that were ever open */
	char open[JSON_NESTING_MAX]; /* their brackets, [ or { */
	char last;                   /* last token: one of []{},: or " (a string), k (a key),
				       * v (another value); 0 at the start */
	bool has_inexact_number;     /* one that json-c would print in another way */
	const char *problem;         /* what is wrong, NULL while nothing is */
	size_t problem_end;          /* bytes up to and including what is wrong */
};

/** Looks at all n bytes. -EINVAL with problem and problem_end set. */
int json_scan(struct json_scan *s, const char *bytes, size_t n) _must_check_;

/** Says what is wrong at byte `end`, where json-c stopped, after json_scan(): fills
 * problem and problem_end, unless the scan itself found fault with an earlier byte. */
void json_scan_explain(struct json_scan *s, size_t end);

/** Puts "PROBLEM at line L column C" into err as the cause of "invalid json"; columns
 * are bytes. Returns -EINVAL. */
int json_scan_report(const struct json_scan *s, struct error *err);
