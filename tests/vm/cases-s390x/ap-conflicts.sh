# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# Crypto queues that somebody else has: refused before the driver is asked, and with --force
# by the driver, whose errno is explained. What list and show tell is the kernel's own.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)

# table LINE: it is in the table on stderr
table() {
	grep -qxF "$1" <<<"$ERR"
}

check "adapters 5, 6 and 7 are free for guests" ap_reserve -5,-6,-7 ""

# ---- definitions ----
expect_quiet "define a matrix" mdevmgr define -u "$A" --ap 5:4,0x47 --auto
is "$(jq -c '.attrs' "$ETC/matrix/$A")" \
	'[{"assign_adapter":"5"},{"assign_domain":"4"},{"assign_domain":"71"}]' "its attributes are canonical"
expect_rc 1 "a second automatic one of a queue is refused" mdevmgr define -u "$B" --ap 5,6:0x47 --auto
check "with the queue" table "05.0047  refused  defined for device $A, which starts automatically"
check_not "and not written" test -e "$ETC/matrix/$B"
expect_rc 1 "so is one of the host's queues" mdevmgr define -u "$B" --ap 10:4 --auto
check "with the queue" table "0a.0004  refused  reserved for the host by the masks of the next boot"
expect_rc 2 "a leading zero is a usage error" mdevmgr define -u "$B" --ap 5:0047
like "$ERR" "octal" "that says why"
expect_rc 0 "one by turns is defined" mdevmgr define -u "$B" --ap 5,6:4
check "with a warning" table "05.0004  warning  defined for device $A, which starts automatically"

# ---- starts: by us, and by force by the driver ----
expect_quiet "start the first" mdevmgr start -u "$A"
is "$(cat "$SYS_BUS/$A/matrix")" $'05.0004\n05.0047' "the kernel has its queues"
expect_rc 1 "the second finds its queue taken" mdevmgr start -u "$B"
check "by the first" table "05.0004  refused  in use by device $A"
check_not "it is not there" sys_active "$B"
expect_rc 1 "EADDRINUSE: the driver refuses it too" mdevmgr start -u "$B" --force
like "$ERR" "queue 05.0004 is in use by device $A" "and we say who has it"
check_not "it is not left half made" sys_active "$B"

expect_quiet "define one of the host's queues" mdevmgr define -u "$C" --ap 5,10:0xab
expect_rc 1 "it is not started" mdevmgr start -u "$C"
check "the host has the queue" table "0a.00ab  refused  reserved for the host by apmask and aqmask"
expect_rc 1 "EADDRNOTAVAIL: nor by force" mdevmgr start -u "$C" --force
like "$ERR" "queue 0a.00ab is reserved for the host" "and we say which queue"
check_not "it is not left half made" sys_active "$C"

expect_quiet "one of ours again" mdevmgr modify -u "$C" --ap 5:0xab
expect_rc 0 "a number that is too high" mdevmgr modify -u "$C" --addattr=assign_domain --value=256
like "$ERR" "assign_domain with value '256' will be refused" "is told when it is written down"
expect_rc 1 "ENODEV: more than the machine has" mdevmgr start -u "$C"
like "$ERR" "beyond what this machine has" "is explained"
expect_quiet "once more" mdevmgr modify -u "$C" --ap 5:0xab
expect_rc 0 "what is no octal number" mdevmgr modify -u "$C" --addattr=assign_domain --value=0089
like "$ERR" "assign_domain with value '0089' will be refused" "is told when it is written down"
expect_rc 1 "EINVAL: and refused by the driver" mdevmgr start -u "$C"
like "$ERR" "a leading zero means octal" "is explained"
check_not "nothing is left of it" sys_active "$C"

# ---- masks under a device ----
expect_rc 1 "EBUSY: the kernel does not give a queue back" bash -c "echo +5 >$AP_BUS/apmask"

# ---- what it tells ----
expect_quiet "another one" mdevmgr modify -u "$C" --ap 6,7:0x47,0xab:4
expect_quiet "with an adapter that the host does not have" mdevmgr start -u "$C"
expect_out "$C matrix $AP_TYPE manual (defined)
  Attrs:
    @{0}: {\"assign_adapter\":\"6\"}
    @{1}: {\"assign_adapter\":\"7\"}
    @{2}: {\"assign_domain\":\"71\"}
    @{3}: {\"assign_domain\":\"171\"}
    @{4}: {\"assign_control_domain\":\"4\"}" "list -v tells its matrix, decimal" mdevmgr list -v -u "$C"
expect_rc 0 "show it" mdevmgr show -u "$C" --json
for list in matrix guest_matrix control_domains; do
	is "$(jq -r ".${list}[]" <<<"$OUT")" "$(cat "$SYS_BUS/$C/$list")" "$list is the kernel's"
done
is "$(jq -c '[.withheld[].name]' <<<"$OUT")" '["07."]' "the adapter that is not there is withheld"
check "take a card away" ap_table 5,10 4,71,171
expect_rc 0 "show it" mdevmgr show -u "$C" --json
is "$(jq -r '.guest_matrix[]' <<<"$OUT")" "$(cat "$SYS_BUS/$C/guest_matrix")" "the guest matrix is the kernel's"
like "$(jq -r '.withheld[] | select(.name == "06.").reason' <<<"$OUT")" "06.0047 is not there" "and it says why"
expect_quiet "stop both" mdevmgr stop -u "$A" -u "$C"
is "$(sys_count)" 0 "nothing is active"
