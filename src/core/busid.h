/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bus ids of the channel subsystem (s390x), CSSID.SSID.NUMBER: of device numbers and of
 * subchannels alike, and the lists of them that cio_ignore works with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/macro.h"

/* "fe.3.ffff" and the NUL. */
#define BUSID_TEXT_MAX 10

struct busid {
	uint8_t cssid;
	uint8_t ssid;
	uint16_t number;
};

/** Reads the kernel's form in digits of any case: one or two for CSSID, one for SSID (0 to
 * 3), four for the number, nothing else. -EINVAL otherwise, *ret untouched. */
int busid_parse(const char *text, struct busid *ret) _must_check_;

/** As busid_parse(), and a bare number of one to four digits, which is that of 0.0, as
 * chccwdev takes it. For what people type. */
int busid_parse_short(const char *text, struct busid *ret) _must_check_;

/** Writes the kernel's name: lower case, the number with four digits. */
void busid_format(const struct busid *id, char ret[static BUSID_TEXT_MAX]);

/** Orders by CSSID, SSID, number. */
int busid_compare(const struct busid *a, const struct busid *b) _pure_;

/** True if the text is the name that busid_format() writes. */
bool busid_is_canonical(const char *text);

/** True if the text of /proc/cio_ignore lists id: an id or a range FROM-TO a line. A line
 * that is neither says nothing. */
bool busid_list_has(const char *text, const struct busid *id);
