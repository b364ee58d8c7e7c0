/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the changing verbs have in common: --force and --dry-run, --jsonfile, several
 * devices at once. */
#pragma once

#include "cli/cli-args.h"
#include "cli/cli.h"
#include "core/ops.h"
#include "core/request.h"

/** What --force and --dry-run say. */
struct change_options change_options(const struct arguments *args);

/** Reads --jsonfile into *content and points *ret to it; without the option *ret says
 * that there is none. Errors as jsonfile_read(). */
int change_read_json(const struct arguments *args, const char *what, struct strbuf *content,
                     struct json_source *ret, struct error *err) _must_check_;

/** Carries a request out: here, or, where we may not, by the daemon. A dry run is ours in any
 * case, it only reads. As request_run(). */
int change_run(struct cli *cli, const struct arguments *args, const struct request *req,
               struct request_result *ret, struct error *err) _must_check_;

/** After an operation: with --dry-run prints the plan. */
int change_print_plan(struct cli *cli, const struct arguments *args, const struct plan *plan,
                      struct error *err) _must_check_;

/** Prints the UUID that was made for a device that was given none; one that cannot be
 * printed is in the error. */
int change_print_uuid(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                      struct error *err) _must_check_;

/* One operation of several: as a verb's handler. */
typedef int change_fn(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuid,
                      void *userdata, struct error *err);

/** Does it for each UUID, whatever became of those before, until a signal says to stop.
 * One UUID: as each() itself. Several: each failure is printed; the status is
 * CLI_IN_USE if all failures are of devices in use, else CLI_FAILURE. */
int change_each(struct cli *cli, const struct arguments *args, const struct mdev_uuid *uuids,
                size_t n, change_fn *each, void *userdata, struct error *err);
