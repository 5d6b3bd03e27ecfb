/*
 * libgit2, opened by name when it is needed: linked to the program, it and
 * the TLS and SSH libraries that it brings would cost each start more than
 * all the rest.
 */
#ifndef GM_GIT_LIBRARY_H
#define GM_GIT_LIBRARY_H

#include <git2.h>

#include "base/error.h"

/* The functions that are used, without "git_". */
#define GM_LIBGIT2_FUNCTIONS(X)                                                \
	X(libgit2_init)                                                        \
	X(libgit2_shutdown)                                                    \
	X(error_last)                                                          \
	X(repository_open_ext)                                                 \
	X(repository_free)                                                     \
	X(repository_path)                                                     \
	X(repository_commondir)                                                \
	X(repository_workdir)                                                  \
	X(repository_set_workdir)                                              \
	X(repository_is_shallow)                                               \
	X(repository_config)                                                   \
	X(repository_odb)                                                      \
	X(repository_index)                                                    \
	X(config_open_default)                                                 \
	X(config_iterator_new)                                                 \
	X(config_next)                                                         \
	X(config_iterator_free)                                                \
	X(config_free)                                                         \
	X(reference_lookup)                                                    \
	X(reference_resolve)                                                   \
	X(reference_list)                                                      \
	X(reference_type)                                                      \
	X(reference_target)                                                    \
	X(reference_symbolic_target)                                           \
	X(reference_free)                                                      \
	X(strarray_dispose)                                                    \
	X(revparse_single)                                                     \
	X(object_id)                                                           \
	X(object_type)                                                         \
	X(object_type2string)                                                  \
	X(object_free)                                                         \
	X(odb_read)                                                            \
	X(odb_read_header)                                                     \
	X(odb_object_data)                                                     \
	X(odb_object_size)                                                     \
	X(odb_object_type)                                                     \
	X(odb_object_free)                                                     \
	X(odb_free)                                                            \
	X(merge_bases_many)                                                    \
	X(oidarray_dispose)                                                    \
	X(oid_fromstr)                                                         \
	X(oid_tostr)                                                           \
	X(index_entrycount)                                                    \
	X(index_get_byindex)                                                   \
	X(index_free)                                                          \
	X(diff_options_init)                                                   \
	X(patch_from_buffers)                                                  \
	X(patch_print)                                                         \
	X(patch_free)

#define GM_LIBGIT2_MEMBER(name) __typeof__(git_##name) *name;

/* `repo` is the repository that it stands in for, or NULL. */
struct gm_libgit2 {
	git_repository *repo;
	GM_LIBGIT2_FUNCTIONS(GM_LIBGIT2_MEMBER)
};

/* Opens the library and starts it; gm_libgit2_close ends it. GM_ERROR where
 * it isn't installed. */
int gm_libgit2_load(struct gm_libgit2 **out, struct gm_error *err);

#endif
