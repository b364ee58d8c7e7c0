# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Attributes: written in order, and only inside the device. On a failure the device
# is taken away again, and nothing else was written.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1)

# start_with JSON: a transient mtty-1 with these attributes.
start_with() {
	printf '{"mdev_type":"mtty-1","start":"manual","attrs":%s}' "$1" >/tmp/a.json
	run timeout 30 mdevctl start -u "$A" -p mtty --jsonfile /tmp/a.json
}

# failed_start TEXT DESC: the last start failed with TEXT and left nothing.
failed_start() {
	is "$RC" 1 "$2: fails"
	like "$ERR" "$1" "$2: says \"$1\""
	check_not "$2: the device was taken away again" sys_active "$A"
	is "$(sys_instances mtty mtty-1)" 24 "$2: the instance is free"
}

start_with '[{"power/control":"auto"},{"power/control":"on"}]'
is "$RC" 0 "repeated names are written in order"
is "$(cat "$SYS_BUS/$A/power/control")" on "the last one stands"
mdevctl stop -u "$A"
start_with '[{"power/control":""}]'
is "$RC" 0 "an empty value is not written"
mdevctl stop -u "$A"

start_with '[{"power/control":"on"},{"nosuch":"1"}]'
failed_start "Invalid attribute 'nosuch'" "an unknown attribute"
start_with '[{"power/control":"bogus"}]'
failed_start "Failed to write bogus to attribute power/control" "a value that the kernel refuses"
like "$ERR" "Invalid argument" "a value that the kernel refuses: with its reason"
start_with '[{"vendor/sample_mdev_dev":"1"}]'
failed_start "Failed to write 1 to attribute vendor/sample_mdev_dev" "an attribute to be read only"
like "$ERR" "Permission denied" "an attribute to be read only: with its reason"
start_with '[{"power":"1"}]'
is "$RC" 1 "a directory is no attribute"
check_not "no device is left" sys_active "$A"

# Names that lead out of the device, or are no attributes, are refused before
# anything is written, the device itself included.
echo untouched >/tmp/outside
cp /etc/passwd /tmp/passwd
chmod 0666 /tmp/outside
sys_create "$(uuid 2)" mtty mtty-1
for name in ../x ../../../../../../../tmp/outside /etc/passwd /tmp/outside "../$(uuid 2)/remove" \
	remove uevent ./remove power/../remove subsystem/x driver/unbind .. . '' 'a//b'; do
	rm -f /tmp/trace
	printf '{"mdev_type":"mtty-1","start":"manual","attrs":[{"power/control":"on"},{"%s":"1"}]}' \
		"$name" >/tmp/a.json
	run strace -f -o /tmp/trace -e trace=write -P "$SYS_PARENTS/mtty/mdev_supported_types/mtty-1/create" \
		-P "$(readlink -f "$SYS_PARENTS/mtty/mdev_supported_types/mtty-1/create")" \
		mdevctl start -u "$A" -p mtty --jsonfile /tmp/a.json
	is "$RC" 1 "attribute name '$name' is refused"
	check_not "'$name': no device is left" sys_active "$A"
	case $name in
	subsystem/x | driver/unbind | a//b) ;;	# known only once the device is there
	*) is "$(grep -c write /tmp/trace)" 0 "'$name': nothing was written to create" ;;
	esac
done
is "$(cat /tmp/outside)" untouched "the file outside is as it was"
check "and so is /etc/passwd" cmp /etc/passwd /tmp/passwd
check "the sibling device is there" sys_active "$(uuid 2)"
