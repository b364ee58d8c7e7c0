#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The completions complete: each shell is asked, with a fake system behind mdevmgr. A
# shell that is not there is skipped, loudly.
# shellcheck disable=SC2016,SC2317 # programs in quotes; try_X is called by name
set -eu

: "${MDEVMGR:?}" "${top_srcdir:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

active=976d8cc2-4bfc-43b9-b9f9-f4af2de91ab9
defined=59e8b599-afdd-4766-a59e-415ef4f5a492
parent=0000:00:02.0

make_root() {
	local device=$work/root/sys/devices/pci0000:00/$parent

	mkdir -p "$device/mdev_supported_types/t-1/devices" "$device/$active" \
		"$work/root/sys/class/mdev_bus" "$work/root/sys/bus/mdev/devices" \
		"$work/root/etc/mdevctl.d/$parent"
	echo 4 >"$device/mdev_supported_types/t-1/available_instances"
	echo vfio-pci >"$device/mdev_supported_types/t-1/device_api"
	ln -s "../../devices/pci0000:00/$parent" "$work/root/sys/class/mdev_bus/"
	ln -s "../../../devices/pci0000:00/$parent/$active" "$work/root/sys/bus/mdev/devices/"
	ln -s ../mdev_supported_types/t-1 "$device/$active/mdev_type"
	ln -s "../../../$active" "$device/mdev_supported_types/t-1/devices/"
	mkdir -p "$work/root/etc/mdevmgr/parents.d"
	echo '{"kind":"vfio-ap"}' >"$work/root/etc/mdevmgr/parents.d/matrix.json"
	echo '{"kind":"vfio-ccw"}' >"$work/root/etc/mdevmgr/parents.d/0.0.4711.json"
	echo '{"mdev_type":"t-1","start":"auto"}' >"$work/root/etc/mdevctl.d/$parent/$defined"
}

make_programs() {
	mkdir "$work/bin"
	for name in mdevmgr mdevctl lsmdev; do
		ln -s "$MDEVMGR" "$work/bin/$name"
	done
}

# The command line to complete, and all candidates in any order. What follows "=" is
# given back with the option by fish, and cut at ":" and "=" by bash, so the lists say
# the last part only.
cases() {
	cat <<-END
	mdevmgr s|show start status stop
	mdevctl help m|modify monitor
	mdevctl --v|--version
	mdevmgr undefine --u|--uuid
	mdevmgr stop --i|--in-use
	mdevctl stop -u |$active
	mdevctl stop --uuid=|$active
	mdevmgr start -u |$defined
	mdevmgr start -p $parent -u $defined -u 5|$defined
	mdevctl list -u |$defined $active
	mdevctl define -p |$parent
	mdevctl define --parent=|$parent
	mdevctl define -p $parent -t |t-1
	mdevctl start-parent-mdevs |$parent
	mdevctl types -p |$parent
	lsmdev --def|--defined
	lsmdev -u |$defined $active
	mdevctl define --jsonfile $work/de|$work/definition
	mdevctl verify $work/de|$work/definition
	mdevmgr p|parent
	mdevmgr parent |apply define list release show undefine
	mdevmgr parent a|apply
	mdevmgr parent define --n|--now
	mdevmgr parent show |0.0.4711 matrix
	mdevmgr parent release m|matrix
	END
}

try_bash() {
	bash --norc -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$'"' \t\n\"=:'"'
		_mdevmgr
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$top_srcdir/completion/mdevmgr.bash" "$1"
}

try_fish() {
	fish --no-config -c '
		source $argv[1]
		complete -C $argv[2] | string replace -r "\t.*" "" | string replace -r "^--[a-z]+=" ""
	' "$top_srcdir/completion/mdevmgr.fish" "$1"
}

# zsh has no way to ask: a shell on a pseudo terminal tells what its completion adds.
make_zsh() {
	mkdir "$work/zsh"
	cat >"$work/zsh/.zshrc" <<-'END'
	PROMPT= fpath=($COMPLETION_DIR $fpath)
	unsetopt zle_bracketed_paste beep
	autoload -Uz compinit && compinit -D -u
	compadd() {
		local -a hits

		if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
			builtin compadd -A hits "$@"
			(($#hits)) && print -rl -- HIT:$^hits
		fi
		builtin compadd "$@"
	}
	finish() { compstate[insert]= compstate[list]=; print -r -- DONE }
	tell() { comppostfuncs=(finish); _main_complete }
	zle -C tell complete-word tell
	bindkey '^I' tell
	END
	cat >"$work/zsh/ask" <<-'END'
	zmodload zsh/zpty || exit 77
	zpty shell zsh -d -i
	zpty -w -n shell "$1"$'\t'
	while zpty -r shell text $'*\n'; do
		text=${${text//$'\r'/}%$'\n'}
		[[ $text == *DONE* ]] && break
		[[ $text == *HIT:* ]] && print -r -- ${text##*HIT:}
	done
	zpty -d shell
	END
}

# Files are added by zsh without their directory.
try_zsh() {
	local candidate

	ZDOTDIR=$work/zsh COMPLETION_DIR=$top_srcdir/completion \
		timeout 30 zsh -f "$work/zsh/ask" "$1" </dev/null |
		while IFS= read -r candidate; do
			[[ $candidate != definition ]] || candidate=$work/definition
			printf '%s\n' "$candidate"
		done
}

# try SHELL: all cases
try() {
	local line want got

	if ! command -v "$1" >/dev/null; then
		echo "SKIPPED: no $1 here, its completion is not tested"
		return
	fi
	while IFS='|' read -r line want; do
		got=$("try_$1" "$line" | sort -u | tr '\n' ' ')
		if [[ ${got% } == "$want" ]]; then
			echo "ok: $1: $line"
		else
			echo "FAILED: $1: '$line': want '$want', got '${got% }'"
			status=1
		fi
	done < <(cases)
}

make_root
make_programs
: >"$work/definition"
export MDEVCTL_ENV_ROOT=$work/root PATH=$work/bin:$PATH LC_ALL=C
export HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work
make_zsh
try bash
try fish
try zsh
exit "$status"
