/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Workers are jobs that do not end with their task: the next one comes over the socket that
 * they report on. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "daemon/jobs.h"
#include "daemon/pool.h"

/* Creates of the kernel wait for each other (the locks of sysfs, mdev's list), so that more
 * workers than needed cost time instead of saving any: there is one, until that long no step is
 * made in any task. Then a driver is waited for, not a CPU, and another one helps. */
#define HELD_UP_US 300000

/* Where tasks come others follow. */
#define LINGER_US 1000000

/* So many times HELD_UP_US the first that waits does so, whatever steps are made: one long task
 * must not have the only worker to itself. */
#define TICKS_MAX 5

#define ACCURACY_US 10000

/* A task that is longer goes to a new worker, in whose memory it is: what is sent has room
 * in the socket. */
#define TEXT_MAX ((size_t)64 * 1024)

/* In the report: the end of a task. */
#define END '\0'

struct task {
	struct task *next;
	void *userdata;
	uint64_t limit;
	unsigned ticks; /* that it was the first of those that wait */
};

struct worker {
	struct pool *pool;
	struct worker *next;
	struct job *job;
	struct task *task; /* NULL: idle */
	bool is_last;      /* gets no other task */
};

struct pool {
	sd_event *event;
	const struct pool_calls *calls;
	void *userdata;
	unsigned max;
	struct jobs *jobs;
	struct worker *workers;
	struct task *waiting; /* first come, first served */
	struct task **waiting_tail;
	size_t n_busy;
	atomic_uint *steps;      /* shared with all workers */
	unsigned seen_steps;     /* at the last look of: */
	sd_event_source *helper; /* gets another worker for what waits */
	bool was_used;           /* somebody became idle since the last look of: */
	sd_event_source *ender;  /* lets idle ones end */
};

/* ---- in the worker ------------------------------------------------------------------- */

static bool receive_all(int fd, void *bytes, size_t n)
{
	ssize_t got;

	do
		got = recv(fd, bytes, n, MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)n;
}

/* False at the end: the pool wants no more of us, or is no more. */
static bool receive_text(int fd, struct strbuf *text)
{
	char buffer[4096];
	uint32_t n;

	strbuf_clear(text);
	if (!receive_all(fd, &n, sizeof(n)) || n > TEXT_MAX)
		return false;
	while (n > 0) {
		uint32_t piece = n < sizeof(buffer) ? n : sizeof(buffer);

		if (!receive_all(fd, buffer, piece))
			return false;
		strbuf_add(text, buffer, piece);
		n -= piece;
	}
	return true;
}

static bool send_end(int fd)
{
	return send(fd, &(char){ END }, 1, MSG_NOSIGNAL) == 1;
}

static int serve(void *userdata, int fd)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const struct worker *worker = userdata;
	const struct pool *pool = worker->pool;
	int r;

	pool->calls->format(worker->task->userdata, &text);
	do
		r = strbuf_error(&text) < 0
		            ? -ENOMEM
		            : pool->calls->serve(pool->userdata, strbuf_str(&text), fd);
	while (r >= 0 && send_end(fd) && receive_text(fd, &text));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- tasks ---------------------------------------------------------------------------- */

static struct task *take_waiting(struct pool *pool)
{
	struct task *task = pool->waiting;

	pool->waiting = task->next;
	if (!pool->waiting)
		pool->waiting_tail = &pool->waiting;
	return task;
}

static void end_task(struct pool *pool, struct task *task, int status)
{
	void *userdata = task->userdata;

	free(task);
	pool->n_busy--;
	pool_step(pool);
	pool->calls->done(userdata, status);
}

/* ---- workers -------------------------------------------------------------------------- */

static void dispatch(struct pool *pool);

static size_t count_workers(const struct pool *pool)
{
	size_t n = 0;

	for (const struct worker *w = pool->workers; w; w = w->next)
		n++;
	return n;
}

static void unlink_worker(struct worker *worker)
{
	struct worker **at = &worker->pool->workers;

	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
}

