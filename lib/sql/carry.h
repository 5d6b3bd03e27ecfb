/*
 * What in a ground carries something. Private to the ground.
 */
#ifndef GM_SQL_CARRY_H
#define GM_SQL_CARRY_H

#include "sql/clash.h"

static inline bool gm_is_relation(const struct gm_object *o)
{
	return o->kind == GM_OBJECT_TABLE || o->kind == GM_OBJECT_VIEW;
}

static inline bool gm_is_key(const struct gm_object *o)
{
	return o->kind == GM_OBJECT_CONSTRAINT && o->owner &&
	       (o->touches & GM_TOUCH_USE) &&
	       (!strcmp(o->name, GM_PRIMARY_KEY) ||
		!strcmp(o->name, GM_UNIQUE_KEY));
}

static inline bool gm_is_heritage(const struct gm_object *o)
{
	return o->kind == GM_OBJECT_SETTING && o->owner &&
	       (!strcmp(o->name, GM_INHERITED) ||
		!strcmp(o->name, "partitions"));
}

/* It is SQL that is kept. */
static inline bool gm_is_kept(const struct gm_object *o)
{
	return (o->kind == GM_OBJECT_VIEW || o->kind == GM_OBJECT_TRIGGER ||
		o->kind == GM_OBJECT_FUNCTION) &&
	       (o->touches & CREATE);
}

#endif
