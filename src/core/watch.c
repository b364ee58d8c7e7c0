/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One inotify instance for up to two trees of the same shape, TOP/PARENT/FILE. A tree
 * whose top is not there is watched for at the nearest directory above it. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

#include "core/record.h"
#include "core/store.h"
#include "core/watch.h"
#include "shared/file.h"

/* With the longest name. */
#define EVENT_SIZE_MAX (sizeof(struct inotify_event) + NAME_MAX + 1)

/* Whoever makes events without end gets us no further than this many reads. */
#define READS_MAX 64

/* How often directories above a top may come and go while we look. */
#define ESTABLISH_MAX 16

#define ABOVE_EVENTS  (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define TOP_EVENTS    (ABOVE_EVENTS | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
#define PARENT_EVENTS (TOP_EVENTS | IN_CLOSE_WRITE | IN_DONT_FOLLOW)
/* Records are exchanged as a whole: all else is noise, and there is much of it. */
#define RECORD_EVENTS                                                                              \
	(IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW)
#define GONE_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

static const char *const tops[] = {
	[WATCH_DEFINITIONS] = STORE_DIR,
	[WATCH_RECORDS] = RECORD_DIR "/parents",
};
static const uint32_t parent_events[] = {
	[WATCH_DEFINITIONS] = PARENT_EVENTS,
	[WATCH_RECORDS] = RECORD_EVENTS,
};

enum role {
	ROLE_ABOVE, /* of a top that is not there */
	ROLE_TOP,
	ROLE_PARENT,
};

/* A directory that is watched. */
struct place {
	int wd;
	enum role role;
	size_t tree;
	/* PARENT: its name. ABOVE: that of the directory in it which is waited for. */
	char *name;
};

struct watch {
	const struct env *env;
	int fd;
	size_t n_trees;
	struct place *places; /* in order of wd and tree: both may wait in one directory */
	size_t n;
	size_t size;
};

/* Where events of one watch_read() go. */
struct hearer {
	int (*changed)(void *userdata, const struct watch_change *change);
	void *userdata;
};

/* ---- places ------------------------------------------------------------------------ */

static bool is_before(const struct place *p, int wd, size_t tree)
{
	return p->wd < wd || (p->wd == wd && p->tree < tree);
}

static size_t lower_bound(const struct watch *w, int wd, size_t tree)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&w->places[middle], wd, tree))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct place *find_place(const struct watch *w, int wd, size_t tree)
{
	size_t i = lower_bound(w, wd, tree);

	return i < w->n && w->places[i].wd == wd && w->places[i].tree == tree ? &w->places[i]
	                                                                      : NULL;
}

static bool has_watch(const struct watch *w, int wd)
{
	size_t i = lower_bound(w, wd, 0);

	return i < w->n && w->places[i].wd == wd;
}

static int make_room(struct watch *w)
{
	size_t size = w->size > 0 ? 2 * w->size : 16;
	struct place *places;

	if (w->n < w->size)
		return 0;
	places = reallocarray(w->places, size, sizeof(*places));
	if (!places)
		return -ENOMEM;
	w->places = places;
	w->size = size;
	return 0;
}

/* A directory that has got another name keeps its number. */
static int put_place(struct watch *w, int wd, enum role role, size_t tree, const char *name)
{
	_cleanup_(freep) char *copy = name ? strdup(name) : NULL;
	size_t i = lower_bound(w, wd, tree);

	if ((name && !copy) || make_room(w) < 0)
		return -ENOMEM;
	if (find_place(w, wd, tree)) {
		free(w->places[i].name);
	} else {
		memmove(&w->places[i + 1], &w->places[i], (w->n - i) * sizeof(*w->places));
		w->n++;
	}
	w->places[i] =
		(struct place){ .wd = wd, .role = role, .tree = tree, .name = TAKE_PTR(copy) };
	return 0;
}

/* Forgets a place; its number may be unknown to the kernel already. */
static void drop_place(struct watch *w, struct place *place)
{
	size_t i = (size_t)(place - w->places);
	int wd = place->wd;

	free(place->name);
	memmove(&w->places[i], &w->places[i + 1], (w->n - i - 1) * sizeof(*w->places));
	w->n--;
	if (!has_watch(w, wd))
		inotify_rm_watch(w->fd, wd);
}