static void set_timer(struct pool *pool, sd_event_source *timer, uint64_t after)
{
	uint64_t now;

	if (sd_event_source_get_enabled(timer, NULL) != 0 ||
	    sd_event_now(pool->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	sd_event_source_set_time(timer, now + after);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void become_idle(struct worker *worker)
{
	if (worker->is_last) {
		job_end(worker->job);
		return;
	}
	worker->pool->was_used = true;
	set_timer(worker->pool, worker->pool->ender, LINGER_US);
}

static void on_end(struct worker *worker)
{
	struct pool *pool = worker->pool;
	struct task *task = worker->task;

	worker->task = NULL;
	job_set_limit(worker->job, 0);
	become_idle(worker);
	dispatch(pool);
	end_task(pool, task, 0);
}

static void on_report(void *userdata, const char *bytes, size_t n)
{
	struct worker *worker = userdata;
	const char *end;

	for (; n > 0 && worker->task; bytes = end + 1) {
		end = memchr(bytes, END, n);
		if (bytes != end)
			worker->pool->calls->report(worker->task->userdata, bytes,
			                            end ? (size_t)(end - bytes) : n);
		if (!end)
			return;
		n -= (size_t)(end - bytes) + 1;
		on_end(worker);
	}
}

static void on_worker_done(void *userdata, int status)
{
	struct worker *worker = userdata;
	struct pool *pool = worker->pool;
	struct task *task = worker->task;

	unlink_worker(worker);
	free(worker);
	dispatch(pool);
	if (task)
		end_task(pool, task, status);
}

static void tell_begun(const struct pool *pool, const struct task *task)
{
	if (pool->calls->begun)
		pool->calls->begun(task->userdata);
}

/* For the task that waits first. False: no memory now. */
static bool begin_worker(struct pool *pool)
{
	static const struct job_calls calls = { .work = serve,
		                                .report = on_report,
		                                .done = on_worker_done };
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return false;
	*worker = (struct worker){ .pool = pool, .next = pool->workers, .task = pool->waiting };
	if (jobs_add(pool->jobs, &calls, worker, pool->waiting->limit, &worker->job) < 0) {
		free(worker);
		return false;
	}
	pool->workers = worker;
	tell_begun(pool, take_waiting(pool));
	return true;
}

/* False if it needs another worker: this one is gone, or cannot take it. */
static bool hand_over(struct worker *worker, struct task *task)
{
	_cleanup_(strbuf_done) struct strbuf message = STRBUF_INIT, text = STRBUF_INIT;
	const struct pool *pool = worker->pool;
	uint32_t n;

	pool->calls->format(task->userdata, &text);
	n = (uint32_t)text.len;
	strbuf_add(&message, &n, sizeof(n));
	strbuf_add(&message, text.data, text.len);
	if (strbuf_error(&text) < 0 || strbuf_error(&message) < 0 || text.len > TEXT_MAX ||
	    job_send(worker->job, message.data, message.len) < 0)
		return false;
	worker->task = task;
	job_set_limit(worker->job, task->limit);
	tell_begun(pool, task);
	return true;
}

static struct worker *find_idle(const struct pool *pool)
{
	struct worker *w = pool->workers;

	while (w && (w->task || w->is_last))
		w = w->next;
	return w;
}

static void retire(struct worker *worker)
{
	worker->is_last = true;
	job_end(worker->job);
}

static void watch_the_waiting(struct pool *pool)
{
	if (sd_event_source_get_enabled(pool->helper, NULL) != 0)
		return;
	pool->seen_steps = atomic_load(pool->steps);
	set_timer(pool, pool->helper, HELD_UP_US);
}

/* One that cannot take a task makes room for one that can. */
static void dispatch(struct pool *pool)
{
	struct worker *idle;

	while (pool->waiting && (idle = find_idle(pool))) {
		if (hand_over(idle, pool->waiting)) {
			take_waiting(pool);
			continue;
		}
		retire(idle);
		if (!begin_worker(pool))
			break;
	}
	if (pool->waiting && !pool->workers)
		(void)begin_worker(pool);
	if (pool->waiting)
		watch_the_waiting(pool);
}

static bool are_held_up(const struct pool *pool)
{
	return atomic_load(pool->steps) == pool->seen_steps;
}

static int on_helper(sd_event_source *source, uint64_t now, void *userdata)
{
	struct pool *pool = userdata;

	if (!pool->waiting)
		return 0;
	if ((++pool->waiting->ticks >= TICKS_MAX || are_held_up(pool)) &&
	    count_workers(pool) < pool->max)
		(void)begin_worker(pool);
	if (pool->waiting)
		watch_the_waiting(pool);
	return 0;
}

static int on_ender(sd_event_source *source, uint64_t now, void *userdata)
{
	struct pool *pool = userdata;

	if (pool->was_used) {
		pool->was_used = false;
		set_timer(pool, source, LINGER_US);
		return 0;
	}
	for (struct worker *w = pool->workers; w; w = w->next)
		if (!w->task && !w->is_last)
			retire(w);
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------ */

static int add_timer(sd_event *event, sd_event_time_handler_t handler, struct pool *pool,
                     sd_event_source **ret)
{
	int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, 0, ACCURACY_US, handler, pool);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int share_steps(struct pool *pool)
{
	void *page = mmap(NULL, sizeof(*pool->steps), PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -errno;
	pool->steps = page;
	return 0;
}

int pool_new(sd_event *event, const struct pool_calls *calls, void *userdata, unsigned max,
             struct pool **ret)
{
	_cleanup_(pool_freep) struct pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (!pool)
		return -ENOMEM;
	*pool = (struct pool){ .event = event, .calls = calls, .userdata = userdata };
	pool->max = max;
	pool->waiting_tail = &pool->waiting;
	r = share_steps(pool);
	if (r >= 0)
		r = jobs_new(event, max, &pool->jobs);
	if (r >= 0)
		r = add_timer(event, on_helper, pool, &pool->helper);
	if (r >= 0)
		r = add_timer(event, on_ender, pool, &pool->ender);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(pool);
	return 0;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	while (pool->waiting)
		end_task(pool, take_waiting(pool), -ECANCELED);
	jobs_free(pool->jobs);
	sd_event_source_disable_unref(pool->helper);
	sd_event_source_disable_unref(pool->ender);
	if (pool->steps)
		munmap(pool->steps, sizeof(*pool->steps));
	free(pool);
}

void pool_renew(struct pool *pool, unsigned max)
{
	pool->max = max;
	for (struct worker *w = pool->workers; w; w = w->next) {
		if (!w->task && !w->is_last)
			job_end(w->job);
		w->is_last = true;
	}
	jobs_set_max(pool->jobs, max);
}

int pool_add(struct pool *pool, void *userdata, uint64_t limit)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return -ENOMEM;
	*task = (struct task){ .userdata = userdata, .limit = limit };
	*pool->waiting_tail = task;
	pool->waiting_tail = &task->next;
	pool->n_busy++;
	dispatch(pool);
	return 0;
}

void pool_step(struct pool *pool)
{
	atomic_fetch_add_explicit(pool->steps, 1, memory_order_relaxed);
}

size_t pool_busy(const struct pool *pool)
{
	return pool->n_busy;
}
