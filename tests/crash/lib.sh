# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the crash tests share: TAP, a relocated system with one parent, and the helper that stops a
# program at each call which changes files. Sourced with the program under test as first argument or in
# MDEVMGR. INTERCEPT: the helper; PEER: an mdevctl that must be able to read what we leave.
# shellcheck disable=SC2034 # variables for those who source this

tests=0
failures=0
problems=()

# A parent whose name is neither a plain word nor a UUID.
parent=0000:3b:00.4
uuid=976d8cc2-4bfc-43b9-b9f9-f4af2de91ab9
type=bench-type1

bail()
{
	echo "Bail out! $*"
	exit 1
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

problem()
{
	problems+=("$*")
}

# verdict NAME: a test is good when nothing called problem() since the last one
verdict()
{
	local text

	tests=$((tests + 1))
	if [ ${#problems[@]} -eq 0 ]; then
		echo "ok $tests - $1"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	for text in "${problems[@]:0:20}"; do
		printf '%s\n' "${text//"$root"/}" | sed 's/^/# /'
	done
	problems=()
}

# skip NAME WHY
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

finish()
{
	echo "1..$tests"
	[ "$failures" -eq 0 ]
}

# A system below $root, with a parent that offers two types and has no device.
make_root()
{
	local types=$root/sys/devices/pci0000:3a/$parent/mdev_supported_types name

	rm -rf "$root"
	mkdir -p "$root"/{etc/mdevctl.d,usr/lib/mdevctl/scripts.d/{callouts,notifiers},run,proc,dev} \
		"$root"/sys/{class/mdev_bus,bus/mdev/{devices,drivers/vfio_mdev}}
	for name in bench-type1 bench-type2; do
		mkdir -p "$types/$name/devices"
		echo 16 >"$types/$name/available_instances"
		echo vfio-pci >"$types/$name/device_api"
		: >"$types/$name/create"
	done
	ln -s "../../devices/pci0000:3a/$parent" "$root/sys/class/mdev_bus/$parent"
}

definition_path()
{
	echo "$root/etc/mdevctl.d/$parent/$uuid"
}

# tool ARGS...: runs it; leaves $rc, $work/out, $work/err
tool()
{
	timeout 60 "$mdevctl" "$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
}

# intercepted OPTIONS... -- ARGS...: runs the tool under the helper; also leaves $work/calls
intercepted()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	timeout 60 "$intercept" -o "$work/calls" -p "$root/" "${options[@]}" -- "$mdevctl" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	rc=$?
}

# Bytes of the definition with its mode, or "absent".
definition_state()
{
	if [ -e "$(definition_path)" ]; then
		stat -c %a "$(definition_path)"
		cat "$(definition_path)"
	else
		echo absent
	fi
}

# Names that another reader would trip over: it takes plain files directly in the directory for nothing,
# and every file in a parent's directory for a definition.
foreign_names()
{
	find "$root/etc/mdevctl.d" -mindepth 1 -maxdepth 1 ! -type d ! -name '.*'
	find "$root/etc/mdevctl.d" -mindepth 1 -maxdepth 1 -type d ! -name "$parent"
	find "$root/etc/mdevctl.d" -mindepth 2 ! -name "$uuid"
}

# Temporary files; the lock file stays for the next writer.
leftovers()
{
	find "$root/etc/mdevctl.d" -mindepth 1 -maxdepth 1 -name '.*' ! -name .lock
}

require_intercept()
{
	"$intercept" -o "$work/calls" -- true 2>"$work/err"
	case $? in
	0) ;;
	77) skip_all "$(cat "$work/err")" ;;
	*) bail "$intercept does not run: $(cat "$work/err")" ;;
	esac
}

binary=$(realpath -e "${1:-${MDEVMGR:?the program under test}}") || bail "no program under test"
intercept=${INTERCEPT:-${top_builddir:-.}/tests/crash/intercept}
[ -n "${PEER:-}" ] && PEER=$(realpath -e "$PEER")
# in memory: these tests ask for thousands of fsyncs
base=/dev/shm
[ -w "$base" ] || base=${TMPDIR:-/tmp}
work=$(mktemp -d "$base/mdevmgr-crash-XXXXXX") || bail "no directory for files"
trap 'rm -rf "$work"' EXIT
root=$work/root
mdevctl=$work/bin/mdevctl
mkdir "$work/bin"
ln -s "$binary" "$mdevctl"
export MDEVCTL_ENV_ROOT=$root
unset MDEVCTL_LOG RUST_BACKTRACE RUST_LIB_BACKTRACE
