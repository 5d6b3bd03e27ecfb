/*
 * Data that is lost, as far as a footprint tells.
 */
#include "work/lost.h"

#include <string.h>

#include "base/alloc.h"

static bool is_table(const struct gm_object *object, const char *name)
{
	return object->kind == GM_OBJECT_TABLE && !strcmp(object->name, name);
}

/* Whether what is done to the table of that name includes one of these. */
static bool table_has(const struct gm_footprint *footprint, const char *name,
		      unsigned touches)
{
	size_t i;

	for (i = 0; i < footprint->n; i++)
		if (is_table(&footprint->v[i], name) &&
		    footprint->v[i].touches & touches)
			return true;
	return false;
}

static bool is_dropped(const struct gm_footprint *footprint, const char *name)
{
	return table_has(footprint, name, GM_TOUCH_DROP) &&
	       !table_has(footprint, name, GM_TOUCH_CREATE | GM_TOUCH_RENAME);
}

static const char *kind_of_loss(const struct gm_footprint *footprint,
				const struct gm_object *object)
{
	if (object->kind == GM_OBJECT_TABLE &&
	    is_dropped(footprint, object->name))
		return "table";
	if (object->kind == GM_OBJECT_TABLE &&
	    object->touches & GM_TOUCH_DELETE &&
	    !(object->touches & GM_TOUCH_DROP))
		return "rows of";
	if (object->kind == GM_OBJECT_COLUMN && object->owner &&
	    object->touches & GM_TOUCH_DROP &&
	    !(object->touches &
	      (GM_TOUCH_CREATE | GM_TOUCH_RENAME | GM_TOUCH_MAYBE)) &&
	    strcmp(object->name, "*") != 0 &&
	    !table_has(footprint, object->owner, GM_TOUCH_DROP))
		return "column";
	return NULL;
}

void gm_list_lost(const struct gm_footprint *footprint, struct gm_strings *lost,
		  char **unknown)
{
	size_t i;

	*unknown = NULL;
	for (i = 0; i < footprint->n; i++) {
		const struct gm_object *object = &footprint->v[i];
		const char *kind = kind_of_loss(footprint, object);
		struct gm_strbuf text = { 0 };

		if (!kind)
			continue;
		gm_strbuf_addf(&text, "%s ", kind);
		gm_object_name(object, &text);
		if (!gm_strings_has(lost, gm_strbuf_str(&text)))
			gm_strings_add(lost, gm_strbuf_str(&text));
		gm_strbuf_release(&text);
	}
	if (footprint->n_unknown)
		*unknown = gm_strdup(footprint->unknown[0].reason);
}
