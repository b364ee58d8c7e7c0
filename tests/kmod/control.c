// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /dev/mdevmgr_test: commands are written to it, counters are read from it. */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/uaccess.h>

#include "test.h"

#define COMMANDS_MAX  65536
#define TYPES_DEFAULT "a,b"

static const struct {
	const char *name;
	size_t offset;
} setting_names[] = {
	{ "instances", offsetof(struct test_settings, instances) },
	{ "create_delay_ms", offsetof(struct test_settings, create_delay_ms) },
	{ "create_errno", offsetof(struct test_settings, create_errno) },
	{ "create_fail_first", offsetof(struct test_settings, create_fail_first) },
	{ "attr_delay_ms", offsetof(struct test_settings, attr_delay_ms) },
	{ "attr_errno", offsetof(struct test_settings, attr_errno) },
	{ "attr_fail_first", offsetof(struct test_settings, attr_fail_first) },
	{ "remove_delay_ms", offsetof(struct test_settings, remove_delay_ms) },
};

static const char *const point_names[_TEST_POINT_MAX] = {
	[TEST_CREATE] = "create",
	[TEST_ATTRIBUTE] = "attribute",
	[TEST_REMOVE] = "remove",
};

/* The next word, or NULL at the end of the line. */
static char *next_word(char **line)
{
	char *word;

	do
		word = strsep(line, " \t");
	while (word && !*word);
	return word;
}

/* ---- commands ----------------------------------------------------------------------- */

static unsigned int *setting_at(struct test_settings *s, size_t i)
{
	return (unsigned int *)((char *)s + setting_names[i].offset);
}

static int set_one(struct test_settings *s, const char *name, const char *text)
{
	unsigned int value;
	size_t i;

	if (kstrtouint(text, 0, &value))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(setting_names); i++) {
		if (strcmp(setting_names[i].name, name) != 0)
			continue;
		*setting_at(s, i) = value;
		return 0;
	}
	return -EINVAL;
}

/* KEY=VALUE words: types= goes to *types where that is possible, the others are set. */
static int apply_settings(struct test_parent *p, char *line, char **types)
{
	struct test_settings s;
	char *name, *value;
	int ret = 0;

	mutex_lock(&test_lock);
	s = p->settings;
	while (ret == 0 && (value = next_word(&line)) != NULL) {
		name = strsep(&value, "=");
		if (!value)
			ret = -EINVAL;
		else if (types && strcmp(name, "types") == 0)
			*types = value;
		else
			ret = set_one(&s, name, value);
	}
	if (ret == 0)
		p->settings = s;
	mutex_unlock(&test_lock);
	return ret;
}

static int command_add(struct test_parent *p, char *line)
{
	char fallback[] = TYPES_DEFAULT, *types = fallback;
	int ret = apply_settings(p, line, &types);

	return ret ? ret : test_parent_register(p, types);
}

static int command_set(struct test_parent *p, char *line)
{
	return apply_settings(p, line, NULL);
}

static int command_remove(struct test_parent *p, char *line)
{
	return next_word(&line) ? -EINVAL : test_parent_remove(p);
}

static int command_unregister(struct test_parent *p, char *line)
{
	return next_word(&line) ? -EINVAL : test_parent_unregister(p);
}

static int command_hang(struct test_parent *p, char *line)
{
	const char *word = next_word(&line);
	int point = TEST_CREATE, i;
	guid_t uuid;

	if (word) {
		i = match_string(point_names, _TEST_POINT_MAX, word);
		if (i >= 0) {
			point = i;
			word = next_word(&line);
		}
	}
	if (word && guid_parse(word, &uuid))
		return -EINVAL;
	test_parent_hang(p, point, word ? &uuid : NULL);
	return 0;
}

static int command_release(struct test_parent *p, char *line)
{
	if (next_word(&line))
		return -EINVAL;
	test_parent_release(p);
	return 0;
}

static int command_uevents(struct test_parent *p, char *line)
{
	const char *word = next_word(&line);
	unsigned int n;

	if (!word || kstrtouint(word, 0, &n))
		return -EINVAL;
	return test_parent_uevents(p, n);
}

