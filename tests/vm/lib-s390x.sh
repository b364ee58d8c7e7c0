# SPDX-License-Identifier: LGPL-2.1-or-later
# For the cases of cases-s390x, after lib.sh: channel devices that are plugged and unplugged
# while the guest runs, subchannels and AP queues by the kernel's own files. The devices that
# are there from the beginning are in machine-s390x.sh.
# shellcheck shell=bash disable=SC2034

CSS=/sys/bus/css/devices
CCW=/sys/bus/ccw/devices
AP_BUS=/sys/bus/ap
MATRIX=/sys/devices/vfio_ap/matrix
CCW_TYPE=vfio_ccw-io
AP_TYPE=vfio_ap-passthrough
# As machine-s390x.sh has them: ID DRIVER DEVNO OPTIONS
PLUGGED="scsi0 virtio-scsi-ccw 0800
scsi1 virtio-scsi-ccw 0801
scsi2 virtio-scsi-ccw 0802
term x-terminal3270 0900
disk virtio-blk-ccw 0a00 ,\"drive\":\"d0\"
net virtio-net-ccw 0b00 ,\"netdev\":\"n0\""

# ---- qemu's monitor, through the port that leads there ------------------------------------

# qmp COMMAND [ARGUMENTS]: prints what it returned, as JSON; fails with its error.
qmp() {
	local arguments=${2:-} answer

	arguments=${arguments:-'{}'}
	answer=$(
		exec 7>/run/qmp.lock
		flock 7
		exec 8<>"/dev/$(qmp_port)" || exit
		printf '{"execute":"qmp_capabilities","id":"hello"}\n' >&8
		printf '{"execute":"%s","arguments":%s,"id":"%s"}\n' "$1" "$arguments" "$$-$BASHPID" >&8
		while IFS= read -r -t 60 line <&8; do
			case $line in
			*"\"id\": \"$$-$BASHPID\""*)
				printf '%s\n' "$line"
				break
				;;
			esac
		done
	)
	if ! jq -e 'has("return")' <<<"$answer" >/dev/null 2>&1; then
		echo "qmp: $1 $arguments: ${answer:-no answer}" >&2
		return 1
	fi
	jq -c .return <<<"$answer"
}

