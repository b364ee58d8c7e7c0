# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands that the crash tests interrupt: each with the state it starts from.
# Needs lib.sh.

# shellcheck disable=SC2154 # set by lib.sh
write_definition()
{
	mkdir -p "$root/etc/mdevctl.d/$parent"
	cat >"$(definition_path)" <<-JSON
		{
		  "mdev_type": "$type",
		  "start": "manual",
		  "attrs": [
		    {
		      "first": "1"
		    }
		  ],
		  "x-owner": "somebody else"
		}
	JSON
	chmod 0640 "$(definition_path)"
}

write_json_file()
{
	cat >"$work/new.json" <<-JSON
		{"mdev_type": "bench-type2", "start": "auto", "attrs": [{"a": "b"}, {"c": "d"}]}
	JSON
}

# Nothing that a tree without a driver would have to take.
write_plain_definition()
{
	mkdir -p "$root/etc/mdevctl.d/$parent"
	printf '{ "mdev_type": "%s", "start": "manual", "attrs": [] }' "$type" \
		>"$(definition_path)"
}

# Those of lib.sh.
first_parent=$parent
first_type=$type

# What a writer that was killed left behind.
leave_temporary_file()
{
	echo '{ "mdev_type": "half' >"$root/etc/mdevctl.d/.mdevmgr-dEadBe"
}

# A callout that agrees to everything, and a notifier.
write_scripts()
{
	local scripts=$root/usr/lib/mdevctl/scripts.d

	cat >"$scripts/callouts/agree" <<-'SCRIPT'
		#!/bin/sh
		case "$*" in
		*"-e get"*) exit 2 ;;
		esac
		cat >/dev/null
	SCRIPT
	printf '#!/bin/sh\nexit 0\n' >"$scripts/notifiers/listen"
	chmod +x "$scripts/callouts/agree" "$scripts/notifiers/listen"
}

# A disk on a subchannel, which is the parent then.
plug_disk()
{
	local css=$root/sys/devices/css0

	parent=0.0.0313 type=vfio_ccw-io
	mkdir -p "$css/$parent" "$root/sys/bus/css/devices" "$root/etc/mdevmgr/parents.d"
	echo 0 >"$css/$parent/type"
	echo 0.0.4711 >"$css/$parent/dev_busid"
	ln -s "../../../devices/css0/$parent" "$root/sys/bus/css/devices/$parent"
}

# prepare COMMAND: makes the system it starts from; sets $arguments
prepare()
{
	parent=$first_parent type=$first_type
	make_root
	write_json_file
	[ "${1%-scripts}" = "$1" ] || write_scripts
	case ${1%-scripts} in
	define)
		arguments=(define -u "$uuid" -p "$parent" -t "$type" -a)
		;;
	define-ccw)
		plug_disk
		arguments=(define -u "$uuid" --ccw 4711 -a)
		;;
	define-json)
		mkdir -p "$root/etc/mdevctl.d/$parent"
		arguments=(define -u "$uuid" -p "$parent" --jsonfile "$work/new.json")
		;;
	modify-auto)
		write_definition
		arguments=(modify -u "$uuid" -a)
		;;
	modify-attr)
		write_definition
		leave_temporary_file
		arguments=(modify -u "$uuid" -p "$parent" --addattr second --value 2)
		;;
	modify-json)
		write_definition
		arguments=(modify -u "$uuid" -p "$parent" --jsonfile "$work/new.json")
		;;
	undefine)
		write_definition
		arguments=(undefine -u "$uuid")
		;;
	esac
}

# shellcheck disable=SC2034 # for those who source this
commands="define define-json modify-auto modify-attr modify-json undefine
	define-scripts modify-auto-scripts undefine-scripts"

# measure COMMAND: runs it once; sets $old, $new and the list of calls in $work/plan
measure()
{
	prepare "$1"
	old=$(definition_state)
	intercepted -- "${arguments[@]}"
	[ "$rc" -eq 0 ] || problem "undisturbed: exit status $rc: $(cat "$work/err")"
	new=$(definition_state)
	[ "$old" != "$new" ] || problem "undisturbed: the definition did not change"
	mv "$work/calls" "$work/plan"
	# a command that writes nothing would pass every test
	grep -Eq ' (rename|unlink)[a-z0-9]* .*mdevctl\.d' "$work/plan" ||
		problem "undisturbed: neither rename nor unlink seen: $(cat "$work/plan")"
}
