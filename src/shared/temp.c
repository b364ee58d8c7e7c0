/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Temporary files beside, or above, what they will replace. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "shared/file.h"
#include "shared/temp.h"

/* Hidden, and no part of it can be taken for a UUID. */
#define TEMP_PREFIX ".mdevmgr-"
#define TEMP_TRIES  16

static int on_leftover(void *userdata, const char *name, unsigned char type _unused_)
{
	const int *fd = userdata;

	if (strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0)
		unlinkat(*fd, name, 0);
	return 0;
}

int temp_sweep(int dirfd)
{
	return dir_each(dirfd, on_leftover, &dirfd);
}

int temp_create(int dirfd, mode_t mode, char ret_name[static TEMP_NAME_MAX])
{
	for (int i = 0; i < TEMP_TRIES; i++) {
		unsigned long random;
		int fd;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -EIO;
		snprintf(ret_name, TEMP_NAME_MAX, TEMP_PREFIX "%016lx", random);
		fd = openat(dirfd, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		            mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}
