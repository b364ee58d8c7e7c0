/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes as lines, for people and for programs. */
#pragma once

#include <time.h>

#include "core/look.h"
#include "shared/strbuf.h"

/** Appends "TIME KIND [UUID] PARENT: WORDS" and a newline. */
void monitor_add_text(struct strbuf *out, const struct timespec *when, const struct change *change);

/** Appends an object in one line: JSON Lines. Every object has all keys; what is not known
 * or does not apply is null. */
void monitor_add_json(struct strbuf *out, const struct timespec *when, const struct change *change);
