# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # bats sets some of them, tests use the others
# For the tests of the command line: a fake root in $R (fixtures of tests/golden), the program under test by its
# three names, and what is expected of a run. MDEVMGR is the program.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/golden/fixtures.bash
source "$BATS_TEST_DIRNAME/../golden/fixtures.bash"

export LC_ALL=C
unset MDEVCTL_LOG MDEVCTL_LOG_STYLE NO_COLOR RUST_BACKTRACE
umask 022

setup() {
	local name

	[[ -x ${MDEVMGR:?the program under test} ]]
	R=$BATS_TEST_TMPDIR/root
	export MDEVCTL_ENV_ROOT=$R
	mkdir "$BATS_TEST_TMPDIR/bin"
	for name in mdevmgr mdevctl lsmdev; do
		ln -s "$(realpath "$MDEVMGR")" "$BATS_TEST_TMPDIR/bin/$name"
	done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	skeleton
	mkdir -p "$R/run" "$R/proc" "$R/dev"
	fixture
	cd "$R" || return
}

# What a test file builds in its root, unless it says otherwise.
fixture() {
	fixture_base
}

# try ARGUMENT...: runs mdevmgr; then status, output, stderr
try() {
	run --separate-stderr mdevmgr "$@"
}

# try_as NAME ARGUMENT...: by another name
try_as() {
	run --separate-stderr "$@"
}

show_run() {
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr" >&2
}

# succeeds: status 0, nothing on stderr
succeeds() {
	if [[ $status != 0 || -n $stderr ]]; then
		show_run
		return 1
	fi
}

# warns [PATTERN]: status 0, and each line on stderr is a warning; one of them has the pattern
warns() {
	local line found=

	for line in "${stderr_lines[@]}"; do
		[[ $line == "Warning: "* ]] || { show_run; return 1; }
		# shellcheck disable=SC2053
		[[ $line != *${1-}* ]] || found=1
	done
	[[ $status == 0 && -n $found ]] || { show_run; return 1; }
}

# fails STATUS PATTERN: this status, nothing on stdout, and one line "Error: " that begins with the pattern
fails() {
	local line errors=0 found=''

	for line in "${stderr_lines[@]}"; do
		case $line in
		"Error: "*)
			errors=$((errors + 1))
			# shellcheck disable=SC2053
			[[ $line != "Error: "$2* ]] || found=1
			;;
		"Warning: "*) ;;
		*) show_run; return 1 ;;
		esac
	done
	[[ $status == "$1" && -z $output && $errors == 1 && -n $found ]] || { show_run; return 1; }
}

# refuses: a usage error
refuses() {
	[[ $status == 2 && -z $output && -n $stderr ]] || { show_run; return 1; }
}

# prints TEXT: exactly this on stdout
prints() {
	[[ $output == "$1" ]] || { show_run; printf 'expected: %s\n' "$1" >&2; return 1; }
}

# has PATTERN: somewhere in stdout
has() {
	# shellcheck disable=SC2053
	[[ $output == *$1* ]] || { show_run; return 1; }
}

# file_is PATH TEXT: below the root
file_is() {
	local text=

	IFS= read -r -d '' text <"$R/$1" || :
	[[ $text == "$2" ]] || { printf '%s: %s\nexpected: %s\n' "$1" "$text" "$2" >&2; return 1; }
}

# definition UUID PARENT TYPE START [NAME VALUE]...: the stored file is exactly this
definition() {
	json "${@:3}"
	file_is "etc/mdevctl.d/$2/$1" "$REPLY"
}

no_file() {
	[[ ! -e $R/$1 && ! -L $R/$1 ]] || { echo "$1 is there" >&2; return 1; }
}

# unchanged COMMAND...: no file, mode, time or content below the root differs after it
unchanged() {
	tree_state >"$BATS_TEST_TMPDIR/before"
	"$@"
	tree_state >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" >&2
}

tree_state() {
	(cd "$R" && find . -printf '%y %m %s %T@ %C@ %p %l\n' | sort -k 6 && find . -type f -exec cksum {} + | sort -k 3)
}

# The path, in sysfs, of a device's or a type's directory.
device_dir() { REPLY=sys/devices/${DEVPATH[$2]}/$1; }
type_dir() { REPLY=sys/devices/${DEVPATH[$1]}/mdev_supported_types/$2; }

need_strace() {
	command -v strace >/dev/null || skip "no strace"
	strace -o "$BATS_TEST_TMPDIR/probe" true 2>/dev/null || skip "strace may not trace here"
}

# traced OPTIONS... -- COMMAND...: leaves its system calls in $BATS_TEST_TMPDIR/trace. The search for
# leaks at the end of a program cannot work in one that is traced.
traced() {
	strace -f -E "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" -o "$BATS_TEST_TMPDIR/trace" "$@"
}
