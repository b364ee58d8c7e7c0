# SPDX-License-Identifier: LGPL-2.1-or-later
# The one reader of tools/packages: says what is missing on this machine and
# installs it by name. It adds no architecture and no apt source.
# shellcheck shell=bash

PACKAGES_FILE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages

# packages_rows GROUP...: the rows of these groups, each package once.
packages_rows() {
	awk -v groups=" $* " '!/^#/ && NF == 3 && index(groups, " " $1 " ") && !seen[$2]++' \
		"$PACKAGES_FILE"
}

packages_have_apt() {
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1
}

# packages_probe PACKAGE PROBE: is it there?
packages_probe() {
	local status

	if packages_have_apt; then
		# shellcheck disable=SC2016 # dpkg's own variable
		status=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) || return 1
		[ "$status" = installed ]
		return
	fi
	case $2 in
	cmd:*) command -v "${2#cmd:}" >/dev/null 2>&1 ;;
	pc:*) pkg-config --exists "${2#pc:}" 2>/dev/null ;;
	file:*) [ -e "${2#file:}" ] ;;
	*) false ;;
	esac
}

# packages_missing GROUP...: the rows whose package is not there.
packages_missing() {
	local group package probe

	packages_rows "$@" | while read -r group package probe; do
		packages_probe "$package" "$probe" || echo "$group $package $probe"
	done
}

# packages_require GROUP...: installs what is missing; where that is not possible,
# says exactly what is missing and fails.
packages_require() {
	local missing names

	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if ! packages_have_apt; then
		echo "Missing on this system (no apt here, so install these yourself):" >&2
		awk '{ sub(/:/, " ", $3); printf "  %-20s (%s)\n", $2, $3 }' <<<"$missing" >&2
		return 1
	fi
	names=$(awk '{ print $2 }' <<<"$missing" | tr '\n' ' ')
	if [ "$(id -u)" != 0 ]; then
		echo "Missing packages, and only root can install them. Run as root:" >&2
		echo "  apt-get install --no-install-recommends $names" >&2
		return 1
	fi
	packages_install "$names"
}

packages_apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# packages_install "NAME...": by name. Lists that are missing or too old to fetch
# from are updated first.
packages_install() {
	local -a names

	read -r -a names <<<"$1"
	echo "installing: ${names[*]}"
	packages_apt_install "${names[@]}" || {
		apt-get update -q && packages_apt_install "${names[@]}"
	}
}
