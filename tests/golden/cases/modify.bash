# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# modify: what it does to a stored definition.

fixture_modify() {
	fixture_base
	rm "$R/etc/mdevctl.d/$PC/$U3"
	defined "$U3" "$PC" vfio_ccw-io manual a1 v1 a2 v2 a3 v3
	defined "$U2" "$PC" vfio_ccw-io auto
	rawdef "$UX" mtty '{"x":[1],"start":"auto","mdev_type":"mtty-1","attrs":[{"k":"v"}],"y":{"b":1,"a":2}}'
	chmod 640 "$R/etc/mdevctl.d/mtty/$UX"
	echo '{"mdev_type":"mtty-1","start":"auto","attrs":[{"a":"b"},{"a":"c"}]}' >"$R/json/good"
	echo '{"mdev_type":"other","start":"manual","unknown":{"k":1}}' >"$R/json/bare"
	echo '{"mdev_type":"mtty-1"' >"$R/json/bad"
	mkdir "$R/json/dir"
}
use modify
t auto modify -u "$U3" -a
t manual modify -u "$U3" -m
t auto-again modify -u "$U2" --auto
t manual-of-auto modify -u "$U2" --manual
t type-auto modify -u "$U3" -t newtype -a
t type-only modify -u "$U3" -t newtype
t type-empty modify -u "$U3" -t '' -a
t type-addattr modify -u "$U3" -t newtype --addattr n --value v
t defined modify -u "$U3" -a -d
t force modify -u "$U3" -a -f
t parent modify -u "$U3" -p "$PC" -a
t parent-wrong modify -u "$U3" -p mtty -a
t parent-othercase modify -u "$U3" -p "${PC^^}" -a
t parent-dots modify -u "$U3" -p "../mdevctl.d/$PC" -a
t unknown modify -u "$UX" -m
t unknown-addattr modify -u "$UX" --addattr n --value v
t ambiguous modify -u "$U5" -a
t ambiguous-parent modify -u "$U5" -p gone -a
t not-defined modify -u 12345678-0000-0000-8000-000000000000 -a
t not-defined-parent modify -u 12345678-0000-0000-8000-000000000000 -p mtty -a
t active-not-defined modify -u "$UA" -p "$PB" -a
t addattr modify -u "$U3" --addattr n --value v
t addattr-empty modify -u "$U3" --addattr '' --value ''
t addattr-escape modify -u "$U3" --addattr $'é"\\/x' --value $'a\nb\tc\x01\x7f€'
t addattr-dup modify -u "$U3" --addattr a1 --value again
t addattr-dots modify -u "$U3" --addattr ../../x --value v
t addattr-minus modify -u "$U3" --addattr=-n --value=-1
t addattr-first modify -u "$U2" --addattr n --value v
t addattr-first-0 modify -u "$U2" --addattr n --value v -i 0
t addattr-first-1 modify -u "$U2" --addattr n --value v -i 1
for i in 0 1 2 3 4 4294967295; do
	t "addattr-$i" modify -u "$U3" --addattr n --value v --index "$i"
	t "delattr-$i" modify -u "$U3" --delattr --index "$i"
done
for i in 4294967296 -1 '' ' 1' 1x 0x1 +1 001 1.0; do
	t "index-$i" modify -u "$U3" --delattr --index="$i"
