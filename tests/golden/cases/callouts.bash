# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2034
# Callouts and notifiers: who is called with what, and what their answers do. Scripts append to the file "trace".

# Made from the last to the first: on a tmpfs, where the data are recorded, mdevctl then meets them in their order.
callout_base() {
	parent mtty; type_ mtty t1 5 vfio-pci; type_ mtty t2 5 vfio-pci
	parent "$PA"; type_ "$PA" t1 5 vfio-pci
	halfmade "$U5" mtty a b
	device "$U4" mtty t1
	device "$U1" mtty t1
	defined "$U3" mtty t1 auto
	defined "$U3" "$PA" t1 auto
	defined "$U2" mtty t1 manual a 'v \"é\"'
	defined "$U1" mtty t1 auto a v
	echo '{"mdev_type":"t1","start":"auto","attrs":[{"a":"1"}],"unknown":5}' >"$R/json/t1"
	echo '{"mdev_type":"t1","start":"auto","attrs":[{"a":"1"},{"nosuch":"1"}]}' >"$R/json/nosuch"
}
# Every verb once.
verbs() {
	t "$1.define" define -u "$UX" -p mtty -t t1 -a
	t "$1.define-again" define -u "$U2" -p mtty -t t1
	t "$1.define-active" define -u "$U4"
	t "$1.define-json" define -u "$UX" -p mtty --jsonfile json/t1
	t "$1.define-generated" define -p mtty -t t1
	t "$1.undefine" undefine -u "$U2"
	t "$1.undefine-two" undefine -u "$U3"
	t "$1.undefine-unknown" undefine -u "$UX"
	t "$1.modify" modify -u "$U2" --addattr b --value w
	t "$1.modify-json" modify -u "$U2" -p mtty --jsonfile json/t1
	t "$1.modify-type" modify -u "$U2" -t t2 --auto
	t "$1.modify-live" modify -u "$U1" --live --jsonfile json/t1
	t "$1.modify-live-defined" modify -u "$U1" --live --defined --jsonfile json/t1
	t "$1.start" start -u "$U2" -p mtty
	t "$1.start-json" start -u "$U5" -p mtty --jsonfile json/t1
	t "$1.start-fails" start -u "$U5" -p mtty --jsonfile json/nosuch
	t "$1.start-no-parent" start -u "$UX" -p nosuch -t t1
	t "$1.start-active" start -u "$U1"
	dirty=1 # a whole new copy, for the order in the directory
	t "$1.start-parent" start-parent-mdevs mtty
	t "$1.stop" stop -u "$U1"
	t "$1.stop-undefined" stop -u "$U4"
	t "$1.stop-inactive" stop -u "$U2"
	t "$1.list" list
	t "$1.list-v" list -v
	t "$1.list-json" list --dumpjson
	t "$1.list-u" list -v -u "$U1"
	t "$1.list-p" list -v -p "$PA"
	t "$1.list-d" list -d -v
	t "$1.list-d-json" list -d --dumpjson
	t "$1.types" types
}
# The verbs that ask scripts in different ways.
brief() {
	t "$1.define" define -u "$UX" -p mtty -t t1 -a
	t "$1.define-active" define -u "$U4"
	t "$1.undefine-two" undefine -u "$U3"
	t "$1.modify-live-defined" modify -u "$U1" --live --defined --jsonfile json/t1
	t "$1.start" start -u "$U5" -p mtty -t t1
	t "$1.list-v" list -v -u "$U1"
}
forced() {
	t "$1.define" define -f -u "$UX" -p mtty -t t1
	t "$1.define-active" define -f -u "$U4"
	t "$1.undefine" undefine -f -u "$U2"
	t "$1.modify" modify -f -u "$U2" --addattr b --value w
	t "$1.modify-live-defined" modify -f -u "$U1" --live --defined --jsonfile json/t1
	t "$1.start" start -f -u "$U2" -p mtty
	t "$1.stop" stop -f -u "$U1"
}

# An unversioned callout that answers 0 and delivers attributes, and a notifier.
attributes='case $* in *"-e get -a attributes"*) echo '\''[{"a":"live"},{"b":"x"}]'\'' ;; esac'
fixture_plain() {
	callout_base
	script callouts c1.sh "$LOG_ALL"$'\n'"$UNVERSIONED"$'\n'"$attributes"
	script notifiers n1.sh "$LOG_ARGS"
}
use plain
verbs plain

