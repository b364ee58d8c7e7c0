/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lengths of time as people write them: "100ms", "1min 30s". */
#pragma once

#include <stdint.h>

#include "shared/macro.h"
#include "shared/strbuf.h"

/* What is longer is refused, so that sums of a few fit: about 3,000 years. */
#define TIMESPAN_MAX INT64_C(100000000000000000)

/** Reads numbers with units (us, ms, s, sec, min, m, h, hr, d, day, w, week and their
 * plurals), blanks between them allowed; a number without one is in seconds. Only the last
 * may have a fraction or lack its unit. Microseconds in *ret. -EINVAL, -ERANGE. */
int timespan_parse(const char *text, int64_t *ret) _must_check_;

/** Appends it as timespan_parse() reads it, the largest unit first, exactly; 0 is "0". */
void timespan_add(struct strbuf *out, int64_t microseconds);
