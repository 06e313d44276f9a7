// Sockets of NETLINK_KOBJECT_UEVENT: the kernel's uevents and udev's announcements.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "util.h"

/** Multicast groups, as bits of nl_groups. */
constexpr unsigned kGroupKernel = 1;
constexpr unsigned kGroupUdev = 2;
/** What libudev-zero listens to. */
constexpr unsigned kGroupLibudevZero = 4;

/** A non-blocking socket of this network namespace, bound to `groups` (0: none). */
UniqueFd OpenUeventSocket(unsigned groups);

/**
 * The same, without groups, in another network namespace, `identity` (st_dev:st_ino) by name: one for all who
 * ask while somebody has it. The calling thread enters the namespace for good where there is none yet.
 */
std::shared_ptr<const UniqueFd> SharedUeventSocketIn(int netns, const std::string& identity);

/** Whether that is the port of the shared socket in the network namespace `identity`. */
bool IsSharedUeventSocket(const std::string& identity, uint32_t port);

/** A member of `group` (one of the above) whose messages come with their sender's credentials. */
UniqueFd OpenMonitorSocket(unsigned group, int receive_buffer);

/** The same in another network namespace, which a thread of its own enters. */
UniqueFd OpenMonitorSocketIn(int netns, unsigned group, int receive_buffer);

/** Multicasts `message` to `group` as this process with the given uid and gid. No listener is not an error.
 */
void MulticastUevent(int socket, Bytes message, unsigned group, uid_t uid, gid_t gid);
