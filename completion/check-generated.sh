#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is generated from the table of the command line and committed is what the
# generators make of it now.
set -eu

: "${MDEVMGR:?}" "${top_srcdir:?}"
if ! command -v python3 >/dev/null; then
	echo "SKIPPED: no python3 here, generated files are not compared"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

"$MDEVMGR" --dump-cli >"$work/dump"
compare() {	# GENERATOR ARGUMENT FILE
	python3 "$top_srcdir/$1" "$2" <"$work/dump" >"$work/new"
	diff -u "$top_srcdir/$3" "$work/new" || {
		echo "$3 is out of date: run make update-generated"
		status=1
	}
}

compare completion/generate bash completion/mdevmgr.bash
compare completion/generate zsh completion/_mdevmgr
compare completion/generate fish completion/mdevmgr.fish
compare man/generate verbs man/verbs.rst
compare man/generate statuses man/statuses.rst
exit "$status"
