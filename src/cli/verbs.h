/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The handlers that the table names: arguments to a request, the result to text.
 * Each returns an exit status, or a negative errno with err filled in. */
#pragma once

#include "cli/cli-args.h"
#include "cli/cli.h"
#include "shared/error.h"

int verb_define(struct cli *cli, const struct arguments *args, struct error *err);
int verb_undefine(struct cli *cli, const struct arguments *args, struct error *err);
int verb_modify(struct cli *cli, const struct arguments *args, struct error *err);
int verb_start(struct cli *cli, const struct arguments *args, struct error *err);
int verb_stop(struct cli *cli, const struct arguments *args, struct error *err);
int verb_list(struct cli *cli, const struct arguments *args, struct error *err);
int verb_types(struct cli *cli, const struct arguments *args, struct error *err);
int verb_monitor(struct cli *cli, const struct arguments *args, struct error *err);
int verb_show(struct cli *cli, const struct arguments *args, struct error *err);
int verb_status(struct cli *cli, const struct arguments *args, struct error *err);
int verb_wait(struct cli *cli, const struct arguments *args, struct error *err);
int verb_retry(struct cli *cli, const struct arguments *args, struct error *err);
int verb_verify(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_define(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_undefine(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_list(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_show(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_apply(struct cli *cli, const struct arguments *args, struct error *err);
int verb_parent_release(struct cli *cli, const struct arguments *args, struct error *err);
int verb_start_parent_mdevs(struct cli *cli, const struct arguments *args, struct error *err);
