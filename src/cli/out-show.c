/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output of `show`. */
#include "config.h"

#include <string.h>

#include "cli/out-show.h"
#include "cli/out-text.h"
#include "shared/json.h"

#define LABEL_WIDTH  13
#define NAMES_IN_ROW 8

static void add_line(struct output *out, const char *label, const char *value)
{
	if (!value)
		return;
	strbuf_addf(&out->text, "  %-*s ", LABEL_WIDTH, label);
	text_add(out, value, strlen(value));
	strbuf_add_char(&out->text, '\n');
}

/* Names in rows; what has a reason in a line of its own. */
static void add_detail_text(struct output *out, const struct detail *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct detail_item *item = &d->items[i];
		bool is_first = i == 0 || item->reason || i % NAMES_IN_ROW == 0;

		if (is_first && i > 0)
			strbuf_add_char(&out->text, '\n');
		if (is_first)
			strbuf_addf(&out->text, "  %-*s", LABEL_WIDTH, i == 0 ? d->label : "");
		strbuf_add_char(&out->text, ' ');
		text_add(out, item->name, strlen(item->name));
		if (!item->reason)
			continue;
		strbuf_add_str(&out->text, ": ");
		text_add(out, item->reason, strlen(item->reason));
	}
	if (d->n == 0)
		strbuf_addf(&out->text, "  %-*s none", LABEL_WIDTH, d->label);
	strbuf_add_char(&out->text, '\n');
}

static void add_active_text(struct output *out, const struct device_info *info)
{
	strbuf_add_str(&out->text, info->is_active ? "Active\n" : "Not active\n");
	if (!info->is_active)
		return;
	add_line(out, "Parent:", info->parent);
	add_line(out, "Type:", info->type);
	add_line(out, "Type name:", info->type_name);
	add_line(out, "Device API:", info->device_api);
	add_line(out, "Sysfs:", info->sysfs_path);
	add_line(out, "Driver:", info->driver);
	add_line(out, "IOMMU group:", info->iommu_group);
	add_line(out, "Device node:", info->device_node);
	text_add_attrs(out, &info->attrs);
	for (size_t i = 0; i < info->details.n; i++)
		add_detail_text(out, &info->details.lists[i]);
}

static void add_definition_text(struct output *out, const struct device_definition_info *d)
{
	strbuf_add_str(&out->text, "Defined\n");
	add_line(out, "File:", d->path);
	add_line(out, "Problem:", d->problem);
	add_line(out, "Parent:", d->parent);
	add_line(out, "Type:", d->type);
	if (!d->type)
		return;
	add_line(out, "Start:", d->autostart ? "auto" : "manual");
	text_add_attrs(out, &d->attrs);
}

void show_add_text(struct output *out, const struct device_info *info)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&info->uuid, uuid);
	strbuf_addf(&out->text, "%s\n", uuid);
	add_active_text(out, info);
	if (info->n_definitions == 0)
		strbuf_add_str(&out->text, "Not defined\n");
	for (size_t i = 0; i < info->n_definitions; i++)
		add_definition_text(out, &info->definitions[i]);
}

/* ---- JSON ------------------------------------------------------------------------- */

static void add_member(struct strbuf *out, size_t indent, const char *key, const char *value)
{
	strbuf_addf(out, ",\n%*s\"%s\": ", (int)indent, "", key);
	if (value)
		json_add_string(out, value, strlen(value));
	else
		strbuf_add_str(out, "null");
}

static void add_attrs_member(struct strbuf *out, size_t indent, const struct attrs *attrs)
{
	strbuf_addf(out, ",\n%*s\"attrs\": [", (int)indent, "");
	for (size_t i = 0; i < attrs->n; i++) {
		const struct attr *a = &attrs->items[i];

		strbuf_addf(out, "%s\n%*s{ ", i > 0 ? "," : "", (int)indent + 2, "");
		json_add_string(out, a->name, strlen(a->name));
		strbuf_add_str(out, ": ");
		json_add_string(out, a->value, a->value_len);
		strbuf_add_str(out, " }");
	}
	if (attrs->n > 0)
		strbuf_addf(out, "\n%*s", (int)indent, "");
	strbuf_add_char(out, ']');
}

static void add_detail_json(struct strbuf *out, const struct detail *d)
{
	strbuf_addf(out, ",\n  \"%s\": [", d->key);
	for (size_t i = 0; i < d->n; i++) {
		const struct detail_item *item = &d->items[i];

		strbuf_addf(out, "%s\n    %s", i > 0 ? "," : "",
		            item->reason ? "{ \"name\": " : "");
		json_add_string(out, item->name, strlen(item->name));
		if (!item->reason)
			continue;
		strbuf_add_str(out, ", \"reason\": ");
		json_add_string(out, item->reason, strlen(item->reason));
		strbuf_add_str(out, " }");
	}
	strbuf_add_str(out, d->n > 0 ? "\n  ]" : "]");
}

static void add_active_json(struct strbuf *out, const struct device_info *info)
{
	strbuf_addf(out, ",\n  \"active\": %s", info->is_active ? "true" : "false");
	if (!info->is_active)
		return;
	add_member(out, 2, "parent", info->parent);
	add_member(out, 2, "mdev_type", info->type);
	add_member(out, 2, "type_name", info->type_name);
	add_member(out, 2, "device_api", info->device_api);
	add_member(out, 2, "sysfs_path", info->sysfs_path);
	add_member(out, 2, "driver", info->driver);
	add_member(out, 2, "iommu_group", info->iommu_group);
	add_member(out, 2, "device_node", info->device_node);
	add_attrs_member(out, 2, &info->attrs);
	for (size_t i = 0; i < info->details.n; i++)
		add_detail_json(out, &info->details.lists[i]);
}

static void add_definition_json(struct strbuf *out, const struct device_definition_info *d)
{
	strbuf_add_str(out, "\n    {\n      \"path\": ");
	json_add_string(out, d->path, strlen(d->path));
	add_member(out, 6, "parent", d->parent);
	if (d->type) {
		add_member(out, 6, "mdev_type", d->type);
		add_member(out, 6, "start", d->autostart ? "auto" : "manual");
		add_attrs_member(out, 6, &d->attrs);
	} else {
		add_member(out, 6, "problem", d->problem);
	}
	strbuf_add_str(out, "\n    }");
}

void show_add_json(struct strbuf *out, const struct device_info *info)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&info->uuid, uuid);
	strbuf_addf(out, "{\n  \"uuid\": \"%s\"", uuid);
	add_active_json(out, info);
	strbuf_add_str(out, ",\n  \"definitions\": [");
	for (size_t i = 0; i < info->n_definitions; i++) {
		strbuf_add_str(out, i > 0 ? "," : "");
		add_definition_json(out, &info->definitions[i]);
	}
	strbuf_add_str(out, info->n_definitions > 0 ? "\n  ]\n}\n" : "]\n}\n");
}

/* ---- handing over to a guest ---------------------------------------------------------- */

void show_add_qemu(struct strbuf *out, const struct device_info *info)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&info->uuid, uuid);
	strbuf_addf(out, "-device %s,sysfsdev=/sys/bus/mdev/devices/%s\n", info->device_api, uuid);
}

void show_add_libvirt(struct strbuf *out, const struct device_info *info)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&info->uuid, uuid);
	strbuf_addf(out,
	            "<hostdev mode='subsystem' type='mdev' model='%s'>\n"
	            "  <source>\n"
	            "    <address uuid='%s'/>\n"
	            "  </source>\n"
	            "</hostdev>\n",
	            info->device_api, uuid);
}
