/*
 * Memory for many small things that go at once: they cost no more than their
 * bytes, and lie next to each other.
 */
#ifndef GM_BASE_ARENA_H
#define GM_BASE_ARENA_H

#include <stddef.h>

struct gm_arena_block;

/* A zeroed struct is empty. Not to be shared by threads. */
struct gm_arena {
	struct gm_arena_block *blocks;
};

/* Room for `size` bytes of any type, not zeroed. Never NULL. */
void *gm_arena_take(struct gm_arena *arena, size_t size);

/* A copy that ends in a NUL. */
char *gm_arena_text(struct gm_arena *arena, const char *text, size_t len);

/* Frees what came from malloc together with the rest. NULL is nothing. */
void gm_arena_keep(struct gm_arena *arena, void *allocated);

/* Moves all that is in `from`, which is empty then. */
void gm_arena_move(struct gm_arena *to, struct gm_arena *from);

void gm_arena_release(struct gm_arena *arena);

#endif
