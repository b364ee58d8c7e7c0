/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a failed start is about, where its errno alone does not tell: the mark of its
 * struct error. Set where the cause is known; a campaign goes by it. */
#pragma once

enum failure {
	FAILURE_OTHER,
	FAILURE_ELSEWHERE,   /* the UUID is a device of another parent */
	FAILURE_NO_TYPE,     /* the parent does not offer the type */
	FAILURE_NO_INSTANCE, /* the type has no instance left */
	FAILURE_ATTRIBUTE,   /* there is no such attribute, or it cannot be one */
	FAILURE_REFUSED,     /* by a script */
	FAILURE_STUCK,       /* the driver did not come back within its time */
	FAILURE_OTHER_DISK,  /* the parent carries another disk than the device's own */
	_FAILURE_MAX,
};
