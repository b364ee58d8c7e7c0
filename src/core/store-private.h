/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by store.c (reading) and store-change.c (writing), by nobody else. */
#pragma once

#include "core/store.h"

struct store {
	const struct env *env;
};