# Not mine, refused, an own number; with words on stderr.
for s in 1 2 77; do
	eval "fixture_status$s() { callout_base; script callouts c1.sh \"\$LOG_ARGS\"\$'\\n'\"\$UNVERSIONED\"\$'\\necho said >&2\\necho out\\nexit $s'; script notifiers n1.sh \"\$LOG_ARGS\"; }"
	use status$s
	brief status$s
	[[ $s == 2 ]] || forced status$s-force
done
fixture_signal() { callout_base; script callouts c1.sh "$LOG_ARGS"$'\n'"$UNVERSIONED"$'\nkill -9 $$'; script notifiers n1.sh "$LOG_ARGS"; }
use signal
brief signal
forced signal-force

# Only the notifier; its stdin, its answers.
fixture_notifier() {
	callout_base
	script notifiers n1.sh "$LOG_ALL"$'\necho out; echo err >&2; exit 1'
	script etc-notifiers n2.sh "$LOG_ALL"
}
use notifier
t notifier.define define -u "$UX" -p mtty -t t1
t notifier.start start -u "$U2" -p mtty
t notifier.stop stop -u "$U1"
t notifier.undefine undefine -u "$U2"
t notifier.modify modify -u "$U2" -a

# pre passes, post fails; pre passes, post dies
fixture_post() { callout_base; script callouts c1.sh "$LOG_ALL"$'\n'"$UNVERSIONED"$'\ncase $* in *"-e post"*) echo late >&2; exit 1 ;; esac'; script notifiers n1.sh "$LOG_ARGS"; }
use post
brief post

# Search order: usr/lib before etc, path order, hidden files, the first that does not answer 2 is kept.
two='case $* in *"-a capabilities"*) exit 2 ;; esac; exit 2'
fixture_order() {
	callout_base
	script callouts b.sh "$LOG_ARGS"$'\n'"$two"
	script callouts a.sh "$LOG_ARGS"$'\n'"$two"
	script callouts .hidden "$LOG_ARGS"$'\n'"$two"
	script callouts C.sh "$LOG_ARGS"$'\n'"$two"
	script callouts c~ "$LOG_ARGS"$'\n'"$two"
	script callouts noexec "$LOG_ARGS"; chmod 644 "$R/usr/lib/mdevctl/scripts.d/callouts/noexec"
	script callouts nointerp "$LOG_ARGS"; printf '#!/nonexistent/sh\n' >"$R/usr/lib/mdevctl/scripts.d/callouts/nointerp"
	printf 'echo no shebang\n' >"$R/usr/lib/mdevctl/scripts.d/callouts/plain"; chmod 755 "$R/usr/lib/mdevctl/scripts.d/callouts/plain"
	: >"$R/usr/lib/mdevctl/scripts.d/callouts/empty"; chmod 755 "$R/usr/lib/mdevctl/scripts.d/callouts/empty"
	mkdir "$R/usr/lib/mdevctl/scripts.d/callouts/dir"
	ln -s nowhere "$R/usr/lib/mdevctl/scripts.d/callouts/dangling"
	script etc-callouts a.sh "$LOG_ARGS"$'\n'"$two"
	script etc-callouts k.sh 'PATH=$PATH; echo "kept: $*" >>"$MDEVCTL_ENV_ROOT/trace"'$'\n'"$UNVERSIONED"
	script etc-callouts z.sh "$LOG_ARGS"
	script notifiers n1.sh "$LOG_ARGS"
	ln -s ../callouts/a.sh "$R/usr/lib/mdevctl/scripts.d/callouts/link.sh"
}
use order
brief order
fixture_chosen_two() { callout_base; script callouts c1.sh "$LOG_ARGS"$'\n'"$UNVERSIONED"$'\ncase $* in *"-e post"* | *"-e get"*) exit 2 ;; esac'; script callouts d.sh "$LOG_ARGS"$'\nexit 2'; }
use chosen_two
brief chosen-two

