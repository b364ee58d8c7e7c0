/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes as text: the only parser and printer. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "core/recipe.h"
#include "shared/json.h"

static void json_putp(struct json_object **value)
{
	json_object_put(*value);
}

/* ---- single values --------------------------------------------------------------------- */

static int refuse(struct error *err, const char *key, const char *cause)
{
	error_set(err, -EINVAL, "invalid recipe");
	error_set_cause(err, "\"%s\" %s", key, cause);
	return -EINVAL;
}

/* A string without NUL characters, or NULL. */
static const char *text_of(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static int read_busid(const char *key, struct json_object *value, struct busid *ret,
                      struct error *err)
{
	const char *text = text_of(value);

	if (!text || busid_parse(text, ret) < 0)
		return refuse(err, key, "is not of the form \"0.0.4711\"");
	return 0;
}

static int read_device(struct recipe *r, const char *key, struct json_object *value,
                       struct error *err)
{
	return read_busid(key, value, &r->ccw.device, err);
}

static int read_subchannel(struct recipe *r, const char *key, struct json_object *value,
                           struct error *err)
{
	r->ccw.has_subchannel = true;
	return read_busid(key, value, &r->ccw.subchannel, err);
}

static int read_driver(struct recipe *r, const char *key, struct json_object *value,
                       struct error *err)
{
	const char *text = text_of(value);

	if (!text || !recipe_driver_is_valid(text))
		return refuse(err, key, "is not the name of a driver");
	strcpy(r->ccw.driver, text);
	return 0;
}

static int read_uuid(struct recipe *r, const char *key, struct json_object *value,
                     struct error *err)
{
	const char *text = text_of(value);
	struct mdev_uuid uuid;
	int result;

	if (!text || mdev_uuid_parse(text, &uuid) < 0)
		return refuse(err, key, "holds what is no UUID");
	result = recipe_bind(r, &uuid);
	if (result == -E2BIG)
		return refuse(err, key, "holds too many UUIDs");
	return result;
}

static int read_uuids(struct recipe *r, const char *key, struct json_object *value,
                      struct error *err)
{
	int result = 0;

	if (!json_object_is_type(value, json_type_array))
		return refuse(err, key, "is not a list of UUIDs");
	for (size_t i = 0; result == 0 && i < json_object_array_length(value); i++)
		result = read_uuid(r, key, json_object_array_get_idx(value, i), err);
	return result;
}

/* ---- sets of AP numbers: [5, 6], or by hand "5,6,0x47" ------------------------------------- */

static int read_list(const char *key, const char *text, struct ap_set *set, struct error *err)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf cause = STRBUF_INIT;
	struct ap_set more;
	int r = ap_set_parse(text, &more, &reason);

	if (r == 0) {
		*set = ap_set_union(set, &more);
		return 0;
	}
	error_format(&reason, &cause);
	error_set(err, -EINVAL, "invalid recipe");
	error_set_cause(err, "\"%s\": %s", key, strbuf_str(&cause));
	return -EINVAL;
}

static int read_number(const char *key, struct json_object *value, struct ap_set *set,
                       struct error *err)
{
	int64_t number = json_object_get_int64(value);

	if (number < 0 || number >= AP_NUMBERS)
		return refuse(err, key, "holds a number that is not from 0 to 255");
	ap_set_add(set, (unsigned)number);
	return 0;
}

static int read_member(const char *key, struct json_object *value, struct ap_set *set,
                       struct error *err)
{
	const char *text = text_of(value);

	if (text)
		return read_list(key, text, set, err);
	if (!json_object_is_type(value, json_type_int))
		return refuse(err, key, "holds what is no number");
	return read_number(key, value, set, err);
}

static int read_set(const char *key, struct json_object *value, struct ap_set *set,
                    struct error *err)
{
	int r = 0;

