/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of verbs and options. Nothing but data. */
#include "config.h"

#include "cli/cli-table.h"
#include "cli/verbs.h"

#define BIT(name) OPTION_BIT(name)

#define FLAG(id, short_name, long_name, help, note)                                                \
	{                                                                                          \
		OPTION_##id, short_name, long_name, NULL, VALUE_NONE, false, false, help, note     \
	}

/* Rows that several verbs share word for word. */
#define ROW_FORCE                                                                                  \
	FLAG(FORCE, 'f', "force", "Go on even if a callout script refuses",                        \
	     "Use this only if you know why the script refuses. It does not override the kernel. " \
	     "Crypto queues that somebody else has are no obstacle then either.")
#define ROW_DRY_RUN                                                                                \
	FLAG(DRY_RUN, '\0', "dry-run", "Print what would be done, do nothing",                     \
	     "Files are shown as a diff. No callout script is run; those that would be "           \
	     "asked are named.")
#define ROW_HELP    FLAG(HELP, 'h', "help", "Print help (-h: in short)", NULL)
#define ROW_VERSION FLAG(VERSION, 'V', "version", "Print version", NULL)

#define AP_NOTE                                                                                    \
	"ADAPTERS:DOMAINS, or with control domains ADAPTERS:DOMAINS:CONTROL; each a list of "      \
	"decimal or 0x numbers and ranges, such as 5,6:4,0xab. A leading zero is refused: the "    \
	"kernel would read the number as octal."

static const struct cli_option define_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ACTIVE, false, false,
	  "Give the device this UUID",
	  "Without it a random UUID is made and printed. If a device of this UUID is active, its "
	  "parent, type and attributes are taken over unless others are given." },
	FLAG(AUTO, 'a', "auto", "Start the device whenever its parent appears", NULL),
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Parent of the device",
	  "The name of the parent's directory in sysfs. A parent that is present is found in "
	  "other hex case too, and stored as the kernel spells it." },
	{ OPTION_TYPE, 't', "type", "type", VALUE_TYPE, false, false, "Type of the device",
	  "The type's id, or its name if the parent is present and exactly one of its types has "
	  "this name; stored is the id." },
	{ OPTION_ATTR, '\0', "attr", "NAME=VALUE", VALUE_ASSIGNMENT, true, false,
	  "Attribute to write at start; may be repeated",
	  "Attributes are written in the order given. The same name may be given again." },
	{ OPTION_JSONFILE, '\0', "jsonfile", "JSONFILE", VALUE_FILE, false, false,
	  "Read the definition from this file", "/dev/stdin reads it from standard input." },
	{ OPTION_AP, '\0', "ap", "MATRIX", VALUE_TEXT, false, false,
	  "Pass these crypto adapters and domains on (s390x)", AP_NOTE },
	FLAG(RESERVE, '\0', "reserve", "Take the adapters of --ap from the host",
	     "They are added to the recipe of the parent matrix, with all their domains."),
	{ OPTION_CCW, '\0', "ccw", "DEVICE", VALUE_TEXT, false, false,
	  "Pass this disk on (s390x), by its device number",
	  "As 0.0.4711, or 4711. The subchannel that carries it is found, and becomes the parent; "
	  "a recipe is written besides, which takes the disk from the host when the device is "
	  "started, and keeps the definition with the disk when that turns up on another "
	  "subchannel." },
	{ OPTION_SUBCHANNEL, '\0', "subchannel", "SUBCHANNEL", VALUE_TEXT, false, false,
	  "Subchannel of a disk that is not visible now", NULL },
	ROW_FORCE,
	ROW_DRY_RUN,
	ROW_HELP,
};

static const struct cli_rule define_rules[] = {
	{ RULE_CONFLICTS, BIT(JSONFILE), BIT(TYPE) | BIT(AUTO) | BIT(ATTR), 0 },
	{ RULE_CONFLICTS, BIT(AP), BIT(PARENT) | BIT(TYPE) | BIT(ATTR) | BIT(JSONFILE), 0 },
	{ RULE_CONFLICTS, BIT(CCW), BIT(PARENT) | BIT(TYPE) | BIT(ATTR) | BIT(JSONFILE) | BIT(AP),
	  0 },
	{ RULE_ANY_OF, BIT(UUID) | BIT(PARENT), BIT(AP) | BIT(CCW), 0 },
	{ RULE_REQUIRES, BIT(RESERVE), BIT(AP), 0 },
	{ RULE_REQUIRES, BIT(SUBCHANNEL), BIT(CCW), 0 },
};

