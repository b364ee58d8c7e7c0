# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the host side of the s390x VMs: the parts of their cache (a root, and a
# kernel for each version), each with a lock and a stamp of what it was made from.
# shellcheck shell=bash disable=SC2034
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

S390X_HERE=$VM_HERE/s390x
S390X_CACHE=$VM_CACHE/vm-s390x
S390X_KERNELS="6.1 6.12"

# s390x_suite KERNEL: the Debian that has its source.
s390x_suite() {
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	*) die "no such kernel: $1 (there are: $S390X_KERNELS)" ;;
	esac
}

# s390x_lock -s|-x PART FD: hold the part's lock until the shell ends.
s390x_lock() {
	mkdir -p "$S390X_CACHE" || die "cannot make the cache $S390X_CACHE (set XDG_CACHE_HOME)"
	eval "exec $3>\"\$S390X_CACHE/$2.lock\"" ||
		die "cannot write to the cache $S390X_CACHE (set XDG_CACHE_HOME)"
	flock "$1" "$3"
}

# s390x_ready PART STAMP: is it there, made from just these inputs?
s390x_ready() {
	[ "$(cat "$S390X_CACHE/$1/ready" 2>/dev/null)" = "$2" ]
}

# s390x_stamp WORD FILE...
s390x_stamp() {
	local word=$1

	shift
	{
		cat "$@"
		echo "$word ${MDEVMGR_MIRROR:-}"
	} | sha256sum | cut -d ' ' -f 1
}

# s390x_fill PART STAMP FUNCTION: make the part anew. The function gets a directory to work
# in and one to fill, and runs under set -e.
s390x_fill() {
	local part=$1 stamp=$2 fill=$3 new=$S390X_CACHE/$1.new

	s390x_ready "$part" "$stamp" && return 0
	[ "$(id -u)" = 0 ] || die "filling the VM's cache needs root (guest roots, modules)"
	s390x_lock -x "$part" 9
	# Another run may have filled it while this one waited.
	s390x_ready "$part" "$stamp" && return 0
	# With the lock held, whatever lies here is of a build that was killed.
	rm -rf --one-file-system "${S390X_CACHE:?}/$part" "$new" "$S390X_CACHE/work-$part".*
	work=$(mktemp -d "$S390X_CACHE/work-$part.XXXXXX")
	# shellcheck disable=SC2064 # the names as they are now
	trap "rm -rf --one-file-system '$work' '$new'" EXIT
	trap 'exit 130' INT TERM HUP
	mkdir "$new"
	"$fill" "$work" "$new"
	echo "$stamp" >"$new/ready"
	mv "$new" "$S390X_CACHE/$part"
}
