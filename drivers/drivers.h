/*
 * The databases that this program was built for.
 */
#ifndef GM_DRIVERS_H
#define GM_DRIVERS_H

#include "db/driver.h"

/* All of them, a NULL at the end. */
extern const struct gm_driver *const gm_drivers[];

#endif