qmp_port() {
	local name

	for name in /sys/class/virtio-ports/*/name; do
		[ "$(cat "$name")" != qmp ] || basename "$(dirname "$name")"
	done
}

# qmp_ids: the ids of all devices that have one.
qmp_ids() {
	qmp qom-list '{"path":"/machine/peripheral"}' | jq -r '.[] | select(.type | startswith("child<")) | .name'
}

# qmp_subchannel ID: the subchannel that the channel subsystem gave it.
qmp_subchannel() {
	qmp qom-get "{\"path\":\"/machine/peripheral/$1\",\"property\":\"subch_id\"}" |
		jq -r '. | sub("^fe"; "0")'
}

# qmp_plug DRIVER DEVNO ID [,"OPTION":VALUE...]: plug it in, as in: virtio-scsi-ccw 0803 new.
qmp_plug() {
	qmp device_add "{\"driver\":\"$1\",\"devno\":\"fe.0.$2\",\"id\":\"$3\"${4:-}}" >/dev/null
}

# qmp_add DRIVER DEVNO ID [OPTIONS]: and wait until the guest has its subchannel, and has come up
# with the device, or somebody has taken it.
qmp_add() {
	local subchannel

	qmp_plug "$@" && subchannel=$(qmp_subchannel "$3") &&
		wait_for 60 test -e "$CSS/$subchannel" && css_settle "$subchannel"
}

# qmp_del ID: unplug it, and wait until the guest has nothing on its subchannel.
qmp_del() {
	local subchannel

	subchannel=$(qmp_subchannel "$1") &&
		qmp device_del "{\"id\":\"$1\"}" >/dev/null &&
		wait_for 60 css_is_empty "$subchannel"
}

# ---- subchannels ------------------------------------------------------------------------------

# subchannel_of BUSID: of a device number (0.0.0800), whatever driver it is bound to.
subchannel_of() {
	local dir

	for dir in "$CSS"/*; do
		if [ "$(cat "$dir/dev_busid" 2>/dev/null)" = "$1" ]; then
			basename "$dir"
			return
		fi
	done
	return 1
}

# css_driver SUBCHANNEL: the driver that it is bound to, or nothing.
css_driver() {
	local link

	! link=$(readlink "$CSS/$1/driver") || basename "$link"
}

# css_is_empty SUBCHANNEL: it is gone; or, between others, still there without a device.
css_is_empty() {
	[ -e "$CSS/$1" ] || return 0
	[ "$(cat "$CSS/$1/dev_busid")" = none ] && ! compgen -G "$CSS/$1/[0-9]*.*.*" >/dev/null
}

# css_settle SUBCHANNEL: the kernel looks what a device is, and virtio sets its own online, in
# the background; it falls over (cio_start_key(), 6.1) when the subchannel is taken away
# meanwhile.
css_settle() {
	wait_for_not 20 css_comes_up "$1"
	return 0
}

css_comes_up() {
	local device

	[ "$(css_driver "$1")" = io_subchannel ] || return
	device=$CSS/$1/$(cat "$CSS/$1/dev_busid")
	[ -e "$device/online" ] || return 0
	[[ $(cat "$device/cutype") == 3832/* && $(cat "$device/online") == 0 ]]
}

# css_bind SUBCHANNEL DRIVER: by hand, as driverctl does it; "" gives it to its own.
css_bind() {
	[ -z "$2" ] || modprobe "$2" || return
	css_settle "$1"
	echo "$2" >"$CSS/$1/driver_override"
	[ ! -e "$CSS/$1/driver" ] || echo "$1" >"$CSS/$1/driver/unbind"
	echo "$1" >/sys/bus/css/drivers_probe
	[ -n "$(css_driver "$1")" ] && css_settle "$1"
}

# ---- AP queues --------------------------------------------------------------------------------

# ap_scan: let the bus look at its cards and domains at once, and wait until it has bound them.
ap_scan() {
	echo 1 >"$AP_BUS/scans"
	wait_for 60 ap_complete
}

ap_complete() {
	[[ $(cat "$AP_BUS/bindings") == *"(complete)"* ]]
}

# ap_table CARDS DOMAINS: exchange the simulated machine's, "5,6,10" "4,71,171".
ap_table() {
	echo "$1" >/sys/module/ap_sim/parameters/cards
	echo "$2" >/sys/module/ap_sim/parameters/doms
	ap_scan
}

# ap_reserve APMASK AQMASK: relative changes, "-5" "-4,-0x47"; and vfio_ap is there, as is
# the driver of the other queues.
ap_reserve() {
	[ -z "$1" ] || echo "$1" >"$AP_BUS/apmask" || return
	[ -z "$2" ] || echo "$2" >"$AP_BUS/aqmask" || return
	modprobe -a zcrypt_cex4 vfio_ap && ap_scan
}

# write_errno FILE TEXT [COMMAND...]: write it in one call, after COMMAND was run while the file
# was open already; prints the error's name, or "ok".
write_errno() {
	perl -MErrno -e 'my ($path, $text, @command) = @ARGV;
		open(my $file, ">", $path) or die "$path: $!";
		!@command or system(@command) == 0 or die "@command";
		if (defined(syswrite($file, $text))) { print "ok"; exit; }
		print((grep { $!{$_} } sort(keys(%!)))[0]);' "$@"
}

# ---- a clean state ------------------------------------------------------------------------------

# fresh: every device of the machine plugged in and with its own driver, the AP table and the
# masks as at boot, no mdev, no definition, no recipe.
fresh() {
	local dir id

	rm -f /tmp/daemon.on
	[ ! -s /tmp/daemon.pid ] || kill "$(cat /tmp/daemon.pid)"
	wait_for 60 test ! -e /tmp/daemon.pid
	[ -d /run/systemd/system ] || rm -rf /run/mdevmgr
	rm -rf /etc/mdevmgr
	modprobe -a vfio_ccw zcrypt_cex4 vfio_ap
	for dir in "$SYS_BUS"/*; do
		[ ! -e "$dir/remove" ] || echo 1 >"$dir/remove"
	done
	[ ! -d "$ETC" ] || find "$ETC" -mindepth 1 -delete
	fresh_channel
	ap_table 5,6,10 4,71,171
	echo +0-255 >"$AP_BUS/apmask"
	echo +0-255 >"$AP_BUS/aqmask"
	ap_scan
}

fresh_channel() {
	local dir id driver devno options ids

	echo free all >/proc/cio_ignore
	ids=$(qmp_ids)
	for id in $ids; do
		grep -q "^$id " <<<"$PLUGGED" || qmp_del "$id"
	done
	while read -r id driver devno options; do
		grep -qx "$id" <<<"$ids" || qmp_add "$driver" "$devno" "$id" "$options"
	done <<<"$PLUGGED"
	for dir in "$CSS"/*; do
		[ "$(css_driver "${dir##*/}")" != vfio_ccw ] || css_bind "${dir##*/}" ""
	done
	while read -r id driver devno options; do
		wait_for 60 test -e "$CCW/0.0.$devno"
		[ "$(cat "$CCW/0.0.$devno/online")" = 1 ] || echo 1 >"$CCW/0.0.$devno/online" 2>/dev/null
	done <<<"$PLUGGED"
}
