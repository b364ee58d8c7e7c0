/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that appears as a whole, by link(), and carries a pid. Anybody may write to
 * /run/lock: what is there counts only if it is root's, and nothing is followed. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/ap-lock.h"
#include "shared/clock.h"
#include "shared/file.h"

#define LOCK_DIR       "/run/lock"
#define LOCK_FILE      "s390apconfig.lock"
#define NEW_FILE_MAX   64
#define TEXT_MAX       64       /* bytes; a pid and a newline are less */
#define POLL_NS        30000000 /* 30 ms */
#define NO_PID_AGE     120      /* seconds after which a file without a pid is nobody's */
#define NEW_FILE_TRIES 8

enum holder {
	HOLDER_NONE,
	HOLDER_SELF,
	HOLDER_OTHER,
	HOLDER_GONE, /* what is there may be taken away */
};

struct look {
	enum holder holder;
	pid_t pid; /* 0: it does not say */
	dev_t dev;
	ino_t ino;
	bool is_trusted;
};

int ap_lock_parse(const char *text, pid_t *ret)
{
	const char *p = text + strspn(text, " \t");
	bool is_negative = *p == '-';
	intmax_t value = 0;

	p += is_negative;
	if (*p < '0' || *p > '9')
		return 0;
	for (; *p >= '0' && *p <= '9'; p++)
		value = value > INT_MAX ? value : value * 10 + (*p - '0');
	/* kill() takes these for "all" and "my group", so they would never be dead */
	if (is_negative || value == 0 || value > INT_MAX)
		return -ESRCH;
	*ret = (pid_t)value;
	return 1;
}

/* ---- what is there -------------------------------------------------------------------------- */

static bool is_trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_uid == 0 || st->st_uid == geteuid());
}

static bool is_old(const struct stat *st)
{
	time_t age = time(NULL) - st->st_mtime;

	/* a time that is yet to come was written before the clock was set */
	return age > NO_PID_AGE || age < -NO_PID_AGE;
}

static enum holder judge_pid(pid_t pid)
{
	if (pid == getpid())
		return HOLDER_SELF;
	return kill(pid, 0) < 0 && errno == ESRCH ? HOLDER_GONE : HOLDER_OTHER;
}

static enum holder judge_text(const char *text, const struct stat *st, pid_t *ret_pid)
{
	int r = ap_lock_parse(text, ret_pid);

	if (r > 0)
		return judge_pid(*ret_pid);
	return r < 0 || is_old(st) ? HOLDER_GONE : HOLDER_OTHER;
}

