# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Generated from the table in src/cli/cli-table.c by `make update-generated'.

# Completed words must not depend on how readline breaks words at ":" and "=", which
# stand in parents' names and before values: the line is split at blanks here, and what
# readline has already is cut off again at the end.

_mdevmgr_options()
{
	case $1 in
	'') echo '-h --help -V --version' ;;
	define) echo '-u --uuid -a --auto -p --parent -t --type --attr --jsonfile --ap --reserve --ccw --subchannel -f --force --dry-run -h --help' ;;
	undefine) echo '-u --uuid -p --parent -f --force --dry-run -h --help' ;;
	modify) echo '-u --uuid -p --parent -t --type --addattr --delattr -i --index --value --ap -a --auto -m --manual -l --live -d --defined --jsonfile -f --force --dry-run -h --help' ;;
	start) echo '-u --uuid -p --parent -t --type --jsonfile -f --force --dry-run -h --help' ;;
	stop) echo '-u --uuid -p --parent --wait --in-use -f --force --dry-run -h --help' ;;
	list) echo '-d --defined --dumpjson -v --verbose -u --uuid -p --parent -h --help -V --version' ;;
	types) echo '-p --parent --dumpjson -h --help' ;;
	show) echo '-u --uuid --json --qemu --libvirt -h --help' ;;
	monitor) echo '-u --uuid -p --parent --json -h --help' ;;
	status) echo '-u --uuid -p --parent --failed --json -o --output --noheadings -h --help' ;;
	wait) echo '-u --uuid -p --parent -a --auto --gone --settled --timeout -h --help' ;;
	retry) echo '-u --uuid -p --parent --dry-run -h --help' ;;
	verify) echo '-h --help' ;;
	parent) echo '-h --help' ;;
	'parent define') echo '--driver --subchannel --reserve-adapters --reserve-domains --now -f --force --dry-run -h --help' ;;
	'parent undefine') echo '--dry-run -h --help' ;;
	'parent list') echo '--json --noheadings -h --help' ;;
	'parent show') echo '--json -h --help' ;;
	'parent apply') echo '--all --due --dry-run -h --help' ;;
	'parent release') echo '--dry-run -h --help' ;;
	start-parent-mdevs) echo '--dry-run -h --help' ;;
	help) echo '-h --help' ;;
	esac
}

# What is completed after an option, or for the verb's own argument ("VERB ").
_mdevmgr_kind()
{
	case $1 in
	' ') echo verb ;;
	'define -u' | 'define --uuid') echo uuid-active ;;
	'define -p' | 'define --parent') echo parent ;;
	'define -t' | 'define --type') echo type ;;
	'define --attr') echo assignment ;;
	'define --jsonfile') echo file ;;
	'define --ap') echo text ;;
	'define --ccw') echo text ;;
	'define --subchannel') echo text ;;
	'undefine -u' | 'undefine --uuid') echo uuid-defined ;;
	'undefine -p' | 'undefine --parent') echo parent ;;
	'modify -u' | 'modify --uuid') echo uuid-defined ;;
	'modify -p' | 'modify --parent') echo parent ;;
	'modify -t' | 'modify --type') echo type ;;
	'modify --addattr') echo text ;;
	'modify -i' | 'modify --index') echo index ;;
	'modify --value') echo text ;;
	'modify --ap') echo text ;;
	'modify --jsonfile') echo file ;;
	'start -u' | 'start --uuid') echo uuid-defined ;;
	'start -p' | 'start --parent') echo parent ;;
	'start -t' | 'start --type') echo type ;;
	'start --jsonfile') echo file ;;
	'stop -u' | 'stop --uuid') echo uuid-active ;;
	'stop -p' | 'stop --parent') echo parent ;;
	'stop --wait') echo optional ;;
	'list -u' | 'list --uuid') echo uuid-any ;;
	'list -p' | 'list --parent') echo parent ;;
	'types -p' | 'types --parent') echo parent ;;
	'show -u' | 'show --uuid') echo uuid-any ;;
	'monitor -u' | 'monitor --uuid') echo uuid-any ;;
	'monitor -p' | 'monitor --parent') echo parent ;;
	'status -u' | 'status --uuid') echo uuid-any ;;
	'status -p' | 'status --parent') echo parent ;;
	'status -o' | 'status --output') echo text ;;
	'wait -u' | 'wait --uuid') echo uuid-any ;;
	'wait -p' | 'wait --parent') echo parent ;;
	'wait --timeout') echo seconds ;;
	'retry -u' | 'retry --uuid') echo uuid-defined ;;
	'retry -p' | 'retry --parent') echo parent ;;
	'verify ') echo file ;;
	'parent ') echo 'verb parent' ;;
	'parent define ') echo text ;;
	'parent define --driver') echo text ;;
	'parent define --subchannel') echo text ;;
	'parent define --reserve-adapters') echo text ;;
	'parent define --reserve-domains') echo text ;;
	'parent undefine ') echo recipe ;;
	'parent show ') echo recipe ;;
	'parent apply ') echo recipe ;;
	'parent release ') echo recipe ;;
	'start-parent-mdevs ') echo parent ;;
	'help ') echo verb ;;
	esac
}

