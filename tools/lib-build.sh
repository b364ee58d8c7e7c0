# SPDX-License-Identifier: LGPL-2.1-or-later
# How the scripts at the top copy, configure and build the sources: never in the
# checkout itself, so that it stays as it was.
# shellcheck shell=bash

BUILD_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Paths as a distribution's package has them.
BUILD_CONFIGURE="--prefix=/usr --sysconfdir=/etc --localstatedir=/var"
BUILD_CACHE=${XDG_CACHE_HOME:-${HOME:-}/.cache}/mdevmgr

# build_copy_source DIR: the sources as they stand, without what builds left.
build_copy_source() {
	local file

	mkdir -p "$1"
	if git -C "$BUILD_TOP" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git -C "$BUILD_TOP" ls-files -z --cached --others --exclude-standard |
			while IFS= read -r -d '' file; do
				[ ! -e "$BUILD_TOP/$file" ] || printf '%s\0' "$file"
			done | tar -C "$BUILD_TOP" --null --no-recursion -T - -c
	else
		tar -C "$BUILD_TOP" --exclude=./.git --exclude=./autom4te.cache --exclude='*.o' --exclude='*.a' \
			--exclude=./config.status --exclude=.deps -c .
	fi | tar -C "$1" --no-same-owner -x
}

# build_configure SRC DIR ARGS...: configure in DIR.
build_configure() {
	local src=$1 dir=$2

	shift 2
	mkdir -p "$dir"
	# shellcheck disable=SC2086 # a list of options
	(cd "$dir" && "$src/configure" $BUILD_CONFIGURE --quiet "$@")
}

build_make() {	# DIR ARGS...
	local dir=$1

	shift
	make -s -C "$dir" -j"$(nproc)" "$@"
}

# build_tree WORK: mdevmgr from the sources as they stand, installed to WORK/inst.
build_tree() {
	build_copy_source "$1/src"
	(cd "$1/src" && ./bootstrap)
	build_configure "$1/src" "$1/build"
	build_make "$1/build"
	build_make "$1/build" install DESTDIR="$1/inst"
}

# build_sysroot: an s390x tree to link against, unpacked and never installed: no foreign
# architecture comes to the host.
build_sysroot() {
	local dir=$BUILD_CACHE/sysroot-s390x stamp

	stamp=$(cat "$BUILD_TOP/tools/sysroot-s390x" "$BUILD_TOP/tests/vm/common.sh" |
		sha256sum | cut -d ' ' -f 1)
	[ "$(cat "$dir/ready" 2>/dev/null)" != "$stamp" ] || return 0
	"$BUILD_TOP/tools/sysroot-s390x" "$dir" "$stamp"
}

# build_cross SRC DIR DEST: configure SRC in DIR for s390x, and install it to DEST.
build_cross() {
	local root=$BUILD_CACHE/sysroot-s390x

	build_sysroot
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH='' \
		PKG_CONFIG_LIBDIR=$root/usr/lib/s390x-linux-gnu/pkgconfig:$root/usr/share/pkgconfig \
		build_configure "$1" "$2" --enable-werror --host=s390x-linux-gnu \
		CC="s390x-linux-gnu-gcc --sysroot=$root"
	build_make "$2"
	build_make "$2" install DESTDIR="$3"
}

# build_tree_s390x WORK: as build_tree, across.
build_tree_s390x() {
	build_copy_source "$1/src"
	(cd "$1/src" && ./bootstrap)
	build_cross "$1/src" "$1/build" "$1/inst"
}
