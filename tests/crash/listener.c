/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts a program under a seccomp filter and hands its listener to the parent. Decides nothing about
 * the calls that arrive on it.
 */
#include "config.h"

#include "intercept.h"

#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_NUMBERS         64
#define ACTION(action)      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##action)
#define SKIP_UNLESS(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1)

static size_t build_filter(struct sock_filter *code, bool every_call)
{
	static const struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                                offsetof(struct seccomp_data, nr));
	static const struct sock_filter allow = ACTION(ALLOW), notify = ACTION(USER_NOTIF);
	int numbers[MAX_NUMBERS] = { SYS_sendmsg };
	size_t count = every_call ? 1 : calls_filter_fill(numbers, MAX_NUMBERS), n = 0;

	code[n++] = load;
	for (size_t i = 0; i < count; i++) {
		code[n++] = (struct sock_filter)SKIP_UNLESS((uint32_t)numbers[i]);
		code[n++] = every_call ? allow : notify;
	}
	code[n++] = every_call ? notify : allow;
	return n;
}

/* Carries one descriptor beside one byte: the child's errno, zero if the descriptor is good. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static int send_listener(int sock, int fd, unsigned char error)
{
	union control control = { .header = {
					  .cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS,
				  } };
	struct iovec iov = { &error, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_listener(int sock)
{
	union control control;
	unsigned char error = 0;
	struct iovec iov = { &error, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	if (error)
		return -error;
	if (!CMSG_FIRSTHDR(&msg))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void run_child(int sock, char **argv, bool every_call)
{
	struct sock_filter code[2 * MAX_NUMBERS + 2];
	struct sock_fprog program = { .filter = code };
	int fd;

	/* nobody would answer it any more */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	program.len = build_filter(code, every_call);
	/* an ordinary user may filter too, once nothing can gain privileges any more */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	             &program);
	if (send_listener(sock, fd, fd < 0 ? errno : 0) < 0 || fd < 0)
		_exit(125);
	execvp(argv[0], argv);
	_exit(127);
}

int listener_spawn(char **argv, bool every_call, pid_t *ret_pid)
{
	int sock[2], listener;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		run_child(sock[1], argv, every_call);
	close(sock[1]);
	listener = pid < 0 ? -EAGAIN : receive_listener(sock[0]);
	close(sock[0]);
	if (listener < 0 && pid > 0)
		waitpid(pid, NULL, 0);
	*ret_pid = pid;
	return listener;
}
