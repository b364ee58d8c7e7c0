# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# What the daemon does when a subchannel goes and comes, its driver is unbound by hand, and disks
# move: what is automatic is back on its own disk, by itself.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2)
S0=$(subchannel_of 0.0.0800) S1=$(subchannel_of 0.0.0801)

# on_disk UUID DEVNO: is it active, and there?
on_disk() {
	local parent

	read -r parent _ < <(sys_device "$1" 2>/dev/null) && [ "$(cat "$CSS/$parent/dev_busid")" = "$2" ]
}

state_of() {	# UUID
	mdevmgr status --json -u "$1" | jq -r '.devices[0].state'
}

has_state() {	# UUID STATE
	[ "$(state_of "$1")" = "$2" ]
}

expect_quiet "define one disk" mdevmgr define --ccw 0.0.0800 -u "$A" --auto
expect_quiet "and another" mdevmgr define --ccw 0.0.0801 -u "$B" --auto
check "the daemon comes up" daemon_start
expect_quiet "apply" mdevmgr parent apply --all
check "one is started by itself" wait_for 60 on_disk "$A" 0.0.0800
check "the other too" wait_for 60 on_disk "$B" 0.0.0801

# ---- gone and back ------------------------------------------------------------------------------

check "a subchannel goes" qmp_del scsi0
check "its device waits for its parent" wait_for 60 has_state "$A" waiting-parent
check "the disk comes back" qmp_add virtio-scsi-ccw 0800 scsi0
check "and so does its device" wait_for 60 on_disk "$A" 0.0.0800
check "the other has stayed" on_disk "$B" 0.0.0801

# ---- the driver is unbound by hand ---------------------------------------------------------------

S0=$(subchannel_of 0.0.0800)
echo "$S0" >/sys/bus/css/drivers/vfio_ccw/unbind
check "unbound by hand, it is restored" wait_for 60 on_disk "$A" 0.0.0800

# ---- another disk takes the subchannel ------------------------------------------------------------

check "the subchannel goes" qmp_del scsi0
check "another disk has it now" qmp_add virtio-scsi-ccw 0805 new
is "$(subchannel_of 0.0.0805)" "$S0" "just that subchannel"
css_bind "$S0" vfio_ccw
check "its device waits" wait_for 60 has_state "$A" waiting-parent
check_not "and is not on the other disk" sys_active "$A"
check "its disk comes, elsewhere" qmp_add virtio-scsi-ccw 0800 scsi0
check "and the device is on it" wait_for 60 on_disk "$A" 0.0.0800
check "where it is defined now" test -f "$ETC/$(subchannel_of 0.0.0800)/$A"
check_not "and nowhere else" test -e "$ETC/$S0/$A"
check "the daemon has told" grep -q "follows device number 0.0.0800 from subchannel $S0" /tmp/daemon.log

# ---- two disks swap -----------------------------------------------------------------------------------

# The one that came between stays: 6.12 keeps an unplugged subchannel that vfio_ccw has without a
# device, and tells nobody of a disk that is plugged in there.
P0=$(subchannel_of 0.0.0800) P1=$(subchannel_of 0.0.0801)
check "both go" qmp_del scsi0
check "for a moment" qmp_del scsi1
check "one comes to the other's place" qmp_add virtio-scsi-ccw 0800 scsi0
check "and the other to its" qmp_add virtio-scsi-ccw 0801 scsi1
is "$(subchannel_of 0.0.0800) $(subchannel_of 0.0.0801)" "$P1 $P0" "they have swapped"
check "the first's device is on it" wait_for 60 on_disk "$A" 0.0.0800
check "the second's on its" wait_for 60 on_disk "$B" 0.0.0801

# ---- released is released --------------------------------------------------------------------------------

S1=$(subchannel_of 0.0.0801)
expect_quiet "stop the second" mdevmgr stop -u "$B"
expect_quiet "release its disk" mdevmgr parent release 0.0.0801
sleep 2
is "$(css_driver "$S1")" io_subchannel "the daemon leaves it to the host"
expect_quiet "until it is applied" mdevmgr parent apply 0.0.0801
check "then its device comes, too" wait_for 60 on_disk "$B" 0.0.0801
daemon_stop
