/*
 * A node's column goes on to its first parent; for each further one a column
 * is put in to the right, and where two columns wait for the same node the
 * right one is led into the left one. Column i stands at 2i, and what leads
 * from one to the next in between.
 */
#include "base/drawing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct gm_drawing_column {
	size_t node;
	size_t colour;
};

static struct gm_cells *begin_line(struct gm_drawing *d)
{
	struct gm_cells *line;

	GM_GROW(d->lines, d->n_lines, d->lines_cap);
	line = &d->lines[d->n_lines++];
	memset(line, 0, sizeof(*line));
	return line;
}

static void put(struct gm_cells *line, size_t at, char c, size_t colour)
{
	while (line->n <= at) {
		GM_GROW(line->v, line->n, line->cap);
		line->v[line->n++] = (struct gm_cell){ ' ', 0 };
	}
	line->v[at] = (struct gm_cell){ c, colour };
}

static void put_bars(const struct gm_drawing *d, struct gm_cells *line,
		     size_t first, size_t end)
{
	for (; first < end; first++)
		put(line, 2 * first, '|', d->columns[first].colour);
}

/* The columns from `first` on go one place to the left. */
static void put_slants(const struct gm_drawing *d, struct gm_cells *line,
		       size_t first)
{
	for (; first < d->n_columns; first++)
		put(line, 2 * first - 1, '/', d->columns[first].colour);
}

static void insert_column(struct gm_drawing *d, size_t at, size_t node)
{
	GM_GROW(d->columns, d->n_columns, d->columns_cap);
	memmove(d->columns + at + 1, d->columns + at,
		(d->n_columns - at) * sizeof(*d->columns));
	d->columns[at].node = node;
	d->columns[at].colour = ++d->n_colours;
	d->n_columns++;
}

static void remove_column(struct gm_drawing *d, size_t at)
{
	d->n_columns--;
	memmove(d->columns + at, d->columns + at + 1,
		(d->n_columns - at) * sizeof(*d->columns));
}

static size_t find_column(const struct gm_drawing *d, size_t node)
{
	size_t i = 0;

	while (i < d->n_columns && d->columns[i].node != node)
		i++;
	return i;
}

static void draw_node(struct gm_drawing *d, size_t column, char mark)
{
	struct gm_cells *line = begin_line(d);

	put_bars(d, line, 0, d->n_columns);
	put(line, 2 * column, mark, 0);
}

/* The column on the left waits for the first parent anyway: this one goes on
 * to the second. */
static void draw_left(struct gm_drawing *d, size_t column)
{
	struct gm_cells *line = begin_line(d);

	put_bars(d, line, 0, d->n_columns);
	put(line, 2 * column - 1, '/', d->columns[column].colour);
}

/* A column that begins right of the one before it. */
static void draw_fork(struct gm_drawing *d, size_t at, size_t node)
{
	struct gm_cells *line = begin_line(d);
	size_t i;

	/* The column beside it waits for that one anyway. */
	if (at < d->n_columns && d->columns[at].node == node) {
		put_bars(d, line, 0, d->n_columns);
		put(line, 2 * at - 1, '\\', d->columns[at].colour);
		return;
	}
	put_bars(d, line, 0, at);
	for (i = at; i < d->n_columns; i++)
		put(line, 2 * i + 1, '\\', d->columns[i].colour);
	insert_column(d, at, node);
	put(line, 2 * at - 1, '\\', d->columns[at].colour);
}

static void draw_end(struct gm_drawing *d, size_t column)
{
	struct gm_cells *line;

	if (column + 1 < d->n_columns) {
		line = begin_line(d);
		put_bars(d, line, 0, column);
		put_slants(d, line, column + 1);
	}
	remove_column(d, column);
}

/* Leads the column `from` into `to`, which is left of it. */
static void draw_join(struct gm_drawing *d, size_t to, size_t from)
{
	struct gm_cells *line = begin_line(d);
	size_t colour = d->columns[from].colour;
	size_t i;

	put_bars(d, line, 0, from);
	for (i = to + 1; i + 1 < from; i++)
		put(line, 2 * i + 1, '_', colour);
	put_slants(d, line, from);
	remove_column(d, from);
	if (from == to + 1)
		return;
	line = begin_line(d);
	put_bars(d, line, 0, d->n_columns);
	put(line, 2 * to + 1, '/', colour);
}

static void join_all(struct gm_drawing *d)
{
	size_t from = 0;

	while (from < d->n_columns) {
		size_t to = find_column(d, d->columns[from].node);

		if (to < from)
			draw_join(d, to, from);
		else
			from++;
	}
}

static void clear(struct gm_drawing *d)
{
	size_t i;

	for (i = 0; i < d->n_lines; i++)
		free(d->lines[i].v);
	d->n_lines = 0;
	d->rest.n = 0;
	d->width = 0;
}

void gm_drawing_add(struct gm_drawing *d, size_t node, char mark,
		    const size_t *parents, size_t n)
{
	size_t column = find_column(d, node);
	size_t i;

	clear(d);
	if (column == d->n_columns)
		insert_column(d, column, node);
	draw_node(d, column, mark);
	if (n > 1 && column && d->columns[column - 1].node == parents[0]) {
		draw_left(d, column);
		parents++;
		n--;
	}
	if (n)
		d->columns[column].node = parents[0];
	else
		draw_end(d, column);
	for (i = 1; i < n; i++)
		draw_fork(d, column + i, parents[i]);
	join_all(d);
	put_bars(d, &d->rest, 0, d->n_columns);
	d->width = d->rest.n;
	for (i = 0; i < d->n_lines; i++)
		if (d->lines[i].n > d->width)
			d->width = d->lines[i].n;
}

void gm_drawing_release(struct gm_drawing *d)
{
	clear(d);
	free(d->lines);
	free(d->rest.v);
	free(d->columns);
	memset(d, 0, sizeof(*d));
}
