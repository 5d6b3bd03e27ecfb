/*
 * The file is mapped, and gone through once: whatever is unusual in it shows
 * then. Numbers stand in network order; an entry is filled up with NULs to a
 * multiple of eight bytes.
 */
#include "git/index_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define HEADER ((size_t)12)

/* Times, device, inode; then the mode, and then owner and size. */
#define MODE_AT ((size_t)24)
#define ID_AT ((size_t)40)

#define FLAG_EXTENDED 0x4000u
#define FLAG_STAGE 0x3000u
#define FLAG_INTENT_TO_ADD 0x2000u

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static unsigned flags_at(const struct gm_index_file *index, size_t at)
{
	const unsigned char *flags = index->bytes + at + ID_AT + index->id_len;

	return (unsigned)flags[0] << 8 | flags[1];
}

static size_t path_at(const struct gm_index_file *index, size_t at)
{
	bool extended = flags_at(index, at) & FLAG_EXTENDED;

	return at + ID_AT + index->id_len + 2 + (extended ? 2 : 0);
}

/* Where the next entry begins; 0 where this one isn't plain. */
static size_t entry_end(const struct gm_index_file *index, size_t at,
			size_t end)
{
	size_t least = ID_AT + index->id_len + 4;
	const unsigned char *nul;
	unsigned flags;
	size_t path;
	size_t len;

	if (end - at < least)
		return 0;
	flags = flags_at(index, at);
	path = path_at(index, at);
	if (flags & FLAG_STAGE)
		return 0;
	if (flags & FLAG_EXTENDED &&
	    index->bytes[path - 2] & FLAG_INTENT_TO_ADD >> 8)
		return 0;
	nul = memchr(index->bytes + path, '\0', end - path);
	if (!nul)
		return 0;
	len = (size_t)(nul - index->bytes) - at;
	len = (len + 8) / 8 * 8;
	return len <= end - at ? at + len : 0;
}

/* Extensions that change what the entries mean begin with a small letter. */
static bool extensions_are_known(const struct gm_index_file *index, size_t at,
				 size_t end)
{
	while (at < end) {
		size_t size;

		if (end - at < 8 || index->bytes[at] < 'A' ||
		    index->bytes[at] > 'Z')
			return false;
		size = number(index->bytes + at + 4);
		if (size > end - at - 8)
			return false;
		at += 8 + size;
	}
	return true;
}

static bool is_plain(struct gm_index_file *index)
{
	size_t at = HEADER;
	uint32_t version;
	size_t end;
	size_t n;

	if (index->size < HEADER + index->id_len ||
	    memcmp(index->bytes, "DIRC", 4) != 0)
		return false;
	end = index->size - index->id_len;
	version = number(index->bytes + 4);
	n = number(index->bytes + 8);
	if ((version != 2 && version != 3) || n > index->size / ID_AT ||
	    index->size > UINT32_MAX)
		return false;
	index->at = gm_calloc(n, sizeof(*index->at));
	for (index->n = 0; index->n < n; index->n++) {
		index->at[index->n] = (uint32_t)at;
		at = entry_end(index, at, end);
		if (!at)
			return false;
	}
	return extensions_are_known(index, at, end);
}

/* A relative name in the environment counts from the top, where hooks run. */
static char *path_of(const struct gm_repo *repo)
{
	const char *named = getenv("GIT_INDEX_FILE");
	char *here;
	bool at_top;

	if (!named)
		return gm_format("%s/index", repo->git_dir);
	if (*named == '/')
		return gm_strdup(named);
	here = realpath(".", NULL);
	at_top = here && repo->top && !strcmp(here, repo->top);
	free(here);
	return at_top && *named ? gm_strdup(named) : NULL;
}

static bool map(struct gm_index_file *index, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		index->size = (size_t)st.st_size;
		bytes = mmap(NULL, index->size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	if (bytes == MAP_FAILED)
		return false;
	index->bytes = bytes;
	return true;
}

bool gm_index_file_open(struct gm_index_file *index, const struct gm_repo *repo)
{
	char *path = repo->libgit2 ? NULL : path_of(repo);
	bool plain = false;

	memset(index, 0, sizeof(*index));
	index->id_len = repo->sha256 ? 32 : 20;
	if (path && map(index, path))
		plain = is_plain(index);
	if (!plain)
		gm_index_file_close(index);
	free(path);
	return plain;
}

void gm_index_file_close(struct gm_index_file *index)
{
	if (index->bytes)
		munmap((void *)index->bytes, index->size);
	free(index->at);
	memset(index, 0, sizeof(*index));
}

struct gm_index_entry gm_index_file_entry(const struct gm_index_file *index,
					  size_t i)
{
	size_t at = index->at[i];

	return (struct gm_index_entry){
		.path = (const char *)index->bytes + path_at(index, at),
		.mode = number(index->bytes + at + MODE_AT),
		.id = index->bytes + at + ID_AT,
	};
}

size_t gm_index_file_find(const struct gm_index_file *index, const char *path)
{
	size_t low = 0;
	size_t high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(gm_index_file_entry(index, middle).path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
