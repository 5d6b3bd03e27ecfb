/*
 * The heads of a tree that has grown, and the migrations that stand beside
 * those added: as check_heads.c finds them, on a graph without names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_grown.h"

/* More heads, or more beside those added, are judged by the check itself. */
#define MOST_HEADS 1024
#define MOST_BESIDE 128

#define NONE UINT32_MAX

struct graph {
	const struct gm_grown *g;
	/* The tree's nodes, and those added. */
	size_t n;
	/* By what was added, in the order of the series. */
	const struct gm_migration **added;
	/* By node. */
	uint32_t *children;
	size_t words;
	uint64_t *heads;
	/* By node of the tree: its place on the side, or NONE. */
	uint32_t *beside;
	size_t n_beside;
};

/* The app that the node belongs to. */
static size_t app_of(const struct graph *graph, size_t node)
{
	const struct gm_grown *g = graph->g;
	size_t app = 0;

	if (node >= g->tree->n)
		return gm_grown_app(g, graph->added[node - g->tree->n]->app);
	while (node >= g->first[app + 1])
		app++;
	return app;
}

/* Calls for each node that this one stands on. */
static void each_before(const struct graph *graph, size_t node,
			void (*use)(struct graph *graph, size_t node,
				    size_t before, bool is_parent),
			struct graph *context)
{
	const struct gm_grown *g = graph->g;
	const struct gm_clean_tree *tree = g->tree;
	size_t i;

	if (node < tree->n) {
		for (i = gm_clean_number(tree->first, node);
		     i < gm_clean_number(tree->first, node + 1); i++) {
			uint32_t edge = gm_clean_number(tree->edges, i);

			use(context, node, edge >> 1, edge & 1);
		}
	} else {
		const struct gm_migration *m = graph->added[node - tree->n];

		for (i = 0; i < m->n_before; i++)
			use(context, node, g->nodes[m->before[i]->index],
			    i < m->n_above);
	}
}

static void count_child(struct graph *graph, size_t node, size_t before,
			bool is_parent)
{
	(void)node;
	graph->children[before] += is_parent;
}

static void pass_heads(struct graph *graph, size_t node, size_t before,
		       bool is_parent)
{
	size_t w;

	(void)is_parent;
	for (w = 0; w < graph->words; w++)
		graph->heads[before * graph->words + w] |=
			graph->heads[node * graph->words + w];
}

static void list_added(struct graph *graph)
{
	const struct gm_grown *g = graph->g;
	size_t i;

	for (i = 0; i < g->series.n; i++)
		if (g->nodes[i] >= g->tree->n)
			graph->added[g->nodes[i] - g->tree->n] = g->series.v[i];
}

/* How many heads there are; `several`: an app has more than one. */
static size_t count_heads(const struct graph *graph, bool *several)
{
	const struct gm_grown *g = graph->g;
	size_t *by_app = gm_calloc(g->project->n_apps, sizeof(*by_app));
	size_t n = 0;
	size_t i;

	*several = false;
	for (i = 0; i < graph->n; i++) {
		if (graph->children[i])
			continue;
		n++;
		*several |= ++by_app[app_of(graph, i)] > 1;
	}
	free(by_app);
	return n;
}

/* Children before those that they stand on. */
static void find_reach(struct graph *graph)
{
	const struct gm_clean_tree *tree = graph->g->tree;
	size_t heads = 0;
	size_t i;

	for (i = 0; i < graph->n; i++) {
		if (graph->children[i])
			continue;
		graph->heads[i * graph->words + heads / 64] |= (uint64_t)1
							       << heads % 64;
		heads++;
	}
	for (i = graph->n; i-- > tree->n;)
		each_before(graph, i, pass_heads, graph);
	for (i = tree->n; i-- > 0;)
		each_before(graph, gm_clean_number(tree->order, i), pass_heads,
			    graph);
}

static bool share_head(const struct graph *graph, size_t a, size_t b)
{
	size_t w;

	for (w = 0; w < graph->words; w++)
		if (graph->heads[a * graph->words + w] &
		    graph->heads[b * graph->words + w])
			return true;
	return false;
}

