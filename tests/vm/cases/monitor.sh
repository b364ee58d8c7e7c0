# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# monitor sees what really happens, as an ordinary user and without a daemon.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) X=$(uuid 99)
LINES_FILE=/tmp/monitor.out
WORDS_FILE=/tmp/monitor.err

# heard REGEX: for wait_for
heard() {
	grep -qE -e "$1" "$LINES_FILE"
}

# hears DESC REGEX
hears() {
	if wait_for 60 heard "$2"; then
		ok "$1"
		return
	fi
	not_ok "$1"
	diag "no line: $2"
	diag "$(tail -n 20 "$LINES_FILE")"
	diag "$(cat "$WORDS_FILE")"
}

probe() {
	sys_define spare "$X" "t$SECONDS" manual
	sleep 0.2
	[ -s "$LINES_FILE" ]
}

# monitor ARGUMENT...: starts one as nobody, leaves MONITOR; it hears when this returns
monitor() {
	: >"$LINES_FILE"
	setpriv --reuid=65534 --regid=65534 --clear-groups mdevmgr monitor "$@" \
		>>"$LINES_FILE" 2>"$WORDS_FILE" &
	MONITOR=$!
	wait_for 60 probe
	rm -f "$ETC/spare/$X"
	hears "monitor $* hears" "removed"
	: >"$LINES_FILE"
}

# The text after the time of the lines since, one of each.
words() {
	cut -d ' ' -f 2- "$LINES_FILE"
}

rm -rf "$ETC"
mkdir -m 755 "$ETC"
monitor
mdevctl define -u "$A" -p mtty -t mtty-2
hears "define" "definition $A mtty: added, $ETC/mtty/$A"
mdevctl start -u "$A"
hears "start" "device $A mtty: active, mtty-2"
hears "the state of what is started" "state $A mtty: inactive -> active"
mdevctl modify -u "$A" --auto
hears "modify" "definition $A mtty: changed"
mdevctl stop -u "$A"
hears "stop" "device $A mtty: gone, mtty-2"
hears "the state of what is stopped" "state $A mtty: active -> "
mdevctl undefine -u "$A"
hears "undefine" "definition $A mtty: removed"

sys_create "$B" mtty mtty-1
hears "a device that was made without any tool" "device $B mtty: active, mtty-1"
rmmod mtty
hears "a driver that goes" "parent mtty: unregistered"
is "$(words | tail -n 2)" "device $B mtty: gone, mtty-1
parent mtty: unregistered" "with its devices, which go first"
insmod /opt/m/mtty.ko
hears "a driver that comes" "parent mtty: registered, 2 types"
is "$(cat "$WORDS_FILE")" "" "no words"

# What it may not read is told, and the rest is seen.
sys_define mtty "$A" mtty-1 manual
chmod 600 "$ETC/mtty/$A"
hears "a definition that others may not read" "definition $A mtty: (added|changed)"
wait_for 60 test -s "$WORDS_FILE"
like "$(cat "$WORDS_FILE")" "$ETC/mtty/$A" "what it may not read is told"
: >"$LINES_FILE"
sleep 1.1
sys_define mtty "$A" mtty-2 manual
hears "that it is another is seen all the same" "definition $A mtty: changed"
is "$(grep -c "$ETC/mtty/$A" "$WORDS_FILE")" 1 "and told once"

kill "$MONITOR"
rc=0
wait "$MONITOR" || rc=$?
is "$rc" 0 "it ends well when it is told to"

monitor --json
mdevctl start -u "$A"
hears "JSON: a device" '"kind":"device","uuid":"'"$A"'","parent":"mtty","type":"mtty-2","old":null,"new":"active"'
mdevctl stop -u "$A"
hears "JSON: it goes" '"kind":"device".*"new":"gone"'
rmmod mdpy
hears "JSON: a parent goes" '"kind":"parent","uuid":null,"parent":"mdpy",.*"new":"unregistered".*"types":null}$'
insmod /opt/m/mdpy.ko
hears "JSON: a parent comes" '"kind":"parent","uuid":null,"parent":"mdpy",.*"new":"registered".*"types":[1-9]'
value='(null|[0-9]+|"([^"\\]|\\.)*")'
is "$(grep -vcE "^\{\"time\":\"[0-9T:.-]+Z\"(,\"[a-z]+\":$value){9}\}$" "$LINES_FILE")" 0 "every line is an object"
kill "$MONITOR"
wait "$MONITOR"

# A reader that goes away ends it, though nothing happens.
expect_rc 1 "nobody reads" bash -c 'set -o pipefail; mdevmgr monitor | true'
like "$ERR" "Broken pipe" "and it says so"
