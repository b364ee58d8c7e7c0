/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/file.h"

static int open_in(const struct tree *t, const char *path, int flags)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	return open(full, flags | O_CLOEXEC);
}

static int open_root(const struct tree *t)
{
	int fd = open_in(t, "/", O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static void test_only_regular_files_are_opened(void **state)
{
	struct tree *t = *state;
	int dir = open_root(t), fd;

	tree_file(t, "/file", "x");
	tree_link(t, "/link", "file");
	tree_dir(t, "/dir");
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	fd = file_open_regular(dir, "file");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_open_regular(dir, "link"), -ELOOP);
	assert_int_equal(file_open_regular(dir, "dir"), -EINVAL);
	assert_int_equal(file_open_regular(dir, "fifo"), -EINVAL);
	assert_int_equal(file_open_regular(dir, "none"), -ENOENT);
	close(dir);
}

typedef int (*read_fn)(int fd, size_t max, struct strbuf *out);

static void check_bounds(struct tree *t, read_fn read_all, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	char *content = malloc(size + 1);
	int fd;

	memset(content, 'x', size);
	content[size] = '\0';
	tree_file(t, "/file", content);
	fd = open_in(t, "/file", O_RDONLY);
	assert_int_equal(read_all(fd, size, &text), 0);
	assert_int_equal(text.len, size);
	assert_string_equal(strbuf_str(&text), content);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	/* max is for what is added, not for what is there already */
	assert_int_equal(read_all(fd, size, &text), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(read_all(fd, size - 1, &text), -EFBIG);
	close(fd);
	strbuf_done(&text);
	free(content);
}

static void test_reads_are_bounded(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 12288, 20000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_bounds(*state, file_read, sizes[i]);
		check_bounds(*state, file_read_regular, sizes[i]);
	}
}

static void test_endless_input_is_bounded(void **state _unused_)
{
	struct strbuf text = STRBUF_INIT;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_read(fd, 100000, &text), -EFBIG);
	assert_true(text.len < 200000);
	close(fd);
	strbuf_done(&text);
}

static int stop_at_second(void *userdata, const char *name _unused_, unsigned char type)
{
	int *n = userdata;

	assert_true(type == DT_DIR || type == DT_REG || type == DT_UNKNOWN);
	return ++*n == 2 ? -ECANCELED : 0;
}

static void test_names_of_a_directory(void **state)
{
	struct tree *t = *state;
	struct names names = { 0 };
	int dir, n = 0;

	tree_file(t, "/d/b", "");
	tree_file(t, "/d/.hidden", "");
	tree_dir(t, "/d/a");
	tree_file(t, "/d/\xc3\xa9", "");
	dir = open_in(t, "/d", O_RDONLY | O_DIRECTORY);
	assert_int_equal(dir_each_new(dir, stop_at_second, &n), -ECANCELED);
	assert_int_equal(n, 2);
	assert_int_equal(dir_each_new(dir, stop_at_second, &n), 0);
	n = 0;
	assert_int_equal(dir_each(dir, stop_at_second, &n), -ECANCELED);
	/* from the beginning again */
	assert_int_equal(dir_names(dir, &names), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], "a");
	assert_string_equal(names.items[1], "b");
	assert_string_equal(names.items[2], "\xc3\xa9");
	names_done(&names);
	close(dir);
}