static const struct cli_option undefine_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_DEFINED, true, false,
	  "Device to undefine; may be repeated", NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only the definition under this parent", NULL },
	ROW_FORCE,
	ROW_DRY_RUN,
	ROW_HELP,
};

static const struct cli_rule uuid_required_rules[] = {
	{ RULE_ANY_OF, BIT(UUID), 0, 0 },
};

static const struct cli_option modify_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_DEFINED, false, false, "Device to modify",
	  NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Parent of the device",
	  "Needed where the UUID is defined under several parents, and with --jsonfile unless "
	  "--live is given." },
	{ OPTION_TYPE, 't', "type", "type", VALUE_TYPE, false, false, "Store another type",
	  "The type's id, or its name as for define." },
	{ OPTION_ADDATTR, '\0', "addattr", "attr_name", VALUE_TEXT, false, false,
	  "Add an attribute", "Before the one at --index, or at the end." },
	FLAG(DELATTR, '\0', "delattr", "Delete an attribute",
	     "The one at --index, or the last one."),
	{ OPTION_INDEX, 'i', "index", "INDEX", VALUE_INDEX, false, false,
	  "Position of the attribute, from 0",
	  "`list -dv' prints the positions, with --live `list -v'." },
	{ OPTION_VALUE, '\0', "value", "attr_value", VALUE_TEXT, false, false,
	  "Value of the attribute that is added",
	  "A value that begins with a hyphen is written as --value=VALUE." },
	{ OPTION_AP, '\0', "ap", "MATRIX", VALUE_TEXT, false, false,
	  "Replace the crypto matrix of the device (s390x)", AP_NOTE },
	FLAG(AUTO, 'a', "auto", "Start the device whenever its parent appears", NULL),
	FLAG(MANUAL, 'm', "manual", "Start the device only on demand", NULL),
	FLAG(LIVE, 'l', "live", "Change the running device",
	     "Together with --jsonfile: the device becomes what the file says. For crypto devices "
	     "(vfio_ap), where --addattr and --delattr change what the device has now, and for "
	     "those whose callout script can do that. With --defined the definition is changed "
	     "too."),
	FLAG(DEFINED, 'd', "defined", "Change the definition (the default)", NULL),
	{ OPTION_JSONFILE, '\0', "jsonfile", "JSONFILE", VALUE_FILE, false, false,
	  "Replace the whole definition by this file", "/dev/stdin reads it from standard input." },
	ROW_FORCE,
	ROW_DRY_RUN,
	ROW_HELP,
};

#define MODIFY_ACTIONS                                                                             \
	(BIT(AUTO) | BIT(MANUAL) | BIT(ADDATTR) | BIT(DELATTR) | BIT(AP) | BIT(JSONFILE))

/* mdevctl declares --live to need --jsonfile, but lets it pass with any other action,
 * to be refused with status 1 once the device was looked at: callers know that. */
static const struct cli_rule modify_rules[] = {
	{ RULE_CONFLICTS, BIT(TYPE), BIT(JSONFILE) | BIT(LIVE), 0 },
	{ RULE_CONFLICTS, BIT(DELATTR), BIT(VALUE), 0 },
	{ RULE_CONFLICTS, BIT(INDEX), BIT(AUTO) | BIT(MANUAL) | BIT(JSONFILE), 0 },
	{ RULE_CONFLICTS, BIT(VALUE), BIT(AUTO) | BIT(MANUAL) | BIT(JSONFILE), 0 },
	{ RULE_ONE_OF, MODIFY_ACTIONS, BIT(TYPE), 0 },
	{ RULE_ANY_OF, BIT(UUID), 0, 0 },
	{ RULE_REQUIRES, BIT(ADDATTR), BIT(VALUE), BIT(LIVE) },
	{ RULE_REQUIRES, BIT(VALUE), BIT(ADDATTR), 0 },
	{ RULE_REQUIRES, BIT(INDEX), BIT(ADDATTR) | BIT(DELATTR), 0 },
};

static const struct cli_option start_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_DEFINED, true, false,
	  "Device to start; may be repeated", "Without it a random UUID is made and printed." },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Parent of the device",
	  "Needed for a device that is not defined, and where the UUID is defined under several "
	  "parents." },
	{ OPTION_TYPE, 't', "type", "type", VALUE_TYPE, false, false,
	  "Type of a device that is not defined", "The type's id, or its name as for define." },
	{ OPTION_JSONFILE, '\0', "jsonfile", "JSONFILE", VALUE_FILE, false, false,
	  "Start what this file defines, store nothing",
	  "/dev/stdin reads it from standard input." },
	ROW_FORCE,
	ROW_DRY_RUN,
	ROW_HELP,
};

