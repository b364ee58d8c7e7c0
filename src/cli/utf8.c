/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UTF-8 validation. */
#include "config.h"

#include "cli/utf8.h"

/* The length of the sequence that begins with lead, and the range of its second byte,
 * which is what excludes overlong forms, surrogates and what is beyond U+10FFFF. 0: no
 * sequence begins so. */
static size_t sequence(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool utf8_is_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;

	while (p < end) {
		unsigned char low, high;
		size_t length = sequence(*p, &low, &high);

		if (length == 0 || length > (size_t)(end - p))
			return false;
		for (size_t i = 1; i < length; i++) {
			if (p[i] < low || p[i] > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
		p += length;
	}
	return true;
}
