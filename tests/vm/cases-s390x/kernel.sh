# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# What our code relies on, asked of the kernels themselves: no word of ours runs here. When
# one of these fails, the machine is wrong, or a kernel has changed.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2)
DISK=$(subchannel_of 0.0.0800)

with_ap_config() {
	[[ $(uname -r) != 6.1.* ]]
}

# ---- vfio_ccw ----
is "$(for dir in "$CSS"/*; do cat "$dir/dev_busid"; done | sort)" \
	"$(cd "$CCW" && printf '%s\n' *)" "each subchannel names its device number"
is "$(basename "$(dirname "$(readlink -f "$CCW/0.0.0800")")")" "$DISK" \
	"and a device lies in its subchannel"
is "$(cat "$CSS/$DISK/driver_override")" "(null)" "no driver is preferred: (null)"
is "$(cat "$CSS/$DISK/type") $(cat "$CSS/$DISK/modalias")" "0 css:t0" "it is an I/O subchannel"
check "vfio_ccw takes it" css_bind "$DISK" vfio_ccw
is "$(css_driver "$DISK") $(cat "$CSS/$DISK/driver_override")" "vfio_ccw vfio_ccw" "and has it"
is "$(cat "$CSS/$DISK/dev_busid")" 0.0.0800 "the device number stays in sight"
check_not "the ccw device is gone" test -e "$CCW/0.0.0800"
is "$(sys_instances "$DISK" "$CCW_TYPE")" 1 "there is one instance"
is "$(write_errno "$SYS_PARENTS/$DISK/mdev_supported_types/$CCW_TYPE/create" "$A")" ok "create"
is "$(write_errno "$SYS_PARENTS/$DISK/mdev_supported_types/$CCW_TYPE/create" "$B")" EUSERS \
	"a second one: EUSERS"
if with_ap_config; then
	check "the device has a node of its own" compgen -G "$SYS_BUS/$A/vfio-dev/vfio*"
	check "for programs too" test -c "/dev/vfio/devices/$(basename "$SYS_BUS/$A"/vfio-dev/vfio*)"
else
	check_not "no device has a node of its own" test -e /dev/vfio/devices
fi

# ---- unplugged, and plugged in another order ----
check "unplugging it under vfio_ccw" qmp_del scsi0
check_not "takes the mdev away" sys_active "$A"
check "another device is plugged in" qmp_add virtio-scsi-ccw 0803 other
is "$(subchannel_of 0.0.0803)" "$DISK" "it has the old one's subchannel"
check "the old one is back" qmp_add virtio-scsi-ccw 0800 scsi0
moved=$(subchannel_of 0.0.0800)
check_not "elsewhere" test "$moved" = "$DISK"
is "$(css_driver "$moved") $(cat "$CSS/$moved/driver_override")" "io_subchannel (null)" \
	"with its own driver, and no other is preferred"

check "vfio_ccw takes that one" css_bind "$moved" vfio_ccw
is "$(write_errno "$SYS_PARENTS/$moved/mdev_supported_types/$CCW_TYPE/create" "$A" \
	sh -c "echo $moved >/sys/bus/css/drivers/vfio_ccw/unbind")" ENODEV \
	"a registration that is over while create is open: ENODEV"

# ---- cio_ignore ----
check_not "nothing is ignored" grep -q . /proc/cio_ignore
echo 0 >"$CCW/0.0.0802/online"
hidden=$(subchannel_of 0.0.0802)
echo add 0.0.0802 >/proc/cio_ignore
echo purge >/proc/cio_ignore
echo 1 >/proc/cio_settle
is "$(cat /proc/cio_ignore)" 0.0.0802 "a device number is ignored"
check "its device is gone when it was offline" wait_for_not 60 test -e "$CCW/0.0.0802"
check "and its subchannel" wait_for_not 60 test -e "$CSS/$hidden"
echo free 0.0.0802 >/proc/cio_ignore
echo 1 >/proc/cio_settle
check "it is back when it is free" wait_for 60 test -e "$CCW/0.0.0802"
echo add 0.0.0804-0.0.0805 >/proc/cio_ignore
is "$(cat /proc/cio_ignore)" 0.0.0804-0.0.0805 "ranges are told as such"
qmp_plug virtio-scsi-ccw 0804 late
echo 1 >/proc/cio_settle
check_not "a device that is ignored does not appear" subchannel_of 0.0.0804
echo free 0.0.0804 >/proc/cio_ignore
check "until it is free" wait_for 60 subchannel_of 0.0.0804

