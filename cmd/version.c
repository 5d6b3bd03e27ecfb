/*
 * The program's version, as the build gives it.
 */
#include "cmd/session.h"

const char *gm_tool_version(void)
{
	return GM_VERSION;
}
