/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What changes between two small texts, for people: a unified diff by lines,
 * as diff -u prints it and patch reads it. */
#pragma once

#include "shared/macro.h"
#include "shared/strbuf.h"

/* Where more lines than this differ, the texts are told as replaced as a whole. */
#define DIFF_LINES_MAX 2000

/** Appends the difference under the headers "--- OLD_NAME" and "+++ NEW_NAME", with
 * three lines of context; nothing if the texts are equal. A text that is NULL is a
 * file that is not there, its name is /dev/null. -ENOMEM; out may then hold a part. */
int diff_unified(const char *old_name, const char *old_text, const char *new_name,
                 const char *new_text, struct strbuf *out) _must_check_;
