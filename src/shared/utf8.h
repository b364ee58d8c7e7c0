/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is a text from outside UTF-8? No locale involved. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"
#include "shared/strbuf.h"

/** Length of the well-formed sequence that the n bytes begin with, 1 to 4; 0 if they
 * begin with none. */
size_t utf8_sequence(const char *text, size_t n) _pure_;

/** True if the n bytes are well-formed UTF-8 (Unicode table 3-7: no overlong forms,
 * no surrogates, nothing beyond U+10FFFF). */
bool utf8_is_valid(const char *text, size_t n) _pure_;

/** Appends a text from outside so that everybody may print it: what is no UTF-8 and what is
 * a control character becomes \xNN, byte by byte; with keep_lines newlines and tabs stay. */
void utf8_add_clean(struct strbuf *out, const char *text, size_t n, bool keep_lines);