static void drop_tree(struct watch *w, size_t tree)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->places[i].tree == tree)
			drop_place(w, &w->places[i]);
}

static void drop_parent(struct watch *w, size_t tree, const char *name)
{
	for (size_t i = w->n; i-- > 0;) {
		const struct place *p = &w->places[i];

		if (p->role == ROLE_PARENT && p->tree == tree && strcmp(p->name, name) == 0)
			drop_place(w, &w->places[i]);
	}
}

/* ---- setting watches ---------------------------------------------------------------- */

static bool is_absence(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* What may not be watched is told, and is no failure: the rest is watched. */
static int tell_unwatched(const struct watch *w, int r, const char *path)
{
	if (r == -ENOMEM)
		return r;
	if (!is_absence(r))
		log_warn(env_log(w->env), "Cannot watch %s, its changes are not seen: %s%s", path,
		         strerror(-r), r == -ENOSPC ? " (raise fs.inotify.max_user_watches)" : "");
	return 0;
}

static int add_watch(const struct watch *w, const char *path, uint32_t events)
{
	int wd = inotify_add_watch(w->fd, path, events);

	return wd < 0 ? -errno : wd;
}

static int watch_parent(struct watch *w, size_t tree, const char *name)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int wd;

	if (store_parent_problem(name))
		return 0;
	env_add_path(w->env, &path, tops[tree]);
	strbuf_addf(&path, "/%s", name);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	wd = add_watch(w, strbuf_str(&path), parent_events[tree]);
	return wd < 0 ? tell_unwatched(w, wd, strbuf_str(&path))
	              : put_place(w, wd, ROLE_PARENT, tree, name);
}

struct parents_walk {
	struct watch *watch;
	size_t tree;
};

static int on_parent(void *userdata, const char *name, unsigned char type)
{
	struct parents_walk *walk = userdata;

	if (type != DT_DIR && type != DT_UNKNOWN)
		return 0;
	return watch_parent(walk->watch, walk->tree, name);
}

static int watch_parents(struct watch *w, size_t tree)
{
	struct parents_walk walk = { .watch = w, .tree = tree };
	_cleanup_(closep) int fd = env_open_dir(w->env, tops[tree]);
	int r;

	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	r = dir_each_new(fd, on_parent, &walk);
	return r == -ENOMEM ? r : 0;
}

/* The directory above, in place; false at the root. */
static bool cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash[1] == '\0')
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/* Watches the tree's top, or the nearest directory above it for what is missing there: its
 * path, else NULL. */
static int watch_nearest(struct watch *w, size_t tree, char **ret_missing)
{
	_cleanup_(freep) char *path = strdup(tops[tree]);
	_cleanup_(freep) char *missing = NULL;

	while (path) {
		_cleanup_(freep) char *full = env_path(w->env, path);
		int wd = full ? add_watch(w, full, missing ? ABOVE_EVENTS : TOP_EVENTS) : -ENOMEM;
		int r;

		if (wd >= 0) {
			r = put_place(w, wd, missing ? ROLE_ABOVE : ROLE_TOP, tree,
			              missing ? strrchr(missing, '/') + 1 : NULL);
			*ret_missing = TAKE_PTR(missing);
			return r;
		}
		if (!is_absence(wd) || !cut_last(path))
			return tell_unwatched(w, wd, full ? full : path);
		free(missing);
		missing = TAKE_PTR(full);
	}
	return -ENOMEM;
}

static bool has_top(const struct watch *w, size_t tree)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->places[i].tree == tree && w->places[i].role == ROLE_TOP)
			return true;
	return false;
}

/* Again until nothing has come between the look and the watch. */
static int establish(struct watch *w, size_t tree)
{
	for (unsigned i = 0; i < ESTABLISH_MAX; i++) {
		_cleanup_(freep) char *missing = NULL;
		int r;

		drop_tree(w, tree);
		r = watch_nearest(w, tree, &missing);
		if (r < 0)
			return r;
		if (!missing || access(missing, F_OK) < 0)
			break;
	}
	return has_top(w, tree) ? watch_parents(w, tree) : 0;
}

static int establish_all(struct watch *w)
{
	int r = 0;

	for (size_t tree = 0; tree < w->n_trees && r == 0; tree++)
		r = establish(w, tree);
	return r;
}

