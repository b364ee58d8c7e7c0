/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table as JSON, from which completions and parts of the manual are generated. */
#pragma once

#include "shared/strbuf.h"

/** Appends the table, the exit statuses and a final newline. */
void cli_dump(struct strbuf *out);
