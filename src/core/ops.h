/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One function per operation that a user asks for. Prints nothing; knows no
 * getopt and no bus. Messages that are not the operation's own failure (a broken
 * neighbour, a callout's words) go to the environment's log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attrs.h"
#include "core/details.h"
#include "core/env.h"
#include "core/mdev-uuid.h"
#include "core/plan.h"
#include "shared/error.h"
#include "shared/macro.h"

struct campaign_policy;
struct ops;
struct recipe;
struct settings;

/** env is borrowed. -ENOMEM. */
int ops_new(struct env *env, struct ops **ret) _must_check_;

/** Takes over the limits of scripts and drivers; without it those of settings_init() hold. */
void ops_configure(struct ops *ops, const struct settings *settings);

/** For who goes on with other work after a while: reads anew what is kept of files. */
void ops_refresh(struct ops *ops);

/** NULL is fine. */
void ops_free(struct ops *ops);
DEFINE_CLEANUP(struct ops, ops_free);

/* ---- list, types ------------------------------------------------------------- */

struct list_request {
	const struct mdev_uuid *uuid; /* NULL: all */
	const char *parent;           /* NULL: all; exact name */
	bool defined;                 /* definitions instead of active devices */
	bool want_attrs;              /* active devices: read attributes back, or ask callouts */
};

struct list_entry {
	struct mdev_uuid uuid;
	const char *parent;
	const char *type;
	bool autostart;
	bool is_defined; /* has a definition under this parent */
	bool is_active;  /* is in sysfs, same parent; when listing definitions: same type too */
	const struct attrs *attrs;
};

/** Calls each() for every device in order of parent and UUID; the entry lives during
 * the call. A negative return of each() ends the list and is returned. Broken
 * definitions and devices are warned about and passed over. */
int ops_list(struct ops *ops, const struct list_request *req,
             int (*each)(void *userdata, const struct list_entry *entry), void *userdata,
             struct error *err) _must_check_;

struct types_entry {
	const char *parent;
	const char *type; /* NULL: a parent without types, told once */
	int32_t available_instances;
	const char *device_api;
	const char *name;        /* "" if there is none */
	const char *description; /* "" if there is none; lines separated by \n */
};

/** Calls each() for every type in order of parent and name; parent NULL: all. */
int ops_types(struct ops *ops, const char *parent,
              int (*each)(void *userdata, const struct types_entry *entry), void *userdata,
              struct error *err) _must_check_;

/* ---- changing operations ------------------------------------------------------
 * With dry_run nothing is changed and no callout is run: the plan is put into
 * *ret_plan, which must be empty. Without, *ret_plan is untouched. */

struct change_options {
	bool force; /* go on despite a callout's refusal */
	bool dry_run;
};

/** Appends a plan as text, with the scripts that would be asked. */
void ops_format_plan(struct ops *ops, const struct plan *plan, struct strbuf *out);

struct json_source {
	const char *name;  /* as the user gave it, for messages */
	const char *bytes; /* content, read by the caller; NULL: no JSON given */
	size_t len;
};

struct define_request {
	const struct mdev_uuid *uuid; /* NULL: make one */
	const char *parent;
	const char *type; /* id, or the type's name */
	bool autostart;
	const struct attrs *attrs; /* NULL or what --attr gave */
	struct json_source json;
	/* A crypto matrix, instead of parent, type, attrs and json; NULL: not given. */
	const char *ap;
	bool reserve; /* the recipe of the matrix reserves its adapters, too */
	/* Of the parent, as it shall be; not yet in its file. NULL: as it is there. */
	const struct recipe *recipe;
	/* A device number, instead of parent, type, attrs and json: the definition follows it
	 * wherever it turns up (core/recipe-follow.h). NULL: not given. */
	const char *ccw;
	const char *subchannel; /* that carries it, if it cannot be seen now; NULL: not given */
	struct change_options options;
};

/** Writes a new definition, with reserve or ccw also the recipe, or neither. *ret_uuid is the
 * device's UUID. */
int ops_define(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
               struct plan *ret_plan, struct error *err) _must_check_;

/** Removes the definitions of a UUID: all parents', or parent's. Each failure is
 * logged as a warning; the others are still removed. */
int ops_undefine(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
                 const struct change_options *options, struct plan *ret_plan,
                 struct error *err) _must_check_;

enum modify_attr {
	MODIFY_ATTR_NONE,
	MODIFY_ATTR_ADD,
	MODIFY_ATTR_DELETE,
};

struct modify_request {
	const struct mdev_uuid *uuid;
	const char *parent;
	const char *type;
	enum modify_attr attr;
	const char *attr_name;
	const char *attr_value;
	const char *ap; /* a crypto matrix, instead of the one that is there; NULL: not given */
	bool has_index;
	uint32_t index;
	bool set_auto;
	bool set_manual;
	bool live;
	bool defined;
	struct json_source json;
	struct change_options options;
};

/** Changes a definition, or with live the running device. */
int ops_modify(struct ops *ops, const struct modify_request *req, struct plan *ret_plan,
               struct error *err) _must_check_;

struct start_request {
	const struct mdev_uuid *uuid; /* NULL: make one */
	const char *parent;
	const char *type;
	struct json_source json;
	struct change_options options;
};

