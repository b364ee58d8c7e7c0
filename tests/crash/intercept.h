/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stops a program at each of its system calls that can change files, so that a test may kill it there or
 * let the call fail. Uses seccomp's user notification: unlike ptrace it needs no registers of this or
 * that architecture, costs nothing at other calls and leaves leak checkers alone.
 */
#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CALL_PATH_MAX 4352

/* One system call that a stopped process is about to make. */
struct call {
	const char *name;
	/* what it acts on, absolute; empty if unknown */
	char path[CALL_PATH_MAX];
	/* second path of rename and link; else empty */
	char target[CALL_PATH_MAX];
	/* may change files, locks or the process's end */
	bool writes;
};

/**
 * calls_filter_fill() - numbers of all system calls that are to be stopped at
 * @numbers: filled; the array is owned by the caller
 * @max: its size
 *
 * Returns: how many there are.
 */
size_t calls_filter_fill(int *numbers, size_t max);

/**
 * call_decode() - tell what a stopped process is about to do
 * @data: the call's number and arguments
 * @pid: the process, stopped in it
 * @call: filled
 *
 * Returns: true, or false for a call that is not in the table.
 */
bool call_decode(const struct seccomp_data *data, pid_t pid, struct call *call);

/**
 * call_written_text() - the bytes that a stopped write() is about to write
 * @data: the call's number and arguments
 * @pid: the process, stopped in it
 * @text: filled, terminated, cut where it does not fit
 * @size: size of @text
 */
void call_written_text(const struct seccomp_data *data, pid_t pid, char *text, size_t size);

/**
 * listener_spawn() - start a program whose system calls are announced
 * @argv: the program, found through PATH, and its arguments
 * @every_call: stop at every system call but sendmsg instead of those of calls_filter_fill()
 * @ret_pid: its process, to be waited for by the caller
 *
 * Returns: the listener's descriptor, owned by the caller; negative errno where the kernel or a
 * sandbox does not allow it.
 */
int listener_spawn(char **argv, bool every_call, pid_t *ret_pid);
