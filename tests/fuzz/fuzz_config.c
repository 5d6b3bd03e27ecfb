/*
 * .gitmigrate comes from strangers: whatever it holds is either read or
 * refused with the line's number, and it never includes another file.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "git/git.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_config config = { 0 };
	struct gm_error err = { 0 };
	size_t i;
	int rc;

	rc = gm_config_parse(&config, (const char *)data, size, "f", &err);
	if (rc && (rc != GM_EINVALID || strncmp(err.message, "f:", 2)))
		abort();
	for (i = 0; i < config.n; i++)
		if (gm_starts_with(config.v[i].key, "include.") ||
		    gm_starts_with(config.v[i].key, "includeif."))
			abort();
	gm_config_release(&config);
	gm_error_release(&err);
	return 0;
}
