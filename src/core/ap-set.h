/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of AP numbers (adapters, domains) as plain values, and the ways in which they are
 * written: lists of people, masks and relative changes of the kernel. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* Adapters, and domains, of the architecture; the kernel's masks have so many bits.
 * (drivers/s390/crypto/ap_bus.h, AP_DEVICES and AP_DOMAINS) */
#define AP_NUMBERS 256

/* "0x", 64 digits, NUL. */
#define AP_MASK_TEXT_MAX 67

/* The longest list that is looked at, bytes: all numbers, one by one, twice over. */
#define AP_LIST_MAX 4096

/* Number 0 is the highest bit of the first word, as it is the leftmost of a mask's text.
 * { 0 } is the empty set. */
struct ap_set {
	uint64_t words[AP_NUMBERS / 64];
};

/** Is the number in the set? False for numbers from AP_NUMBERS on. */
bool ap_set_has(const struct ap_set *set, unsigned int number) _pure_;

/** Puts a number in; from AP_NUMBERS on nothing happens. */
void ap_set_add(struct ap_set *set, unsigned int number);

/** Takes a number out; from AP_NUMBERS on nothing happens. */
void ap_set_remove(struct ap_set *set, unsigned int number);

/** All numbers. */
struct ap_set ap_set_all(void);

bool ap_set_is_empty(const struct ap_set *set) _pure_;

/** How many numbers it has, 0 to AP_NUMBERS. */
unsigned int ap_set_count(const struct ap_set *set) _pure_;

bool ap_set_equal(const struct ap_set *a, const struct ap_set *b) _pure_;

/** What is in a or in b. */
struct ap_set ap_set_union(const struct ap_set *a, const struct ap_set *b) _pure_;

/** What is in a and in b. */
struct ap_set ap_set_intersect(const struct ap_set *a, const struct ap_set *b) _pure_;

/** What is in a and not in b. */
struct ap_set ap_set_minus(const struct ap_set *a, const struct ap_set *b) _pure_;

/** The lowest number from `from` on, AP_NUMBERS if there is none. */
unsigned int ap_set_next(const struct ap_set *set, unsigned int from) _pure_;

/* Goes through the numbers in ascending order. */
#define AP_SET_FOREACH(number, set)                                                                \
	for (unsigned int number = ap_set_next((set), 0); number < AP_NUMBERS;                     \
	     number = ap_set_next((set), number + 1))

/** How a number was written. */
enum ap_notation {
	AP_NOTATION_PLAIN,
	AP_NOTATION_OCTAL, /* a leading zero: the kernel takes the rest as octal digits */
};

/** Reads a number as the kernel does when it is written to an attribute: decimal, 0x and
 * hexadecimal digits, or a leading zero and octal digits; a plus sign before it and one
 * newline after it are passed over. (lib/kstrtox.c, kstrtoul() with base 0) ret_notation
 * may be NULL. -EINVAL for anything else, where the kernel says the same; -ERANGE from
 * AP_NUMBERS on, where it says ENODEV. */
int ap_number_parse(const char *text, unsigned int *ret,
                    enum ap_notation *ret_notation) _must_check_;

/** Reads a list of people: decimal or 0x numbers and ranges of them with commas between
 * ("5,0x47,10-20"), without blanks; "" is the empty set. A leading zero ("047") is
 * refused, since the kernel would take it for 39 and lszcrypt means 71. -EINVAL, -ERANGE
 * (beyond 255), -E2BIG (longer than AP_LIST_MAX), each with err. */
int ap_set_parse(const char *text, struct ap_set *ret, struct error *err) _must_check_;

/** Reads a mask as the kernel prints and reads it: "0x" (which may be missing), up to 64
 * hexadecimal digits, zeros on the right where digits are missing, one newline at most.
 * (drivers/s390/crypto/ap_bus.c, ap_hex2bitmap()) -EINVAL for anything else. */
int ap_set_parse_mask(const char *text, struct ap_set *ret) _must_check_;

/** As ap_set_parse_mask(), for len bytes of a text. */
int ap_set_parse_mask_n(const char *text, size_t len, struct ap_set *ret) _must_check_;

/** Prints "0x" and 64 digits, as apmask, aqmask and ap_config have them. */
void ap_set_print_mask(const struct ap_set *set, char ret[static AP_MASK_TEXT_MAX]);

/** Appends the canonical list: decimal, ascending, ranges from three numbers on
 * ("5,6,10-20"); nothing for the empty set. ap_set_parse() reads it back. */
void ap_set_print_list(const struct ap_set *set, struct strbuf *out);

/** Appends a change of apmask or aqmask: each number or range with the sign, '+' or '-',
 * before it ("-5,-6,-10-20"). (ap_bus.c, modify_bitmap(), Linux 6.1) */
void ap_set_print_relative(const struct ap_set *set, char sign, struct strbuf *out);
