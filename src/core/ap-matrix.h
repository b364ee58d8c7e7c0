/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A crypto matrix as a plain value: adapters, domains, control domains; and the forms in
 * which people, definitions and the kernel write it. Its queues (APQNs) are the product of
 * adapters and domains. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ap-set.h"
#include "core/attrs.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* { 0 } is the empty matrix. */
struct ap_matrix {
	struct ap_set adapters;
	struct ap_set domains; /* usage domains */
	struct ap_set controls;
};

/* One queue. */
struct ap_queue {
	unsigned int adapter; /* 0 to AP_NUMBERS - 1, as the domain */
	unsigned int domain;
};

/* "05.0004" and a NUL. */
#define AP_QUEUE_TEXT_MAX 8

/* Three masks with commas between, and a NUL: what a write to ap_config takes. */
#define AP_CONFIG_TEXT_MAX (3 * AP_MASK_TEXT_MAX)

/* What a list of attributes has that a reader should be told of. */
struct ap_attrs_report {
	size_t bad;   /* the first attribute that the kernel would refuse; the list's n: none */
	size_t octal; /* the first number with a leading zero; the list's n: none */
};

bool ap_matrix_equal(const struct ap_matrix *a, const struct ap_matrix *b) _pure_;

/** No adapter, no domain and no control domain. */
bool ap_matrix_is_empty(const struct ap_matrix *m) _pure_;

/** Reads "ADAPTERS:DOMAINS[:CONTROL]", each a list as ap_set_parse() takes it. Adapters or
 * domains may be empty ("5:"), not all of it. -EINVAL, -ERANGE, -E2BIG, each with err. */
int ap_matrix_parse(const char *text, struct ap_matrix *ret, struct error *err) _must_check_;

/** Appends "5,6:4,71[:CONTROL]"; ap_matrix_parse() reads it back unless it is empty. */
void ap_matrix_print(const struct ap_matrix *m, struct strbuf *out);

/** The matrix that is there after the attributes were written in their order, by the
 * kernel's rules for numbers: assign_* and unassign_* one number each, ap_config all at
 * once. What it would refuse is passed over; ret_report, which may be NULL, names it. */
void ap_matrix_from_attrs(const struct attrs *attrs, struct ap_matrix *ret,
                          struct ap_attrs_report *ret_report);

/** Is it an attribute that changes the matrix? */
bool ap_matrix_has_attr(const char *name) _pure_;

/** Appends the attributes that make the matrix: adapters, domains, control domains, each
 * ascending and decimal, as s390-tools' ap-check prints them. Errors of attrs_append();
 * what was appended by then stays. */
int ap_matrix_to_attrs(const struct ap_matrix *m, struct attrs *attrs) _must_check_;

/** Reads what sysfs says: lines "05.0047" (with adapters only "05.", with domains only
 * ".0047"), and for control domains "0047". Lines of another form are passed over.
 * (Documentation/arch/s390/vfio-ap.rst) */
void ap_matrix_from_sysfs(const char *matrix, const char *control_domains, struct ap_matrix *ret);

/** Reads ap_config: three masks with commas between them, a newline at the end or not.
 * (drivers/s390/crypto/vfio_ap_ops.c, ap_config_store()) -EINVAL for anything else. */
int ap_matrix_parse_config(const char *text, struct ap_matrix *ret) _must_check_;

/** Prints ap_config, without a newline. */
void ap_matrix_print_config(const struct ap_matrix *m, char ret[static AP_CONFIG_TEXT_MAX]);

/** The queues that both have, as a matrix without control domains. */
struct ap_matrix ap_matrix_common(const struct ap_matrix *a, const struct ap_matrix *b) _pure_;

/** Has it no queue? Adapters without domains make none. */
bool ap_matrix_has_no_queue(const struct ap_matrix *m) _pure_;

/** Sets queue to the first one. False if there is none. */
bool ap_matrix_first_queue(const struct ap_matrix *m, struct ap_queue *queue);

/** Moves queue to the next one: by adapter, then domain. False after the last. */
bool ap_matrix_next_queue(const struct ap_matrix *m, struct ap_queue *queue);

/** Prints a queue as the kernel and lszcrypt do, "05.0004". */
void ap_queue_format(const struct ap_queue *queue, char ret[static AP_QUEUE_TEXT_MAX]);

/** Reads "05.0004", the name of a queue device; at least one digit for each, hexadecimal.
 * -EINVAL for anything else. */
int ap_queue_parse(const char *text, struct ap_queue *ret) _must_check_;
