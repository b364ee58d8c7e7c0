# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Types, definitions and lists, against what the kernel itself shows.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2)

# types: our words beside the kernel's files
kernel_types() {
	local p t

	for p in mdpy mtty; do
		echo "$p"
		for t in "$SYS_PARENTS/$p"/mdev_supported_types/*; do
			echo "  ${t##*/}"
			echo "    Available instances: $(cat "$t/available_instances")"
			echo "    Device API: $(cat "$t/device_api")"
			echo "    Name: $(cat "$t/name")"
			[ ! -e "$t/description" ] || echo "    Description: $(cat "$t/description")"
		done
	done
}
expect_out "$(kernel_types)" "types says what sysfs says" mdevctl types
expect_out "$(kernel_types | sed -n '/^mtty/,$p')" "types of one parent" mdevctl types -p mtty
sys_create "$(uuid 9)" mtty mtty-2
expect_out "$(kernel_types)" "types counts a device that somebody else made" mdevctl types
echo 1 >"$SYS_BUS/$(uuid 9)/remove"

# define, by options
expect_quiet "define with all options" mdevctl define -u "$A" -p mtty -t mtty-1 --auto
expect_out "$A mtty mtty-1 auto" "list -d shows it" mdevctl list -d
check_not "no device came of it" sys_active "$A"
is "$(cat "$ETC/mtty/$A")" '{
  "mdev_type": "mtty-1",
  "start": "auto",
  "attrs": []
}' "the file is what mdevctl writes"
expect_rc 0 "define without a UUID" mdevctl define -p mdpy -t mdpy-hd
is "${#OUT}" 36 "prints the UUID that it made"
check "and stores it" test -f "$ETC/mdpy/$OUT"
expect_quiet "undefine it" mdevctl undefine -u "$OUT"
expect_err 1 "already defined" "a second define is refused" \
	mdevctl define -u "$A" -p mtty -t mtty-2
expect_out "$A mtty mtty-1 auto" "and changed nothing" mdevctl list -d

# define, by a file and by a pipe as libvirt does
cat >/tmp/b.json <<J
{"mdev_type":"mdpy-vga","start":"manual","attrs":[{"power/control":"on"}]}
J
expect_quiet "define from a JSON file" mdevctl define -u "$B" -p mdpy --jsonfile /tmp/b.json
expect_out '{
  "mdev_type": "mdpy-vga",
  "start": "manual",
  "attrs": [
    {
      "power/control": "on"
    }
  ]
}' "list --dumpjson gives it back" mdevctl list -d -u "$B" --dumpjson
expect_quiet "undefine" mdevctl undefine -u "$B" -p mdpy
check_not "the file is gone" test -e "$ETC/mdpy/$B"
expect_quiet "define from a pipe" \
	bash -c "cat /tmp/b.json | mdevctl define --parent=mdpy --jsonfile=/dev/stdin --uuid=$B"
expect_out "$B mdpy mdpy-vga manual
  Attrs:
    @{0}: {\"power/control\":\"on\"}
$A mtty mtty-1 auto" "list -d -v" mdevctl list -d -v
expect_out "$B mdpy mdpy-vga manual" "list -d -p" mdevctl list -d -p mdpy
expect_out "" "list shows no active device" mdevctl list

# an active device lends parent and type to its definition
sys_create "$(uuid 3)" mtty mtty-2
expect_out "$(uuid 3) mtty mtty-2 manual" "list shows a foreign device" mdevctl list
expect_quiet "define takes parent and type from it" mdevctl define -u "$(uuid 3)"
expect_out "$(uuid 3) mtty mtty-2 manual (active)" "list -d" mdevctl list -d -u "$(uuid 3)"
expect_out "$(uuid 3) mtty mtty-2 manual (defined)" "lsmdev" lsmdev
expect_quiet "undefine leaves it running" mdevctl undefine -u "$(uuid 3)"
check "it runs" sys_active "$(uuid 3)"

# a broken definition harms nobody else
mkdir -p "$ETC/mtty"
echo '{' >"$ETC/mtty/$(uuid 4)"
run mdevctl list -d
is "$RC" 0 "list -d goes on past a broken definition"
like "$OUT" "$A mtty mtty-1 auto" "the others are listed"
like "$ERR" "$(uuid 4)" "it is named on stderr"
expect_rc 1 "verify fails for it" mdevmgr verify
expect_rc 0 "undefine removes it" mdevctl undefine -u "$(uuid 4)"
expect_rc 0 "verify is content then" mdevmgr verify
