#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs every fuzz target over its corpus: fuzz-NAME over corpus/NAME.
set -eu

: "${top_srcdir:?}" "${top_builddir:?}" "${FUZZ_TARGETS:?}"
corpus=$top_srcdir/tests/fuzz/corpus
status=0

for target in $FUZZ_TARGETS; do
	name=${target##*/fuzz-}
	if [[ -z $(find "$corpus/$name" -type f) ]]; then
		echo "$name: no corpus"
		status=1
	elif ! "$top_builddir/$target" -runs=0 "$corpus/$name"; then
		echo "$name: FAILED, the last file named above is the one"
		status=1
	fi
done
exit "$status"
