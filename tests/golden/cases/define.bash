# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# define and undefine: every branch of the message list, on the standard tree.

fixture_define() {
	fixture_base
	echo '{"mdev_type":"mtty-1","start":"auto","attrs":[{"a":"b"},{"a":"c"}]}' >"$R/json/good"
	echo '{"attrs":[{"b":"c"}],"extra":true,"start":"x","mdev_type":"mtty-2"}' >"$R/json/mixed"
	echo '{"mdev_type":"mtty-1"' >"$R/json/bad"
	: >"$R/json/empty"
	mkdir "$R/json/dir"
	ln -s good "$R/json/link"
	ln -s none "$R/json/dangling"
	printf a >"$R/json/unreadable"
	chmod 000 "$R/json/unreadable"
}
use define

t new define -u "$UX" -p mtty -t mtty-1
t new-auto define -u "$UX" -p mtty -t mtty-1 -a
t new-long define --uuid "$UX" --parent mtty --type mtty-1 --auto
t generated define -p mtty -t mtty-1
t generated-auto define -a -p "$PA" -t i915-GVTg_V5_4
t generated-force define -f -p mtty -t mtty-1
t new-force define -u "$UX" -p mtty -t mtty-1 --force
t no-parent-dir define -u "$UX" -p newparent -t newtype
t no-such-parent define -u "$UX" -p 0000:99:00.0 -t t1
t no-such-type define -u "$UX" -p mtty -t nosuch
t blank-names define -u "$UX" -p 'a b' -t 'c d'
t empty-type define -u "$UX" -p mtty -t ''
t utf8-type define -u "$UX" -p mtty -t $'Größe "x"\n\t\\'
t newline-type define -u "$UX" -p mtty -t $'a\nb'
t parent-dots define -u "$UX" -p ../../outside -t t1
t parent-dot define -u "$UX" -p . -t t1
t parent-dotdot define -u "$UX" -p .. -t t1
t parent-empty define -u "$UX" -p '' -t t1
t parent-slash define -u "$UX" -p a/b -t t1
t parent-scripts define -u "$UX" -p scripts.d -t t1
t parent-hidden define -u "$UX" -p .hidden -t t1
t parent-newline define -u "$UX" -p $'a\nb' -t t1
t parent-long define -u "$UX" -p "$(printf 'x%.0s' {1..256})" -t t1
t parent-255 define -u "$UX" -p "$(printf 'x%.0s' {1..255})" -t t1
t parent-othercase define -u "$UX" -p "${PB^^}" -t nvidia-222
t by-name define -u "$UX" -p "$PB" -t 'GRID T4-1Q'
t uuid-only define -u "$UX"
t uuid-type define -u "$UX" -t mtty-1
t uuid-parent define -u "$UX" -p mtty
t parent-only define -p mtty
t exists define -u "$U1" -p "$PA" -t i915-GVTg_V5_4
t exists-force define -u "$U1" -p "$PA" -t i915-GVTg_V5_4 -f
t exists-defined-only define -u "$U5" -p mtty -t mtty-1
t exists-elsewhere define -u "$U5" -p "$PA" -t x
t active define -u "$U2"
t active-auto define -u "$U2" -a
t active-parent define -u "$U2" -p "$PA"
t active-type define -u "$U2" -t other
t active-parent-type define -u "$U2" -p "$PA" -t other
t active-other-parent define -u "$U2" -p mtty
t active-other-both define -u "$U2" -p mtty -t mtty-1
t active-defined define -u "$U1"
t active-defined-other define -u "$UA"
t active-force define -u "$U2" -f
t upper-uuid define -u "${UA^^}" -p matrix -t vfio_ap-passthrough
t json define -u "$UX" -p mtty --jsonfile json/good
t json-generated define -p mtty --jsonfile json/good
t json-absolute define -u "$UX" -p mtty --jsonfile "$R/json/good"
t json-mixed define -u "$UX" -p mtty --jsonfile json/mixed
t json-link define -u "$UX" -p mtty --jsonfile json/link
t json-none define -u "$UX" -p mtty --jsonfile json/none
t json-none-noparent define -u "$UX" --jsonfile json/none
t json-empty-name define -u "$UX" -p mtty --jsonfile ''
t json-dangling define -u "$UX" -p mtty --jsonfile json/dangling
t json-dir define -u "$UX" -p mtty --jsonfile json/dir
t json-dir-exists define -u "$U1" -p "$PA" --jsonfile json/dir
t json-empty define -u "$UX" -p mtty --jsonfile json/empty
t json-bad define -u "$UX" -p mtty --jsonfile json/bad
t json-bad-exists define -u "$U5" -p mtty --jsonfile json/bad
t json-noparent define -u "$UX" --jsonfile json/good
t json-noparent-active define -u "$U2" --jsonfile json/good
t json-active define -u "$U2" -p "$PA" --jsonfile json/good
t json-exists define -u "$U1" -p "$PA" --jsonfile json/good
t json-exists-force define -u "$U1" -p "$PA" --jsonfile json/good -f
t json-exists-elsewhere define -u "$U1" -p mtty --jsonfile json/good
weak=1; t json-unreadable define -u "$UX" -p mtty --jsonfile json/unreadable
in='{"mdev_type":"mtty-1","start":"manual"}'; t json-stdin define --parent=mtty --jsonfile=/dev/stdin --uuid="$UX"
in='{"mdev_type":"mtty-1","start":"manual"}'; t json-stdin-generated define --parent=mtty --jsonfile=/dev/stdin
in='{"mdev_type":"mtty-1","start":"manual"}'; t json-stdin-fd define --parent=mtty --jsonfile=/dev/fd/0
in='{"mdev_type":"mtty-1"'; t json-stdin-bad define --parent=mtty --jsonfile=/dev/stdin --uuid="$UX"
t json-stdin-empty define --parent=mtty --jsonfile=/dev/stdin --uuid="$UX"
t json-parent-dots define -u "$UX" -p ../../outside --jsonfile json/good

