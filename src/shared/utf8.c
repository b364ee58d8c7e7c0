/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UTF-8 checking. */
#include "config.h"

#include <stdint.h>

#include "shared/utf8.h"

/* Length of the sequence that a byte begins and the least code point it may stand
 * for; 0 for a byte that begins none. */
static size_t sequence_length(unsigned char c, uint32_t *ret_least)
{
	if (c < 0x80) {
		*ret_least = 0;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*ret_least = 0x80;
		return 2;
	}
	if ((c & 0xf0) == 0xe0) {
		*ret_least = 0x800;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*ret_least = 0x10000;
		return 4;
	}
	return 0;
}

static bool sequence_is_valid(const unsigned char *p, size_t n, uint32_t least)
{
	uint32_t code = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (p[i] & 0x3f);
	}
	return code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t utf8_sequence(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t least;
	size_t length = n > 0 ? sequence_length(*p, &least) : 0;

	return length > 0 && length <= n && sequence_is_valid(p, length, least) ? length : 0;
}

bool utf8_is_valid(const char *text, size_t n)
{
	while (n > 0) {
		size_t length = utf8_sequence(text, n);

		if (length == 0)
			return false;
		text += length;
		n -= length;
	}
	return true;
}

/* C0, DEL, and C1, which is two bytes. */
static bool is_control(const unsigned char *p, size_t length)
{
	return length == 1 ? p[0] < 0x20 || p[0] == 0x7f
	                   : length == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void utf8_add_clean(struct strbuf *out, const char *text, size_t n, bool keep_lines)
{
	while (n > 0) {
		size_t length = utf8_sequence(text, n), used = length > 0 ? length : 1;
		bool stays = keep_lines && (*text == '\n' || *text == '\t');

		if (stays || (length > 0 && !is_control((const unsigned char *)text, length)))
			strbuf_add(out, text, used);
		else
			for (size_t i = 0; i < used; i++)
				strbuf_addf(out, "\\x%02x", (unsigned char)text[i]);
		text += used;
		n -= used;
	}
}