/* Open for writing, since who takes over locks the file itself. */
static int open_current(int dir)
{
	int fd = openat(dir, LOCK_FILE, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int judge_file(int fd, const struct stat *st, struct look *ret)
{
	char text[TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	ret->holder = judge_text(text, st, &ret->pid);
	return 0;
}

/* Of what is open: the name may lead elsewhere meanwhile. */
static int look_at(int fd, struct look *ret)
{
	struct stat st;

	*ret = (struct look){ .holder = HOLDER_GONE };
	if (fstat(fd, &st) < 0)
		return -errno;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->is_trusted = is_trusted(&st);
	return ret->is_trusted ? judge_file(fd, &st, ret) : 0;
}

static bool is_current(int dir, const struct look *look)
{
	struct stat st;

	return fstatat(dir, LOCK_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == look->dev &&
	       st.st_ino == look->ino;
}

/* A link, a directory, somebody's socket: no lock. One that root has made is not ours to
 * take away. */
static int look_at_no_file(int dir, struct look *ret)
{
	struct stat st;

	*ret = (struct look){ .holder = HOLDER_NONE };
	if (fstatat(dir, LOCK_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_uid == 0 && !S_ISREG(st.st_mode))
		return -ELOOP;
	*ret = (struct look){ .holder = HOLDER_GONE, .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

static int look(int dir, int *ret_fd, struct look *ret)
{
	_cleanup_(closep) int fd = open_current(dir);
	int r;

	if (fd < 0 && fd != -ENOENT && fd != -ELOOP && fd != -EISDIR && fd != -ENXIO)
		return fd;
	r = fd < 0 ? look_at_no_file(dir, ret) : look_at(fd, ret);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

/* ---- taking it --------------------------------------------------------------------------------- */

static int make_file(int dir, char name[NEW_FILE_MAX])
{
	for (int i = 0; i < NEW_FILE_TRIES; i++) {
		uint64_t random = (uint64_t)clock_ms();
		int fd;

		(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
		snprintf(name, NEW_FILE_MAX, LOCK_FILE ".mdevmgr-%016" PRIx64, random);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

static int write_new(int dir, char name[NEW_FILE_MAX])
{
	_cleanup_(closep) int fd = make_file(dir, name);
	char text[TEXT_MAX];
	int n, r;

	if (fd < 0)
		return fd;
	/* the others must be able to read it, whatever our umask is */
	(void)!fchmod(fd, 0644);
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	r = file_write_all(fd, text, (size_t)n);
	if (r < 0)
		unlinkat(dir, name, 0);
	return r;
}

/* Takes away what nobody holds. Two that want to do that at once must not take away what the
 * other has put there then: so the old file itself is locked, which only root can. */
static int take_away(int dir, int fd, const struct look *seen)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct look now;
	int r;

	if (fd >= 0) {
		/* The user whose file it is might lock it for ever. */
		if (fcntl(fd, F_OFD_SETLK, &range) < 0 && seen->is_trusted)
			return -EAGAIN;
		r = look_at(fd, &now);
		if (r < 0 || now.holder != HOLDER_GONE)
			return r < 0 ? r : -EAGAIN;
	}
	if (!is_current(dir, seen))
		return -EAGAIN;
	if (unlinkat(dir, LOCK_FILE, 0) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	return 0;
}

struct wait {
	const struct env *env;
	int dir;
	char name[NEW_FILE_MAX]; /* our file, to be linked */
	int64_t end;
	bool took_over;
};

static void pause_a_while(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	nanosleep(&pause, NULL);
}

/* s390-tools look, and remove a dead one's file, in two steps: whoever looked before us may
 * remove ours. So who took over looks again, somewhat later. */
static bool is_still_ours(const struct wait *w)
{
	_cleanup_(closep) int fd = -1;
	struct look now;

	if (!w->took_over)
		return true;
	pause_a_while();
	return look(w->dir, &fd, &now) == 0 && now.holder == HOLDER_SELF;
}

static int timed_out(const struct look *found, struct error *err)
{
	error_set(err, -ETIMEDOUT,
	          "Timed out waiting for the lock on the AP configuration, " LOCK_DIR
	          "/" LOCK_FILE);
	if (found->pid > 0)
		error_set_advice(err, "process %d holds it", (int)found->pid);
	else
		error_set_advice(err, "it names no process; whoever is writing it should be done "
		                      "by now");
	return -ETIMEDOUT;
}

/* 1 if there is nobody to wait for any more. */
static int wait_a_turn(struct wait *w, const struct look *found, struct error *err)
{
	if (env_is_interrupted(w->env))
		return error_set(err, -EINTR,
		                 "Interrupted while waiting for the lock on the AP configuration");
	if (clock_ms() >= w->end)
		return timed_out(found, err);
	pause_a_while();
	return 0;
}

static int clear_way(struct wait *w, int fd, const struct look *found)
{
	int r = take_away(w->dir, fd, found);

	if (r < 0)
		return r;
	log_debug(env_log(w->env), "Taking over " LOCK_DIR "/" LOCK_FILE " of process %d",
	          (int)found->pid);
	w->took_over = true;
	return 0;
}

/* One turn: 1 if it is ours now, 0 if it is ours already, -EAGAIN to go on. */
static int take_turn(struct wait *w, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct look found;
	int r;

	if (linkat(w->dir, w->name, w->dir, LOCK_FILE, 0) == 0)
		return is_still_ours(w) ? 1 : -EAGAIN;
	if (errno != EEXIST)
		return -errno;
	r = look(w->dir, &fd, &found);
	if (r < 0 || found.holder == HOLDER_SELF)
		return r;
	if (found.holder == HOLDER_GONE)
		r = clear_way(w, fd, &found);
	if (r < 0 && r != -EAGAIN)
		return r;
	if (found.holder == HOLDER_OTHER || r == -EAGAIN)
		r = wait_a_turn(w, &found, err);
	return r < 0 ? r : -EAGAIN;
}

static int take_in(const struct env *env, int dir, unsigned wait_ms, struct error *err)
{
	struct wait w = { .env = env, .dir = dir, .end = clock_ms() + wait_ms };
	int r = write_new(dir, w.name);

	if (r < 0)
		return r;
	do
		r = take_turn(&w, err);
	while (r == -EAGAIN);
	unlinkat(dir, w.name, 0);
	return r;
}

int ap_lock_take(const struct env *env, unsigned wait_ms, struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(closep) int dir = env_open_dir(env, LOCK_DIR);
	int r;

	if (dir == -ENOENT) {
		log_debug(env_log(env), "There is no " LOCK_DIR ", so the AP configuration is not "
		                        "locked");
		return 0;
	}
	r = dir < 0 ? dir : take_in(env, dir, wait_ms, &why);
	if (r < 0 && !error_is_set(&why))
		error_set_errno(&why, r,
		                "Cannot take the lock on the AP configuration, " LOCK_DIR
		                "/" LOCK_FILE);
	return r < 0 ? error_move(&why, err) : r;
}

/* ---- giving it back ------------------------------------------------------------------------------ */

static bool is_own_in(int dir)
{
	_cleanup_(closep) int fd = -1;
	struct look found;

	return dir >= 0 && look(dir, &fd, &found) == 0 && found.holder == HOLDER_SELF;
}

bool ap_lock_is_own(const struct env *env)
{
	_cleanup_(closep) int dir = env_open_dir(env, LOCK_DIR);

	return is_own_in(dir);
}

void ap_lock_release(const struct env *env)
{
	_cleanup_(closep) int dir = env_open_dir(env, LOCK_DIR);

	/* Nobody takes over from a process that lives: the name cannot change between. */
	if (is_own_in(dir))
		unlinkat(dir, LOCK_FILE, 0);
}
