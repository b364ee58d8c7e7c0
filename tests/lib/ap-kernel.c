/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of drivers/s390/crypto/vfio_ap_ops.c and ap_bus.c, as far as tests need them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/ap-kernel.h"
#include "lib/unit.h"
#include "shared/file.h"

struct ap_kernel *ap_kernel_new(struct tree *t)
{
	struct ap_kernel *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(k != MAP_FAILED);
	k->tree = t;
	k->apmask = k->aqmask = ap_set_all();
	sysfs_set_writer(t->sysfs, ap_kernel_write, k);
	return k;
}

/* The device's matrix as the kernel has it, whatever it shows. */
#define ALL ".all"

/* ---- files --------------------------------------------------------------------------------- */

static void put(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void get(int dirfd, const char *name, struct strbuf *ret)
{
	assert_int_equal(sysfs_read(dirfd, name, ret), 0);
}

static void add_queues(const struct ap_matrix *m, struct strbuf *out)
{
	AP_SET_FOREACH(a, &m->adapters)
	{
		AP_SET_FOREACH(d, &m->domains) strbuf_addf(out, "%02x.%04x\n", a, d);
		if (ap_set_is_empty(&m->domains))
			strbuf_addf(out, "%02x.\n", a);
	}
	if (ap_set_is_empty(&m->adapters))
		AP_SET_FOREACH(d, &m->domains) strbuf_addf(out, ".%04x\n", d);
}

static void put_matrix(int dirfd, const struct ap_matrix *m)
{
	struct strbuf text = STRBUF_INIT;
	char config[AP_CONFIG_TEXT_MAX + 1], shown[4096];

	add_queues(m, &text);
	snprintf(shown, sizeof(shown), "%s", strbuf_str(&text));
	put(dirfd, "matrix", shown);
	strbuf_clear(&text);
	AP_SET_FOREACH(d, &m->controls) strbuf_addf(&text, "%04x\n", d);
	put(dirfd, "control_domains", strbuf_str(&text));
	strbuf_done(&text);
	ap_matrix_print_config(m, config);
	put(dirfd, ALL, config);
	if (sysfs_has(dirfd, "ap_config") == 1)
		put(dirfd, "ap_config", config);
}

static void get_matrix(int dirfd, struct ap_matrix *ret)
{
	struct strbuf config = STRBUF_INIT;

	get(dirfd, ALL, &config);
	assert_int_equal(ap_matrix_parse_config(strbuf_str(&config), ret), 0);
	strbuf_done(&config);
}

static const char *const attributes[] = {
	"assign_adapter",  "unassign_adapter",      "assign_domain",
	"unassign_domain", "assign_control_domain", "unassign_control_domain",
};

void ap_kernel_device(struct ap_kernel *k, const char *name, const char *matrix, bool has_config)
{
	struct ap_matrix m = { 0 };
	char path[128];
	int fd;

	if (*matrix)
		assert_int_equal(ap_matrix_parse(matrix, &m, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		snprintf(path, sizeof(path), "/sys/%s/%s", name, attributes[i]);
		tree_file(k->tree, path, "");
	}
	snprintf(path, sizeof(path), "/sys/%s/ap_config", name);
	if (has_config)
		tree_file(k->tree, path, "");
	fd = sysfs_open_dir(k->tree->sysfs, name);
	assert_true(fd >= 0);
	put_matrix(fd, &m);
	close(fd);
}

const char *ap_kernel_matrix(struct ap_kernel *k, const char *name)
{
	static char text[512];
	struct strbuf out = STRBUF_INIT;
	struct ap_matrix m = { 0 };
	int fd = sysfs_open_dir(k->tree->sysfs, name);

	assert_true(fd >= 0);
	get_matrix(fd, &m);
	close(fd);
	ap_matrix_print(&m, &out);
	snprintf(text, sizeof(text), "%s", strbuf_str(&out));
	strbuf_done(&out);
	return text;
}

/* ---- writes ---------------------------------------------------------------------------------- */

void ap_kernel_fail(struct ap_kernel *k, const char *name, const char *value, int errnum, int times)
{
	size_t i = 0;

	while (i < AP_KERNEL_FAILS && k->fails[i].times > 0)
		i++;
	assert_true(i < AP_KERNEL_FAILS);
	snprintf(k->fails[i].name, sizeof(k->fails[i].name), "%s", name);
	snprintf(k->fails[i].value, sizeof(k->fails[i].value), "%s", value);
	k->fails[i].errnum = errnum;
	k->fails[i].times = times;
}

static int injected(struct ap_kernel *k, const char *name, const char *value)
{
	for (size_t i = 0; i < AP_KERNEL_FAILS; i++) {
		if (k->fails[i].times <= 0 || strcmp(k->fails[i].name, name) != 0 ||
		    (k->fails[i].value[0] && strcmp(k->fails[i].value, value) != 0))
			continue;
		k->fails[i].times--;
		return k->fails[i].errnum;
	}
	return 0;
}

/* By its own copy: the file is empty once it is open for writing. */
static int change_mask(struct ap_kernel *k, int dirfd, const char *name, const char *value)
{
	struct ap_set *set = strcmp(name, "aqmask") == 0 ? &k->aqmask : &k->apmask;
	char mask[AP_MASK_TEXT_MAX], *copy = strdup(value), *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		unsigned from, to;
		int n = sscanf(word + 1, "%u-%u", &from, &to);

		assert_true(n >= 1 && (word[0] == '+' || word[0] == '-'));
		for (unsigned i = from; i <= (n == 2 ? to : from); i++)
			word[0] == '+' ? ap_set_add(set, i) : ap_set_remove(set, i);
	}
	free(copy);
	ap_set_print_mask(set, mask);
	put(dirfd, name, mask);
	return 0;
}

static int change_set(struct ap_set *set, bool is_out, const char *value)
{
	unsigned number;
	int r = ap_number_parse(value, &number, NULL);

	if (r < 0)
		return r == -ERANGE ? -ENODEV : r;
	if (is_out)
		ap_set_remove(set, number);
	else
		ap_set_add(set, number);
	return 0;
}

static int change_device(int dirfd, const char *name, const char *value)
{
	bool is_out = name[0] == 'u';
	const char *what = strchr(name, '_') + 1;
	struct ap_matrix m = { 0 };
	int r;

	get_matrix(dirfd, &m);
	if (strcmp(name, "ap_config") == 0)
		r = ap_matrix_parse_config(value, &m);
	else
		r = change_set(strcmp(what, "adapter") == 0  ? &m.adapters
		               : strcmp(what, "domain") == 0 ? &m.domains
		                                             : &m.controls,
		               is_out, value);
	if (r == 0)
		put_matrix(dirfd, &m);
	return r;
}

/* Longer than a writer takes to look for an interrupt, more than once. */
static void interrupt(struct ap_kernel *k)
{
	const struct timespec some_while = { .tv_nsec = 400000000 };

	k->interrupt = SIGINT;
	nanosleep(&some_while, NULL);
}

ssize_t ap_kernel_write(void *userdata, int dirfd, const char *name, int fd _unused_,
                        const void *bytes, size_t n)
{
	struct ap_kernel *k = userdata;
	char *value = strndup(bytes, n);
	int r;

	snprintf(k->writes + strlen(k->writes), sizeof(k->writes) - strlen(k->writes), "%s=%s ",
	         name, value);
	if (k->n_writes + 1 == k->interrupt_in)
		interrupt(k);
	r = injected(k, name, value);
	if (r == 0)
		r = strcmp(name + 2, "mask") == 0 ? change_mask(k, dirfd, name, value)
		                                  : change_device(dirfd, name, value);
	if (++k->n_writes == k->tamper_after)
		put_matrix(dirfd, &k->tampered);
	free(value);
	return r < 0 ? r : (ssize_t)n;
}
