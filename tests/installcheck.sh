#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# installcheck.sh FILE...: what was installed is there, and so is every file and manual
# page that it names. DESTDIR goes before all of them. With RUN=yes programs are run.
set -eu

: "${DESTDIR=}" "${RUN:=no}" "${VERSION:?}"
status=0

# What is named but need not be there: made at run time, the kernel's, or the user's.
is_optional() {
	case $1 in
	/etc/mdevctl.d | /etc/mdevctl.d/* | /usr/lib/mdevctl/scripts.d | /usr/lib/mdevctl/scripts.d/*) return 0 ;;
	/etc/mdevmgr | /etc/mdevmgr/* | /usr/lib/mdevmgr | /usr/lib/mdevmgr/*) return 0 ;;
	# What other tools of s390x write.
	/etc/driverctl.d | /etc/driverctl.d/* | /etc/udev/rules.d/41-*) return 0 ;;
	# What an administrator may make, and systemd at boot.
	/etc/systemd/system/* | /etc/udev/rules.d | /etc/modules-load.d | /var/* | */systemd/system/*.wants/*) return 0 ;;
	# Where the manual says that a package has them; ours may have another prefix.
	/usr/share/dbus-1/system.d/* | /usr/share/polkit-1/actions/*) return 0 ;;
	# In uevents, no files.
	/devices/*) return 0 ;;
	# On the bus, no files.
	/org/mdevmgr1 | /org/mdevmgr1/*) return 0 ;;
	/usr/lib | /etc | /dev | /dev/* | /proc | /proc/* | /run | /run/* | /sys | /sys/* | /tmp/*) return 0 ;;
	esac
	return 1
}

complain() {
	echo "installcheck: $*" >&2
	status=1
}

# The text of a file, without roff's markup in manual pages
text_of() {
	case $1 in
	*.[1-9]) sed -e 's/\\f[A-Z]//g' -e 's/\\&//g' -e 's/\\-/-/g' -e 's/\\(aq/'"'"'/g' "$1" ;;
	*) cat "$1" ;;
	esac
}

# Absolute paths, as a program or a person would take them from the text
paths_in() {
	text_of "$1" | grep -oE "(^|[[:space:]\"'(=])/[a-z]+(/[A-Za-z0-9_.+@-]+)*" |
		sed -e 's/^[^/]*//' -e 's/[.]*$//' | sort -u
}

# References such as mdevmgr(8) to pages of ours
pages_in() {
	text_of "$1" | grep -oE '(mdev|lsmdev)[a-z-]*\([1-9]\)' | sort -u || :
}

check_pages() {
	local page name

	while read -r page; do
		name=${page%(*}.${page#*(}
		name=${name%)}
		[[ " ${files[*]}" == *"/$name"* ]] || complain "$1 refers to $page, which is not installed"
	done < <(pages_in "$DESTDIR$1")
}

check_paths() {
	local path

	while read -r path; do
		is_optional "$path" || [[ -e $DESTDIR$path || -e $path ]] ||
			complain "$1 names $path, which is not there"
	done < <(paths_in "$DESTDIR$1")
}

is_text() {
	LC_ALL=C grep -qI . "$1"
}

check_version() {	# FILE WORDS
	local got

	got=$("$DESTDIR$1" --version) || complain "$1 does not run"
	[[ $got == "$2" ]] || complain "$1 --version says '$got', not '$2'"
}

files=("$@")
for file in "${files[@]}"; do
	if [[ ! -e $DESTDIR$file ]]; then
		complain "$file is not installed, or is a link to nowhere"
		continue
	fi
	case $file in
	*.[1-9]) check_pages "$file" ;;
	esac
	if is_text "$DESTDIR$file"; then
		check_paths "$file"
		continue
	fi
	[[ $RUN == yes ]] || continue
	case $file in
	*/mdevmgr) check_version "$file" "mdevmgr $VERSION" ;;
	*/mdevctl) check_version "$file" "mdevctl 1.4.0" ;;
	*/lsmdev) check_version "$file" "lsmdev 1.4.0" ;;
	esac
done
[[ $status != 0 ]] || echo "installcheck: ${#files[@]} files, and all that they name, are there"
exit "$status"