done
t delattr modify -u "$U3" --delattr
t delattr-empty modify -u "$U2" --delattr
t delattr-empty-0 modify -u "$U2" --delattr -i 0
t delattr-parent modify -u "$U3" -p "$PC" --delattr -i 1
t json modify -u "$U3" -p "$PC" --jsonfile json/good
t json-bare modify -u "$U3" -p "$PC" --jsonfile json/bare
t json-unknown modify -u "$UX" -p mtty --jsonfile json/bare
t json-new modify -u 12345678-0000-0000-8000-000000000000 -p mtty --jsonfile json/good
t json-new-parent modify -u 12345678-0000-0000-8000-000000000000 -p newparent --jsonfile json/good
t json-noparent modify -u "$U3" --jsonfile json/good
t json-noparent-none modify -u "$U3" --jsonfile json/none
t json-none modify -u "$U3" -p "$PC" --jsonfile json/none
t json-dir modify -u "$U3" -p "$PC" --jsonfile json/dir
t json-bad modify -u "$U3" -p "$PC" --jsonfile json/bad
t json-defined modify -u "$U3" -p "$PC" --jsonfile json/good --defined
t json-parent-dots modify -u "$U3" -p ../../outside --jsonfile json/good
in='{"mdev_type":"x","start":"auto"}'; t json-stdin modify --parent="$PC" --jsonfile=/dev/stdin --uuid="$U3" --defined
t live-active modify -u "$U3" --live --jsonfile json/good
t live-inactive modify -u "$U5" --live --jsonfile json/good
t live-same-type modify -u "$U3" --live --jsonfile json/ccw
t live-none modify -u "$U3" --live --jsonfile json/none
t live-bad modify -u "$U3" --live --jsonfile json/bad
t live-dir modify -u "$U3" --live --jsonfile json/dir
t live-wrong-parent modify -u "$U3" -p mtty --live --jsonfile json/good
t live-defined modify -u "$U3" --live --defined --jsonfile json/good
t live-auto modify -u "$U3" --live --auto
t live-manual modify -u "$U3" --live --manual
t live-delattr modify -u "$U3" --live --delattr
t live-delattr-inactive modify -u "$U5" --live --delattr
t live-addattr modify -u "$U3" --live --addattr x

fixture_modify_live() {
	fixture_modify
	echo '{"mdev_type":"vfio_ccw-io","start":"auto","attrs":[{"a":"b"}]}' >"$R/json/ccw"
	rawdef "$U4" matrix '{"mdev_type":"changed","start":"auto"}'
	echo '{"mdev_type":"vfio_ap-passthrough","start":"auto"}' >"$R/json/ap"
	echo '{"mdev_type":"i915-GVTg_V5_4","start":"auto"}' >"$R/json/i915"
}
use modify_live
t live-noscript modify -u "$U3" --live --jsonfile json/ccw
t live-noscript-defined modify -u "$U3" --live --defined --jsonfile json/ccw
t live-noscript-force modify -u "$U3" --live --defined -f --jsonfile json/ccw
t live-type-differs modify -u "$U4" --live --defined --jsonfile json/ap
t live-not-defined modify -u "$U2" -p "$PA" --live --defined --jsonfile json/i915
in='{"mdev_type":"vfio_ccw-io","start":"auto","attrs":[{"a":"b"}]}'
t live-stdin modify --parent="$PC" --jsonfile=/dev/stdin --uuid="$U3" --live

fixture_modify_odd() {
	fixture_modify
	mv "$R/etc/mdevctl.d/$PC/$U3" "$R/etc/stored"
	ln -s ../../stored "$R/etc/mdevctl.d/$PC/$U3"
	defined "$UA" upper t1 manual
	mv "$R/etc/mdevctl.d/upper/$UA" "$R/etc/mdevctl.d/upper/${UA^^}"
	defined "$U1" two t1 manual
	cp "$R/etc/mdevctl.d/two/$U1" "$R/etc/mdevctl.d/two/${U1//-/}"
	chmod 000 "$R/etc/mdevctl.d/$PC/$U2"
	mkdir "$R/etc/mdevctl.d/dir" "$R/etc/mdevctl.d/dir/$U4"
}
use modify_odd
t linked modify -u "$U3" -a
t linked-parent modify -u "$U3" -p "$PC" -a
t linked-json modify -u "$U3" -p "$PC" --jsonfile json/good
t upper modify -u "$UA" -p upper -a
t upper-undefine undefine -u "$UA" -p upper
t upper-start start -u "$UA" -p upper
t two modify -u "$U1" -p two -a
t two-undefine undefine -u "$U1" -p two
weak=1; t unreadable modify -u "$U2" -a
weak=1; t unreadable-parent modify -u "$U2" -p "$PC" -a
weak=1; t unreadable-json modify -u "$U2" -p "$PC" --jsonfile json/good
weak=1; t unreadable-undefine undefine -u "$U2"
weak=1; t unreadable-list list -d
t directory modify -u "$U4" -p dir -a
t directory-undefine undefine -u "$U4" -p dir