# Versioned scripts.
all_actions='start stop define undefine modify attributes capabilities'
all_events='pre post notify get live'
versioned() {
	supports "$1" "$2"
	script callouts v1.sh "$LOG_ALL"$'\n'"$REPLY"$'\n'"$attributes"$'\n'"${3-}"
	script notifiers n1.sh "$LOG_ARGS"
}
fixture_versioned() { callout_base; versioned "$all_actions" "$all_events"; }
use versioned
verbs versioned
fixture_versioned_etc() { callout_base; script callouts a.sh "$LOG_ARGS"$'\n'"$UNVERSIONED"; supports "$all_actions" "$all_events"; script etc-callouts v1.sh "$LOG_ARGS"$'\n'"$REPLY"; script etc-callouts w.sh "$LOG_ARGS"$'\n'"$REPLY"; }
use versioned_etc
brief versioned-etc
fixture_no_action() { callout_base; versioned 'capabilities' "$all_events"; }
use no_action
brief no-action
forced no-action-force
fixture_no_event() { callout_base; versioned "$all_actions" 'get'; }
use no_event
brief no-event
forced no-event-force
fixture_only_live() { callout_base; versioned 'modify' 'live'; }
use only_live
brief only-live
for s in 1 2 3; do
	eval "fixture_versioned$s() { callout_base; versioned \"\$all_actions\" \"\$all_events\" 'echo said >&2; exit $s'; }"
	use versioned$s
	brief versioned$s
	forced versioned$s-force
done
fixture_versioned_signal() { callout_base; versioned "$all_actions" "$all_events" 'kill -15 $$'; }
use versioned_signal
brief versioned-signal

# The reply to the probe.
reply() {
	callout_base
	script callouts v1.sh "$LOG_ARGS"$'\ncase $* in *"-a capabilities"*) '"$1"$' ;; esac'
	script callouts z.sh "$LOG_ARGS"$'\n'"$UNVERSIONED"
}
good='{"supports":{"version":2,"actions":["start","define","attributes"],"events":["pre","post","get"]}}'
declare -A answer=(
	[good]="printf %s '$good'; exit 0"
	[newline]="echo '$good'; exit 0"
	[status1]="echo '$good'; exit 1"
	[status77]="echo '$good'; exit 77"
	[status2]="echo '$good'; exit 2"
	[signal]="echo '$good'; kill -9 \$\$"
	[nuls]="printf '%s\\n\\0\\0' '$good'; exit 0"
	[nul_newline]="printf '%s\\0\\n' '$good'; exit 0"
	[version0]="echo '${good/2/0}'; exit 0"
	[version9]="echo '${good/2/9}'; exit 0"
	[version_big]="echo '${good/2/4294967296}'; exit 0"
	[version_max]="echo '${good/2/4294967295}'; exit 0"
	[version_negative]="echo '${good/2/-1}'; exit 0"
	[version_float]="echo '${good/2/2.0}'; exit 0"
	[version_string]="echo '${good/2/\"2\"}'; exit 0"
	[no_version]="echo '${good/\"version\":2,/}'; exit 0"
	[no_actions]="echo '{\"supports\":{\"version\":2,\"events\":[\"pre\"]}}'; exit 0"
	[no_events]="echo '{\"supports\":{\"version\":2,\"actions\":[\"start\"]}}'; exit 0"
	[empty_lists]="echo '{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}}'; exit 0"
	[unknown_words]="echo '${good/\"start\"/\"start\",\"destroy\"}'; exit 0"
	[unknown_event]="echo '${good/\"pre\"/\"pre\",\"during\"}'; exit 0"
	[upper_words]="echo '${good/\"start\"/\"START\"}'; exit 0"
	[number_word]="echo '${good/\"start\"/5}'; exit 0"
	[extra]="echo '${good/\"version\"/\"more\":[1],\"version\"}'; exit 0"
	[extra_top]="echo '${good/\"supports\"/\"x\":1,\"supports\"}'; exit 0"
	[null]="echo '{\"supports\":null}'; exit 0"
	[missing]="echo '{}'; exit 0"
	[provides]="cat; exit 0"
	[list]="echo '[]'; exit 0"
	[bad]="echo '{\"supports\":'; exit 0"
	[empty]="exit 0"
	[text]="echo hello; exit 0"
	[twice]="echo '$good$good'; exit 0"
	[stderr]="echo '$good'; echo said >&2; exit 0"
	[stderr_bad]="echo said >&2; exit 1"
	[latin1]="printf '\\351'; exit 0"
	[string]="echo '{\"supports\":\"all\"}'; exit 0"
)
mapfile -t answers < <(printf '%s\n' "${!answer[@]}" | sort)
for a in "${answers[@]}"; do
	eval "fixture_reply_$a() { reply \"\${answer[$a]}\"; }"
	use "reply_$a"
	t "reply-$a.define" define -u "$UX" -p mtty -t t1
	t "reply-$a.stop" stop -u "$U1"
done

