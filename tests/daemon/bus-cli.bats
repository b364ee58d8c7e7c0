#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell of its own
# The command line of somebody who is not root: the daemon does it, and it looks as if root had.

load bus

ND=77777777-0007-0000-8000-000000000070

# make_user PID: a process of the fake root that uses the device U1
make_user() {
	mkdir -p "$R/proc/$1/fd" "$R/proc/$1/fdinfo" "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/sys/devices/${DEVPATH[$PA]}/$U1/iommu_group"
	ln -s /dev/vfio/7 "$R/proc/$1/fd/10"
	ln -s /dev/vfio/vfio "$R/proc/$1/fd/11"
	printf 'qemu-system-x86\n' >"$R/proc/$1/comm"
	printf 'qemu-system-x86_64\0-name\0guest=web1,debug-threads=on\0' >"$R/proc/$1/cmdline"
}

# same_as_root ARGUMENT...: status, stdout and stderr are those of root, whose command is the first
same_as_root() {
	run --separate-stderr "$BUS_DIR/mdevmgr" "$@"
	local root_status=$status root_output=$output root_stderr=$stderr

	nobody "$@"
	[[ $status == "$root_status" && $output == "$root_output" && $stderr == "$root_stderr" ]] || {
		printf 'root: %s\n%s\n%s\n' "$root_status" "$root_output" "$root_stderr" >&2
		show_run
		return 1
	}
}

@test "define, modify, start, stop, undefine as nobody" {
	start_all allow
	nobody define -p mtty -t mtty-1 --attr a=1 --attr b=2
	[[ $status == 0 && -z $stderr && $output =~ ^[0-9a-f]{8}-[0-9a-f-]{27}$ ]]
	is_defined mtty "$output"
	grep -q '"b": "2"' "$R/etc/mdevctl.d/mtty/$output"
	nobody modify -u "$output" --addattr c --value 3 --index 0
	[[ $status == 0 && -z $stderr$output ]]
	nobody modify -u "$U3" --auto
	[[ $status == 0 ]]
	grep -q '"start": "auto"' "$R/etc/mdevctl.d/mtty/$U3"
	nobody start -u "$U3"
	[[ $status == 0 && -z $stderr$output ]]
	created mtty mtty-1 "$U3"
	nobody stop -u "$U1"
	[[ $status == 0 && $(<"$R/sys/devices/${DEVPATH[$PA]}/$U1/remove") == 1 ]]
	nobody undefine -u "$U3" -u "$U2"
	[[ $status == 0 && -z $stderr ]]
	run ! is_defined mtty "$U3"
	run ! is_defined mtty "$U2"
}

@test "recipes of parents as nobody" {
	mkdir -p "$R"/sys/bus/css/devices "$R"/sys/bus/ccw/devices
	start_all allow
	nobody parent define 0.0.0815 --force
	[[ $status == 0 && $stderr == 'Warning: '* ]]
	grep -q '"device": "0.0.0815"' "$R/etc/mdevmgr/parents.d/0.0.0815.json"
	same_as_root parent apply 0.0.0815
	[[ $status == 1 ]]
	same_as_root parent define 0.0.0815 --reserve-adapters 5
	[[ $status == 2 ]]
	nobody parent undefine 0.0.0815
	[[ $status == 0 && ! -e $R/etc/mdevmgr/parents.d/0.0.0815.json ]]
}

@test "retry as nobody: the daemon tries" {
	start_all allow
	nobody define -u "$ND" -p mtty -t mtty-1 --auto
	[[ $status == 0 ]]
	nobody retry -u "$ND"
	[[ $status == 0 && -z $stderr$output ]] || { show_run; return 1; }
	wait_for created mtty mtty-1 "$ND"
	same_as_root retry -u "$UX"
	[[ $status == 1 && $stderr == "Error: No auto definition of device $UX"* ]]
}

@test "JSON is read by the user, not by the daemon" {
	start_all allow
	echo '{"mdev_type": "mtty-1", "start": "manual", "attrs": []}' >"$BUS_DIR/readable"
	cp "$BUS_DIR/readable" "$BUS_DIR/secret"
	chmod 600 "$BUS_DIR/secret"
	nobody define -u "$ND" -p mtty --jsonfile "$BUS_DIR/secret"
	fails -1 'Permission denied'
	run ! is_defined mtty "$ND"
	nobody define -u "$ND" -p mtty --jsonfile "$BUS_DIR/readable"
	ok
	is_defined mtty "$ND"
	printf '{"mdev_type": "\377"}' >"$BUS_DIR/readable"
	nobody define -u "$UX" -p mtty --jsonfile "$BUS_DIR/readable"
	fails -1 'not UTF-8'
}

@test "failures and warnings are told as to root, with the same status" {
	make_user 4711
	rawdef "$ND" mtty 'broken'
	script callouts refuse "$UNVERSIONED
		case \$* in *'-e pre -a start'*) echo 'I will not' >&2; exit 1 ;; *'-a start'*) exit 0 ;; esac; exit 2"
	start_all allow
	same_as_root start -u "$UX"
	same_as_root start -u "$U3"
	same_as_root define -u "$U3" -p mtty -t mtty-1
	same_as_root modify -u "$UX" --auto
	same_as_root modify -u "$U3" --delattr --index 7
	same_as_root stop -u "$UX"
	same_as_root stop -u "$U1"
	[[ $status == 4 && $stderr == *web1* ]]
	same_as_root undefine -u "$UX" -u "$UA"
	same_as_root start-parent-mdevs nosuch
	same_as_root stop
	[[ $status == 2 ]]
	nobody undefine -u "$ND"
	[[ $status == 0 && $stderr == Warning:*broken* ]] || { show_run; return 1; }
}

@test "polkit says no: one line, status 1" {
	start_all deny
	nobody undefine -u "$U3"
	[[ $stderr == "Error: Cannot undefine device $U3: not root, and polkit does not allow it (run it as root)" ]] ||
		{ show_run; return 1; }
	[[ $status == 1 && -z $output ]]
	is_defined mtty "$U3"
	# No terminal: nobody is asked for a password.
	grep -q 'manage 0$' "$BUS_DIR/polkit"
}

@test "no daemon, or no bus: one line, status 1" {
	prepare_bus
	for with_bus in '' 1; do
		[[ -z $with_bus ]] || run_bus
		nobody start -u "$U3"
		[[ $status == 1 && -z $output && $stderr == "Error: Cannot start device $U3: not root, and mdevmgrd is \
not running (run it as root, or start mdevmgrd.service)" ]] || { echo "$stderr" >&2; return 1; }
	done
}

@test "root, and whoever looks only, asks no daemon" {
	prepare_bus
	run_bus
	"$BUS_DIR/mdevmgr" define -u "$ND" -p mtty -t mtty-1
	is_defined mtty "$ND"
	nobody list
	[[ $status == 0 ]]
	nobody define -p mtty -t mtty-1 --dry-run
	[[ $stderr != *mdevmgrd* ]]
}

is_alone() {
	[[ -z $(<"/proc/$PID/task/$PID/children") ]]
}

@test "a stop that waits for a device's users ends with who asked for it" {
	make_user 4711
	start_all allow
	"${AS_NOBODY[@]}" env -u MDEVCTL_ENV_ROOT "$BUS_DIR/mdevmgr" stop -u "$U1" --wait </dev/null 3>&- &
	client=$!
	wait_for said 'asks to Stop'
	kill "$client"
	wait_for is_alone
	rm -r "$R/proc/4711"
	[[ -z $(<"$R/sys/devices/${DEVPATH[$PA]}/$U1/remove") ]]
}