	if (!json_object_is_type(value, json_type_array))
		return read_member(key, value, set, err);
	for (size_t i = 0; r == 0 && i < json_object_array_length(value); i++)
		r = read_member(key, json_object_array_get_idx(value, i), set, err);
	return r;
}

static int read_adapters(struct recipe *r, const char *key, struct json_object *value,
                         struct error *err)
{
	return read_set(key, value, &r->ap.adapters, err);
}

static int read_domains(struct recipe *r, const char *key, struct json_object *value,
                        struct error *err)
{
	return read_set(key, value, &r->ap.domains, err);
}

/* ---- documents ------------------------------------------------------------------------- */

struct field {
	enum recipe_type type;
	const char *key;
	int (*read)(struct recipe *r, const char *key, struct json_object *value,
	            struct error *err);
};

static const struct field fields[] = {
	{ RECIPE_VFIO_CCW, "device", read_device },
	{ RECIPE_VFIO_CCW, "driver", read_driver },
	{ RECIPE_VFIO_CCW, "subchannel", read_subchannel },
	{ RECIPE_VFIO_CCW, "devices", read_uuids },
	{ RECIPE_VFIO_AP, "adapters", read_adapters },
	{ RECIPE_VFIO_AP, "domains", read_domains },
};

static const struct field *find_field(enum recipe_type type, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].type == type && strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

