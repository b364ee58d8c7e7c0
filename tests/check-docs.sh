#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What README.md, HACKING.md, NEWS and the manual say is there: every source file has its
# line in HACKING.md, every path that is named exists, every verb and option is in
# mdevmgr(8), and lines can be read on a terminal.
set -eu

: "${top_srcdir:?}" "${top_builddir:?}" "${MDEVMGR:?}"

# Columns: of prose, and of tables and samples, which cannot be broken.
prose_max=100
wide_max=200

# Prints the files that the list in $1 has: lines that begin with a path below src,
# x.[ch] being two files.
listed_files()
{
	grep -oE '^src/[a-z0-9/-]+\.(\[ch\]|[a-z]+) ' "$1" |
		sed -E 's/ $//; s/^(.*)\.\[ch\]$/\1.c\n\1.h/' | sort
}

# Prints where the list in $1 and the files below $2/src differ.
find_unlisted()
{
	local file

	comm -3 <(listed_files "$1") <(cd "$2" && find src -name '*.[ch]' -o -name '*.def' | sort) |
		while IFS= read -r file; do
			case $file in
			$'\t'*) echo "${1##*/}: ${file#?} has no line in the list of files" ;;
			*) echo "${1##*/}: $file is in the list of files twice, or is not there" ;;
			esac
		done
}

# Words of $1 that are paths of the sources, or what a link leads to.
paths_in()
{
	grep -oE "(^|[[:space:]\`(\"=])(\./)?(\.ci|src|tests|man|completion|tools)/[][A-Za-z0-9_./*-]+" "$1" |
		sed -E 's/^[[:space:]`("=]//; s/[.:]*$//'
	grep -oE "(^|[[:space:]\`(])\./[a-z][a-z-]*" "$1" | sed -E 's/^[[:space:]`(]//'
	grep -oE '\]\([^)#:]+\)' "$1" | sed -E 's/^..//; s/.$//'
}

# True if the path $1 is in $2 (sources), in $3 (built) or made from a source of its name.
# Words in capitals stand for names (tests/unit/test-X.c): there must be one such.
path_exists()
{
	local pattern

	[[ ! -e $2/$1 && ! -e $3/$1 && ! -e $2/$1.c ]] || return 0
	pattern=$(sed -E 's/[A-Z]+/*/g; s/\[ch\]/c/' <<<"$1")
	[[ $pattern != "$1" ]] && (cd "$2" && compgen -G "$pattern" >/dev/null)
}

# Prints the paths of $1 that are neither below $2 (sources) nor $3 (built).
find_dangling()
{
	local path

	paths_in "$1" | sort -u | while IFS= read -r path; do
		path_exists "$path" "$2" "$3" || echo "${1##*/}: $path is not there"
	done
}

# Prints lines of $1 that are too long or end in blanks. Tables, samples and lines that
# are one word (links) may be wider than prose.
find_unreadable()
{
	LC_ALL=C.UTF-8 awk -v prose="$prose_max" -v wide="$wide_max" -v name="${1##*/}" '
		/^```/ { sample = !sample }
		{ max = sample || /^\|/ || !/[^ ] +[^ ]/ ? wide : prose }
		length($0) > max { print name ":" FNR ": " length($0) " columns, at most " max }
		/[ \t]$/ { print name ":" FNR ": ends in blanks" }
		/\t/ && !sample { print name ":" FNR ": a tab" }
		END { if (sample) print name ": a sample is not closed" }' "$1"
}

# The page $1 with what it includes.
page_text()
{
	local line

	while IFS= read -r line; do
		if [[ $line == '.. include:: '* ]]; then
			cat "${1%/*}/${line#.. include:: }"
		else
			printf '%s\n' "$line"
		fi
	done <"$1"
}

# Prints the verbs and options of the table in $1 (--dump-cli) that the page $2 lacks.
find_undocumented()
{
	local word text

	text=$(page_text "$2" | sed 's/\\//g')
	sed -nE '/"hidden": true}/d; s/^ *\{"long": "([^"]+)".*/--\1/p; s/^\{"verb": "([^"]+)".*/\1/p' "$1" |
		sort -u | while IFS= read -r word; do
			grep -qE -e "(^|[^a-z-])$word([^a-z-]|$)" <<<"$text" ||
				echo "${2##*/}: $word is not explained"
		done
}

find_all()	# SOURCES BUILT DUMP
{
	local doc

	find_unlisted "$1/HACKING.md" "$1"
	for doc in README.md HACKING.md; do
		find_dangling "$1/$doc" "$1" "$2"
	done
	for doc in README.md HACKING.md NEWS; do
		find_unreadable "$1/$doc"
	done
	find_undocumented "$3" "$1/man/mdevmgr.8.rst"
}

make_bad_tree()
{
	mkdir -p "$1"/{src/core,man,tests/unit}
	touch "$1"/src/core/{good.c,good.h,forgotten.c} "$1/tests/unit/test-good.c" "$1/check"
	cat >"$1/HACKING.md" <<-TEXT
		src/core/good.[ch]   the good
		src/core/gone.c      the gone
		See \`tests/unit/test-X.c\`, [this](NEWS) and ./check, not \`tests/unit/best-X.c\`,
		tests/gone.sh or [that](gone.md) and ./gone; src/core/good.c.
		$(printf 'word %.0s' {1..30})x
	TEXT
	# shellcheck disable=SC2016 # a fence, not a command
	printf '%s \n```\na sample\n' 'ends in a blank' >"$1/README.md"
	printf '|%0220d|\nfine\n' 0 >"$1/NEWS"
	printf '%s\n' '{"verb": "good", "usage": "x", "options": [' '  {"long": "here", "kind": "none"},' \
		'  {"long": "her", "kind": "none"},' '  {"long": "secret", "kind": "none", "hidden": true}]},' \
		'{"verb": "goo", "options": []}]}' >"$1/dump"
	printf '%s\n' 'a page' '.. include:: part.rst' >"$1/man/mdevmgr.8.rst"
	printf '%s\n' 'good' '**--here** *X*' >"$1/man/part.rst"
}

# The check must see each kind of mistake, or its silence says nothing.
test_the_check()
{
	local tree
	local -a lines

	tree=$(mktemp -d)
	make_bad_tree "$tree"
	mapfile -t lines < <(find_all "$tree" "$tree" "$tree/dump")
	rm -rf "$tree"
	if ((${#lines[@]} != 13)); then
		printf 'the check itself found %d of 13:\n' "${#lines[@]}"
		printf '  %s\n' "${lines[@]}"
		return 1
	fi
}

test_the_check
dump=$(mktemp)
trap 'rm -f "$dump"' EXIT
"$MDEVMGR" --dump-cli >"$dump"
mistakes=$(find_all "$top_srcdir" "$top_builddir" "$dump")
if [[ -n $mistakes ]]; then
	printf 'the documents are not up to date:\n%s\n' "$mistakes"
	exit 1
fi
