/*
 * Drawing a graph beside a list, node by node, children before parents: a
 * column for each node that is still to come, and lines between them.
 */
#ifndef GM_BASE_DRAWING_H
#define GM_BASE_DRAWING_H

#include <stddef.h>

struct gm_cell {
	char c;
	/* Which column it belongs to, counted from 1 in the order of their
	 * beginning; 0: a node, or a blank. */
	size_t colour;
};

struct gm_cells {
	struct gm_cell *v;
	size_t n;
	size_t cap;
};

/* A zeroed struct is ready for the first node. */
struct gm_drawing {
	/* What the last node takes: first the line that it is on. */
	struct gm_cells *lines;
	size_t n_lines;
	size_t lines_cap;
	/* What stands beside whatever else is said of it. */
	struct gm_cells rest;
	/* The widest of these. */
	size_t width;

	struct gm_drawing_column *columns;
	size_t n_columns;
	size_t columns_cap;
	size_t n_colours;
};

/* Draws a node, by any number that stands for it, as the character `mark`.
 * Its parents are nodes that come later, each once. */
void gm_drawing_add(struct gm_drawing *drawing, size_t node, char mark,
		    const size_t *parents, size_t n);
void gm_drawing_release(struct gm_drawing *drawing);

#endif
