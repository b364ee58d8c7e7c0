# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: systemd
# org.mdevmgr1 on the host's own system bus, with the policy that is installed and real
# devices. There is no polkit: only root may change something.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2)

manager=(busctl --auto-start=no --timeout=60 call org.mdevmgr1 /org/mdevmgr1 org.mdevmgr1.Manager)
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

has_bus_name() {
	busctl list --no-legend 2>/dev/null | grep -q '^org.mdevmgr1 .*mdevmgrd'
}

# state UUID: its state, by somebody who is not root
state() {
	"${as_nobody[@]}" busctl --auto-start=no call org.mdevmgr1 /org/mdevmgr1 org.freedesktop.DBus.ObjectManager \
		GetManagedObjects --json=short |
		grep -o "\"Uuid\":{\"type\":\"s\",\"data\":\"$1\"}.*" |
		grep -o '"State":{"type":"s","data":"[a-z-]*"' | sed '1!d; s/.*:"//; s/"//'
}

is_in_state() {
	[ "$(state "$1")" = "$2" ]
}

mkdir -p /run/mdevmgr
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
check "the daemon starts" systemctl restart mdevmgrd.service
check "it takes its name" wait_for 60 has_bus_name

expect_rc 0 "root defines" "${manager[@]}" Define 'a{sv}' 3 uuid s "$A" parent s mtty type s mtty-1
expect_rc 0 "root starts" "${manager[@]}" Start 'a{sv}' 1 uuid s "$A"
check "the device is there" sys_active "$A"
check "and is told as active" wait_for 60 is_in_state "$A" active
expect_err 1 "polkit does not allow it" "somebody else may not stop it" "${as_nobody[@]}" mdevmgr stop -u "$A"
expect_err 1 "polkit does not allow it" "nor define" "${as_nobody[@]}" mdevmgr define -u "$B" -p mtty -t mtty-1
check "the device is still there" sys_active "$A"
expect_rc 0 "everybody may look" "${as_nobody[@]}" mdevmgr status
expect_rc 0 "root stops" "${manager[@]}" Stop 'a{sv}' 1 uuid s "$A"
check_not "the device is gone" sys_active "$A"
check "and is told as inactive" wait_for 60 is_in_state "$A" inactive
expect_rc 0 "root undefines" "${manager[@]}" Undefine 'a{sv}' 1 uuid s "$A"

check "the daemon is stopped" systemctl stop mdevmgrd.service
expect_err 1 "mdevmgrd is not running" "without it nothing is changed" "${as_nobody[@]}" mdevmgr stop -u "$A"
