/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The udev rule in which chzdev keeps the AP bus masks for the next boot. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ap-conflict.h"
#include "shared/macro.h"

/* Where chzdev writes it. (s390-tools, zdev/src/ap.c) */
#define AP_RULE_FILE "/etc/udev/rules.d/41-ap.rules"

/* What is read of it, bytes; chzdev writes some 500. */
#define AP_RULE_SIZE_MAX 65536

/* What it sets; a mask that it does not set stays as it is. */
struct ap_rule {
	bool has_adapters;
	bool has_domains;
	struct ap_masks masks;
};

/** Reads the rule: the last assignment to apmask and aqmask each, as ATTR{...}="MASK".
 * -EINVAL if one of them is no mask (*ret_line, from 1, tells where). */
int ap_rule_parse(const char *text, size_t n, struct ap_rule *ret, unsigned *ret_line) _must_check_;
