# SPDX-License-Identifier: LGPL-2.1-or-later
# Generated from the table in src/cli/cli-table.c by `make update-generated'.

# The program that was typed, for the values; lsmdev knows the list only.
function __mdevmgr_program
    set -l program (commandline -opc)[1]
    string match -q '*lsmdev' -- $program; and set program mdevmgr
    echo $program
end

# The verb on the command line; lsmdev is one itself.
function __mdevmgr_verb
    set -l words (commandline -opc)
    string match -q '*lsmdev' -- $words[1]; and echo list; and return
    set -l verb (string match -v -- '-*' $words[2..-1] | head -n 2)
    contains -- "$verb[1]" parent; and echo "$verb"; or echo $verb[1]
end

function __mdevmgr_is
    test "$(__mdevmgr_verb)" = "$argv[1]"
end

function __mdevmgr_uuids
    set -l program (__mdevmgr_program)
    test $argv[1] = defined; or $program list 2>/dev/null | string replace -r '^(\S+) (.*)' '$1\t$2'
    test $argv[1] = active; or $program list -d 2>/dev/null | string replace -r '^(\S+) (.*)' '$1\t$2'
end

function __mdevmgr_parents
    set -l program (__mdevmgr_program)
    $program types 2>/dev/null | string match -v ' *'
end

function __mdevmgr_types
    set -l program (__mdevmgr_program)
    $program types 2>/dev/null | string match -r -g '^  (\S.*)$'
end

function __mdevmgr_recipes
    set -l program (__mdevmgr_program)
    $program parent list --noheadings 2>/dev/null | string replace -r '^(\S+) +(.*)' '$1\t$2'
end

