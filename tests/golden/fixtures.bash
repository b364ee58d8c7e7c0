# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2034
# Fake roots laid out like the real thing: /sys with the devices below their parents and relative links,
# /etc/mdevctl.d, and the script directories. Sourced; every function works below $R.

# Fixed UUIDs. None is of version 4: whatever looks like version 4 in an output was generated.
U1=11111111-0001-0000-8000-00000000000a
U2=22222222-0002-0000-8000-00000000000b
U3=33333333-0003-0000-8000-00000000000c
U4=44444444-0004-0000-8000-00000000000d
U5=55555555-0005-0000-8000-00000000000e
UA=abcdefab-000a-0000-8000-0000000000ab
UX=99999999-0009-0000-8000-0000000000ff
PA=0000:00:02.0
PB=0000:3b:00.4
PC=0.0.26ab
# shellcheck disable=SC2034 # the case tables use these
readonly U1 U2 U3 U4 U5 UA UX PA PB PC

# Where each parent lives below sys/devices.
declare -gA DEVPATH=(
	[0000:00:02.0]=pci0000:00/0000:00:02.0
	[0000:3b:00.4]=pci0000:3a/0000:3a:01.0/0000:3b:00.4
	[0.0.26ab]=css0/0.0.26ab
	[matrix]=vfio_ap/matrix
	[mtty]=virtual/mtty/mtty
	[empty]=virtual/empty/empty
)

# skeleton: what an installation without devices has
skeleton() {
	mkdir -p "$R"/etc/mdevctl.d "$R"/usr/lib/mdevctl/scripts.d/{callouts,notifiers} \
		"$R"/sys/class/mdev_bus "$R"/sys/bus/mdev/{devices,drivers/vfio_mdev} "$R"/sys/devices "$R"/json
}

# parent NAME
parent() {
	local path=${DEVPATH[$1]:=virtual/$1/$1}

	mkdir -p "$R/sys/devices/$path/mdev_supported_types"
	ln -s "../../devices/$path" "$R/sys/class/mdev_bus/$1"
}

