# SPDX-License-Identifier: LGPL-2.1-or-later
# What ./demo shows, run inside the VM: each of mdevmgr's words beside the
# kernel's own files. Exit status 1 if something was not as expected.
# shellcheck shell=bash source=tests/vm/lib.sh
. /mnt/share/lib.sh
install_tree /mnt/share/inst
load_modules vfio mdev mtty mdpy
cd /root || exit 1

A=83b8f4f2-509f-482f-81e3-000000000001
B=83b8f4f2-509f-482f-81e3-000000000002
T=$SYS_PARENTS/mtty/mdev_supported_types
unexpected=0

title() {
	printf '\n=== %s\n' "$*"
}

# show COMMAND: as typed, with its output.
show() {
	printf '# %s\n' "$1"
	RC=0
	OUT=$(timeout 60 bash -c "$1" 2>&1) || RC=$?
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

title "1. A real kernel with the kernel's own sample drivers, mtty and mdpy"
says "uname -r"
says "ls $SYS_PARENTS" mtty mdpy
says "mdevmgr types -p mtty" mtty-1 mtty-2 "Available instances: 24" "Name: Dual port serial"
says "grep . $T/mtty-*/{name,available_instances}" "mtty-1/available_instances:24"

title "2. Define a device by options, and one by a JSON file"
quiet "mdevmgr define --uuid $A --parent mtty --type mtty-1 --auto"
echo '{ "mdev_type": "mdpy-hd", "start": "manual", "attrs": [ { "power/control": "on" } ] }' >b.json
says "cat b.json"
quiet "mdevmgr define --uuid $B --parent mdpy --jsonfile b.json"
says "mdevmgr list --defined" "$A mtty mtty-1 auto" "$B mdpy mdpy-hd manual"
says "cat $ETC/mtty/$A" '"mdev_type": "mtty-1"'
says "ls $SYS_BUS | wc -l" 0

title "3. Start them: now the kernel has them"
quiet "mdevmgr start --uuid $A"
quiet "mdevmgr start --uuid $B"
says "mdevmgr list" "$A mtty mtty-1 auto (defined)" "$B mdpy mdpy-hd manual (defined)"
says "ls $SYS_BUS" "$A" "$B"
says "readlink $SYS_BUS/$A" "/mtty/mtty/$A"
says "mdevmgr show --uuid $A" "Active" "/sys/devices/virtual/mtty/mtty/$A" "/dev/vfio/"
says "cat $T/mtty-1/available_instances" 23
says "cat $SYS_BUS/$B/power/control" on

title "4. Modify a definition"
quiet "mdevmgr modify --uuid $A --addattr power/control --value on"
quiet "mdevmgr modify --uuid $A --manual"
says "mdevmgr list --defined --verbose --uuid $A" "$A mtty mtty-1 manual (active)" \
	'{"power/control":"on"}'
says "cat $ETC/mtty/$A" '"start": "manual"' '"power/control": "on"'

title "5. A failed start says why, and leaves nothing behind"
show "mdevmgr start --parent mtty --type mtty-9"
{ [ "$RC" = 1 ] && [[ $OUT == *"does not support mdev type mtty-9"* ]]; } || wrong "the error"

title "6. Stop and undefine: the kernel is as it was"
quiet "mdevmgr stop --uuid $A"
quiet "mdevmgr stop --uuid $B"
says "ls $SYS_BUS | wc -l" 0
says "cat $T/mtty-1/available_instances" 24
quiet "mdevmgr undefine --uuid $A"
quiet "mdevmgr undefine --uuid $B"
says "mdevmgr list --defined | wc -l" 0
says "find $ETC -type f -name '8*' | wc -l" 0

if [ "$unexpected" -gt 0 ]; then
	printf '\n%d things were not as expected (see !!! above).\n' "$unexpected"
	exit 1
fi
printf '\nEverything was as expected: our words and the kernel agree.\n'
