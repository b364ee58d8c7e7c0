# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Definitions that change, break and go while their campaign is on its way.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3) D=$(uuid 4) E=$(uuid 5) F=$(uuid 6) G=$(uuid 7)
U=$(uuid 8)

attempts_of() {	# PARENT UUID
	awk -v name="$1" -v uuid="$2" '$1 == "device" && $2 == name && $4 == uuid {
		print substr($5, length("attempts=") + 1)
	}' "$KMOD"
}

was_tried() {	# PARENT UUID
	[ "$(attempts_of "$1" "$2")" -gt 2 ]
}

begin_campaigns
check "the daemon starts" daemon_start
for uuid in "$A" "$B" "$C" "$D" "$E" "$F"; do
	define_auto "$uuid" p1 alpha 1
done
kmod "add p1 create_errno=11"
for uuid in "$A" "$B" "$C" "$D" "$E" "$F"; do
	check "one that fails and is retried" wait_for 60 was_tried p1 "$uuid"
done

echo "{ broken" >"$ETC/p1/$A"
undefine "$B" p1
definition "$C" p1 "$TEST_TYPE" manual alpha 1
definition "$D" p1 mdevmgr_test-b auto beta 2
echo "{ broken" >"$ETC/p1/$E"
expect_quiet "turn one manual, then auto" mdevmgr modify -u "$F" --manual
settle
expect_quiet "... auto" mdevmgr modify -u "$F" --auto
settle
kmod "set p1 create_errno=0"
starts p1 "$D" "1:1" "one that got another type and attribute starts"
is "$(sys_device "$D") $(journal "$D")" "p1 mdevmgr_test-b beta" "as it is defined now"
define_auto "$E" p1 gamma 3
starts p1 "$E" "1:1" "one that was broken and is whole again starts"
is "$(journal "$E")" gamma "as it is defined now"
settle
check_not "a broken one does not" sys_active "$A"
check_not "nor one that is gone" sys_active "$B"
check_not "nor one that is manual" sys_active "$C"
check_not "nor one that was manual meanwhile" sys_active "$F"

# while it hangs in create
define_auto "$G" p2 alpha 1
kmod "hang p2"
kmod "add p2"
check "a create hangs" wait_for 60 kmod_is p2 held_create 1
undefine "$G" p2
settle
kmod "release p2"
check "what was undefined while it hung becomes active" wait_for 60 is_active "$G"
settle
is "$(kmod_created p2 "$G")" "1:1" "and is created once"

# what cannot heal by itself: an attribute that no such device has; the sample's driver is
# reloaded, as drivers are
definition "$U" mdpy mdpy-hd auto nosuch 1
rmmod mdpy
load_modules mdpy
comes_to mdpy "$U" failed "an unknown attribute fails for good"
settle
comes_to mdpy "$U" failed "... and is not tried again"
definition "$U" mdpy mdpy-hd auto
comes_to mdpy "$U" "done" "a definition that is put right wakes it"
check "... it is active" is_active "$U"

# the directory itself
define_auto "$A" p1
mv "$ETC" "$ETC.away"
settle
rm -rf "$ETC"
mv "$ETC.away" "$ETC"
define_auto "$B" p3
kmod "add p3"
starts p3 "$B" "1:1" "the directory was away and is back: definitions are found"
for name in "we!ird x" "$(printf 'n\xff')" "$(printf 'a%.0s' {1..200})"; do
	kmod "add ${name// /\\x20}"
done
settle
define_auto "$C" 'we!ird x' alpha 1
kmod 'unregister we!ird\x20x'
kmod 'add we!ird\x20x'
comes_to 'we!ird x' "$C" "done" "a parent with an odd name"
check "... its device is active" is_active "$C"

end_campaigns