# type PARENT ID AVAILABLE API [NAME [DESCRIPTION]]
type_() {
	local dir=$R/sys/devices/${DEVPATH[$1]}/mdev_supported_types/$2

	mkdir -p "$dir/devices"
	: >"$dir/create"
	printf '%s\n' "$3" >"$dir/available_instances"
	printf '%s\n' "$4" >"$dir/device_api"
	[[ $# -lt 5 ]] || printf '%s\n' "$5" >"$dir/name"
	[[ $# -lt 6 ]] || printf '%s\n' "$6" >"$dir/description"
}

# device UUID PARENT TYPE [ATTRIBUTE...]: an active device; its attributes are empty files
device() {
	local dir=$R/sys/devices/${DEVPATH[$2]}/$1 up=${DEVPATH[$2]}/x attr

	up=${up//[!\/]/} up=${up//\//..\/}
	mkdir -p "$dir"
	ln -s "../mdev_supported_types/$3" "$dir/mdev_type"
	ln -s "../../${up}bus/mdev/drivers/vfio_mdev" "$dir/driver"
	ln -s "../../${up}bus/mdev" "$dir/subsystem"
	ln -s "../../../$1" "$R/sys/devices/${DEVPATH[$2]}/mdev_supported_types/$3/devices/$1"
	ln -s "../../../devices/${DEVPATH[$2]}/$1" "$R/sys/bus/mdev/devices/$1"
	: >"$dir/remove"
	: >"$dir/uevent"
	shift 3
	for attr; do
		[[ $attr != */* ]] || mkdir -p "$dir/${attr%/*}"
		: >"$dir/$attr"
	done
}

# untype UUID PARENT TYPE: an active device loses the links between it and its type
untype() {
	rm "$R/sys/devices/${DEVPATH[$2]}/$1/mdev_type" \
		"$R/sys/devices/${DEVPATH[$2]}/mdev_supported_types/$3/devices/$1"
}

# halfmade UUID PARENT [ATTRIBUTE...]: a device directory without mdev_type. mdevctl takes it for inactive, so that
# a start in a tree that does not react finds attributes to write.
halfmade() {
	local dir=$R/sys/devices/${DEVPATH[$2]}/$1 attr

	mkdir -p "$dir"
	ln -s "../../../devices/${DEVPATH[$2]}/$1" "$R/sys/bus/mdev/devices/$1"
	: >"$dir/remove"
	: >"$dir/uevent"
	shift 2
	for attr; do
		[[ $attr != */* ]] || mkdir -p "$dir/${attr%/*}"
		: >"$dir/$attr"
	done
}

# json TYPE START [NAME VALUE]...: a definition as mdevctl writes it, in $REPLY; names and values already escaped
json() {
	local sep=

	REPLY='{'$'\n  "mdev_type": "'$1$'",\n  "start": "'$2$'",\n  "attrs": ['
	shift 2
	while [[ $# -gt 0 ]]; do
		REPLY+=$sep$'\n    {\n      "'$1'": "'$2$'"\n    }'
		sep=,
		shift 2
	done
	[[ -z $sep ]] || REPLY+=$'\n  '
	REPLY+=$']\n}'
}

# defined UUID PARENT TYPE START [NAME VALUE]...
defined() {
	mkdir -p "$R/etc/mdevctl.d/$2"
	json "${@:3}"
	printf %s "$REPLY" >"$R/etc/mdevctl.d/$2/$1"
}

# rawdef UUID PARENT TEXT: a definition file with any content (printf %b)
rawdef() {
	mkdir -p "$R/etc/mdevctl.d/$2"
	printf %b "$3" >"$R/etc/mdevctl.d/$2/$1"
}

# script KIND NAME BODY: an executable below usr/lib; KIND is callouts or notifiers, or etc-callouts, etc-notifiers
script() {
	local dir=$R/usr/lib/mdevctl/scripts.d/$1

	[[ $1 != etc-* ]] || dir=$R/etc/mdevctl.d/scripts.d/${1#etc-}
	mkdir -p "$dir"
	printf '#!/bin/sh\n%s\n' "$3" >"$dir/$2"
	chmod 755 "$dir/$2"
}

# What scripts begin with: their arguments, and their standard input, go to the trace.
readonly LOG_ARGS='echo "${0##*/}: $*" >>"$MDEVCTL_ENV_ROOT/trace"'
readonly LOG_ALL=$LOG_ARGS'; in=$(cat); echo "  <$in>" >>"$MDEVCTL_ENV_ROOT/trace"'
# An unversioned callout: the probe for capabilities is not for it.
readonly UNVERSIONED='case $* in *"-a capabilities"*) exit 2 ;; esac'

# supports ACTIONS EVENTS: the part of a versioned callout that answers the probe; words separated by blanks
supports() {
	local a=\"${1// /\",\"}\" e=\"${2// /\",\"}\"

	[[ -n $1 ]] || a=
	[[ -n $2 ]] || e=
	REPLY='case $* in *"-a capabilities"*) echo '\''{"supports":{"version":2,"actions":['$a'],"events":['$e']}}'\''; exit 0 ;; esac'
}

# The standard tree: six parents, five active devices, six definitions.
fixture_base() {
	parent "$PB"; type_ "$PB" nvidia-222 5 vfio-pci 'GRID T4-1Q' $'num_heads=4, frl_config=60,\nframebuffer=1024M\n\nmax_instance=16'
	type_ "$PB" nvidia-223 0 vfio-pci 'GRID T4-2Q'
	type_ "$PB" nvidia-neg -5 vfio-pci
	parent "$PA"; type_ "$PA" i915-GVTg_V5_4 1 vfio-pci '' $'low_gm_size: 128MB\nhigh_gm_size: 512MB'
	type_ "$PA" i915-GVTg_V5_8 +3 vfio-pci
	parent "$PC"; type_ "$PC" vfio_ccw-io 4 vfio-ccw 'I/O subchannel (Non-QDIO)'
	parent matrix; type_ matrix vfio_ap-passthrough 65536 vfio-ap 'VFIO AP Passthrough Device'
	parent mtty; type_ mtty mtty-1 24 vfio-pci 'Single port serial'; type_ mtty mtty-2 12 vfio-pci 'Dual port serial'
	parent empty
	device "$U2" "$PA" i915-GVTg_V5_4
	device "$U1" "$PA" i915-GVTg_V5_4
	device "$UA" "$PB" nvidia-222 nvidia/vgpu_params
	device "$U3" "$PC" vfio_ccw-io
	device "$U4" matrix vfio_ap-passthrough assign_adapter assign_domain
	defined "$U1" "$PA" i915-GVTg_V5_4 auto
	defined "$U3" "$PC" vfio_ccw-io manual a1 v1 a2 'v \"q\" \\ é\n'
	defined "$U4" matrix vfio_ap-passthrough auto assign_adapter 0x05 assign_domain 0x0047 assign_adapter 6
	defined "$U5" mtty mtty-2 auto
	defined "$UA" mtty mtty-1 manual
	defined "$U5" gone gone-type manual k v
}