static const struct cli_rule start_rules[] = {
	{ RULE_CONFLICTS, BIT(TYPE), BIT(JSONFILE), 0 },
	{ RULE_ANY_OF, BIT(UUID) | BIT(PARENT), 0, 0 },
};

static const struct cli_option stop_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ACTIVE, true, false,
	  "Device to stop; may be repeated", NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Stop all active devices of this parent", NULL },
	{ OPTION_WAIT, '\0', "wait", "SECONDS", VALUE_SECONDS, false, true,
	  "Wait until nobody uses the device",
	  "At most this long; without a number, without end." },
	FLAG(IN_USE, '\0', "in-use", "Remove the device in spite of its users",
	     "The kernel finishes the removal when the last user lets go."),
	ROW_FORCE,
	ROW_DRY_RUN,
	ROW_HELP,
};

static const struct cli_rule stop_rules[] = {
	{ RULE_CONFLICTS, BIT(PARENT), BIT(UUID), 0 },
	{ RULE_CONFLICTS, BIT(WAIT), BIT(IN_USE), 0 },
	{ RULE_ANY_OF, BIT(UUID) | BIT(PARENT), 0, 0 },
};

static const struct cli_option list_options[] = {
	FLAG(DEFINED, 'd', "defined", "List definitions instead of active devices", NULL),
	FLAG(DUMPJSON, '\0', "dumpjson", "Print JSON",
	     "With --uuid and one hit, only its definition, as --jsonfile takes it."),
	FLAG(VERBOSE, 'v', "verbose", "Print attributes too", NULL),
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ANY, false, false,
	  "Only the device of this UUID", NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only devices of this parent", NULL },
	ROW_HELP,
	ROW_VERSION,
};

static const struct cli_option types_options[] = {
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only types of this parent", NULL },
	FLAG(DUMPJSON, '\0', "dumpjson", "Print JSON", NULL),
	ROW_HELP,
};

static const struct cli_option show_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ANY, false, false, "Device to show", NULL },
	FLAG(JSON, '\0', "json", "Print JSON", NULL),
	FLAG(QEMU, '\0', "qemu", "Print the QEMU option that hands it to a guest", NULL),
	FLAG(LIBVIRT, '\0', "libvirt", "Print the libvirt XML that hands it to a guest", NULL),
	ROW_HELP,
};

static const struct cli_rule show_rules[] = {
	{ RULE_CONFLICTS, BIT(JSON), BIT(QEMU) | BIT(LIBVIRT), 0 },
	{ RULE_CONFLICTS, BIT(QEMU), BIT(LIBVIRT), 0 },
	{ RULE_ANY_OF, BIT(UUID), 0, 0 },
};

static const struct cli_option monitor_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ANY, false, false,
	  "Only changes of this device", NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only changes of this parent and its devices", NULL },
	FLAG(JSON, '\0', "json", "Print JSON Lines: an object a line", NULL),
	ROW_HELP,
};

static const struct cli_option status_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ANY, false, false,
	  "Only the device of this UUID", NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only devices of this parent", NULL },
	FLAG(FAILED, '\0', "failed", "Only automatic ones that are failed, stuck or degraded",
	     "The summary counts the others too."),
	FLAG(JSON, '\0', "json", "Print JSON", NULL),
	{ OPTION_OUTPUT, 'o', "output", "COLUMNS", VALUE_TEXT, false, false,
	  "Columns to print, separated by commas",
	  "With a leading + they are added to the usual ones. A name that there is not makes the "
	  "error say which there are." },
	FLAG(NOHEADINGS, '\0', "noheadings", "Print neither headings nor the summary", NULL),
	ROW_HELP,
};

static const struct cli_rule status_rules[] = {
	{ RULE_CONFLICTS, BIT(JSON), BIT(OUTPUT) | BIT(NOHEADINGS), 0 },
};

