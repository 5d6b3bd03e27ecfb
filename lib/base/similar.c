/*
 * Edit distance, for "did you mean".
 */
#include "base/similar.h"

#include <string.h>

enum {
	LONGEST = 100
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters have to be added, dropped, changed or swapped with their
 * neighbour to make one word of the other; of long words the start counts.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1];
	size_t *older = rows[0], *old = rows[1], *now = rows[2];
	size_t a_len = strnlen(a, LONGEST);
	size_t b_len = strnlen(b, LONGEST);
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		old[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t *spare = older;

		now[0] = i;
		for (j = 1; j <= b_len; j++) {
			size_t same = a[i - 1] == b[j - 1];

			now[j] = least(least(old[j], now[j - 1]) + 1,
				       old[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], older[j - 2] + 1);
		}
		older = old;
		old = now;
		now = spare;
	}
	return old[b_len];
}

const char *gm_similar(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_distance = (size_t)-1;
	size_t i;

	for (i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);

		if (d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	/* Everything is near to a word of one or two letters. */
	if (strnlen(word, LONGEST) < 3 ||
	    best_distance > 1 + strnlen(word, LONGEST) / 4)
		return NULL;
	return best;
}
