/*
 * The table of drivers: the one place that names them all.
 */
#include "drivers.h"

#include "mysql.h"
#include "postgres.h"
#include "sqlite.h"

const struct gm_driver *const gm_drivers[] = {
	&gm_driver_sqlite,
	&gm_driver_postgres,
	&gm_driver_mysql,
	NULL,
};
