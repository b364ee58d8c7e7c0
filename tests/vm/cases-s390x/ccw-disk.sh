# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# A disk by its device number: taken from the host, given back, refused while the host uses it,
# freed from cio_ignore.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2)
S=$(subchannel_of 0.0.0800)
DISK=$(subchannel_of 0.0.0a00)

recipe_state() {
	mdevmgr parent list --json | jq -r --arg name "$1" '.recipes[] | select(.name == $name) | .state'
}

# The place where it is remembered that a recipe is released.
mkdir -p /run/mdevmgr

# ---- there and back ---------------------------------------------------------------------------

expect_quiet "define by device number" mdevmgr define --ccw 0.0.0800 -u "$A"
is "$(css_driver "$S") $(cat "$CCW/0.0.0800/online")" "io_subchannel 1" "which touches no hardware"
check "the definition is below its subchannel" test -f "$ETC/$S/$A"
expect_quiet "apply" mdevmgr parent apply 0.0.0800
is "$(css_driver "$S") $(cat "$CSS/$S/driver_override")" "vfio_ccw vfio_ccw" "vfio_ccw has the subchannel"
check "which is a parent" test -e "$SYS_PARENTS/$S"
inode=$(stat -L -c %i "$SYS_PARENTS/$S/mdev_supported_types")
expect_quiet "apply again" mdevmgr parent apply 0.0.0800
is "$(stat -L -c %i "$SYS_PARENTS/$S/mdev_supported_types")" "$inode" "does nothing"
expect_quiet "start" mdevmgr start -u "$A"
is "$(sys_device "$A")" "$S $CCW_TYPE" "the device is there"
expect_err 1 "No available instances" "a second one is refused" \
	mdevmgr start -u "$B" -p "$S" -t "$CCW_TYPE"
like "$(sys_create "$B" "$S" "$CCW_TYPE" 2>&1)" "Too many users" "by the kernel, too"
expect_err 4 "$A" "release is refused while it is there" mdevmgr parent release 0.0.0800
is "$(css_driver "$S")" vfio_ccw "and nothing was done"
expect_quiet "stop" mdevmgr stop -u "$A"
expect_quiet "release" mdevmgr parent release 0.0.0800
is "$(css_driver "$S") $(cat "$CSS/$S/driver_override")" "io_subchannel (null)" "the host has it back"
expect_quiet "release again" mdevmgr parent release 0.0.0800
expect_rc 1 "a released disk is not taken by a start" mdevmgr start -u "$A"
is "$(css_driver "$S")" io_subchannel "the host still has it"
expect_quiet "apply, by hand, takes it" mdevmgr parent apply 0.0.0800
check "it is a parent again" test -e "$SYS_PARENTS/$S"

# The kernel answers EINVAL when what is offline is set offline.
expect_quiet "release" mdevmgr parent release 0.0.0800
wait_for 30 grep -q 1 "$CCW/0.0.0800/online"
[ "$(cat "$CCW/0.0.0800/online")" = 0 ] || echo 0 >"$CCW/0.0.0800/online"
expect_quiet "apply, of what is offline already" mdevmgr parent apply 0.0.0800
is "$(css_driver "$S")" vfio_ccw "vfio_ccw has it"

# By hand, in the middle of it all.
echo "$S" >"/sys/bus/css/drivers/vfio_ccw/unbind"
is "$(css_driver "$S")" "" "unbound by hand"
expect_quiet "a start takes it again" mdevmgr start -u "$A"
is "$(sys_device "$A")" "$S $CCW_TYPE" "and the device is there"
expect_quiet "stop" mdevmgr stop -u "$A"
run mdevmgr undefine -u "$A"
like "$ERR" "mdevmgr parent release 0.0.0800" "undefine tells that the host does not get it back"
expect_quiet "release" mdevmgr parent release 0.0.0800
expect_quiet "and the recipe goes" mdevmgr parent undefine 0.0.0800
check_not "it has gone" test -e /etc/mdevmgr/parents.d/0.0.0800.json

# ---- used by the host ---------------------------------------------------------------------------

refused_for() {	# WORDS DESC
	expect_err 4 "$1" "$2" mdevmgr parent apply 0.0.0a00
	is "$(css_driver "$DISK") $(cat "$CCW/0.0.0a00/online")" "io_subchannel 1" "and nothing was done"
}

expect_quiet "define a disk that the host has" mdevmgr define --ccw 0.0.0a00 -u "$B"
mkswap /dev/vda >/dev/null
swapon /dev/vda
refused_for "vda is used as swap space" "refused while it is swap space"
swapoff /dev/vda
sleep 600 9</dev/vda &
holder=$!
wait_for 10 test -e "/proc/$holder/fd/9"
refused_for "(sleep) has vda open" "refused while a process has it open"
kill "$holder"
wait "$holder" 2>/dev/null
# Nobody is to be seen who has it: only the kernel tells.
perl -e 'use Fcntl; sysopen(F, "/dev/vda", O_RDONLY | O_EXCL) or die; open(G, ">", "/tmp/open"); close G; sleep 600' &
holder=$!
wait_for 10 test -e /tmp/open
mount -t tmpfs none /proc/"$holder"
refused_for "vda is in use" "refused for a user who is not to be seen"
umount /proc/"$holder"
kill "$holder"
wait "$holder" 2>/dev/null
expect_quiet "given when nobody uses it" mdevmgr parent apply 0.0.0a00
is "$(css_driver "$DISK")" vfio_ccw "vfio_ccw has it"
check_not "and the host has no disk" test -e /sys/block/vda
expect_quiet "start" mdevmgr start -u "$B"
expect_quiet "stop" mdevmgr stop -u "$B"
expect_quiet "release" mdevmgr parent release 0.0.0a00
check "the host has its disk again" wait_for 30 test -e "$CCW/0.0.0a00"