fixture_define_odd() {
	fixture_define
	rm -r "$R/etc/mdevctl.d/mtty"
	: >"$R/etc/mdevctl.d/mtty"
	mkdir "$R/etc/mdevctl.d/dirfile" "$R/etc/mdevctl.d/dirfile/$UX" "$R/etc/mdevctl.d/real" "$R/etc/mdevctl.d/dangling"
	ln -s real "$R/etc/mdevctl.d/linked"
	ln -s nowhere "$R/etc/mdevctl.d/dangling/$UX"
	printf '{}' >"$R/etc/mdevctl.d/real/${UA^^}"
}
use define_odd
t parent-is-file define -u "$UX" -p mtty -t t1
t parent-is-file-json define -u "$UX" -p mtty --jsonfile json/good
t file-is-dir define -u "$UX" -p dirfile -t t1
t file-is-dir-json define -u "$UX" -p dirfile --jsonfile json/good
t file-is-dangling define -u "$UX" -p dangling -t t1
t parent-is-link define -u "$UX" -p linked -t t1
t upper-exists define -u "$UA" -p real -t t1
fixture_define_readonly() { fixture_define; chmod 555 "$R/etc/mdevctl.d" "$R/etc/mdevctl.d/mtty"; }
use define_readonly
weak=1; t readonly-new-dir define -u "$UX" -p new -t t1
weak=1; t readonly-dir define -u "$UX" -p mtty -t t1
weak=1; t readonly-undefine undefine -u "$U5" -p mtty
weak=1; t readonly-list list -d

# sysfs that cannot be looked at
fixture_define_loop() { fixture_define; ln -s "$UX" "$R/sys/bus/mdev/devices/$UX"; ln -s nowhere "$R/sys/bus/mdev/devices/22222222-0002-0000-8000-0000000000ff"; }
use define_loop
t loop define -u "$UX" -p mtty -t mtty-1
t loop-bare define -u "$UX"
t loop-force define -u "$UX" -p mtty -t mtty-1 -f
t loop-json define -u "$UX" -p mtty --jsonfile json/good
t loop-list list
t loop-list-json list --dumpjson
t loop-list-d list -d
t loop-start start -u "$UX" -p mtty -t mtty-1
t loop-stop stop -u "$UX"
t loop-stop-force stop -u "$UX" -f
t dangling-list list -u 22222222-0002-0000-8000-0000000000ff
t dangling-define define -u 22222222-0002-0000-8000-0000000000ff
t dangling-stop stop -u 22222222-0002-0000-8000-0000000000ff

use define
t undefine undefine -u "$U1"
t undefine-parent undefine -u "$U1" -p "$PA"
t undefine-wrong-parent undefine -u "$U1" -p mtty
t undefine-two undefine -u "$U5"
t undefine-two-one undefine -u "$U5" -p gone
t undefine-unknown undefine -u "$UX"
t undefine-unknown-force undefine -u "$UX" -f
t undefine-active-only undefine -u "$U2"
t undefine-othercase undefine -u "$U1" -p "${PA^^}"
t undefine-upper-uuid undefine -u "${UA^^}"
t undefine-parent-empty undefine -u "$U1" -p ''
t undefine-parent-dots undefine -u "$U1" -p "../mdevctl.d/$PA"
t undefine-force undefine -u "$U1" -f
