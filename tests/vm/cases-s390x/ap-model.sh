# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# 100 sequences of random steps on three matrices (define, assign, unassign, start, stop)
# against a model of who may have which queue: after each step the answer and the kernel's
# matrices are as the model has them. The seeds are fixed.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

SEQUENCES=100 STEPS=3
# Adapters 5 and 6 are for guests, 10 is the host's.
ADAPTERS=(5 6 10) DOMAINS=(4 71 171)
UUIDS=("$(uuid 1)" "$(uuid 2)" "$(uuid 3)")
# The model: of each device its adapters and domains as bits, 0 to 7, defined and active.
declare -a def_a=(0 0 0) def_d=(0 0 0) act_a=(0 0 0) act_d=(0 0 0) active=(0 0 0)
seed=4711

# random N: sets R to 0..N-1
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	R=$(((seed / 65536) % $1))
}

# list BITS NUMBER...: sets L to the numbers of the bits, with commas
list() {
	local bits=$1 i=0 n

	shift
	L=
	for n; do
		[ $((bits >> i & 1)) = 0 ] || L+=${L:+,}$n
		i=$((i + 1))
	done
}

# matrix ADAPTERS DOMAINS: sets M to what --ap takes
matrix() {
	list "$1" "${ADAPTERS[@]}"
	M=$L
	list "$2" "${DOMAINS[@]}"
	M+=:$L
}

# may DEVICE ADAPTERS DOMAINS: can it have these queues, with those that are active now?
may() {
	local j

	[ "$2" != 0 ] && [ "$3" != 0 ] || return 0
	[ $(($2 & 4)) = 0 ] || return 1
	for j in 0 1 2; do
		[ "$j" = "$1" ] || [ "${active[j]}" = 0 ] || [ $((act_a[j] & $2)) = 0 ] ||
			[ $((act_d[j] & $3)) = 0 ] || return 1
	done
}

# wanted DEVICE: sets W to the kernel's matrix by the model
wanted() {
	local a=${act_a[$1]} d=${act_d[$1]} i j queue

	W=
	for i in 0 1 2; do
		for j in 0 1 2; do
			[ $((a >> i & d >> j & 1)) = 1 ] || continue
			printf -v queue '%02x.%04x' "${ADAPTERS[i]}" "${DOMAINS[j]}"
			W+=${W:+ }$queue
		done
	done
}

# expect WANTED COMMAND...: 0 or 1
expect() {
	local want=$1 got=0

	shift
	"$@" >/dev/null 2>/tmp/words || got=$?
	[ "$got" = "$want" ] && return
	echo "sequence $s: status $got instead of $want: $*: $(cat /tmp/words)"
	return 1
}

compare() {
	local i got=()

	for i in 0 1 2; do
		if [ "${active[i]}" = 0 ]; then
			[ ! -e "$SYS_BUS/${UUIDS[i]}" ] || { echo "sequence $s: $i is there"; return 1; }
			continue
		fi
		mapfile -t got <"$SYS_BUS/${UUIDS[i]}/matrix"
		wanted "$i"
		[ "${got[*]}" = "$W" ] || { echo "sequence $s: $i has ${got[*]} instead of $W"; return 1; }
	done
}

# step DEVICE: one thing that is possible now
step() {
	local i=$1 u=${UUIDS[$1]} a d ok=0

	random 4
	if [ "$R" = 0 ] && [ "${active[i]}" = 1 ]; then
		expect 0 mdevmgr stop -u "$u" && active[i]=0
		return
	fi
	if [ "${active[i]}" = 0 ] && [ "$R" -ge 2 ]; then
		may "$i" "${def_a[i]}" "${def_d[i]}" || ok=1
		expect "$ok" mdevmgr start -u "$u" || return
		[ "$ok" = 1 ] || { active[i]=1 act_a[i]=${def_a[i]} act_d[i]=${def_d[i]}; }
		return
	fi
	random 7
	a=$((R + 1))
	random 7
	d=$((R + 1))
	matrix "$a" "$d"
	if [ "${active[i]}" = 0 ]; then
		expect 0 mdevmgr modify -u "$u" --ap "$M" || return
		def_a[i]=$a def_d[i]=$d
		return
	fi
	may "$i" "$a" "$d" || ok=1
	# every second time the kernel is the one that refuses
	random 2
	force=()
	[ "$R" = 0 ] || force=(--force)
	expect "$ok" mdevmgr modify -u "$u" --live --ap "$M" "${force[@]}" || return
	[ "$ok" = 1 ] || { act_a[i]=$a act_d[i]=$d; }
}

sequence() {
	local n

	for ((n = 0; n < STEPS; n++)); do
		random 3
		step "$R" && compare || return
	done
}

check "queues" ap_reserve -5,-6 ""
for i in 0 1 2; do
	expect_quiet "device $i" mdevmgr define -u "${UUIDS[i]}" -p matrix -t "$AP_TYPE"
done
for ((s = 0, failed = 0; s < SEQUENCES && failed == 0; s++)); do
	sequence >/tmp/trouble || failed=1
done
is "$(cat /tmp/trouble)" "" "$SEQUENCES sequences go as the model says"
is "$s $failed" "$SEQUENCES 0" "all of them"
check "no lock is left" test ! -e /run/lock/s390apconfig.lock
