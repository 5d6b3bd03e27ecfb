/*
 * Files for tests, from text.
 */
#include "series_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"

struct gm_file *test_file_bytes(struct gm_files *files, const char *name,
				const char *bytes, size_t len)
{
	struct gm_file *file = gm_files_add(files);

	file->name = gm_strdup(name);
	file->path = gm_format("migrations/%s", name);
	file->bytes = gm_strndup(bytes, len);
	file->len = len;
	return file;
}

struct gm_file *test_file(struct gm_files *files, const char *name,
			  const char *text)
{
	return test_file_bytes(files, name, text, strlen(text));
}

struct gm_migration *test_migration(const char *id, const char *bytes,
				    size_t len)
{
	struct gm_files files = { 0 };
	struct gm_findings findings = { 0 };
	struct gm_migration *migration;
	char *name = gm_format("%s.sql", id);

	test_file_bytes(&files, name, bytes, len);
	gm_migration_parse(&migration, "", &files.v[0], &findings);
	if (findings.n)
		print_message("%s: line %zu: %s\n", name, findings.v[0].line,
			      findings.v[0].message);
	assert_non_null(migration);
	gm_findings_release(&findings);
	gm_files_release(&files);
	free(name);
	return migration;
}