static const struct {
	const char *name;
	bool may_make;
	int (*call)(struct test_parent *p, char *line);
} commands[] = {
	{ "add", true, command_add },          { "set", true, command_set },
	{ "hang", true, command_hang },        { "release", false, command_release },
	{ "remove", false, command_remove },   { "unregister", false, command_unregister },
	{ "uevents", false, command_uevents },
};

static int run_command(char *line)
{
	const char *verb = next_word(&line);
	char *name = next_word(&line);
	struct test_parent *p;
	size_t i;

	if (!verb)
		return 0;
	if (!name)
		return -EINVAL;
	string_unescape_inplace(name, UNESCAPE_OCTAL | UNESCAPE_HEX);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, verb) != 0)
			continue;
		p = test_parent_find(name, commands[i].may_make);
		return p ? commands[i].call(p, line) : -ENODEV;
	}
	return -EINVAL;
}

static ssize_t control_write(struct file *file, const char __user *user, size_t n, loff_t *pos)
{
	char *text, *rest, *line;
	int ret = 0;

	if (n > COMMANDS_MAX)
		return -E2BIG;
	text = memdup_user_nul(user, n);
	if (IS_ERR(text))
		return PTR_ERR(text);
	rest = text;
	while (ret == 0 && (line = strsep(&rest, "\n")) != NULL)
		ret = run_command(line);
	kfree(text);
	return ret ? ret : n;
}

/* ---- state -------------------------------------------------------------------------- */

static void show_name(struct seq_file *m, const struct test_parent *p)
{
	seq_escape(m, p->name, " \t\n\\");
}

static void show_parent(struct seq_file *m, struct test_parent *p)
{
	size_t i;

	seq_puts(m, "parent ");
	show_name(m, p);
	seq_printf(m, " registered=%d registrations=%u live=%u attempts=%u created=%u removed=%u",
	           p->is_registered, p->n_registrations, p->live, p->attempts, p->created,
	           p->removed);
	for (i = 0; i < _TEST_POINT_MAX; i++)
		seq_printf(m, " held_%s=%u", point_names[i], p->held[i]);
	for (i = 0; i < ARRAY_SIZE(setting_names); i++)
		seq_printf(m, " %s=%u", setting_names[i].name, *setting_at(&p->settings, i));
	seq_putc(m, '\n');
}

static void show_counts(struct seq_file *m, const struct test_parent *p)
{
	const struct test_registration *r;
	const struct test_count *c;

	list_for_each_entry(r, &p->registrations, link) {
		list_for_each_entry(c, &r->counts, link) {
			seq_puts(m, "device ");
			show_name(m, p);
			seq_printf(m, " %u %pUl attempts=%u created=%u removed=%u\n", r->number,
			           &c->uuid, c->attempts, c->created, c->removed);
		}
	}
}

static int control_show(struct seq_file *m, void *unused)
{
	struct test_parent *p;

	mutex_lock(&test_lock);
	list_for_each_entry(p, &test_parents, link) {
		show_parent(m, p);
		show_counts(m, p);
	}
	mutex_unlock(&test_lock);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	/* The misc device's own pointer, which seq_file takes for a mistake. */
	file->private_data = NULL;
	return single_open(file, control_show, NULL);
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.read = seq_read,
	.write = control_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct miscdevice control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = TEST_NAME,
	.mode = 0600,
	.fops = &control_fops,
};

static int __init test_init(void)
{
	int ret = mdev_register_driver(&test_driver);

	if (ret)
		return ret;
	ret = test_class_register();
	if (ret == 0) {
		ret = misc_register(&control);
		if (ret)
			test_class_unregister();
	}
	if (ret)
		mdev_unregister_driver(&test_driver);
	return ret;
}

static void __exit test_exit(void)
{
	misc_deregister(&control);
	test_parents_free();
	test_class_unregister();
	mdev_unregister_driver(&test_driver);
}

module_init(test_init);
module_exit(test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Parents of mediated devices on demand, for tests");
