/*
 * What somebody may have meant who typed something else.
 */
#ifndef GM_BASE_SIMILAR_H
#define GM_BASE_SIMILAR_H

#include <stddef.h>

/*
 * The nearest of the words, the first of several; NULL where none is near
 * enough to be what was meant. Borrowed.
 */
const char *gm_similar(const char *word, const char *const *words, size_t n);

#endif
