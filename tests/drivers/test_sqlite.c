/*
 * The suite on SQLite.
 */
#include "suite.h"

int main(int argc, char **argv)
{
	return suite_main(argc, argv, "sqlite", NULL, NULL);
}
