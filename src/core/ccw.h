/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The channel subsystem (s390x) as sysfs shows it: which subchannel carries which device,
 * who drives both, and what cio_ignore hides. Reads only; drivers may be busy with what is
 * read here, so the daemon's own process does not. */
#pragma once

#include <stdbool.h>

#include "core/busid.h"
#include "core/env.h"
#include "core/sysfs.h"
#include "shared/error.h"
#include "shared/macro.h"

#define CCW_SUBCHANNELS "bus/css/devices"
#define CCW_DEVICES     "bus/ccw/devices"

/* Of /sys/bus/css/devices/ID/type: the only one that carries devices. */
#define CCW_TYPE_IO 0

struct ccw_subchannel {
	struct busid id;
	bool has_device; /* one that is valid: */
	struct busid device;
	int type;       /* -1: unknown */
	char *driver;   /* that it is bound to, or NULL */
	char *override; /* driver_override, or NULL */
};

/** Releases the texts; zeros afterwards. */
void ccw_subchannel_done(struct ccw_subchannel *s);

/** Reads one. -ENOENT if there is none of this number. */
int ccw_subchannel_read(const struct sysfs *sysfs, const struct busid *id,
                        struct ccw_subchannel *ret) _must_check_;

/** The device number that a subchannel carries, by its dev_busid (Linux 5.15), which stays
 * when vfio_ccw has it, else by the directory of the device. -ENOENT: there is no such
 * subchannel; -ENODATA: it carries none. */
int ccw_device_on(const struct sysfs *sysfs, const struct busid *subchannel,
                  struct busid *ret) _must_check_;

/** The subchannel that carries a device. -ENOENT: none does; -ENOTUNIQ: more than one says
 * so, as it may be for a moment while devices move. */
int ccw_find(const struct sysfs *sysfs, const struct busid *device, struct busid *ret) _must_check_;

/* All pairs of subchannels and the devices that they carry. */
struct ccw_map {
	struct ccw_pair {
		struct busid device;
		struct busid subchannel;
	} * items;
	size_t n;
	size_t size;
};

/** Reads it; without a channel subsystem it is empty. */
int ccw_map_read(const struct sysfs *sysfs, struct ccw_map *ret) _must_check_;

/** Releases all; empty afterwards. */
void ccw_map_done(struct ccw_map *map);

/** As ccw_find(), in a map. */
int ccw_map_find(const struct ccw_map *map, const struct busid *device,
                 struct busid *ret) _must_check_;

/* A device as its drivers see it, which is not there while vfio_ccw has its subchannel. */
struct ccw_device {
	bool is_there;
	int online;   /* 0 or 1; -1: unknown */
	char *cutype; /* "3990/e9", or NULL */
	char *driver; /* "dasd-eckd", or NULL */
	char *group;  /* the group device that it is a part of (ctc, lcs, qeth), or NULL */
};

/** Releases the texts; zeros afterwards. */
void ccw_device_done(struct ccw_device *d);

/** Reads a device; one that is not there is none of an error. */
int ccw_device_read(const struct sysfs *sysfs, const struct busid *device,
                    struct ccw_device *ret) _must_check_;

/** True if the kernel sets such a device online by itself, in the background, whenever its driver
 * gets it: virtio does. (virtio_ccw_auto_online() in drivers/s390/virtio/virtio_ccw.c) */
bool ccw_device_comes_online(const struct ccw_device *d);

/** Why vfio_ccw cannot serve such a device, in half a sentence, or NULL if it may. */
const char *ccw_device_problem(const struct ccw_device *d);

/** Does cio_ignore hide this device number? 1, 0, or a negative errno where that cannot be
 * read: -ENOENT on kernels without. */
int ccw_is_ignored(const struct env *env, const struct busid *device) _must_check_;

/** Fills err with why a device cannot be seen and what to do; returns -ENODEV. */
int ccw_not_visible(const struct env *env, const struct busid *device, bool is_ambiguous,
                    struct error *err);

enum ccw_name_kind {
	CCW_NAME_DEVICE,
	CCW_NAME_SUBCHANNEL,
};

/** What a user means by "ccw:0.0.0100" (a device number), "css:0.0.0100" (a subchannel) or
 * the bare number, which is that of whatever there is: -EINVAL when that is both, and not
 * one on the other, with both spellings; of a device number when it is neither. Numbers may
 * be short ("100"). */
int ccw_parse_name(const struct sysfs *sysfs, const char *text, enum ccw_name_kind *ret_kind,
                   struct busid *ret, struct error *err) _must_check_;

/** Says that a bare number means a device and a subchannel, with both spellings. -EINVAL. */
int ccw_refuse_ambiguous(const struct busid *id, struct error *err);

/** As ccw_parse_name(), down to the device number: that on the subchannel, if one is named. */
int ccw_resolve_device(const struct sysfs *sysfs, const char *text, struct busid *ret,
                       struct error *err) _must_check_;
