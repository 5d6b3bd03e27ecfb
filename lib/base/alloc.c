/*
 * Allocation that does not fail: it ends the program with a message.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define HEAP_STEP (16 * 1024 * 1024)

void gm_alloc_start(void)
{
#ifdef __GLIBC__
	mallopt(M_TOP_PAD, HEAP_STEP);
#endif
}

static void *checked(void *p)
{
	if (!p) {
		fputs("fatal: out of memory\n", stderr);
		exit(128);
	}
	return p;
}

void *gm_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *gm_calloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *gm_realloc(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return checked(NULL);
	return checked(realloc(old, count && size ? count * size : 1));
}

char *gm_strdup(const char *s)
{
	return checked(strdup(s));
}

char *gm_strndup(const char *s, size_t len)
{
	char *copy = gm_alloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *gm_strdup_null(const char *s)
{
	return s ? gm_strdup(s) : NULL;
}