static int keep_unknown(struct recipe *r, const char *key, struct json_object *value)
{
	if (!r->unknown)
		r->unknown = json_object_new_object();
	if (!r->unknown)
		return -ENOMEM;
	if (json_object_object_add(r->unknown, key, json_object_get(value)) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static int read_key(struct recipe *r, const char *name, const char *key, struct json_object *value,
                    const struct log *log, struct error *err)
{
	const struct field *field = find_field(r->type, key);

	if (strcmp(key, "kind") == 0)
		return 0;
	if (field)
		return field->read(r, key, value, err);
	log_warn(log, "Recipe of parent %s: unknown key \"%.100s\" does nothing", name, key);
	return keep_unknown(r, key, value);
}

static int read_type(struct json_object *document, enum recipe_type *ret, struct error *err)
{
	struct json_object *value = NULL;
	const char *text;

	if (!json_object_object_get_ex(document, "kind", &value))
		return refuse(err, "kind", "is missing");
	text = text_of(value);
	for (unsigned i = 0; text && i < _RECIPE_TYPE_MAX; i++)
		if (strcmp(text, recipe_type_name(i)) == 0) {
			*ret = i;
			return 0;
		}
	return refuse(err, "kind", "is neither \"vfio-ccw\" nor \"vfio-ap\"");
}

/* What the name of a device's recipe says need not be said again. */
static int begin(const char *name, struct json_object *document, struct recipe **ret,
                 struct error *err)
{
	enum recipe_type type = RECIPE_VFIO_AP;
	int r;

	if (!json_object_is_type(document, json_type_object)) {
		error_set(err, -EINVAL, "invalid recipe");
		error_set_cause(err, "not an object");
		return -EINVAL;
	}
	r = read_type(document, &type, err);
	if (r < 0)
		return r;
	if ((type == RECIPE_VFIO_AP) != (strcmp(name, RECIPE_MATRIX) == 0))
		return refuse(err, "kind",
		              type == RECIPE_VFIO_AP
		                      ? "is \"vfio-ap\", and that is for matrix.json alone"
		                      : "is \"vfio-ccw\", and that is for device numbers");
	r = recipe_new(type, ret);
	if (r == 0 && type == RECIPE_VFIO_CCW) {
		strcpy((*ret)->ccw.driver, RECIPE_DRIVER_DEFAULT);
		r = busid_parse(name, &(*ret)->ccw.device);
	}
	return r;
}

static int check_name(const struct recipe *r, const char *name, struct error *err)
{
	char own[BUSID_TEXT_MAX];

	recipe_name(r, own);
	return strcmp(own, name) == 0 ? 0
	                              : refuse(err, "device", "differs from the name of the file");
}

static int read_document(const char *name, struct json_object *document, const struct log *log,
                         struct recipe **ret, struct error *err)
{
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;
	int r = begin(name, document, &recipe, err);

	if (r < 0)
		return r;
	json_object_object_foreach(document, key, value)
	{
		r = read_key(recipe, name, key, value, log, err);
		if (r < 0)
			return r;
	}
	r = check_name(recipe, name, err);
	if (r == 0)
		*ret = TAKE_PTR(recipe);
	return r;
}

int recipe_parse(const char *name, const char *bytes, size_t n, const struct log *log,
                 struct recipe **ret, struct error *err)
{
	_cleanup_(json_putp) struct json_object *document = NULL;
	int r;

	if (!recipe_name_is_valid(name))
		return error_set(err, -EINVAL, "no recipe can have this name");
	if (n > RECIPE_SIZE_MAX)
		return error_set(err, -EFBIG, "larger than %d bytes", RECIPE_SIZE_MAX);
	r = json_parse(bytes, n, &document, NULL, err);
	if (r >= 0)
		r = read_document(name, document, log, ret, err);
	return r == -ENOMEM ? error_set(err, r, "Out of memory") : r;
}

/* ---- printing ---------------------------------------------------------------------------- */

static void add_key(struct strbuf *out, const char *key)
{
	strbuf_add_char(out, ',');
	json_add_line(out, 2);
	json_add_string(out, key, strlen(key));
	strbuf_add_str(out, ": ");
}

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	add_key(out, key);
	json_add_string(out, text, strlen(text));
}

static void add_busid(struct strbuf *out, const char *key, const struct busid *id)
{
	char text[BUSID_TEXT_MAX];

	busid_format(id, text);
	add_text(out, key, text);
}

static void add_uuids(struct strbuf *out, const struct recipe_ccw *ccw)
{
	add_key(out, "devices");
	strbuf_add_char(out, '[');
	for (size_t i = 0; i < ccw->n_uuids; i++) {
		char text[MDEV_UUID_TEXT_MAX];

		if (i > 0)
			strbuf_add_char(out, ',');
		json_add_line(out, 4);
		mdev_uuid_format(&ccw->uuids[i], text);
		strbuf_addf(out, "\"%s\"", text);
	}
	if (ccw->n_uuids > 0)
		json_add_line(out, 2);
	strbuf_add_char(out, ']');
}

/* In one line: there may be 256. */
static void add_set(struct strbuf *out, const char *key, const struct ap_set *set)
{
	const char *separator = "";

	add_key(out, key);
	strbuf_add_char(out, '[');
	AP_SET_FOREACH(number, set)
	{
		strbuf_addf(out, "%s%u", separator, number);
		separator = ", ";
	}
	strbuf_add_char(out, ']');
}

static void add_ccw(struct strbuf *out, const struct recipe_ccw *ccw)
{
	add_busid(out, "device", &ccw->device);
	add_text(out, "driver", ccw->driver);
	if (ccw->has_subchannel)
		add_busid(out, "subchannel", &ccw->subchannel);
	add_uuids(out, ccw);
}

void recipe_print(const struct recipe *r, struct strbuf *out)
{
	strbuf_add_char(out, '{');
	json_add_line(out, 2);
	strbuf_addf(out, "\"kind\": \"%s\"", recipe_type_name(r->type));
	if (r->type == RECIPE_VFIO_CCW) {
		add_ccw(out, &r->ccw);
	} else {
		add_set(out, "adapters", &r->ap.adapters);
		add_set(out, "domains", &r->ap.domains);
	}
	if (r->unknown) {
		json_object_object_foreach(r->unknown, key, value)
		{
			add_key(out, key);
			json_add_value(out, value, 2);
		}
	}
	strbuf_add_str(out, "\n}\n");
}
