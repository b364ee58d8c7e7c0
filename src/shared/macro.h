/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiler attributes and the cleanup idiom. Included everywhere; knows no
 * domain word and no function of ours. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)      __attribute__((cleanup(f)))
#define _printf_(fmt, va) __attribute__((format(printf, fmt, va)))
#define _must_check_      __attribute__((warn_unused_result))
#define _pure_            __attribute__((pure))
#define _unused_          __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Hand an owned pointer or descriptor over: the variable is left empty, so that
 * its cleanup attribute has nothing to do. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) t_ = (p);                                                            \
		(p) = NULL;                                                                        \
		t_;                                                                                \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int t_ = (fd);                                                                     \
		(fd) = -1;                                                                         \
		t_;                                                                                \
	})

/* Defines NAMEp(), the form that _cleanup_ wants, for a TYPE* freed by NAME(). */
#define DEFINE_CLEANUP(type, name)                                                                 \
	static inline _unused_ void name##p(type **p)                                              \
	{                                                                                          \
		if (*p)                                                                            \
			name(*p);                                                                  \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
