/*
 * Finding libgit2's functions.
 */
#include "git/library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/libgit2.h"

#ifdef __APPLE__
#define LIBRARY "libgit2." LIBGIT2_SOVERSION ".dylib"
#else
#define LIBRARY "libgit2.so." LIBGIT2_SOVERSION
#endif

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define ENTRY(name) { "git_" #name, offsetof(struct gm_libgit2, name) },
	GM_LIBGIT2_FUNCTIONS(ENTRY)
};

int gm_libgit2_load(struct gm_libgit2 **out, struct gm_error *err)
{
	struct gm_libgit2 *git = gm_calloc(1, sizeof(*git));
	void *library;
	size_t i;

	*out = NULL;
	/* Never closed: it would be loaded again, and what it brought along
	 * may not be made for leaving. */
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		free(git);
		gm_error_set(err, GM_ERROR, "cannot load '%s'", LIBRARY);
		return gm_error_hint(err, "install git and libgit2");
	}
	for (i = 0; i < GM_ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function) {
			gm_error_set(err, GM_ERROR, "%s has no '%s'", LIBRARY,
				     functions[i].name);
			free(git);
			return GM_ERROR;
		}
		memcpy((char *)git + functions[i].at, &function,
		       sizeof(function));
	}
	git->libgit2_init();
	*out = git;
	return 0;
}

void gm_libgit2_close(struct gm_libgit2 *git)
{
	if (!git)
		return;
	if (git->repo)
		git->repository_free(git->repo);
	git->libgit2_shutdown();
	free(git);
}
