#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # bats sets them

load lib

@test "starts auto definitions of what is registered at boot, and no others" {
	start_daemon
	wait_for is_over mtty "$U2"
	created mtty mtty-1 "$U2"
	created "$PA" i915 ''
	[[ ! -e $R/run/mdevmgr/parents/mtty/$U3 ]]
	[[ $(<"$R/run/mdevmgr/daemon") == "$PID" ]]
}

@test "ends at SIGTERM with status 0 and takes its mark away" {
	start_daemon
	wait_for is_over mtty "$U2"
	end_daemon TERM
	[[ $status == 0 && ! -e $R/run/mdevmgr/daemon ]]
}

@test "the first look at a running system starts nothing; what registers then is started" {
	running_system
	start_daemon
	wait_for test -s "$R/run/mdevmgr/parents/mtty/registration"
	wait_for said 'No events of the kernel'
	end_daemon TERM
	created mtty mtty-1 ''
	start_daemon
	register mtty 2
	kill -HUP "$PID"
	wait_for is_over mtty "$U2"
	created mtty mtty-1 "$U2"
}

@test "one create in one registration, one more in the next" {
	start_daemon
	wait_for is_over mtty "$U2"
	: >"$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	kill -HUP "$PID"
	late_parent
	kill -HUP "$PID"
	wait_for is_over late "$U4"
	created mtty mtty-1 ''
	register mtty 7
	kill -HUP "$PID"
	wait_for created mtty mtty-1 "$U2"
}

@test "a parent without a registration is waited for" {
	defined "$U4" late t1 auto
	start_daemon
	wait_for is_over mtty "$U2"
	[[ ! -e $R/run/mdevmgr/parents/late/$U4 ]]
	late_parent
	kill -HUP "$PID"
	wait_for is_over late "$U4"
	created late t1 "$U4"
}

@test "setting a definition to auto starts nothing" {
	start_daemon
	wait_for is_over mtty "$U2"
	: >"$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	defined "$U3" mtty mtty-1 auto
	late_parent
	kill -HUP "$PID"
	wait_for is_over late "$U4"
	created mtty mtty-1 ''
}

@test "killed and started again it goes on from the records" {
	start_daemon
	wait_for is_over mtty "$U2"
	end_daemon KILL
	[[ $status == 137 && -e $R/run/mdevmgr/daemon ]]
	: >"$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	late_parent
	start_daemon
	wait_for is_over late "$U4"
	created mtty mtty-1 ''
}

@test "killed and started again it does not tell again what has been so for long" {
	local record=$R/run/mdevmgr/parents/mtty/$U4

	defined "$U4" mtty mtty-9 auto
	start_daemon
	wait_for phase mtty "$U4" no-type
	wait_for said "^$U4 on mtty waits for its type"
	end_daemon KILL
	start_daemon
	wait_for said "^$U4 on mtty waits for its type"
	end_daemon KILL
	sed -i 's/^since=.*/since=1/' "$record"
	start_daemon
	late_parent
	kill -HUP "$PID"
	wait_for is_over late "$U4"
	run ! said "^$U4 on mtty waits for its type"
}

@test "a second one refuses to start and names the first" {
	start_daemon
	run --separate-stderr "$MDEVMGRD"
	[[ $status == 1 && -z $output && $stderr == "mdevmgrd runs already: process $PID" ]]
	kill -0 "$PID"
}

@test "what fails is tried again until it heals" {
	rm "$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	mkdir "$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	start_daemon
	wait_for grep -qx 'attempts=3' "$R/run/mdevmgr/parents/mtty/$U2"
	rmdir "$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	: >"$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	wait_for is_over mtty "$U2"
	created mtty mtty-1 "$U2"
}

@test "a type that is not offered is told and waits for another registration" {
	defined "$U4" mtty mtty-9 auto
	start_daemon
	wait_for phase mtty "$U4" no-type
	wait_for said "^$U4 on mtty waits for its type"
	wait_for is_over mtty "$U2"
	type_ mtty mtty-9 1 vfio-pci
	register mtty 2
	kill -HUP "$PID"
	wait_for is_over mtty "$U4"
	created mtty mtty-9 "$U4"
}

@test "a definition that cannot be used is told; the others are started" {
	echo '{' >"$R/etc/mdevctl.d/mtty/$U4"
	start_daemon
	wait_for said "^$U4 on mtty has a definition that cannot be used: "
	wait_for is_over mtty "$U2"
	echo '[' >"$R/etc/mdevctl.d/mtty/$U3"
	wait_for said "^$U3 on mtty has a definition that cannot be used: "
}

@test "SIGHUP reads the settings again" {
	start_daemon
	wait_for is_over mtty "$U2"
	mkdir -p "$R/etc/mdevmgr"
	echo 'Nonsense=1' >"$R/etc/mdevmgr/mdevmgr.conf"
	kill -HUP "$PID"
	wait_for said 'mdevmgr.conf'
	kill -0 "$PID"
}

@test "a rule of mdevctl that is in force is warned of; an empty one is not" {
	mkdir -p "$R/usr/lib/udev/rules.d" "$R/etc/udev/rules.d"
	echo '# nothing' >"$R/usr/lib/udev/rules.d/60-mdevctl.rules"
	start_daemon
	wait_for is_over mtty "$U2"
	end_daemon TERM
	run ! said 60-mdevctl
	echo 'ACTION=="add", RUN+="mdevctl"' >"$R/usr/lib/udev/rules.d/60-mdevctl.rules"
	start_daemon
	wait_for said '/usr/lib/udev/rules.d/60-mdevctl.rules starts devices too'
	end_daemon TERM
	ln -s /dev/null "$R/etc/udev/rules.d/60-mdevctl.rules"
	start_daemon
	kill -HUP "$PID"
	end_daemon TERM
	run ! said 60-mdevctl
}

@test "MDEVCTL_LOG says what is told" {
	echo '{' >"$R/etc/mdevctl.d/mtty/$U4"
	MDEVCTL_LOG=error start_daemon
	wait_for is_over mtty "$U2"
	end_daemon TERM
	[[ ! -s $LOG ]]
}

@test "idle it sleeps" {
	start_daemon
	wait_for is_over mtty "$U2"
	wait_for is_asleep
}

# No switch of its own accord for a second: nothing is polled.
is_asleep() {
	local before

	before=$(grep ^voluntary "/proc/$PID/status")
	sleep 1
	[[ $(grep ^voluntary "/proc/$PID/status") == "$before" ]]
}
