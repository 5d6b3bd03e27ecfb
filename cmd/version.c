/*
 * The program's version, as the build gives it.
 */
#include "cmd/session.h"

const char *tool_version(void)
{
	return GM_VERSION;
}