static const struct cli_option wait_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_ANY, false, false, "Wait for this device",
	  NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Wait for the automatic devices of this parent",
	  "With --gone: for all devices of this parent." },
	FLAG(AUTO, 'a', "auto", "Wait for all automatic devices", NULL),
	FLAG(GONE, '\0', "gone", "Wait until they are gone",
	     "A device that the kernel removes is not gone before its last user is."),
	FLAG(SETTLED, '\0', "settled", "Wait until nothing more will change by itself",
	     "A device that has failed for good, waits for something that is not there or was "
	     "stopped is settled too."),
	{ OPTION_TIMEOUT, '\0', "timeout", "SECONDS", VALUE_SECONDS, false, false,
	  "Wait no longer than this", "Without it, without end." },
	ROW_HELP,
};

static const struct cli_rule wait_rules[] = {
	{ RULE_CONFLICTS, BIT(AUTO), BIT(UUID) | BIT(PARENT), 0 },
	{ RULE_CONFLICTS, BIT(GONE), BIT(SETTLED), 0 },
	{ RULE_ANY_OF, BIT(UUID) | BIT(PARENT) | BIT(AUTO), 0, 0 },
};

static const struct cli_option retry_options[] = {
	{ OPTION_UUID, 'u', "uuid", "UUID", VALUE_UUID_DEFINED, false, false, "Only this device",
	  NULL },
	{ OPTION_PARENT, 'p', "parent", "PARENT", VALUE_PARENT, false, false,
	  "Only devices of this parent", NULL },
	FLAG(DRY_RUN, '\0', "dry-run", "Print what would be tried, do nothing", NULL),
	ROW_HELP,
};

static const struct cli_option parent_define_options[] = {
	{ OPTION_DRIVER, '\0', "driver", "DRIVER", VALUE_TEXT, false, false,
	  "Driver of the device's subchannel", "Without it vfio_ccw." },
	{ OPTION_SUBCHANNEL, '\0', "subchannel", "SUBCHANNEL", VALUE_TEXT, false, false,
	  "Subchannel of a device that is not visible",
	  "It is found by itself where the device can be seen, and whenever it moves." },
	{ OPTION_RESERVE_ADAPTERS, '\0', "reserve-adapters", "LIST", VALUE_TEXT, false, false,
	  "Crypto adapters that the host shall give up",
	  "Numbers and ranges, decimal or with 0x: 5,6,0x10-0x12. An adapter that is reserved is "
	  "lost to the host with each of its domains. The list replaces that of the recipe." },
	{ OPTION_RESERVE_DOMAINS, '\0', "reserve-domains", "LIST", VALUE_TEXT, false, false,
	  "Crypto domains that the host shall give up", "As --reserve-adapters: of each adapter." },
	FLAG(NOW, '\0', "now", "Apply the recipe at once", NULL),
	FLAG(FORCE, 'f', "force", "Go on in spite of what the check finds", NULL),
	FLAG(DRY_RUN, '\0', "dry-run", "Print what would be done, do nothing",
	     "The file is shown as a diff."),
	ROW_HELP,
};

static const struct cli_option parent_change_options[] = {
	FLAG(DRY_RUN, '\0', "dry-run", "Print what would be done, do nothing", NULL),
	ROW_HELP,
};

static const struct cli_option parent_apply_options[] = {
	FLAG(ALL, '\0', "all", "Apply all recipes that are not paused", NULL),
	FLAG(DUE, '\0', "due", "Apply the recipes that the daemon would apply now",
	     "Those that were applied before in this boot, or whose hardware has come since. For "
	     "units that are started when hardware comes."),
	FLAG(DRY_RUN, '\0', "dry-run", "Print what would be done, do nothing", NULL),
	ROW_HELP,
};

static const struct cli_rule parent_apply_rules[] = {
	{ RULE_CONFLICTS, BIT(DUE), BIT(ALL) | BIT(DRY_RUN), 0 },
};

static const struct cli_option parent_list_options[] = {
	FLAG(JSON, '\0', "json", "Print JSON", NULL),
	FLAG(NOHEADINGS, '\0', "noheadings", "Print no headings", NULL),
	ROW_HELP,
};

static const struct cli_rule parent_list_rules[] = {
	{ RULE_CONFLICTS, BIT(JSON), BIT(NOHEADINGS), 0 },
};

static const struct cli_option parent_show_options[] = {
	FLAG(JSON, '\0', "json", "Print JSON", NULL),
	ROW_HELP,
};

static const struct cli_option help_only_options[] = { ROW_HELP };

static const struct cli_option start_parent_options[] = { ROW_DRY_RUN, ROW_HELP };

static const struct cli_option top_options[] = {
	ROW_HELP,
	ROW_VERSION,
	FLAG(DUMP_CLI, '\0', "dump-cli", NULL, NULL),
};

