# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# Never the wrong disk: another one on the old subchannel, two that swap, each start by whomever.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2)
S0=$(subchannel_of 0.0.0800) S1=$(subchannel_of 0.0.0801)

# devno_under UUID: the number of the disk that a device is on.
devno_under() {
	local parent

	read -r parent _ < <(sys_device "$1") && cat "$CSS/$parent/dev_busid"
}

# watch_disks: writes down each sight of a device on another disk than its own, until the file
# goes. Without a fork, by which it would see less and slow down the rest.
watch_disks() {
	local pair devno

	: >/tmp/wrong
	exec 9<> <(:)
	while [ -e /tmp/watch.on ]; do
		for pair in "$A 0.0.0800" "$B 0.0.0801"; do
			{ read -r devno <"$SYS_BUS/${pair% *}/../dev_busid"; } 2>/dev/null || continue
			case $devno in
			"${pair#* }" | none) ;;
			*) echo "$pair is on $devno" >>/tmp/wrong ;;
			esac
		done
		read -r -t 0.02 -u 9
	done
}

place_of() {	# UUID: where it is defined
	find "$ETC" -name "$1" -printf '%h\n' | sed 's|.*/||'
}

: >/tmp/watch.on
watch_disks &
expect_quiet "define one disk" mdevmgr define --ccw 0.0.0800 -u "$A" --auto
expect_quiet "and another" mdevmgr define --ccw 0.0.0801 -u "$B" --auto
expect_quiet "start one" mdevmgr start -u "$A"
expect_quiet "and the other" mdevmgr start -u "$B"
is "$(devno_under "$A") $(devno_under "$B")" "0.0.0800 0.0.0801" "each on its disk"

# ---- another disk on the old subchannel ------------------------------------------------------

check "one is unplugged" qmp_del scsi0
check "its device went with it" wait_for_not 30 sys_active "$A"
check "another one is plugged in" qmp_add virtio-scsi-ccw 0805 new
is "$(subchannel_of 0.0.0805)" "$S0" "which has the old subchannel"
check "somebody gives it to vfio_ccw" css_bind "$S0" vfio_ccw
expect_err 1 "no subchannel carries device 0.0.0800" "a start finds no disk" mdevmgr start -u "$A"
expect_err 1 "belongs to device number 0.0.0800" "nor takes the one that is there" \
	mdevmgr start -u "$A" -p "$S0"
run mdevmgr start-parent-mdevs "$S0"
like "$ERR" "belongs to device number 0.0.0800" "nor does what udev runs"
expect_err 1 "belongs to device number 0.0.0800" "nor a transient start" \
	mdevmgr start -u "$A" -p "$S0" -t "$CCW_TYPE"
check_not "nothing is on it" sys_active "$A"
check "the disk comes again" qmp_add virtio-scsi-ccw 0800 scsi0
S2=$(subchannel_of 0.0.0800)
check_not "on another subchannel" test "$S2" = "$S0"
run mdevmgr start -u "$A"
is "$RC" 0 "it is started"
like "$ERR" "follows device number 0.0.0800 from subchannel $S0 to $S2" "after its definition has followed"
is "$(devno_under "$A")" 0.0.0800 "on its disk"
is "$(place_of "$A")" "$S2" "where it is defined, too"

# ---- two disks swap ----------------------------------------------------------------------------

# Without a device on it, vfio_ccw keeps a subchannel whose disk has gone (Linux 6.12).
css_bind "$S0" ""
qmp_del new
qmp_del scsi0
qmp_del scsi1
wait_for_not 30 sys_active "$B"
check "the second comes first" qmp_add virtio-scsi-ccw 0801 scsi1
check "then a third" qmp_add virtio-scsi-ccw 0805 new
check "and the first" qmp_add virtio-scsi-ccw 0800 scsi0
T0=$(subchannel_of 0.0.0800) T1=$(subchannel_of 0.0.0801)
is "$T1" "$S0" "the second has the first's subchannel"
if [ "$T0" != "$S1" ]; then
	# As the machine gives numbers: the first must have what was the second's.
	qmp_del new
	qmp_del scsi0
	qmp_add virtio-scsi-ccw 0800 scsi0
	T0=$(subchannel_of 0.0.0800)
fi
is "$T0" "$S1" "and the first the second's"
# The definitions of both are where they were as disks swapped.
for pair in "$A $S0" "$B $S1"; do
	mkdir -p "$ETC/${pair#* }"
	place=$(place_of "${pair% *}")
	[ "$place" = "${pair#* }" ] || mv "$ETC/$place/${pair% *}" "$ETC/${pair#* }/"
done
css_bind "$S0" vfio_ccw
css_bind "$S1" vfio_ccw
run mdevmgr start-parent-mdevs "$S0"
run mdevmgr start-parent-mdevs "$S1"
is "$(sys_count)" 0 "nothing is started on the wrong disk"
run mdevmgr parent apply --all
is "$RC" 0 "the recipes are applied"
is "$(place_of "$A") $(place_of "$B")" "$S1 $S0" "both definitions have followed"
for parent in "$S0" "$S1"; do
	expect_quiet "what is automatic is started" mdevmgr start-parent-mdevs "$parent"
done
is "$(devno_under "$A") $(devno_under "$B")" "0.0.0800 0.0.0801" "each on its disk"

rm /tmp/watch.on
wait
is "$(cat /tmp/wrong)" "" "no device was on another disk at any moment"
