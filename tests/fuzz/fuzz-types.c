/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * types_read() on a parent with one type whose files hold the input, split at bytes
 * 0x1e: available_instances, device_api, name, description. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <sys/stat.h>

#include "core/types.h"
#include "fuzz/fuzz.h"
#include "shared/utf8.h"

#define SEPARATOR '\x1e'
#define TYPE_DIR  "sys/class/mdev_bus/p/mdev_supported_types/t"

static const char *const files[] = { "available_instances", "device_api", "name", "description" };

static char root[] = "/tmp/fuzz-types-XXXXXX";
static int root_fd = -1;
static int type_fd = -1;

static void remove_files(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(type_fd, files[i], 0);
}

static void remove_tree(void)
{
	char path[] = TYPE_DIR;

	remove_files();
	while (unlinkat(root_fd, path, AT_REMOVEDIR) == 0 && strrchr(path, '/'))
		*strrchr(path, '/') = '\0';
	rmdir(root);
}

static void make_tree(void)
{
	char path[] = TYPE_DIR;

	fuzz_require(mkdtemp(root));
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		fuzz_require(mkdirat(root_fd, path, 0777) == 0);
		*p = '/';
	}
	fuzz_require(mkdirat(root_fd, path, 0777) == 0);
	type_fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_require(type_fd >= 0);
	fuzz_require(atexit(remove_tree) == 0);
}

static void write_file(const char *name, const void *bytes, size_t n)
{
	_cleanup_(closep) int fd = openat(type_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	fuzz_require(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
}

/* Returns how many files there are; the rest is absent. */
static size_t write_files(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (; n < ARRAY_SIZE(files); n++) {
		const uint8_t *end = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
		size_t len = end ? (size_t)(end - data) : size;

		write_file(files[n], data, len);
		if (!end)
			return n + 1;
		data += len + 1;
		size -= len + 1;
	}
	return n;
}

static void require_trimmed(const char *text)
{
	size_t n = strlen(text);

	fuzz_require(utf8_is_valid(text, n));
	fuzz_require(n == 0 || (!strchr(" \t\n\v\f\r", text[0])));
}

static void require_sound(const struct type *type, size_t n_files)
{
	fuzz_require(strcmp(type->id, "t") == 0);
	fuzz_require(n_files >= 2);
	require_trimmed(type->device_api);
	require_trimmed(type->name);
	require_trimmed(type->description);
	fuzz_require(n_files > 2 || type->name[0] == '\0');
	fuzz_require(n_files > 3 || type->description[0] == '\0');
}

/* The same rule, written in another way. */
static void require_number_rule(const char *text)
{
	static regex_t rule;
	static bool is_compiled;
	const char *reason = NULL;
	int32_t available;
	int64_t value;
	bool is_number;
	int r;

	if (!is_compiled)
		fuzz_require(regcomp(&rule, "^[+-]?[0-9]+$", REG_EXTENDED | REG_NOSUB) == 0);
	is_compiled = true;
	is_number = regexec(&rule, text, 0, NULL, 0) == 0;
	value = is_number ? strtoll(text, NULL, 10) : 0;
	r = types_parse_instances(text, &available, &reason);
	if (is_number && value >= INT32_MIN && value <= INT32_MAX)
		fuzz_require(r == 0 && available == value);
	else
		fuzz_require(r == -EINVAL && reason);
}

static void require_parent_readable(size_t n_files)
{
	_cleanup_(sysfs_freep) struct sysfs *sysfs = NULL;
	_cleanup_(env_freep) struct env *env = NULL;
	struct types types = { 0 };

	fuzz_require(env_new(root, NULL, &env) == 0);
	fuzz_require(sysfs_new(env, &sysfs) == 0);
	fuzz_require(types_read(sysfs, NULL, "p", &types) == 0);
	fuzz_require(types.n <= 1);
	if (types.n == 1)
		require_sound(&types.items[0], n_files);
	types_done(&types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup(size > 0 ? (const char *)data : "", size);

	fuzz_require(text);
	require_number_rule(text);
	free(text);
	if (type_fd < 0)
		make_tree();
	remove_files();
	require_parent_readable(write_files(data, size));
	return 0;
}