# ---- vfio_ap ----
is "$(cat "$AP_BUS/bindings")" "9/9 (complete)" "all queues are bound"
is "$(cat "$AP_BUS/apmask")" "0x$(printf 'f%.0s' {1..64})" "a mask is 64 digits"
check "queues can be reserved" ap_reserve -5,-6 -4-5
is "$(cat "$AP_BUS/apmask")" "0xf9$(printf 'f%.0s' {1..62})" "bit 0 is the leftmost"
is "$(cat "$AP_BUS/aqmask")" "0xf3$(printf 'f%.0s' {1..62})" "a mask takes ranges"
is "$(for queue in "$AP_BUS"/devices/*.*; do
	echo "${queue##*/} $(basename "$(readlink "$queue/driver")")"
done | grep vfio_ap)" "05.0004 vfio_ap
05.0047 vfio_ap
05.00ab vfio_ap
06.0004 vfio_ap
06.0047 vfio_ap
06.00ab vfio_ap
0a.0004 vfio_ap" "vfio_ap has what either mask reserves"
create=$MATRIX/mdev_supported_types/$AP_TYPE/create
is "$(write_errno "$create" "$A")" ok "create"
is "$(write_errno "$create" "$A")" EEXIST "twice: EEXIST"

# assign ATTRIBUTE VALUE WANTED [UUID]
assign() {
	is "$(write_errno "$SYS_BUS/${4:-$A}/assign_$1" "$2")" "$3" "assign_$1 $2: $3"
}

is "$(cat "$SYS_BUS/$A/matrix")" "" "an empty matrix has no line"
assign adapter 5 ok
is "$(cat "$SYS_BUS/$A/matrix")" "05." "an adapter alone"
assign domain 4 ok
is "$(cat "$SYS_BUS/$A/matrix")" "05.0004" "with a domain"
assign adapter 5 ok
assign adapter 10 ok
assign domain 0x47 EADDRNOTAVAIL
assign domain 005 ok
assign domain 0089 EINVAL
assign domain 00ab EINVAL
assign domain 256 ENODEV
assign adapter 300 ENODEV
assign control_domain 0xab ok
is "$(cat "$SYS_BUS/$A/matrix")" "05.0004
05.0005
0a.0004
0a.0005" "the product"
is "$(cat "$SYS_BUS/$A/control_domains")" "00ab" "control domains"
echo "$B" >"$create"
assign adapter 5 ok "$B"
assign domain 4 EADDRINUSE "$B"
is "$(write_errno "$AP_BUS/aqmask" +4)" EBUSY "a mask that would take a queue away: EBUSY"
is "$(cat "$SYS_BUS/$A/guest_matrix")" "05.0004
0a.0004" "the guest has what the machine has"
echo 05.0004 >"$AP_BUS/drivers/vfio_ap/unbind"
is "$(cat "$SYS_BUS/$A/guest_matrix")" "0a.0004" "a queue that is not bound withholds its adapter"
echo 05.0004 >"$AP_BUS/drivers/vfio_ap/bind"
is "$(cat "$SYS_BUS/$A/guest_matrix")" "05.0004
0a.0004" "until it is bound again"
echo 5 >"$SYS_BUS/$A/unassign_domain"
check "a card is taken from the machine" ap_table 5,6 4,71,171
is "$(cat "$SYS_BUS/$A/guest_matrix")" "05.0004" "the guest loses it"
is "$(cat "$SYS_BUS/$A/matrix")" "05.0004
0a.0004" "the device keeps it"

mask() {	# BIT...
	perl -e 'my @mask = (0) x 32; $mask[$_ >> 3] |= 0x80 >> ($_ & 7) for @ARGV;
		print "0x", map { sprintf("%02x", $_) } @mask' -- "$@"
}
if with_ap_config; then
	is "$(cat "$SYS_BUS/$A/ap_config")" "$(mask 5 10),$(mask 4),$(mask 171)" "ap_config"
	is "$(write_errno "$SYS_BUS/$B/ap_config" "$(mask 5),$(mask 4),$(mask)")" EADDRINUSE \
		"a set that overlaps another's: EADDRINUSE"
	is "$(cat "$SYS_BUS/$B/ap_config")" "$(mask 5),$(mask),$(mask)" "nothing has changed"
	is "$(write_errno "$SYS_BUS/$B/ap_config" "$(mask 6),$(mask 4),$(mask 4)")" ok "a free one"
	is "$(cat "$SYS_BUS/$B/matrix")" "06.0004" "is taken at once"
	like "$(cat "$MATRIX/features")" ap_config "the matrix tells of it"
else
	check_not "no ap_config" test -e "$SYS_BUS/$A/ap_config"
	check_not "no features" test -e "$MATRIX/features"
fi
