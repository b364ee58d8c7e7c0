/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The time that limits are measured by. */
#pragma once

#include <stdint.h>

/** Milliseconds of a clock that only goes forward (CLOCK_MONOTONIC). */
int64_t clock_ms(void);
