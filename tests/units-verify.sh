#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The units, the udev rules and the journal's catalog: systemd accepts them, the sandbox
# is as tight as it was, and each of the daemon's message ids is explained.
set -eu

: "${top_srcdir:?}" "${top_builddir:?}"

# Exposure as systemd-analyze measures it, in tenths.
exposure_max=40
# What the daemon cannot work under, see units/sandbox.conf.
forbidden='ProtectKernelTunables|PrivateNetwork|PrivateDevices|PrivateUsers|ProcSubset|ProtectClock|RestrictSUIDSGID'
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

complain()
{
	echo "$*"
	status=1
}

# skip_or_have PROGRAM
have()
{
	command -v "$1" >/dev/null || { echo "SKIPPED: no $1"; return 1; }
}

# ---- made files ---------------------------------------------------------------------

# Prints what make did not fill in.
find_unfilled()
{
	grep -HnE '@[a-z]+@|\$[({]' "$@" | sed "s|^.*/||" || true
}

# ---- rules ------------------------------------------------------------------------

# Prints lines of the rules $1 that udev would not understand, and GOTOs to nowhere.
find_bad_rules()
{
	local token='[A-Z_]+(\{[A-Za-z_]+\})?(==|!=|=|\+=|:=)"[^"]*"' label

	grep -nvE "^(#.*|[[:space:]]*|$token(, $token)*)\$" "$1" || true
	while read -r label; do
		grep -qx "LABEL=\"$label\"" "$1" || echo "GOTO=\"$label\" leads nowhere"
	done < <(grep -oE 'GOTO="[^"]+"' "$1" | cut -d '"' -f 2 | sort -u)
}

check_rules()
{
	local file=$top_builddir/udev-rules/60-mdevmgr.rules found

	found=$(find_bad_rules "$file")
	[[ -z $found ]] || complain "$file: $found"
	# Since systemd 254.
	if udevadm verify --help >/dev/null 2>&1; then
		udevadm verify --resolve-names=never "$file" || complain "udevadm verify: see above"
	fi
}

# ---- units ------------------------------------------------------------------------

# The units as they are made, but with a program that is on this system: that ours are where
# units look for them is seen by installcheck.
copy_units()
{
	local unit

	for unit in "$top_builddir"/units/*.service; do
		sed -E "s|^(Exec[A-Za-z]+=-?)/[^ ]*/mdevmgr[a-z-]*|\\1/bin/true|" "$unit" >"$work/${unit##*/}"
	done
	cp "$work/mdevmgr-parent@.service" "$work/mdevmgr-parent@4711.service"
	cp "$work/mdevmgr-recipes@.service" "$work/mdevmgr-recipes@4711.service"
}

check_units()
{
	local out unit

	have systemd-analyze || return 0
	copy_units
	# It asks the manager of this system for nothing.
	out=$(systemd-analyze verify --man=no --recursive-errors=no "$work"/*.service 2>&1) ||
		complain "systemd-analyze verify fails"
	[[ -z $out ]] || complain "systemd-analyze verify: $out"
	for unit in "$work"/*.service; do
		! grep -HE "^($forbidden)=" "$unit" || complain "the daemon cannot work so"
		! grep -HE '^ReadWritePaths=(.* )?/(run|var)/' "$unit" ||
			complain "the unit fails where that is missing: put - before it"
		[[ $unit != *4711* ]] || continue
		systemd-analyze security --offline=true --threshold="$exposure_max" "$unit" \
			>"$work/out" 2>&1 || complain "${unit##*/}: $(tail -n 1 "$work/out")"
	done
}

# ---- catalog -----------------------------------------------------------------------

# Prints where the ids of the header $1 and of the catalog $2 differ.
find_unexplained()
{
	comm -3 <(grep -oE '"[0-9a-f]{32}"' "$1" | tr -d '"' | sort) \
		<(sed -nE 's/^-- ([0-9a-f]{32})$/\1/p' "$2" | sort) |
		sed -E 's/^\t(.*)/\1 is in the catalog only, or twice/; t; s/$/ is not in the catalog, or twice in the header/'
}

check_catalog()
{
	local file=$top_srcdir/units/mdevmgr.catalog found listed

	found=$(find_unexplained "$top_srcdir/src/daemon/message-ids.h" "$file")
	[[ -z $found ]] || complain "$found"
	have journalctl || return 0
	mkdir -p "$work"/root/{usr/lib/systemd/catalog,var/lib/systemd/catalog}
	cp "$file" "$work/root/usr/lib/systemd/catalog/"
	found=$(journalctl --root="$work/root" --update-catalog 2>&1) || complain "no catalog: $found"
	[[ -z $found ]] || complain "journalctl --update-catalog: $found"
	listed=$(journalctl --root="$work/root" --list-catalog | grep -c ' mdevmgr: ') || true
	found=$(grep -c '^-- [0-9a-f]' "$file")
	[[ $listed == "$found" ]] || complain "the catalog has $found entries, journalctl reads $listed"
}

# The checks must see mistakes, or their silence says nothing.
test_the_checks()
{
	local -a lines

	printf '%s\n' '#define A "0123456789abcdef0123456789abcdef"' >"$work/ids.h"
	printf '%s\n' '-- 0123456789abcdef0123456789abcdee' >"$work/catalog"
	printf '%s\n' 'ACTION=="add" GOTO="end"' 'ACTION=="add", GOTO="nowhere"' >"$work/rules"
	# shellcheck disable=SC2016 # what make should have filled in
	printf '%s\n' 'ExecStart=@libexecdir@/x' 'ExecStop=${prefix}/y' >"$work/unit"
	mapfile -t lines < <(
		find_unexplained "$work/ids.h" "$work/catalog"
		find_bad_rules "$work/rules"
		find_unfilled "$work/unit"
	)
	if ((${#lines[@]} != 7)); then
		printf 'the check itself found %d of 7:\n' "${#lines[@]}"
		printf '  %s\n' "${lines[@]}"
		return 1
	fi
}

test_the_checks
unfilled=$(find_unfilled "$top_builddir"/units/*.service "$top_builddir"/udev-rules/60-mdevmgr.rules)
[[ -z $unfilled ]] || complain "not filled in: $unfilled"
check_rules
check_units
check_catalog
exit "$status"
