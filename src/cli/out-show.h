/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything about one device, in the four forms of `show`. */
#pragma once

#include "cli/output.h"
#include "core/ops.h"

/** Appends it for people. */
void show_add_text(struct output *out, const struct device_info *info);

/** Appends it as a JSON object and a newline. */
void show_add_json(struct strbuf *out, const struct device_info *info);

/** Appends QEMU's option; info->device_api must be known. */
void show_add_qemu(struct strbuf *out, const struct device_info *info);

/** Appends libvirt's <hostdev>; info->device_api must be known. */
void show_add_libvirt(struct strbuf *out, const struct device_info *info);
