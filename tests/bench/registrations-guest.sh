# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's side of `registrations`: a line of figures for each run, then the medians and the ratios.
# shellcheck shell=bash source=tests/vm/lib.sh
set -eu
. /mnt/share/lib.sh
. /mnt/share/sizes

CONTROL=/dev/mdevmgr_test
GROUP=/sys/fs/cgroup/system.slice/mdevmgrd.service/cpu.stat
RULE=/etc/udev/rules.d/60-mdevctl.rules
SCOPES=${BENCH_SCOPES:-"loop mdevctl mdevmgr"}
declare -A figures

definitions()
{
	local p d uuid

	for ((p = 0; p < PARENTS; p++)); do
		mkdir -p "$ETC/bench$p"
		echo "add bench$p types=a instances=$DEVICES" >>/run/add
		echo "remove bench$p" >>/run/remove
		for ((d = 0; d < DEVICES; d++)); do
			uuid=$(uuid $((p * DEVICES + d)))
			# As mdevctl and mdevmgr write it.
			printf '{\n  "mdev_type": "mdevmgr_test-a",\n  "start": "auto",\n  "attrs": []\n}' \
				>"$ETC/bench$p/$uuid"
			echo "$SYS_PARENTS/bench$p/mdev_supported_types/mdevmgr_test-a/create $uuid" \
				>>/run/creates
		done
	done
}

clean()
{
	local line

	systemctl stop mdevmgrd.service
	rm -f "$RULE"
	while read -r line; do
		echo "$line" >"$CONTROL" 2>/dev/null || true
	done </run/remove
	udevadm control --reload
	udevadm settle -t 300
	rm -rf /run/mdevmgr/parents /run/mdevmgr/began
}

one()	# WHO: leaves the line of figures in FIGURES
{
	local creates=- group=-

	clean
	case $1 in
	loop) creates=/run/creates ;;
	mdevctl)
		sed 's,/usr/sbin/mdevctl,/usr/bin/mdevctl,g' \
			/mnt/share/peer/lib/udev/rules.d/60-mdevctl.rules >"$RULE"
		udevadm control --reload
		;;
	mdevmgr)
		systemctl start mdevmgrd.service
		group=$GROUP
		;;
	esac
	sleep 3
	FIGURES=$(/mnt/share/register "$CONTROL" /run/add "$creates" $((PARENTS * DEVICES)) "$group")
	printf '%-8s %s\n' "$1" "$FIGURES"
	figures[$1]+="$FIGURES"$'\n'
}

# median WHO COLUMN
median()
{
	printf %s "${figures[$1]}" | cut -d ' ' -f "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

install_tree /mnt/share/inst
# It fails where its directories are missing.
cp /mnt/share/peer/usr/bin/mdevctl /usr/bin/mdevctl
cp -r /mnt/share/peer/etc/mdevctl.d /etc/
systemctl daemon-reload
systemd-tmpfiles --create mdevmgr.conf
# Its policy has just come.
systemctl reload dbus.service
# The rule that starts parents without the daemon must rest in all runs.
systemctl enable -q mdevmgrd.service
udevadm control --reload
load_modules vfio mdev
insmod /mnt/share/kmod/mdevmgr_test.ko
definitions
echo "# $PARENTS parents, $DEVICES devices each; milliseconds"
echo "#        active settled cpu processes loop-cpu service-cpu"
for ((i = 0; i < ROUNDS; i++)); do
	for who in $SCOPES; do
		one "$who"
	done
done
for who in $SCOPES; do
	printf 'median %-8s' "$who"
	for column in 1 2 3 4 5 6; do
		printf ' %s' "$(median "$who" $column)"
	done
	echo
done

# ran WHO...: each is among the scopes
ran()
{
	local who

	for who in "$@"; do
		[ -n "${figures[$who]:-}" ] || return 1
	done
}

if ran loop mdevctl mdevmgr; then
	awk -v l="$(median loop 3)" -v m="$(median mdevctl 3)" -v o="$(median mdevmgr 3)" 'BEGIN {
		printf "net CPU, mdevmgr of mdevctl: %.3f (aim: at most 0.2)\n", (o - l) / (m - l)
	}'
fi
if ran loop mdevmgr; then
	awk -v lo="$(median loop 5)" -v oo="$(median mdevmgr 6)" 'BEGIN {
		printf "own CPU, mdevmgr of the loop: %.2f (aim: at most 3)\n", oo / lo
	}'
fi
