/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A udev rule of mdevctl that was left behind: it starts devices too, at each event. */
#pragma once

#include "core/env.h"
#include "shared/macro.h"

/** Finds 60-mdevctl.rules where udev would read it: not one without any rule, or hidden
 * by a link to /dev/null. *ret is its path, owned by the caller, or NULL if there is none.
 * -ENOMEM. */
int mdevctl_rule_find(const struct env *env, char **ret) _must_check_;