_mdevmgr_uuids()
{
	local uuid rest

	"$@" 2>/dev/null | while read -r uuid rest; do printf '%s\n' "$uuid"; done
}

_mdevmgr_parents()
{
	local line

	"$1" types 2>/dev/null | while IFS= read -r line; do
		[[ $line == ' '* ]] || printf '%s\n' "$line"
	done
}

_mdevmgr_recipes()
{
	local name rest

	"$1" parent list --noheadings 2>/dev/null | while read -r name rest; do
		printf '%s\n' "$name"
	done
}

_mdevmgr_types()
{
	local line

	"$@" 2>/dev/null | while IFS= read -r line; do
		[[ $line != '  '[!\ ]* ]] || printf '%s\n' "${line#  }"
	done
}

# Prints candidates for a kind of value: KIND PROGRAM PARENT
_mdevmgr_values()
{
	local list=list manager=$2

	if [[ $2 == *lsmdev ]]; then
		list='' manager=mdevmgr
	fi
	case $1 in
	uuid-active) _mdevmgr_uuids "$2" $list ;;
	uuid-defined) _mdevmgr_uuids "$2" $list -d ;;
	uuid-any) _mdevmgr_uuids "$2" $list; _mdevmgr_uuids "$2" $list -d ;;
	parent) _mdevmgr_parents "$manager" ;;
	type) _mdevmgr_types "$manager" types ${3:+-p "$3"} ;;
	recipe) _mdevmgr_recipes "$manager" ;;
	verb) printf '%s\n' define undefine modify start stop list types show monitor status wait retry verify parent help ;;
	'verb parent') printf '%s\n' define undefine list show apply release ;;
	esac
}

_mdevmgr()
{
	local line=${COMP_LINE:0:COMP_POINT} cur verb='' parent='' kind='' prefix='' candidate breaks
	local -a words
	local i

	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=('')
	cur=${words[${#words[@]} - 1]}
	COMPREPLY=()
	[[ ${words[0]} != *lsmdev ]] || verb=list
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		-p | --parent) parent=${words[i + 1]} ;;
		--parent=*) parent=${words[i]#*=} ;;
		-*) ;;
		*)
			case $verb in
			'') verb=${words[i]} ;;
			parent) verb+=" ${words[i]}" ;;
			esac
			;;
		esac
	done
	if [[ $cur == --*=* ]]; then
		kind=$(_mdevmgr_kind "$verb ${cur%%=*}")
		prefix=${cur%%=*}=
	elif ((${#words[@]} > 2)); then
		kind=$(_mdevmgr_kind "$verb ${words[${#words[@]} - 2]}")
		[[ $kind != optional ]] || kind=
	fi
	if [[ -z $kind && $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_mdevmgr_options "$verb")" -- "$cur")
		return
	fi
	[[ -n $kind ]] || kind=$(_mdevmgr_kind "$verb ")
	if [[ $kind == file ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${cur#"$prefix"}")
		return
	fi
	while IFS= read -r candidate; do
		[[ $prefix$candidate != "$cur"* ]] || COMPREPLY+=("$prefix$candidate")
	done < <(_mdevmgr_values "$kind" "${words[0]}" "$parent")
	breaks=${COMP_WORDBREAKS//[!:=]/}
	[[ -z $breaks ]] || COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*["$breaks"]}"}"}")
}
complete -F _mdevmgr mdevmgr mdevctl lsmdev
