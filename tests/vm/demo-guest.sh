# SPDX-License-Identifier: LGPL-2.1-or-later
# What ./demo shows, inside the VM: sourced by the scripts that tests/vm/run runs before
# and in each of two boots. Each of mdevmgr's words stands beside the kernel's own files.
# Exit status 1 of a boot's part if something was not as expected.
# shellcheck shell=bash source=tests/vm/lib.sh
. /mnt/share/lib.sh

A=83b8f4f2-509f-482f-81e3-000000000001
B=83b8f4f2-509f-482f-81e3-000000000002
C=83b8f4f2-509f-482f-81e3-000000000003
# What of the first boot the second one has.
CARRIED=/mnt/share/carried
unexpected=0

title() {
	printf '\n=== %s\n' "$*"
}

# show COMMAND: as typed, with its output.
show() {
	printf '# %s\n' "$1"
	RC=0
	OUT=$(timeout 120 bash -c "$1" 2>&1) || RC=$?
	[ -z "$OUT" ] || printf '%s\n' "$OUT"
}

wrong() {
	printf '!!! not as expected: %s\n' "$*"
	unexpected=$((unexpected + 1))
}

# says COMMAND TEXT...: show it; it must succeed, and its output have each TEXT.
says() {
	local text cmd=$1

	show "$cmd"
	[ "$RC" = 0 ] || wrong "exit status $RC"
	shift
	for text in "$@"; do
		[[ $OUT == *"$text"* ]] || wrong "\"$text\" is missing"
	done
}

# quiet COMMAND: it must succeed without a word.
quiet() {
	says "$1"
	[ -z "$OUT" ] || wrong "it spoke"
}

# status STATE-OF-A STATE-OF-B STATE-OF-C: mdevmgr's table has them.
status() {
	local uuid

	show "mdevmgr status"
	for uuid in "$A" "$B" "$C"; do
		grep -q "^$uuid .* $1\( \|$\)" <<<"$OUT" || wrong "$uuid is not $1"
		shift
	done
}

# devices UUID...: the kernel has these and no others.
devices() {
	says "ls $SYS_BUS"
	[ "$OUT" = "$(printf '%s\n' "$@")" ] || wrong "these are not the devices"
}

# end: tells ./demo how it went, and goes down in order.
end() {
	echo "$unexpected" >"/mnt/share/unexpected.$1"
	shut_down
}

# service NAME LINE...: of the second boot
service() {
	local name=$1

	shift
	printf '%s\n' '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' "$@" \
		>"/etc/systemd/system/$name.service"
	systemctl -q add-wants multi-user.target "$name.service"
}

before_a_boot() {
	install_tree /mnt/share/inst
	boot_like_a_host
	systemctl -q enable mdevmgrd.service mdevmgr-devices.service
}

before_first() {
	before_a_boot
	load_modules vfio mdev mtty mdpy
}

first() {
	title "1. The first boot: the kernel's own sample drivers, and nothing defined"
	says "uname -r"
	says "ls $SYS_PARENTS" mtty mdpy
	says "mdevmgr types -p mtty | head -n 5" "Available instances: 24"

	title "2. Define three devices that start by themselves"
	quiet "mdevmgr define -u $A -p mtty -t mtty-1 --auto --attr power/control=on"
	quiet "mdevmgr define -u $B -p mtty -t 'Dual port serial' --auto 2>/dev/null"
	quiet "mdevmgr define -u $C -p mdpy -t mdpy-hd --auto"
	says "mdevmgr list -d" "$A mtty mtty-1 auto" "$B mtty mtty-2 auto" "$C mdpy mdpy-hd auto"
	says "cat $ETC/mtty/$A" '"power/control": "on"'
	says "ls $SYS_BUS | wc -l" 0

	mkdir -p "$CARRIED"
	mkdir -p /etc/mdevmgr
	tar -C / -c etc/mdevctl.d etc/mdevmgr >"$CARRIED/etc.tar"
	printf '\n--- reboot ---\n'
	end first
}

before_second() {
	before_a_boot
	tar -C / -xf "$CARRIED/etc.tar" --no-same-owner
	mkdir -p /etc/mdevmgr/mdevmgr.conf.d
	# The driver of one parent comes later than anybody waits: no need to wait long.
	printf '%s\n' '[Boot]' 'ParentGraceSec=3' >/etc/mdevmgr/mdevmgr.conf.d/demo.conf
	service guest "ExecStart=sh -c 'ls $SYS_BUS >/run/guest-found'" \
		"ExecStop=sh -c 'sleep 1; echo guest.service ends and still has \$\$(ls $SYS_BUS | wc -l) devices >>/mnt/share/shutdown'" \
		'[Unit]' 'After=mdevmgr-devices.service'
	service witness 'ExecStart=true' \
		"ExecStop=sh -c 'sleep 1; journalctl -b -o cat -u mdevmgr-devices | grep taken >>/mnt/share/shutdown; echo the kernel has \$\$(ls $SYS_BUS | wc -l) devices >>/mnt/share/shutdown'" \
		'[Unit]' 'Before=mdevmgr-devices.service' 'After=mdevmgrd.service'
	load_modules vfio mdev mtty
}

second() {
	wait_for 60 systemctl is-active guest.service
	title "3. The second boot: only /etc/mdevctl.d and /etc/mdevmgr are left of the first"
	says "systemctl is-active mdevmgrd mdevmgr-devices"
	status active active waiting-parent
	devices "$A" "$B"
	says "cat $SYS_BUS/$A/power/control" on
	printf '(a service that is ordered After=mdevmgr-devices.service found at boot:)\n'
	says "cat /run/guest-found" "$A" "$B"

	title "4. A driver that comes long after the boot"
	quiet "insmod /opt/m/mdpy.ko"
	quiet "mdevmgr wait -u $C --timeout 60"
	status active active active
	devices "$A" "$B" "$C"

	title "5. A driver is reloaded: its devices are gone, and restored"
	quiet "rmmod mtty"
	devices "$C"
	sleep 1
	status waiting-parent waiting-parent active
	quiet "insmod /opt/m/mtty.ko"
	quiet "mdevmgr wait --auto --timeout 60"
	status active active active
	says "cat $SYS_BUS/$A/power/control" on

	title "6. What an administrator stops stays stopped"
	quiet "mdevmgr stop -u $B"
	quiet "systemctl restart mdevmgrd"
	sleep 2
	status active inactive active
	devices "$A" "$C"

	title "7. Shutdown: guests first, then their devices"
	end second
}
