/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every unit test needs: cmocka and its prerequisites, in the right order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
