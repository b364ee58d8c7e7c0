/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UTF-8, as far as a command line needs it: telling text from other bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

/** True if the bytes are UTF-8: no overlong forms, no surrogates, at most U+10FFFF. */
bool utf8_is_valid(const char *s, size_t n) _pure_;