set -l commands mdevmgr mdevctl lsmdev
for command in $commands
    complete -c $command -e
    complete -c $command -f
    complete -c $command -n '__mdevmgr_is ""' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is ""' -s V -l version -d 'Print version'
    complete -c $command -n '__mdevmgr_is ""' -a define -d 'Define a device, so that it can be started at any time'
    complete -c $command -n '__mdevmgr_is ""' -a undefine -d 'Remove the definition of a device'
    complete -c $command -n '__mdevmgr_is ""' -a modify -d 'Modify the definition of a device, or a running device'
    complete -c $command -n '__mdevmgr_is ""' -a start -d 'Start a device'
    complete -c $command -n '__mdevmgr_is ""' -a stop -d 'Stop an active device'
    complete -c $command -n '__mdevmgr_is ""' -a list -d 'List active or defined devices'
    complete -c $command -n '__mdevmgr_is ""' -a types -d 'List the types that parents offer'
    complete -c $command -n '__mdevmgr_is ""' -a show -d 'Show everything about one device'
    complete -c $command -n '__mdevmgr_is ""' -a monitor -d 'Print changes as they happen'
    complete -c $command -n '__mdevmgr_is ""' -a status -d 'Show how it stands with all devices'
    complete -c $command -n '__mdevmgr_is ""' -a wait -d 'Wait until devices are active, or gone'
    complete -c $command -n '__mdevmgr_is ""' -a retry -d 'Try again to start automatic devices'
    complete -c $command -n '__mdevmgr_is ""' -a verify -d 'Check definitions'
    complete -c $command -n '__mdevmgr_is ""' -a parent -d 'Make hardware of the host a parent of devices (s390x)'
    complete -c $command -n '__mdevmgr_is ""' -a help -d 'Print this help, or the help of a command'
    complete -c $command -n '__mdevmgr_is "define"' -s u -l uuid -x -a '(__mdevmgr_uuids active)' -d 'Give the device this UUID'
    complete -c $command -n '__mdevmgr_is "define"' -s a -l auto -d 'Start the device whenever its parent appears'
    complete -c $command -n '__mdevmgr_is "define"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Parent of the device'
    complete -c $command -n '__mdevmgr_is "define"' -s t -l type -x -a '(__mdevmgr_types)' -d 'Type of the device'
    complete -c $command -n '__mdevmgr_is "define"' -l attr -x -d 'Attribute to write at start; may be repeated'
    complete -c $command -n '__mdevmgr_is "define"' -l jsonfile -r -F -d 'Read the definition from this file'
    complete -c $command -n '__mdevmgr_is "define"' -l ap -x -d 'Pass these crypto adapters and domains on (s390x)'
    complete -c $command -n '__mdevmgr_is "define"' -l reserve -d 'Take the adapters of --ap from the host'
    complete -c $command -n '__mdevmgr_is "define"' -l ccw -x -d 'Pass this disk on (s390x), by its device number'
    complete -c $command -n '__mdevmgr_is "define"' -l subchannel -x -d 'Subchannel of a disk that is not visible now'
    complete -c $command -n '__mdevmgr_is "define"' -s f -l force -d 'Go on even if a callout script refuses'
    complete -c $command -n '__mdevmgr_is "define"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "define"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "undefine"' -s u -l uuid -x -a '(__mdevmgr_uuids defined)' -d 'Device to undefine; may be repeated'
    complete -c $command -n '__mdevmgr_is "undefine"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only the definition under this parent'
    complete -c $command -n '__mdevmgr_is "undefine"' -s f -l force -d 'Go on even if a callout script refuses'
    complete -c $command -n '__mdevmgr_is "undefine"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "undefine"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "modify"' -s u -l uuid -x -a '(__mdevmgr_uuids defined)' -d 'Device to modify'
    complete -c $command -n '__mdevmgr_is "modify"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Parent of the device'
    complete -c $command -n '__mdevmgr_is "modify"' -s t -l type -x -a '(__mdevmgr_types)' -d 'Store another type'
    complete -c $command -n '__mdevmgr_is "modify"' -l addattr -x -d 'Add an attribute'
    complete -c $command -n '__mdevmgr_is "modify"' -l delattr -d 'Delete an attribute'
    complete -c $command -n '__mdevmgr_is "modify"' -s i -l index -x -d 'Position of the attribute, from 0'
    complete -c $command -n '__mdevmgr_is "modify"' -l value -x -d 'Value of the attribute that is added'
    complete -c $command -n '__mdevmgr_is "modify"' -l ap -x -d 'Replace the crypto matrix of the device (s390x)'
    complete -c $command -n '__mdevmgr_is "modify"' -s a -l auto -d 'Start the device whenever its parent appears'
    complete -c $command -n '__mdevmgr_is "modify"' -s m -l manual -d 'Start the device only on demand'
    complete -c $command -n '__mdevmgr_is "modify"' -s l -l live -d 'Change the running device'
    complete -c $command -n '__mdevmgr_is "modify"' -s d -l defined -d 'Change the definition (the default)'
    complete -c $command -n '__mdevmgr_is "modify"' -l jsonfile -r -F -d 'Replace the whole definition by this file'
    complete -c $command -n '__mdevmgr_is "modify"' -s f -l force -d 'Go on even if a callout script refuses'
    complete -c $command -n '__mdevmgr_is "modify"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "modify"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "start"' -s u -l uuid -x -a '(__mdevmgr_uuids defined)' -d 'Device to start; may be repeated'
    complete -c $command -n '__mdevmgr_is "start"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Parent of the device'
    complete -c $command -n '__mdevmgr_is "start"' -s t -l type -x -a '(__mdevmgr_types)' -d 'Type of a device that is not defined'
    complete -c $command -n '__mdevmgr_is "start"' -l jsonfile -r -F -d 'Start what this file defines, store nothing'
    complete -c $command -n '__mdevmgr_is "start"' -s f -l force -d 'Go on even if a callout script refuses'
    complete -c $command -n '__mdevmgr_is "start"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "start"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "stop"' -s u -l uuid -x -a '(__mdevmgr_uuids active)' -d 'Device to stop; may be repeated'
    complete -c $command -n '__mdevmgr_is "stop"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Stop all active devices of this parent'
    complete -c $command -n '__mdevmgr_is "stop"' -l wait -d 'Wait until nobody uses the device'
    complete -c $command -n '__mdevmgr_is "stop"' -l in-use -d 'Remove the device in spite of its users'
    complete -c $command -n '__mdevmgr_is "stop"' -s f -l force -d 'Go on even if a callout script refuses'
    complete -c $command -n '__mdevmgr_is "stop"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "stop"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "list"' -s d -l defined -d 'List definitions instead of active devices'
    complete -c $command -n '__mdevmgr_is "list"' -l dumpjson -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "list"' -s v -l verbose -d 'Print attributes too'
    complete -c $command -n '__mdevmgr_is "list"' -s u -l uuid -x -a '(__mdevmgr_uuids any)' -d 'Only the device of this UUID'
    complete -c $command -n '__mdevmgr_is "list"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only devices of this parent'
    complete -c $command -n '__mdevmgr_is "list"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "list"' -s V -l version -d 'Print version'
    complete -c $command -n '__mdevmgr_is "types"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only types of this parent'
    complete -c $command -n '__mdevmgr_is "types"' -l dumpjson -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "types"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "show"' -s u -l uuid -x -a '(__mdevmgr_uuids any)' -d 'Device to show'
    complete -c $command -n '__mdevmgr_is "show"' -l json -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "show"' -l qemu -d 'Print the QEMU option that hands it to a guest'
    complete -c $command -n '__mdevmgr_is "show"' -l libvirt -d 'Print the libvirt XML that hands it to a guest'
    complete -c $command -n '__mdevmgr_is "show"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "monitor"' -s u -l uuid -x -a '(__mdevmgr_uuids any)' -d 'Only changes of this device'
    complete -c $command -n '__mdevmgr_is "monitor"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only changes of this parent and its devices'
    complete -c $command -n '__mdevmgr_is "monitor"' -l json -d 'Print JSON Lines: an object a line'
    complete -c $command -n '__mdevmgr_is "monitor"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "status"' -s u -l uuid -x -a '(__mdevmgr_uuids any)' -d 'Only the device of this UUID'
    complete -c $command -n '__mdevmgr_is "status"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only devices of this parent'
    complete -c $command -n '__mdevmgr_is "status"' -l failed -d 'Only automatic ones that are failed, stuck or degraded'
    complete -c $command -n '__mdevmgr_is "status"' -l json -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "status"' -s o -l output -x -d 'Columns to print, separated by commas'
    complete -c $command -n '__mdevmgr_is "status"' -l noheadings -d 'Print neither headings nor the summary'
    complete -c $command -n '__mdevmgr_is "status"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "wait"' -s u -l uuid -x -a '(__mdevmgr_uuids any)' -d 'Wait for this device'
    complete -c $command -n '__mdevmgr_is "wait"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Wait for the automatic devices of this parent'
    complete -c $command -n '__mdevmgr_is "wait"' -s a -l auto -d 'Wait for all automatic devices'
    complete -c $command -n '__mdevmgr_is "wait"' -l gone -d 'Wait until they are gone'
    complete -c $command -n '__mdevmgr_is "wait"' -l settled -d 'Wait until nothing more will change by itself'
    complete -c $command -n '__mdevmgr_is "wait"' -l timeout -x -d 'Wait no longer than this'
    complete -c $command -n '__mdevmgr_is "wait"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "retry"' -s u -l uuid -x -a '(__mdevmgr_uuids defined)' -d 'Only this device'
    complete -c $command -n '__mdevmgr_is "retry"' -s p -l parent -x -a '(__mdevmgr_parents)' -d 'Only devices of this parent'
    complete -c $command -n '__mdevmgr_is "retry"' -l dry-run -d 'Print what would be tried, do nothing'
    complete -c $command -n '__mdevmgr_is "retry"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "verify"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "verify"' -F
    complete -c $command -n '__mdevmgr_is "parent"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent"' -a define -d 'Write, or change, the recipe of a parent'
    complete -c $command -n '__mdevmgr_is "parent"' -a undefine -d 'Remove the recipe of a parent'
    complete -c $command -n '__mdevmgr_is "parent"' -a list -d 'List recipes, and how it stands with them'
    complete -c $command -n '__mdevmgr_is "parent"' -a show -d 'Show a recipe, and how it stands with it'
    complete -c $command -n '__mdevmgr_is "parent"' -a apply -d 'Do what a recipe says'
    complete -c $command -n '__mdevmgr_is "parent"' -a release -d 'Give the hardware of a parent back to the host'
    complete -c $command -n '__mdevmgr_is "parent define"' -l driver -x -d 'Driver of the device\'s subchannel'
    complete -c $command -n '__mdevmgr_is "parent define"' -l subchannel -x -d 'Subchannel of a device that is not visible'
    complete -c $command -n '__mdevmgr_is "parent define"' -l reserve-adapters -x -d 'Crypto adapters that the host shall give up'
    complete -c $command -n '__mdevmgr_is "parent define"' -l reserve-domains -x -d 'Crypto domains that the host shall give up'
    complete -c $command -n '__mdevmgr_is "parent define"' -l now -d 'Apply the recipe at once'
    complete -c $command -n '__mdevmgr_is "parent define"' -s f -l force -d 'Go on in spite of what the check finds'
    complete -c $command -n '__mdevmgr_is "parent define"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "parent define"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent undefine"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "parent undefine"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent undefine"' -a '(__mdevmgr_recipes)'
    complete -c $command -n '__mdevmgr_is "parent list"' -l json -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "parent list"' -l noheadings -d 'Print no headings'
    complete -c $command -n '__mdevmgr_is "parent list"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent show"' -l json -d 'Print JSON'
    complete -c $command -n '__mdevmgr_is "parent show"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent show"' -a '(__mdevmgr_recipes)'
    complete -c $command -n '__mdevmgr_is "parent apply"' -l all -d 'Apply all recipes that are not paused'
    complete -c $command -n '__mdevmgr_is "parent apply"' -l due -d 'Apply the recipes that the daemon would apply now'
    complete -c $command -n '__mdevmgr_is "parent apply"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "parent apply"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent apply"' -a '(__mdevmgr_recipes)'
    complete -c $command -n '__mdevmgr_is "parent release"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "parent release"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "parent release"' -a '(__mdevmgr_recipes)'
    complete -c $command -n '__mdevmgr_is "start-parent-mdevs"' -l dry-run -d 'Print what would be done, do nothing'
    complete -c $command -n '__mdevmgr_is "start-parent-mdevs"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "start-parent-mdevs"' -a '(__mdevmgr_parents)'
    complete -c $command -n '__mdevmgr_is "help"' -s h -l help -d 'Print help (-h: in short)'
    complete -c $command -n '__mdevmgr_is "help"' -a 'define undefine modify start stop list types show monitor status wait retry verify parent help'
end
