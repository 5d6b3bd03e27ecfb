/*
 * A list of blocks, each larger than the one before; what is taken comes from
 * the first. Large blocks are huge pages where the system has them: a thousand
 * pages cost more than what is written into them.
 */
/* For madvise. */
#define _GNU_SOURCE

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"

#define HUGE_PAGE ((size_t)2 << 20)

#define FIRST_BLOCK ((size_t)8 << 10)
#define LARGEST_BLOCK (HUGE_PAGE - sizeof(struct gm_arena_block))

struct gm_arena_block {
	struct gm_arena_block *next;
	/* What is kept for somebody, or NULL. */
	void *kept;
	size_t size;
	size_t used;
	max_align_t bytes[];
};

static void *allocate(size_t size)
{
#ifdef MADV_HUGEPAGE
	void *p;

	if (size >= HUGE_PAGE && !posix_memalign(&p, HUGE_PAGE, size)) {
		madvise(p, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
		return p;
	}
#endif
	return gm_alloc(size);
}

static struct gm_arena_block *add_block(struct gm_arena *arena, size_t size)
{
	struct gm_arena_block *block = allocate(sizeof(*block) + size);

	block->next = arena->blocks;
	block->kept = NULL;
	block->size = size;
	block->used = 0;
	arena->blocks = block;
	return block;
}

static char *take(struct gm_arena *arena, size_t size, size_t unit)
{
	struct gm_arena_block *block = arena->blocks;
	size_t at = block ? (block->used + unit - 1) / unit * unit : 0;

	if (!block || at > block->size || block->size - at < size) {
		size_t most = block ? 4 * block->size : FIRST_BLOCK;

		if (most < FIRST_BLOCK)
			most = FIRST_BLOCK;
		if (most > LARGEST_BLOCK)
			most = LARGEST_BLOCK;
		block = add_block(arena, size > most ? size : most);
		at = 0;
	}
	block->used = at + size;
	return (char *)block->bytes + at;
}

void *gm_arena_take(struct gm_arena *arena, size_t size)
{
	return take(arena, size, _Alignof(max_align_t));
}

char *gm_arena_text(struct gm_arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* Behind the first, from which goes on to be taken. */
void gm_arena_keep(struct gm_arena *arena, void *allocated)
{
	struct gm_arena_block *first = arena->blocks;

	if (!allocated)
		return;
	add_block(arena, 0)->kept = allocated;
	if (first) {
		arena->blocks->next = first->next;
		first->next = arena->blocks;
		arena->blocks = first;
	}
}

void gm_arena_move(struct gm_arena *to, struct gm_arena *from)
{
	struct gm_arena_block **end = &to->blocks;

	while (*end)
		end = &(*end)->next;
	*end = from->blocks;
	from->blocks = NULL;
}

void gm_arena_release(struct gm_arena *arena)
{
	while (arena->blocks) {
		struct gm_arena_block *next = arena->blocks->next;

		free(arena->blocks->kept);
		free(arena->blocks);
		arena->blocks = next;
	}
}
