/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every fuzz target needs. A target is one function; its main() comes from
 * libFuzzer (--enable-fuzzing) or from replay.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** One run of the parser under test. Returns 0; a property that does not hold aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_require(property)                                                                     \
	do {                                                                                       \
		if (!(property)) {                                                                 \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
			        #property);                                                        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
