# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the host side of the VM tests: where the cache is, which Debian it
# is filled from, and a private apt that leaves the host's own alone.
# shellcheck shell=bash disable=SC2034
set -eu

VM_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mdevmgr
VM_DIR=$VM_CACHE/vm-amd64
VM_SUITE=bookworm

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need() {
	local cmd
	for cmd in "$@"; do
		command -v "$cmd" >/dev/null 2>&1 ||
			die "the command $cmd is missing (tools/packages names its package)"
	done
}

# vm_lock MODE: hold the cache's lock (-s to use it, -x to fill it) on
# descriptor 9 until the shell ends.
vm_lock() {
	mkdir -p "$VM_CACHE" || die "cannot make the cache $VM_CACHE (set XDG_CACHE_HOME)"
	exec 9>"$VM_CACHE/vm-amd64.lock" ||
		die "cannot write to the cache $VM_CACHE (set XDG_CACHE_HOME)"
	flock "$1" 9
}

# vm_sources: the sources.list of the private apt: the mirror that the host
# itself uses, or MDEVMGR_MIRROR.
vm_sources() {
	local key=/usr/share/keyrings/debian-archive-keyring.gpg opt='' uri list

	[ ! -e "$key" ] || opt="[signed-by=$key] "
	if [ -z "${MDEVMGR_MIRROR:-}" ]; then
		# shellcheck disable=SC2016 # apt's own variables
		list=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) main' \
			'Identifier: Packages' | sort -u)
	else
		list="$MDEVMGR_MIRROR $VM_SUITE main"
	fi
	if ! grep -q " $VM_SUITE main" <<<"$list"; then
		uri=$(sed -n 's|^\([^ ]*/debian/*\) .*|\1|p' <<<"$list" | head -n 1)
		[ -n "$uri" ] || die "found no Debian mirror in apt's sources (set MDEVMGR_MIRROR)"
		list="$uri $VM_SUITE main"
	fi
	grep -E " $VM_SUITE(-updates|-security)? main" <<<"$list" | sed "s|^|deb $opt|"
}

# vm_apt DIR: make a private apt below DIR and point this process to it.
vm_apt() {
	local dir=$1

	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	vm_sources >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-CONF
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
	CONF
	export APT_CONFIG=$dir/apt.conf
	apt-get update -q >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		die "apt-get update with the private sources $dir/sources.list failed"
	}
}

# vm_acquire_options FILE: how the host's apt reaches its mirror (proxies and
# the like), for mmdebstrap, which does not read the host's configuration.
vm_acquire_options() {
	apt-config dump Acquire::http Acquire::https Acquire::Check-Valid-Until \
		Acquire::Check-Date >"$1"
}