/* Marks those of the tree that one added shares no head with. */
static void find_beside(struct graph *graph)
{
	const struct gm_grown *g = graph->g;
	size_t i;
	size_t k;

	for (k = 0; k < g->tree->n; k++)
		graph->beside[k] = NONE;
	for (i = g->tree->n; i < graph->n; i++) {
		size_t app = app_of(graph, i);

		for (k = g->first[app]; k < g->first[app + 1]; k++) {
			if (graph->beside[k] != NONE || share_head(graph, i, k))
				continue;
			graph->beside[k] = (uint32_t)(g->n_added +
						      graph->n_beside++);
		}
	}
}

/* Those of the app that are beside, in the order of their nodes. */
static void list_beside(const struct graph *graph, size_t app,
			struct gm_files *files)
{
	const struct gm_grown *g = graph->g;
	struct gm_files all = { 0 };
	const struct gm_tree_bytes none = { 0 };
	size_t node = g->first[app];
	size_t i;

	gm_tree_bytes_grown(g->project->repo, &none, &g->tree->dirs[app].tree,
			    g->project->apps[app].dir, SIZE_MAX, &all);
	for (i = 0; i < all.n; i++, node++) {
		if (graph->beside[node] != NONE)
			gm_files_move(files, &all.v[i]);
	}
	gm_files_release(&all);
}

/* Those added, and behind them those beside them. */
static bool fill_side(struct gm_side *side, struct graph *graph)
{
	const struct gm_grown *g = graph->g;
	bool good = true;
	size_t next = g->n_added;
	size_t i;

	for (i = 0; i < g->n_added; i++)
		gm_side_add(side, g->project, graph->added[i]);
	for (i = 0; i < g->tree->n; i++)
		if (graph->beside[i] != NONE)
			graph->beside[i] = (uint32_t)next++;
	for (i = 0; good && i < g->project->n_apps; i++) {
		struct gm_files files = { 0 };

		list_beside(graph, i, &files);
		good = gm_grown_read_side(side, g, i, &files);
		gm_files_release(&files);
	}
	return good && side->n == next;
}

static bool has_conflict(const struct gm_conflicts *found)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->v[i].verdict == GM_PAIR_CONFLICT)
			return true;
	return false;
}

/* Each of those added with each one beside it. */
static bool judge_pairs(const struct graph *graph, const struct gm_side *side)
{
	const struct gm_grown *g = graph->g;
	struct gm_conflicts found = { 0 };
	bool good;
	size_t i;
	size_t k;

	for (i = g->tree->n; i < graph->n; i++) {
		size_t own = i - g->tree->n;

		for (k = 0; k < i; k++) {
			size_t other = k < g->tree->n ? graph->beside[k]
						      : k - g->tree->n;

			if ((k < g->tree->n && other == NONE) ||
			    side->v[own].app != side->v[other].app ||
			    share_head(graph, i, k))
				continue;
			gm_conflicts_judge_pair(&found, g->project,
						&side->v[own], &side->v[other]);
		}
	}
	good = !has_conflict(&found);
	gm_conflicts_release(&found);
	return good;
}

static bool judge_beside(struct graph *graph, size_t heads)
{
	struct gm_side side = { 0 };
	bool good;

	if (heads > MOST_HEADS)
		return false;
	graph->words = (heads + 63) / 64;
	graph->heads = gm_calloc(graph->n * graph->words,
				 sizeof(*graph->heads));
	graph->beside = gm_calloc(graph->g->tree->n, sizeof(*graph->beside));
	find_reach(graph);
	find_beside(graph);
	good = graph->n_beside <= MOST_BESIDE && fill_side(&side, graph) &&
	       judge_pairs(graph, &side);
	gm_side_release(&side);
	free(graph->beside);
	free(graph->heads);
	return good;
}

bool gm_grown_heads(struct gm_grown *g)
{
	struct graph graph = { .g = g, .n = g->tree->n + g->n_added };
	bool several;
	bool good = true;
	size_t heads;
	size_t i;

	graph.added = gm_calloc(g->n_added, sizeof(*graph.added));
	graph.children = gm_calloc(graph.n, sizeof(*graph.children));
	list_added(&graph);
	for (i = 0; i < graph.n; i++)
		each_before(&graph, i, count_child, &graph);
	heads = count_heads(&graph, &several);
	if (several)
		good = !g->linear &&
		       (!g->n_added || judge_beside(&graph, heads));
	free(graph.children);
	free(graph.added);
	return good;
}
