#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who may include whom: shared <- core <- {cli, daemon}, cli and daemon never each
# other; a library's header is included by the files that wrap the library; paths below
# /sys are made by one file. No exceptions: a file that needs one is in the wrong room.
set -eu

: "${top_srcdir:?}"

# ROOM and the rooms whose headers it may include.
declare -A may_include=(
	[shared]='shared'
	[core]='core|shared'
	[cli]='cli|core|shared'
	[daemon]='daemon|core|shared'
)

# What is matched in a line, and the files below src that may hold it.
declare -A belongs_to=(
	['#include *[<"]json-c/']='shared/json\.c|core/definition(-[a-z]+)?\.c|core/recipe(-text)?\.c|core/callout-probe\.c'
	['#include *[<"]uuid/']='core/mdev-uuid\.c'
	['#include *[<"]getopt\.h']='cli/[a-z-]+\.c|daemon/main\.c'
	['#include *<netlink/']='shared/(netlink\.[ch]|uevent\.c)'
	['#include *<dlfcn\.h']='shared/library\.c'
	['"/sys["/]']='core/sysfs(-[a-z]+)?\.c'
)

# Prints what is wrong below the directory $1, one line a finding.
find_violations()
{
	local dir=$1 room pattern

	find "$dir" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | while read -r room; do
		if [[ -z ${may_include[$room]-} ]]; then
			echo "$room: a room without a rule"
			continue
		fi
		grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$dir/$room" \
			--include='*.[ch]' |
			grep -vE "#[[:space:]]*include[[:space:]]*\"(config\.h\"|(${may_include[$room]})/[a-z])" |
			sed "s|^$dir/||; s|\$| (not for $room)|" || true
	done
	for pattern in "${!belongs_to[@]}"; do
		grep -rnE "$pattern" "$dir" --include='*.[ch]' | sed "s|^$dir/||" |
			grep -vE "^(${belongs_to[$pattern]}):" || true
	done
}

# The check must see each kind of violation, or its silence says nothing.
test_the_check()
{
	local tree
	local -a lines

	tree=$(mktemp -d)
	mkdir -p "$tree"/{shared,core/drivers,cli,daemon,attic}
	echo '#include "core/env.h"' >"$tree/shared/a.c"
	echo '# include "cli/cli.h"' >"$tree/core/drivers/b.c"
	echo '#include "daemon/d.h"' >"$tree/cli/c.h"
	echo '#include "cli/cli.h"' >"$tree/daemon/d.c"
	echo '#include "../core/env.h"' >"$tree/cli/e.c"
	echo '#include "env.h"' >"$tree/core/f.c"
	echo '#include <json-c/json.h>' >"$tree/core/plan.c"
	echo '#include <uuid/uuid.h>' >"$tree/cli/g.c"
	echo '#include <getopt.h>' >"$tree/core/h.c"
	echo '#include <netlink/netlink.h>' >"$tree/cli/k.c"
	echo '#include <dlfcn.h>' >"$tree/cli/j.c"
	echo 'open("/sys/class", O_PATH);' >"$tree/core/i.c"
	printf '%s\n' '#include "config.h"' '#include "core/env.h"' '#include <errno.h>' \
		>"$tree/cli/good.c"
	mapfile -t lines < <(find_violations "$tree")
	rm -rf "$tree"
	if ((${#lines[@]} != 13)); then
		printf 'the check itself found %d of 13:\n' "${#lines[@]}"
		printf '  %s\n' "${lines[@]}"
		return 1
	fi
}

test_the_check
violations=$(find_violations "$top_srcdir/src")
if [[ -n $violations ]]; then
	printf 'against the layers (HACKING.md):\n%s\n' "$violations"
	exit 1
fi
