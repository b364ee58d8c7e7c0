# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2004,SC2154,SC2164
# Runs the case tables of cases/ on fake roots and turns what a program did into text: status, both outputs, and
# what changed in the tree. Record and replay share it. No process is started per case but the program under test
# and, where it changed the tree, a fresh copy of it.

export LC_ALL=C
umask 022
unset RUST_BACKTRACE RUST_LIB_BACKTRACE MDEVCTL_LOG MDEVCTL_LOG_STYLE NO_COLOR CLICOLOR_FORCE
shopt -s dotglob nullglob globstar

# slurp FILE: its bytes into REPLY, in printable form: backslash doubled, controls but newline and everything
# above ASCII as \xNN
slurp() {
	local piece nul='' c i hex

	REPLY=
	while IFS= read -r -d '' piece; do
		REPLY+=$piece$'\x01\x01nul'
		nul=1
	done <"$1"
	REPLY+=$piece
	REPLY=${REPLY//\\/\\\\}
	[[ -z $nul ]] || REPLY=${REPLY//$'\x01\x01nul'/\\x00}
	[[ $REPLY == *[^$'\n'' '-'~']* ]] || return 0
	for ((i = 1; i < 256; i++)); do
		[[ $i != 10 && ( $i -lt 32 || $i -gt 126 ) ]] || continue
		printf -v hex '\\x%02x' "$i"
		printf -v c %b "$hex"
		REPLY=${REPLY//"$c"/$hex}
	done
}

# mask: the root's path, generated UUIDs and the times of log lines out of REPLY
mask() {
	local head tail=$REPLY out='' v4='[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

	tail=${tail//"$R"/@ROOT@}
	while [[ $tail =~ $v4 ]]; do
		head=${tail%%"${BASH_REMATCH[0]}"*}
		out+=$head@UUID@
		tail=${tail#*"${BASH_REMATCH[0]}"}
	done
	tail=$out$tail out=
	while [[ $tail =~ \[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\  ]]; do
		head=${tail%%"${BASH_REMATCH[0]}"*}
		out+="${head}["
		tail=${tail#*"${BASH_REMATCH[0]}"}
	done
	REPLY=$out$tail
}

# lines PREFIX: REPLY as lines with a prefix; a last line without newline gets PREFIX\
lines() {
	local rest=$REPLY text=

	while [[ $rest == *$'\n'* ]]; do
		text+=$1' '${rest%%$'\n'*}$'\n'
		rest=${rest#*$'\n'}
	done
	[[ -z $rest ]] || text+=$1'\ '$rest$'\n'
	REPLY=$text
}

# snapshot ARRAY: every file, link and directory of the tree below etc, sys and trace into an associative array;
# without the lock file, which our writers make and keep
snapshot() {
	local -n into=$1
	local path

	for path in "$R"/etc/** "$R"/sys/class/** "$R"/sys/bus/** "$R"/sys/devices/** "$R"/trace "$R"/outside{,/**}; do
		path=${path%/}
		[[ -e $path || -L $path ]] || continue
		[[ $path != "$R/etc/mdevctl.d/.lock" ]] || continue
		if [[ -L $path ]]; then
			into[$path]='link'
		elif [[ -d $path ]]; then
			into[$path]='directory'
		elif [[ -f $path && -r $path ]]; then
			slurp "$path"
			into[$path]=file$'\n'$REPLY
		else
			into[$path]='other'
		fi
	done
}

# sorted PATH...: the paths in byte order, in the array REPLIES
sorted() {
	local path i

	REPLIES=()
	for path; do
		for ((i = ${#REPLIES[@]}; i > 0; i--)); do
			[[ ${REPLIES[i - 1]} > $path ]] || break
			REPLIES[i]=${REPLIES[i - 1]}
		done
		REPLIES[i]=$path
	done
}

# changes: what differs from the pristine tree, as text in REPLY; the paths in the array touched
changes() {
	local -A now=()
	local path text='' shown mode last=''
	local -a differing=()

	touched=()
	REPLY=
	! diff -r -x .lock --no-dereference "$pool/$fixture" "$R" >/dev/null 2>&1 || return 0
	snapshot now
	for path in "${!pristine[@]}" "${!now[@]}"; do
		[[ ${now[$path]-none} == "${pristine[$path]-none}" ]] || differing+=("$path")
	done
	sorted "${differing[@]}"
	for path in "${REPLIES[@]}"; do
		[[ $path != "$last" ]] || continue
		last=$path
		touched+=("$path")
		printf -v shown %q "${path#"$R"/}"
		REPLY=${now[$path]-none}
		case $REPLY in
		none) text+="- $shown"$'\n' ;;
		file*)
			mode=
			[[ $path == "$R/sys/"* || $path == */trace ]] || mode=" $(stat -c %a "$path")"
			REPLY=${REPLY#*$'\n'}
			lines "  |"
			text+="+ $shown$mode"$'\n'$REPLY
			;;
		*) text+="+ $shown ($REPLY)"$'\n' ;;
		esac
	done
	REPLY=$text
	mask
}

# put_back: what the last case changed, as the fixture made it
put_back() {
	local path

	rm -rf "${touched[@]}" || return
	for path in "${touched[@]}"; do
		[[ -z ${pristine[$path]-} || -e $path || -L $path ]] ||
			cp -a "$pool/$fixture/${path#"$R"/}" "$path" || return
	done
}

# fresh: the tree as the fixture made it
fresh() {
	[[ -n $dirty || ${#touched[@]} == 0 ]] || put_back 2>/dev/null || dirty=1
	if [[ -n $dirty ]]; then
		rm -rf "$R" 2>/dev/null || { chmod -R u+rwx "$R"; rm -rf "$R"; }
		# not everybody can copy a file that nobody may read
		cp -a "$pool/$fixture" "$R" 2>/dev/null ||
			{ chmod -R u+rwx "$R"; rm -rf "$R"; skeleton && "fixture_$fixture"; }
	fi
	dirty=
	touched=()
}

# use FIXTURE: the following cases run on this one, each on a fresh copy
use() {
	fixture=$1
	if [[ ! -d $pool/$1 ]]; then
		(R=$pool/$1 && skeleton && "fixture_$1")
	fi
	dirty=1
	fresh
	pristine=()
	snapshot pristine
}

# Before a case: in= sets its standard input (a pipe), env=() variables, as= the name it is run by, weak=1 takes the
# power to override file modes from it, keep=1 leaves the tree as the case before left it.
settings() {
	in=
	env=()
	as=mdevctl
	weak=
	keep=
}

# t NAME [ARGUMENT...]: one case
t() {
	local name=$group/${1//$'\n'/\\n} cmd status out err tree
	local -a prefix=()
	local HOME=/nonexistent

	shift
	[[ -n $keep ]] || fresh
	[[ -z $weak || $EUID != 0 ]] || prefix=(setpriv "--bounding-set=-dac_override,-dac_read_search")
	printf -v cmd ' %q' "${env[@]}" "$as" "$@"
	[[ ${#env[@]} -gt 0 ]] || cmd=${cmd#\ \'\'}
	cd "$R"
	status=0
	if [[ -n $in ]]; then
		printf %s "$in" | env "${env[@]}" MDEVCTL_ENV_ROOT="$R" timeout 20 "${prefix[@]}" "$bin/$as" "$@" \
			>"$work/out" 2>"$work/err" || status=$?
	else
		env "${env[@]}" MDEVCTL_ENV_ROOT="$R" timeout 20 "${prefix[@]}" "$bin/$as" "$@" \
			</dev/null >"$work/out" 2>"$work/err" || status=$?
	fi
	cd /
	slurp "$work/out"
	mask
	out=$REPLY
	slurp "$work/err"
	mask
	err=$REPLY
	changes
	tree=$REPLY
	if [[ -n $in ]]; then
		REPLY=$in
		lines '<'
		cmd+=$'\n'${REPLY%$'\n'}
	fi
	REPLY=$cmd
	mask
	cmd=$REPLY
	"$report" "$name" "$cmd" "$status" "$out" "$err" "$tree"
	settings
}

# tables BINARY REPORT GROUPS: runs these groups
tables() {
	bin=$work/bin
	pool=$work/pool
	R=$work/root
	report=$2
	mkdir -p "$bin" "$pool"
	ln -s "$1" "$bin/mdevctl"
	ln -s "$1" "$bin/lsmdev"
	ln -s "$1" "$bin/foolsmdev"
	declare -gA pristine=()
	touched=()
	settings
	for group in $3; do
		# shellcheck source=/dev/null
		source "$here/cases/$group.bash"
	done
}

# halves BINARY REPORT OUTPUT: all groups, in two processes at a time; what they print goes to OUTPUT.1 and OUTPUT.2
halves() {
	local -a groups=("$here"/cases/*.bash)
	local half i pids=() status=0

	groups=("${groups[@]##*/}")
	groups=("${groups[@]%.bash}")
	[[ -z ${only-} ]] || read -ra groups <<<"$only"
	for half in 0 1; do
		(
			work=$work/$half
			mine=
			for ((i = 0; i < ${#groups[@]}; i++)); do
				# callouts runs the most processes
				case ${groups[i]} in
				callouts | usage | types) [[ $half == 0 ]] || continue ;;
				*) [[ $half == 1 ]] || continue ;;
				esac
				mine+=" ${groups[i]}"
			done
			tables "$1" "$2" "$mine"
		) >"$3.$half" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || status=1
	done
	return $status
}
