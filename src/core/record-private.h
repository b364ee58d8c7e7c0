/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What record.c, registration.c and recipe-record.c share: lines of KEY=VALUE in small files that are
 * exchanged as a whole, each with the boot that it belongs to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/record.h"
#include "core/registration.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* Longer texts of a record are cut. */
#define RECORD_REASON_MAX 1024

/* A record's file: the reason, another parent's name, numbers. */
#define RECORD_SIZE_MAX 4096

/* The line with the boot that each file begins with: no longer than this. */
#define RECORD_HEAD_MAX 80

/** Reads a decimal number, digits only. -EINVAL, -ERANGE. */
int record_parse_u64(const char *text, uint64_t *ret) _must_check_;

/** Cuts the next KEY=VALUE line out of *text, which is changed; lines that are none are
 * passed over. False at the end. */
bool record_next_field(char **text, char **ret_key, char **ret_value);

/** One line of UTF-8 that is not too long, whatever came in; owned by the caller. NULL: out of
 * memory. */
char *record_clean_line(const char *text) _must_check_;

/** Reads a record's text, which is changed; boot_id is that of this boot. -ENOENT for one
 * of another boot, or one that cannot be understood; -ENOMEM. */
int record_parse(char *text, const char *boot_id, struct record *ret) _must_check_;

/** Appends a record's lines, without that of the boot. */
void record_format(const struct record *record, struct strbuf *out);

/** As record_parse(), for a registration. */
int registration_parse(char *text, const char *boot_id, struct registration *ret) _must_check_;

/** Reads a file of a directory that is open. *ret_boot_id is borrowed. ret is never without
 * data. -ENOENT, also for what is no file of at most max bytes. */
int records_read_file_at(const struct records *records, int dirfd, const char *name, size_t max,
                         struct strbuf *ret, const char **ret_boot_id) _must_check_;

/** Exchanges a file of a directory that is open; the line of the boot is put first. */
int records_write_file_at(const struct records *records, int dirfd, const char *name,
                          const struct strbuf *text, mode_t mode) _must_check_;

/** As records_write_file_at(), of parents/PARENT, which is made. */
int records_write_file(const struct records *records, const char *parent, const char *name,
                       const struct strbuf *text, mode_t mode) _must_check_;

/** Removes a file of parents/PARENT; none is fine. */
int records_remove_file(const struct records *records, const char *parent,
                        const char *name) _must_check_;
