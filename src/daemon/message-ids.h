/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * MESSAGE_ID= of the daemon's journal entries: units/mdevmgr.catalog explains each. Never
 * change one: people and programs search for them. */
#pragma once

/* an auto device is active */
#define MESSAGE_ID_STARTED "456b7a6261584b7cb0787adaff951bad"
/* a device cannot be started, or not for now in spite of several tries */
#define MESSAGE_ID_FAILED "da868b76b15f42a2bed83e6228565005"
/* a driver does not come back from create or remove */
#define MESSAGE_ID_STUCK "72f20b0f841c4c25b79c067d16cbd7b6"
/* a driver that was stuck came back: its device is active, or is finished now */
#define MESSAGE_ID_HEALED "d5f8605d85814cafa421733469efbe1f"
/* the UUID is a device of another parent */
#define MESSAGE_ID_BLOCKED "3f69d61d215145679046312e0dde01ff"
/* the parent does not offer the type */
#define MESSAGE_ID_WAITING_TYPE "3e543df63ff44b08b2e618fa88f78933"
/* the type has no free instance */
#define MESSAGE_ID_WAITING_INSTANCE "d95f1e1879fb4c3cb01bf07d30784903"
/* a device is active, but not as defined */
#define MESSAGE_ID_DEGRADED "1878dfec30c04010a7f08afd00655891"
/* somebody stopped an auto device: it stays stopped */
#define MESSAGE_ID_STOPPED "7d8d19af18924e1b927b5dd577b99a17"
/* a definition cannot be used */
#define MESSAGE_ID_DEFINITION_BROKEN "cbae6900ce344bb4b15975f7db6bb8d7"
/* the kernel dropped uevents: everything is looked at again */
#define MESSAGE_ID_EVENTS_LOST "ed0be8de83ac46fd9b5db88fe3a56020"
/* mdevctl's udev rule is still in force */
#define MESSAGE_ID_MDEVCTL_RULE "74b033fb814741ae885d8342b871162f"
/* a parent's worker did not end in its time */
#define MESSAGE_ID_WORKER_STUCK "f8a329b632bb4923bbb795d28f08c781"
/* hardware is a parent as its recipe says */
#define MESSAGE_ID_RECIPE_APPLIED "f7606ec8ba99482a9b43503ab5d1b8ec"
/* a disk has turned up on another subchannel */
#define MESSAGE_ID_RECIPE_MOVED "f29d1c06c9764fccb662292040d573b3"
/* a recipe cannot be applied, for now at least */
#define MESSAGE_ID_RECIPE_FAILED "cb366e3035794ef6b3be5e0184ed00c0"
/* boot went on without devices that start by themselves */
#define MESSAGE_ID_DEVICES_MISSING "b186767659794a1287fa5a2800063df5"
/* a device was not taken down at shutdown */
#define MESSAGE_ID_DEVICE_LEFT "ac3935e59a214b9e921308b734160db9"
