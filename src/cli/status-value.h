/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What status shows of one device, field by field. */
#pragma once

#include "cli/out-status.h"
#include "shared/strbuf.h"

/** Appends a cell of the table; "-" for what is unknown or not there. Times are local. */
void status_value_add(struct strbuf *out, const struct status_row *row, enum status_column column);

/** Appends an errno's name, "ENOSPC"; its number where it has none. */
void status_add_errno(struct strbuf *out, int errnum);

/** Appends a time of CLOCK_BOOTTIME (microseconds) as local time: hours, minutes and
 * seconds, the date instead of the seconds if it is more than half a day away. */
void status_add_local_time(struct strbuf *out, int64_t boottime);

/** Appends it as RFC 3339 has it, in UTC: "2026-01-31T12:00:00Z". */
void status_add_utc_time(struct strbuf *out, int64_t boottime);