/** Starts a defined or transient device. *ret_uuid is its UUID. */
int ops_start(struct ops *ops, const struct start_request *req, struct mdev_uuid *ret_uuid,
              struct plan *ret_plan, struct error *err) _must_check_;

struct stop_request {
	const struct mdev_uuid *uuid;
	bool in_use;           /* remove in spite of users */
	bool wait;             /* wait for the users to leave */
	unsigned wait_seconds; /* 0: without end */
	struct change_options options;
};

/** Removes an active device. ERROR_IN_USE if a process uses it. */
int ops_stop(struct ops *ops, const struct stop_request *req, struct plan *ret_plan,
             struct error *err) _must_check_;

/** Calls each() with the UUIDs of a parent's active devices, in order of UUID. */
int ops_parent_devices(struct ops *ops, const char *parent,
                       int (*each)(void *userdata, const struct mdev_uuid *uuid), void *userdata,
                       struct error *err) _must_check_;

/** Starts the auto definitions of a parent; failures are warnings, 0 is returned. */
int ops_start_parent(struct ops *ops, const char *parent, const struct change_options *options,
                     struct plan *ret_plan, struct error *err) _must_check_;

/* ---- campaigns --------------------------------------------------------------------
 * See core/campaign.h. Without a place for records (core/record.h) there are none. */

/** Remembers a registration of a parent and arms the definitions that are auto now, or
 * with arm false none of them: for parents found registered on a running system. Does
 * nothing if it is remembered already. */
int ops_note_registration(struct ops *ops, const char *parent, bool arm,
                          struct error *err) _must_check_;

struct site;

/* A device as its record has it. */
struct try_made {
	char *type; /* NULL: it was not made */
	unsigned attempts;
	int64_t since; /* CLOCK_BOOTTIME in microseconds */
};

/** Releases it; zeros afterwards. */
void try_made_done(struct try_made *made);

struct try_request {
	const char *parent;
	struct site *site; /* of parent, for who tries device after device; NULL: made for this */
	uint64_t registration; /* a device of another one is left alone: -ESTALE */
	const struct campaign_policy *policy;
	bool is_freed;   /* as in struct survey_hints */
	bool was_seen;   /* this device, by struct survey_hints' `seen` */
	bool comes_back; /* a device that may still be completed is kept for the next try */
	/* As in struct survey_hints; NULL: a walk through all parents. */
	const char *(*rival)(void *userdata, const char *parent, const struct mdev_uuid *uuid);
	void *userdata;
	/* Filled in when the device was made, just as it is defined, and that is recorded; NULL:
	 * nobody asks. */
	struct try_made *made;
};

/** Carries out what is due for one definition: tries to start it, finishes what was left
 * half made, or writes down that it is over. Judges again under the parent's lock, so that
 * whoever comes second finds nothing to do. The outcome is in the device's record. A
 * failure of the device is returned with err filled in, after it was recorded. */
int ops_try(struct ops *ops, const struct try_request *req, const struct mdev_uuid *uuid,
            struct error *err) _must_check_;

/** Arms campaigns anew that are over or have failed: those of uuid, of parent, or (both
 * NULL) all that are not active. *ret_armed counts them, also on failure: of several
 * parents each that fails is warned about and the others are done. -ENOENT if there is no
 * such auto definition. */
int ops_retry(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
              const struct change_options *options, size_t *ret_armed,
              struct error *err) _must_check_;

/* ---- looking closely ----------------------------------------------------------- */

struct verify_finding {
	const char *path;
	bool is_error;    /* false: a remark (type not offered now, parent away) */
	const char *text; /* one line */
};

/** Checks one definition file given by its content, or with json.bytes NULL every
 * definition of the system. Each finding is handed over; *ret_errors counts those that
 * are errors, *ret_files the files looked at. */
int ops_verify(struct ops *ops, const struct json_source *json,
               int (*each)(void *userdata, const struct verify_finding *finding), void *userdata,
               size_t *ret_files, size_t *ret_errors, struct error *err) _must_check_;

/* Everything about one device. Strings are owned by the struct; NULL means unknown
 * or not there. */
struct device_info {
	struct mdev_uuid uuid;
	struct device_definition_info {
		char *path;
		char *parent;
		char *type;
		bool autostart;
		struct attrs attrs;
		char *problem; /* why the file cannot be used; type is NULL then */
	} * definitions;
	size_t n_definitions;
	bool is_active;
	char *parent;
	char *type;
	char *type_name;
	char *device_api; /* vfio-pci, vfio-ccw, vfio-ap */
	char *sysfs_path; /* real path, as the kernel names it */
	char *driver;
	char *iommu_group;      /* number */
	char *device_node;      /* /dev/vfio/N, or /dev/vfio/devices/vfioN */
	struct attrs attrs;     /* read back: from the driver's reader or by name from sysfs */
	struct details details; /* what only this kind of device has */
};

/** Fills *ret. -ENOENT if the UUID is neither defined nor active. */
int ops_show(struct ops *ops, const struct mdev_uuid *uuid, struct device_info *ret,
             struct error *err) _must_check_;

/** Releases what ops_show() filled in. */
void device_info_done(struct device_info *info);
