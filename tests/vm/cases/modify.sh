# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Changing definitions; the running device stays as it is until the next start.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1)

definition() {
	tr -d ' \n' <"$ETC/mtty/$A"
}

mdevctl define -u "$A" -p mtty -t mtty-1
mdevctl start -u "$A"

expect_quiet "modify -t alone" mdevctl modify -u "$A" -t mtty-2
is "$(definition)" '{"mdev_type":"mtty-2","start":"manual","attrs":[]}' "the type is stored"
is "$(sys_device "$A")" "mtty mtty-1" "the running device keeps its own"
expect_out "$A mtty mtty-2 manual" "list -d: a device of another type is not this definition" \
	mdevctl list -d
mdevctl stop -u "$A"
mdevctl start -u "$A"
is "$(sys_device "$A")" "mtty mtty-2" "the next start uses the new type"

expect_quiet "--addattr" mdevctl modify -u "$A" --addattr power/control --value on
expect_quiet "--addattr --index" mdevctl modify -u "$A" --addattr power/async --value disabled -i 0
is "$(definition)" '{"mdev_type":"mtty-2","start":"manual","attrs":[{"power/async":"disabled"},{"power/control":"on"}]}' \
	"both are stored in order"
is "$(cat "$SYS_BUS/$A/power/control")" auto "the running device is not touched"
mdevctl stop -u "$A"
mdevctl start -u "$A"
is "$(cat "$SYS_BUS/$A/power/control" "$SYS_BUS/$A/power/async")" "on
disabled" "the next start writes them"
expect_err 1 "Attribute index 7 is invalid" "an index out of range" \
	mdevctl modify -u "$A" --addattr x --value y -i 7
expect_quiet "--delattr --index" mdevctl modify -u "$A" --delattr -i 0
is "$(definition)" '{"mdev_type":"mtty-2","start":"manual","attrs":[{"power/control":"on"}]}' \
	"one is left"

expect_quiet "--auto" mdevctl modify -u "$A" --auto
like "$(definition)" '"start":"auto"' "auto is stored"
expect_out "$A mtty mtty-2 auto (defined)" "the active list tells" mdevctl list
expect_quiet "--manual" mdevctl modify -u "$A" --manual
like "$(definition)" '"start":"manual"' "manual is stored"
expect_rc 2 "--auto and --manual exclude each other" mdevctl modify -u "$A" --auto --manual

echo '{"mdev_type":"mtty-1","start":"auto","attrs":[]}' >/tmp/m.json
expect_quiet "--jsonfile replaces all, as libvirt calls it" bash -c \
	"cat /tmp/m.json | mdevctl modify --parent=mtty --jsonfile=/dev/stdin --uuid=$A --defined"
is "$(definition)" '{"mdev_type":"mtty-1","start":"auto","attrs":[]}' "the new definition"
is "$(sys_device "$A")" "mtty mtty-2" "the running device is as it was"
expect_rc 0 "libvirt's probe for live changes" mdevctl modify --defined --live --jsonfile b --help
expect_err 1 "Live modification is not supported for this device type" "a live change of mtty" \
	mdevctl modify -u "$A" --live --jsonfile <(echo '{"mdev_type":"mtty-2","start":"auto"}')

expect_rc 0 "--dry-run" mdevmgr modify -u "$A" --manual --dry-run
like "$OUT" "manual" "shows the change"
like "$(definition)" '"start":"auto"' "and makes none"

# unknown keys are somebody's notes
echo '{"mdev_type":"mtty-1","start":"auto","attrs":[],"owner":"web farm"}' >"$ETC/mtty/$A"
expect_quiet "modify a definition with a key of somebody else's" mdevctl modify -u "$A" --manual
is "$(definition)" '{"mdev_type":"mtty-1","start":"manual","attrs":[],"owner":"webfarm"}' \
	"the key is kept"
expect_err 1 "Mediated device $(uuid 9) is not defined" "modify of an unknown device" \
	mdevctl modify -u "$(uuid 9)" --auto