static void test_metadata_is_copied(void **state)
{
	struct tree *t = *state;
	struct stat st;
	char value[16];
	int from, to;

	tree_file(t, "/from", "");
	tree_file(t, "/to", "");
	from = open_in(t, "/from", O_RDONLY);
	to = open_in(t, "/to", O_WRONLY);
	assert_int_equal(fchmod(from, 0604), 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(from, 1234, 5678), 0);
	assert_int_equal(file_copy_metadata(from, to), 0);
	assert_int_equal(fstat(to, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	if (geteuid() == 0)
		assert_int_equal(st.st_gid, 5678);
	if (fsetxattr(from, "user.owner", "me", 2, 0) == 0) {
		assert_int_equal(file_copy_metadata(from, to), 0);
		assert_int_equal(fgetxattr(to, "user.owner", value, sizeof(value)), 2);
		/* equal ones are left alone */
		assert_int_equal(file_copy_metadata(from, to), 0);
	}
	close(from);
	close(to);
}

/* user::rw- user:12345:r-- group::--- mask::r-- other::--- (linux/posix_acl_xattr.h) */
static const unsigned char acl[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* ACL_USER_OBJ */
	2,  0, 4, 0, 0x39, 0x30, 0,    0,    /* ACL_USER */
	4,  0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* ACL_GROUP_OBJ */
	16, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* ACL_MASK */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* ACL_OTHER */
};

static void test_acls_are_those_of_the_old_file(void **state)
{
	static const char name[] = "system.posix_acl_access";
	struct tree *t = *state;
	char value[128];
	struct stat st;
	int plain, with;

	tree_file(t, "/plain", "");
	tree_file(t, "/with", "");
	plain = open_in(t, "/plain", O_RDWR);
	with = open_in(t, "/with", O_RDWR);
	assert_int_equal(fchmod(plain, 0640), 0);
	if (fsetxattr(with, name, acl, sizeof(acl), 0) == 0) {
		assert_int_equal(file_copy_metadata(plain, with), 0);
		assert_int_equal(fgetxattr(with, name, value, sizeof(value)), -1);
		assert_int_equal(fstat(with, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		assert_int_equal(fsetxattr(with, name, acl, sizeof(acl), 0), 0);
		assert_int_equal(file_copy_metadata(with, plain), 0);
		assert_int_equal(fgetxattr(plain, name, value, sizeof(value)), sizeof(acl));
		assert_memory_equal(value, acl, sizeof(acl));
	}
	close(plain);
	close(with);
}

/* They are of the old content; where they are enforced the file could not be read. */
static void test_sums_of_content_are_not_copied(void **state)
{
	struct tree *t = *state;
	char value[64];
	int from, to;

	tree_file(t, "/from", "");
	tree_file(t, "/to", "");
	from = open_in(t, "/from", O_RDONLY);
	to = open_in(t, "/to", O_WRONLY);
	if (fsetxattr(from, "security.ima", "\1xxxxxxxxxxxxxxxxxxxx", 21, 0) == 0) {
		assert_int_equal(file_copy_metadata(from, to), 0);
		assert_int_equal(fgetxattr(to, "security.ima", value, sizeof(value)), -1);
	}
	close(from);
	close(to);
}

/* As before Linux 5.9, for this process. */
static bool refuse_close_range(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum {
	CLOSED,
	NOT_CLOSED,
	CLOSED_TOO_MUCH,
	NO_FILTER
};

/* From a child, with some descriptors and one above today's limit. */
static int close_in_child(bool is_refused)
{
	const struct rlimit limit = { 64, 64 };
	int low = dup2(STDIN_FILENO, 30), first = dup2(STDIN_FILENO, 31);
	int high = dup2(STDIN_FILENO, 200);

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || (is_refused && !refuse_close_range()))
		return NO_FILTER;
	file_close_from(first);
	if (fcntl(low, F_GETFD) < 0)
		return CLOSED_TOO_MUCH;
	return fcntl(first, F_GETFD) < 0 && fcntl(high, F_GETFD) < 0 ? CLOSED : NOT_CLOSED;
}

static void check_close(bool is_refused)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(close_in_child(is_refused));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_FILTER)
		skip();
	assert_int_equal(WEXITSTATUS(status), CLOSED);
}

static void test_descriptors_are_closed(void **state)
{
	check_close(false);
}

static void test_descriptors_are_closed_without_close_range(void **state)
{
	check_close(true);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_only_regular_files_are_opened),
		row(test_reads_are_bounded),
		row(test_endless_input_is_bounded),
		row(test_names_of_a_directory),
		row(test_metadata_is_copied),
		row(test_sums_of_content_are_not_copied),
		cmocka_unit_test(test_descriptors_are_closed),
		cmocka_unit_test(test_descriptors_are_closed_without_close_range),
		row(test_acls_are_those_of_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
