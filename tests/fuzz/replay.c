/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a fuzz target over the files of a corpus, without libFuzzer. Takes the same
 * command line as a libFuzzer program: [-OPTION...] FILE|DIRECTORY... */
#include "config.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "shared/macro.h"

static size_t n_replayed;

static int fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return 1;
}

static void closefilep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* The buffer is as large as the file: a sanitizer sees any access beyond. */
static int replay_file(const char *path, size_t size)
{
	_cleanup_(closefilep) FILE *f = fopen(path, "rbe");
	_cleanup_(freep) uint8_t *data = malloc(size);

	if (!f || (size > 0 && (!data || fread(data, 1, size, f) != size)))
		return fail(path);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	n_replayed++;
	return 0;
}

static int on_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (type == FTW_NS || type == FTW_DNR)
		return fail(path);
	return type == FTW_F ? replay_file(path, (size_t)st->st_size) : 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-' && nftw(argv[i], on_entry, 8, FTW_PHYS) != 0)
			return EXIT_FAILURE;
	printf("%zu files replayed\n", n_replayed);
	return n_replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
