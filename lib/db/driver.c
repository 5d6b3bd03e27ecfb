/*
 * Finding a driver.
 */
#include "db/driver.h"

#include <string.h>

const struct gm_driver *gm_driver_find(const struct gm_driver *const *table,
				       const char *scheme)
{
	const char *const *s;

	for (; *table; table++)
		for (s = (*table)->schemes; *s; s++)
			if (!strcmp(*s, scheme))
				return *table;
	return NULL;
}
