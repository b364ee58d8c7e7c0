# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# How options may be spelt, what is refused with status 2, help and version, spellings of a UUID.

use base
rm -f "$R/json/b"
t none
as=lsmdev; t lsmdev-none
as=foolsmdev; t lsmdev-prefix -d
as=lsmdev; t lsmdev-all -d -v -u "$U3" -p "$PC"
as=lsmdev; t lsmdev-json --defined --dumpjson --uuid="$U3"
as=lsmdev; t lsmdev-subcommand list
as=lsmdev; t lsmdev-version -V
as=lsmdev; t lsmdev-version-long --version
as=lsmdev; t lsmdev-bad --nosuch
t version -V
t version-long --version
t list-version list -V
t list-version-long list --version
t types-version types --version
t define-version define -V
t top-option -d
t no-such-command frobnicate
t command-prefix lis
t command-upper LIST
t command-empty ''
t help-and-command --help list
t help-command help
for c in define undefine modify start stop list types start-parent-mdevs; do
	t "help-$c" help $c
	t "$c-h" $c -h
	t "$c-help" $c --help
done
t help-unknown help nosuch
t help-help help help
t help-two help list types
t help-option help -u
t probe modify --defined --live --jsonfile b --help
t probe-bad-before modify --nosuch --help
t probe-bad-after modify --help --nosuch
t probe-bad-value-before modify -u zz --help
t probe-bad-value-after modify --help -u zz
t probe-missing modify --help
t probe-conflict modify -a -m --help
t probe-doubled modify -a -a --help
t probe-bundle modify -amh
t probe-value modify -u -h
t help-with-value list --help=x
t help-before-dashes list --help -- x

t u-space list -u "$U1"
t u-joined list -u"$U1"
t u-equals list -u="$U1"
t u-bundle list -du "$U1"
t u-bundle-joined list -du"$U1"
t u-bundle-equals list -du="$U1"
t u-bundle-first list -ud "$U1"
t long-space list --uuid "$U1"
t long-equals list --uuid="$U1"
t long-abbreviated list --uui "$U1"
t long-abbreviated-2 list --def
t long-upper list --UUID "$U1"
t single-dash-long list -uuid "$U1"
t dv list -dv
t vd list -vd
t d-equals list -d=true
t flag-value list --dumpjson=true
t flag-empty-value list --dumpjson=
t doubled-flag list -d -d
t doubled-flag-bundle list -dd
t doubled-mixed list -d --defined
t doubled-value list -u "$U1" -u "$U1"
t doubled-parent list -p a -p a
t doubled-json list --dumpjson --dumpjson
t missing-value list -u
t missing-value-long list --uuid
t missing-value-next list -u -d
t missing-value-next-long list --parent --defined
t equals-next list --parent=--defined
t p-equals-dash list -p=-x
t p-dash list -p -x
t p-minus list -p -
t p-dash-joined list -p-x
t p-empty list -p ''
t p-empty-equals list --parent=
t p-empty-short-equals list -p=
t p-equals-equals list -p==x
t u-empty list -u ''
t u-empty-equals list --uuid=
t dashes list -d --
t dashes-option list -- -d
t dashes-positional list -- x
t dashes-first -- list
t positional list x
t minus list -
t unknown-short list -x
t unknown-bundle list -dx
t unknown-long list --nosuch
t unknown-long-value list --nosuch=1
t triple list ---defined
t not-utf8 list -p $'\xff'
t not-utf8-equals list --parent=$'\xff'
t not-utf8-type define -u "$UX" -p mtty -t $'a\xff'
t not-utf8-json define -u "$UX" -p mtty --jsonfile $'json/\xff'
t not-utf8-command $'\xff'
t types-u types -u "$U1"
t types-d types -d
t types-positional types mtty
t undefine-none undefine
t undefine-parent-only undefine -p mtty
t stop-none stop
t stop-parent stop -u "$U1" -p "$PA"
t start-none start
t start-type start -t mtty-1
t start-json start --jsonfile b
t start-json-type start -u "$UX" --jsonfile b -t x
t define-none define
t define-auto define -a
t define-json define --jsonfile b
t define-json-type define -u "$UX" --jsonfile b -t x
t define-json-auto define -u "$UX" --jsonfile b -a
t define-json-empty define -u "$UX" -p mtty --jsonfile=
t define-manual define -u "$UX" -p mtty -t mtty-1 -m
t define-bundle define -afu "$UX" -pmtty -t=mtty-1
t define-live define -u "$UX" -p mtty -t mtty-1 -l
t start-auto start -u "$UX" -a
t list-force list -f
t value-dash modify -u "$U3" --addattr n --value -1
t value-dash-equals modify -u "$U3" --addattr n --value=-1
t value-dashes modify -u "$U3" --addattr n --value -- x
t value-minus modify -u "$U3" --addattr n --value -
t index-dash modify -u "$U3" --delattr -i -1
t index-joined modify -u "$U3" --delattr -i0
t index-equals modify -u "$U3" --delattr -i=0

u=$U1
for s in "${u^^}" "${u//-/}" "{$u}" "urn:uuid:$u" "URN:UUID:$u" "urn:uuid:${u^^}" "{${u//-/}}" "urn:uuid:${u//-/}" " $u" "$u " "{$u" "$u}" \
	"${u%?}" "${u}0" "${u/-/}" "${u/1/g}" "${u//-/_}" "11111111-0001-0000-80000000-0000000a" "11111111000100008000-00000000000a" \
	"1111111-10001-0000-8000-00000000000a" "-${u//-/}" "${u}-" "$u"$'\n' "00000000-0000-0000-0000-000000000000" \
	"FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF" "urn:uuid:{$u}" "urn:uuid:" "{}" "0x$u" "é$u"; do
	t "uuid-spelling_$s" list "--uuid=$s" -d
done
for s in "${UA^^}" "${UA//-/}" "{$UA}" "urn:uuid:$UA"; do
	t "uuid-define_$s" define -u "$s" -p "$PC" -t x
	t "uuid-modify_$s" modify -u "$s" -a
	t "uuid-undefine_$s" undefine -u "$s"
	t "uuid-stop_$s" stop -u "$s"
done

# Directories that mdevctl needs.
fixture_nodirs() { rm -r "${R:?}/etc" "${R:?}/usr"; }
use nodirs
t nodirs-list list
t nodirs-list-d list -d
t nodirs-version --version
t nodirs-help modify --defined --live --jsonfile b --help
t nodirs-bad list --nosuch
t nodirs-types types
t nodirs-define define -u "$UX" -p mtty -t t1
fixture_noscripts() { fixture_base; rm -r "${R:?}/usr"; }
use noscripts
t noscripts-list list
t noscripts-json list -d --dumpjson
t noscripts-define define -u "$UX" -p mtty -t t1
t noscripts-start start -u "$UX" -p mtty -t mtty-1
fixture_nonotifiers() { fixture_base; rmdir "$R/usr/lib/mdevctl/scripts.d/notifiers"; }
use nonotifiers
t nonotifiers-list list