# The bytes of the probe's question.
fixture_probe() { callout_base; script callouts c.sh 'cat >>"$MDEVCTL_ENV_ROOT/trace"; echo " $*" >>"$MDEVCTL_ENV_ROOT/trace"; exit 2'; }
use probe
t probe define -u "$UX" -p mtty -t t1

# The reply with attributes.
declare -A attrs=(
	[one]='printf %s '\''[{"a":"b"}]'\'
	[three]='printf %s '\''[{"a":"b"},{"a":"c"},{"é\"\\\\":"d\n"}]'\'
	[spaces]='echo " [ { \"a\" : \"b\" } ] "'
	[empty]=':'
	[emptyobject]='printf %s "[{}]"'
	[emptyobject_newline]='echo "[{}]"'
	[emptylist]='echo "[]"'
	[null]='echo null'
	[newline]='echo'
	[nul]='printf "[{\"a\":\"b\"}]\n\0\0"'
	[nul_newline]='printf "[{\"a\":\"b\"}]\0\n"'
	[only_nul]='printf "\0"'
	[object]='echo "{\"a\":\"b\"}"'
	[text]='echo hello'
	[cut]='echo "[{\"a\":"'
	[number]='echo "[{\"a\":5}]"'
	[good_then_number]='echo "[{\"a\":\"b\"},{\"c\":5}]"'
	[number_then_good]='echo "[{\"a\":5},{\"c\":\"d\"}]"'
	[two_keys]='echo "[{\"a\":\"b\",\"c\":\"d\"}]"'
	[good_then_string]='echo "[{\"a\":\"b\"},\"c\"]"'
	[latin1]='printf "[{\"a\":\"\351\"}]"'
	[status1]='echo "[{\"a\":\"b\"}]"; echo said >&2; exit 1'
	[status2]='echo "[{\"a\":\"b\"}]"; echo said >&2; exit 2'
	[signal]='echo "[{\"a\":\"b\"}]"; kill -9 $$'
	[stderr]='echo "[{\"a\":\"b\"}]"; echo first >&2; echo second >&2'
	[stderr_nonl]='echo "[{\"a\":\"b\"}]"; printf x >&2'
)
mapfile -t kinds < <(printf '%s\n' "${!attrs[@]}" | sort)
for a in "${kinds[@]}"; do
	eval "fixture_attrs_$a() { callout_base; script callouts c.sh \"\$UNVERSIONED\"\$'\\n'\"case \\\$* in *'-a attributes'*) \${attrs[$a]} ;; esac\"; }"
	use "attrs_$a"
	t "attrs-$a.list" list -v -u "$U1"
	t "attrs-$a.json" list --dumpjson -u "$U1"
	t "attrs-$a.define" define -u "$U4"
done

# What a script says on stderr; a script that answers something on stdout where none is wanted; no input read.
fixture_talk() { callout_base; script callouts c.sh "$UNVERSIONED"$'\nprintf "one\\ntwo\\n" >&2; echo on stdout'; }
use talk
t talk.define define -u "$UX" -p mtty -t t1
t talk.define-generated define -p mtty -t t1
t talk.undefine undefine -u "$U3"
fixture_talk_utf8() { callout_base; script callouts 'c é.sh' "$UNVERSIONED"$'\nprintf "\\303\\251 \\351\\n" >&2; exit 1'; }
use talk_utf8
t talk-utf8.define define -u "$UX" -p mtty -t t1
fixture_lines() { callout_base; script callouts c.sh "$UNVERSIONED"$'\nprintf "\\n\\nthree" >&2; exit 1'; }
use lines
t talk-lines.define define -u "$UX" -p mtty -t t1

# A script that stands for the kernel: the device appears while pre runs, or goes away before stop.
fixture_appears() { callout_base; script callouts c.sh "$UNVERSIONED"$'\ncase $* in *"-e pre -a start"*) ln -s "../mdev_supported_types/t1" "$MDEVCTL_ENV_ROOT/sys/devices/virtual/mtty/mtty/'"$U5"$'/mdev_type" ;; esac'; }
use appears
t appears.start start -u "$U5" -p mtty -t t1
fixture_vanishes() { callout_base; script callouts c.sh "$UNVERSIONED"$'\ncase $* in *"-e pre"*) rm -f "$MDEVCTL_ENV_ROOT"/sys/bus/mdev/devices/* "$MDEVCTL_ENV_ROOT"/etc/mdevctl.d/mtty/* ;; esac'; }
use vanishes
t vanishes.stop stop -u "$U1"
t vanishes.undefine undefine -u "$U2"
t vanishes.modify modify -u "$U2" -a
