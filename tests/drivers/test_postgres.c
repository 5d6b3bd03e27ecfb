/*
 * The suite on PostgreSQL.
 */
#include "suite.h"

int main(int argc, char **argv)
{
	return suite_main(argc, argv, "postgres", "GM_TEST_POSTGRES_URL", NULL);
}
