/*
 * The suite on MySQL or MariaDB.
 */
#include "suite.h"

int main(int argc, char **argv)
{
	return suite_main(argc, argv, "mysql", "GM_TEST_MYSQL_URL", NULL);
}
