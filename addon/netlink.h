// Sockets of NETLINK_KOBJECT_UEVENT: the kernel's uevents and udev's announcements.
#pragma once

#include <sys/types.h>

#include "util.h"

/** Multicast groups, as bits of nl_groups. */
constexpr unsigned kGroupKernel = 1;
constexpr unsigned kGroupUdev = 2;
/** What libudev-zero listens to. */
constexpr unsigned kGroupLibudevZero = 4;

/** A non-blocking socket of this network namespace, bound to `groups` (0: none). */
UniqueFd OpenUeventSocket(unsigned groups);

/** The same in another network namespace, which the calling thread enters for good. */
UniqueFd OpenUeventSocketIn(int netns);

/** A member of `group` (one of the above) whose messages come with their sender's credentials. */
UniqueFd OpenMonitorSocket(unsigned group, int receive_buffer);

/** The same in another network namespace, which a thread of its own enters. */
UniqueFd OpenMonitorSocketIn(int netns, unsigned group, int receive_buffer);

/** Multicasts `message` to `group` as this process with the given uid and gid. No listener is not an error.
 */
void MulticastUevent(int socket, Bytes message, unsigned group, uid_t uid, gid_t gid);
