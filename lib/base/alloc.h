/*
 * Memory that is either there or the end of the program: a tool that has
 * run out of memory has nothing better to do than to say so and stop.
 */
#ifndef GM_BASE_ALLOC_H
#define GM_BASE_ALLOC_H

#include <stddef.h>

/*
 * To be called once, when a program starts: lets the heap grow in large
 * steps. A thread's would else ask the system for each page.
 */
void gm_alloc_start(void);

/* Like malloc, calloc, realloc, strdup and strndup; they never return NULL. */
void *gm_alloc(size_t size);
void *gm_calloc(size_t count, size_t size);
void *gm_realloc(void *old, size_t count, size_t size);
char *gm_strdup(const char *s);
char *gm_strndup(const char *s, size_t len);

/* A copy, or NULL for NULL. */
char *gm_strdup_null(const char *s);

/*
 * Makes room for one more element in an array with a count `n` and a
 * capacity `cap`. Each argument is evaluated more than once.
 */
#define GM_GROW(array, n, cap)                                                 \
	do {                                                                   \
		if ((n) == (cap)) {                                            \
			(cap) = (cap) ? 2 * (cap) : 8;                         \
			(array) = gm_realloc((array), (cap),                   \
					     sizeof(*(array)));                \
		}                                                              \
	} while (0)

#define GM_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
