/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Monotonic time. */
#include "config.h"

#include <time.h>

#include "shared/clock.h"

int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