#define OPTIONS(table) .options = (table), .n_options = ARRAY_SIZE(table)
#define RULES(table)   .rules = (table), .n_rules = ARRAY_SIZE(table)

const struct cli_verb cli_top = {
	.positional_name = "COMMAND",
	.positional_kind = VALUE_VERB,
	.positional_min = 1,
	.positional_max = 1,
	.summary = "Manage mediated devices: define them once, start them at will",
	OPTIONS(top_options),
};

const struct cli_verb cli_verbs[] = {
	{ .name = "define",
	  .is_configured = true,
	  .summary = "Define a device, so that it can be started at any time",
	  .description =
	          "Writes the definition of a device; a running device is not touched. The parent "
	          "need not be present.\n\n"
	          "Either --uuid or --parent is needed. The new UUID is printed if none was given.",
	  OPTIONS(define_options),
	  RULES(define_rules),
	  .run = verb_define },
	{ .name = "undefine",
	  .is_configured = true,
	  .summary = "Remove the definition of a device",
	  .description = "Removes the definitions of a UUID under all parents, or under the one "
	                 "given. A running device is not touched. A definition that cannot be read "
	                 "is removed too.",
	  OPTIONS(undefine_options),
	  RULES(uuid_required_rules),
	  .run = verb_undefine },
	{ .name = "modify",
	  .is_configured = true,
	  .summary = "Modify the definition of a device, or a running device",
	  .description =
	          "Changes one thing: how the device is started, one attribute, its type, or the "
	          "whole definition at once.",
	  OPTIONS(modify_options),
	  RULES(modify_rules),
	  .run = verb_modify },
	{ .name = "start",
	  .is_configured = true,
	  .summary = "Start a device",
	  .description =
	          "Starts a defined device, or one that lives until it is stopped or the host is "
	          "booted. Attributes are written in their order; if one fails the device is "
	          "removed again. The new UUID is printed if none was given.",
	  OPTIONS(start_options),
	  RULES(start_rules),
	  .run = verb_start },
	{ .name = "stop",
	  .is_configured = true,
	  .summary = "Stop an active device",
	  .description =
	          "Removes a running device; its definition stays. A device that a process uses is "
	          "left alone, the process is named, and the exit status is 4.\n\n"
	          "A device that its driver is still making cannot be removed: the process that "
	          "waits for the driver is named, and the exit status is 1. All the same it is not "
	          "started automatically any more, and if it comes it is removed again by "
	          "mdevmgrd; a later start or retry takes that back.",
	  OPTIONS(stop_options),
	  RULES(stop_rules),
	  .run = verb_stop },
	{ .name = "list",
	  .program = "lsmdev",
	  .summary = "List active or defined devices",
	  .description =
	          "One line a device: UUID, parent, type, how it is started, and \"(defined)\" or, "
	          "with --defined, \"(active)\".",
	  OPTIONS(list_options),
	  .run = verb_list },
	{ .name = "types",
	  .summary = "List the types that parents offer",
	  .description = "For each parent its types, how many more devices of each can be "
	                 "started, and what the driver says of them.",
	  OPTIONS(types_options),
	  .run = verb_types },
	{ .name = "show",
	  .summary = "Show everything about one device",
	  .description = "Its definitions, its state, its attributes as the driver has them, and "
	                 "how to hand it to a guest.",
	  OPTIONS(show_options),
	  RULES(show_rules),
	  .run = verb_show },
	{ .name = "monitor",
	  .summary = "Print changes as they happen",
	  .description =
	          "One line for each change of a definition, a device, a parent or a state, until "
	          "it is interrupted (exit status 0). Needs no daemon and no privileges.",
	  OPTIONS(monitor_options),
	  .run = verb_monitor },
	{ .name = "status",
	  .summary = "Show how it stands with all devices",
	  .description =
	          "A line for each definition and each active device: its state, since when, and "
	          "why. At the end how many there are of each state. The exit status is 3 if a "
	          "device that is to be started automatically is failed, stuck or degraded, or if "
	          "a recipe of a parent cannot be applied.",
	  OPTIONS(status_options),
	  RULES(status_rules),
	  .run = verb_status },
	{ .name = "wait",
	  .summary = "Wait until devices are active, or gone",
	  .description =
	          "Waits until the devices are active (a degraded one is, which is told). The exit "
	          "status is 3 if time is up before; what is missing is told with its reason.",
	  OPTIONS(wait_options),
	  RULES(wait_rules),
	  .run = verb_wait },
	{ .name = "retry",
	  .is_configured = true,
	  .summary = "Try again to start automatic devices",
	  .description =
	          "Starts what is to be started automatically and is not active: what has failed, "
	          "waits for its next try, or was stopped by hand. If the daemon is running it "
	          "does the tries, and this command does not wait for them.",
	  OPTIONS(retry_options),
	  .run = verb_retry },
	{ .name = "verify",
	  .positional_name = "FILE",
	  .positional_kind = VALUE_FILE,
	  .positional_max = 1,
	  .summary = "Check definitions",
	  .description = "Checks one definition file, or all definitions of the system. The exit "
	                 "status is 1 if one of them has an error.",
	  OPTIONS(help_only_options),
	  .run = verb_verify },
	{ .name = "parent",
	  .is_group = true,
	  .positional_name = "COMMAND",
	  .positional_kind = VALUE_VERB,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Make hardware of the host a parent of devices (s390x)",
	  .description =
	          "A recipe says what makes hardware a parent: which disk is given to vfio_ccw, "
	          "which crypto adapters and domains to vfio_ap. It is a file of "
	          "/etc/mdevmgr/parents.d, and is applied at boot, whenever the hardware comes "
	          "back, and by `parent apply'.\n\n"
	          "A parent is named by its device number (0.0.4711), or is matrix. A number that "
	          "is both a device's and a subchannel's is written ccw:0.0.0100 or css:0.0.0100.",
	  OPTIONS(help_only_options) },
	{ .name = "parent define",
	  .is_configured = true,
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_TEXT,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Write, or change, the recipe of a parent",
	  .description = "Checks the recipe and writes it; hardware is not touched unless --now is "
	                 "given. Of a recipe that is there only what is given changes.",
	  OPTIONS(parent_define_options),
	  .run = verb_parent_define },
	{ .name = "parent undefine",
	  .is_configured = true,
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_RECIPE,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Remove the recipe of a parent",
	  .description = "Removes the file, and no more: `parent release' gives the hardware back, "
	                 "if it is called before. A recipe that cannot be read is removed too.",
	  OPTIONS(parent_change_options),
	  .run = verb_parent_undefine },
	{ .name = "parent list",
	  .summary = "List recipes, and how it stands with them",
	  OPTIONS(parent_list_options),
	  RULES(parent_list_rules),
	  .run = verb_parent_list },
	{ .name = "parent show",
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_RECIPE,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Show a recipe, and how it stands with it",
	  OPTIONS(parent_show_options),
	  .run = verb_parent_show },
	{ .name = "parent apply",
	  .is_configured = true,
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_RECIPE,
	  .positional_max = 1,
	  .summary = "Do what a recipe says",
	  .description =
	          "Goes step by step from how the hardware is to how it shall be, and does nothing "
	          "where all is done. What the host uses is not taken away, and what driverctl or "
	          "chzdev have a setting for is left to them: both is told.\n\n"
	          "With --all a recipe that fails is told in a warning and the others are applied; "
	          "hardware that is not there is no failure.",
	  OPTIONS(parent_apply_options),
	  RULES(parent_apply_rules),
	  .run = verb_parent_apply },
	{ .name = "parent release",
	  .is_configured = true,
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_RECIPE,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Give the hardware of a parent back to the host",
	  .description = "Undoes the recipe, and pauses it until `parent apply' or the next boot. "
	                 "Refused while devices are active on the parent (exit status 4).",
	  OPTIONS(parent_change_options),
	  .run = verb_parent_release },
	{ .name = "start-parent-mdevs",
	  .is_hidden = true,
	  .is_configured = true,
	  .positional_name = "PARENT",
	  .positional_kind = VALUE_PARENT,
	  .positional_min = 1,
	  .positional_max = 1,
	  .summary = "Start the devices of a parent that are to be started automatically",
	  .description = "Meant for udev. A device that cannot be started is told in a warning; "
	                 "the exit status is 0.",
	  OPTIONS(start_parent_options),
	  .run = verb_start_parent_mdevs },
	{ .name = "help",
	  .positional_name = "COMMAND",
	  .positional_kind = VALUE_VERB,
	  .positional_max = 1,
	  .summary = "Print this help, or the help of a command",
	  OPTIONS(help_only_options) },
};
const size_t cli_n_verbs = ARRAY_SIZE(cli_verbs);