int watch_new(const struct env *env, bool with_records, struct watch **ret)
{
	_cleanup_(watch_freep) struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->env = env;
	w->n_trees = with_records ? 2 : 1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	r = establish_all(w);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	closep(&watch->fd);
	for (size_t i = 0; i < watch->n; i++)
		free(watch->places[i].name);
	free(watch->places);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

/* ---- events -------------------------------------------------------------------------- */

static int tell_file(const struct hearer *hearer, size_t tree, const char *parent, const char *file)
{
	const struct watch_change change = { .tree = (enum watch_tree)tree,
		                             .parent = parent,
		                             .file = file };

	return hearer->changed(hearer->userdata, &change);
}

static int tell(const struct hearer *hearer, size_t tree, const char *parent)
{
	return tell_file(hearer, tree, parent, NULL);
}

/* The top came, went, or is another one now. */
static int renew(struct watch *w, size_t tree, const struct hearer *hearer)
{
	bool had_top = has_top(w, tree);
	int r = establish(w, tree);

	if (r < 0)
		return r;
	return had_top || has_top(w, tree) ? tell(hearer, tree, NULL) : 0;
}

/* A parent's directory, as seen from the top. */
static int on_top_event(struct watch *w, size_t tree, const struct inotify_event *event,
                        const struct hearer *hearer)
{
	int r = 0;

	if (event->len == 0)
		return tell(hearer, tree, NULL);
	if (!(event->mask & IN_ISDIR) || store_parent_problem(event->name))
		return 0;
	if (event->mask & IN_MOVED_FROM)
		drop_parent(w, tree, event->name);
	else if (!(event->mask & IN_DELETE))
		r = watch_parent(w, tree, event->name);
	return r < 0 ? r : tell(hearer, tree, event->name);
}

/* Temporary files and locks begin with a dot: what matters of them is the rename. */
static int on_parent_event(struct watch *w, struct place *place, const struct inotify_event *event,
                           const struct hearer *hearer)
{
	_cleanup_(freep) char *name = NULL;
	size_t tree = place->tree;

	if (!(event->mask & GONE_EVENTS))
		return event->len > 0 && event->name[0] != '.'
		               ? tell_file(hearer, tree, place->name, event->name)
		               : 0;
	name = TAKE_PTR(place->name);
	drop_place(w, place);
	return tell(hearer, tree, name);
}

static int on_place_event(struct watch *w, struct place *place, const struct inotify_event *event,
                          const struct hearer *hearer)
{
	if (place->role == ROLE_PARENT)
		return on_parent_event(w, place, event, hearer);
	if (event->mask & GONE_EVENTS)
		return renew(w, place->tree, hearer);
	if (place->role == ROLE_TOP)
		return on_top_event(w, place->tree, event, hearer);
	return event->len > 0 && strcmp(event->name, place->name) == 0
	               ? renew(w, place->tree, hearer)
	               : 0;
}

static int on_event(struct watch *w, const struct inotify_event *event, const struct hearer *hearer)
{
	int r = 0;

	if (event->mask & IN_Q_OVERFLOW) {
		r = establish_all(w);
		return r < 0 ? r : tell(hearer, WATCH_DEFINITIONS, NULL);
	}
	for (size_t tree = 0; tree < w->n_trees && r == 0; tree++) {
		struct place *place = find_place(w, event->wd, tree);

		if (place)
			r = on_place_event(w, place, event, hearer);
	}
	return r;
}

static int read_some(struct watch *w, const struct hearer *hearer)
{
	char bytes[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(w->fd, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (const char *p = bytes; p < bytes + n;) {
		const struct inotify_event *event = (const void *)p;
		int r = on_event(w, event, hearer);

		if (r < 0)
			return r;
		p += sizeof(*event) + event->len;
	}
	/* There was room for one more: it was the last. */
	return (size_t)n > sizeof(bytes) - EVENT_SIZE_MAX;
}

int watch_read(struct watch *watch,
               int (*changed)(void *userdata, const struct watch_change *change), void *userdata)
{
	const struct hearer hearer = { .changed = changed, .userdata = userdata };
	int r = 1;

	for (unsigned i = 0; i < READS_MAX && r > 0; i++)
		r = read_some(watch, &hearer);
	return r < 0 ? r : 0;
}