# A network card that is up.
ip link set "$(ls "$CCW"/0.0.0b00/virtio*/net)" up
run mdevmgr define --ccw 0.0.0b00 -u "$A"
is "$RC" 0 "define a network card"
like "$ERR" "is up" "which tells that the host uses it"
expect_err 4 "is up" "refused while it is up" mdevmgr parent apply 0.0.0b00
ip link set "$(ls "$CCW"/0.0.0b00/virtio*/net)" down
run mdevmgr undefine -u "$A"

# ---- hidden -----------------------------------------------------------------------------------------

# One that the kernel has never seen: others stay visible.
echo add 0.0.0807 >/proc/cio_ignore
qmp_plug virtio-scsi-ccw 0807 hidden
wait_for 30 qmp_subchannel hidden
expect_err 1 "cio_ignore hides it" "a hidden one is refused" mdevmgr define --ccw 0.0.0807
expect_err 1 "no subchannel carries it" "one that is not there, too" mdevmgr define --ccw 0.0.0804
run mdevmgr parent define 0.0.0807
is "$RC" 0 "a recipe can be written for it"
is "$(recipe_state 0.0.0807)" hidden "which tells why it is not ready"
expect_quiet "apply frees it" mdevmgr parent apply 0.0.0807
is "$(css_driver "$(subchannel_of 0.0.0807)")" vfio_ccw "and vfio_ccw has it"
is "$(recipe_state 0.0.0807)" ready "which is told"
is "$(grep 0.0.0807 /proc/cio_ignore)" "" "cio_ignore hides it no longer"

# ---- gone without a word ------------------------------------------------------------------------

# Linux 6.12 leaves vfio_ccw the subchannel of a disk that goes while no device is on it. Release
# gives that back, too.

# unplug_left NAME ID: unplug a disk that was made a parent; SUBCHANNEL is where it was.
unplug_left() {
	expect_quiet "define $1" mdevmgr parent define "$1" --now
	SUBCHANNEL=$(subchannel_of "$1")
	is "$(css_driver "$SUBCHANNEL")" vfio_ccw "vfio_ccw has $1"
	check "it is unplugged" qmp device_del "{\"id\":\"$2\"}"
	wait_for_not 5 css_is_with_vfio_ccw
	case $(uname -r) in
	6.12*) check "vfio_ccw has its subchannel still" css_is_with_vfio_ccw ;;
	esac
}

css_is_with_vfio_ccw() {
	[ "$(css_driver "$SUBCHANNEL")" = vfio_ccw ]
}

css_is_given_back() {
	[ -e "$CSS/$SUBCHANNEL" ] || return 0
	! css_is_with_vfio_ccw && [ "$(cat "$CSS/$SUBCHANNEL/driver_override")" = "(null)" ]
}

check "a last one is plugged in" qmp_add virtio-scsi-ccw 0806 last
unplug_left 0.0.0806 last
expect_quiet "release of what was the last one" mdevmgr parent release 0.0.0806
check "it is given back" css_is_given_back
unplug_left 0.0.0801 scsi1
if css_is_with_vfio_ccw; then
	run mdevmgr parent list
	like "$OUT" "subchannel $SUBCHANNEL, where it was, is still with vfio_ccw" "which is told"
	expect_err 1 "mdevmgr parent release 0.0.0801" "and by apply" mdevmgr parent apply 0.0.0801
fi
expect_quiet "release of one between others" mdevmgr parent release 0.0.0801
check "it is given back" css_is_given_back
expect_quiet "release again" mdevmgr parent release 0.0.0801
# One of the host's own comes there, of which nobody is told either; the lowest free subchannel is
# the next one's.
check "the one between others comes again" qmp_add virtio-scsi-ccw 0801 scsi1
unplug_left 0.0.0802 scsi2
css_is_with_vfio_ccw && left=y || left=n
check "another is plugged in" qmp_plug virtio-scsi-ccw 0808 other
check "which has a subchannel" wait_for 60 subchannel_of 0.0.0808
is "$(subchannel_of 0.0.0808)" "$SUBCHANNEL" "the old one"
if [ "$left" = y ]; then
	check "vfio_ccw has that" css_is_with_vfio_ccw
	run mdevmgr parent release 0.0.0802 --dry-run
	like "$OUT" "carries 0.0.0808 now" "release tells whose it is"
fi
expect_quiet "release" mdevmgr parent release 0.0.0802
check "it is given back" css_is_given_back
check "the host has the other one" wait_for 30 grep -q 1 "$CCW/0.0.0808/online"
