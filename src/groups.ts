// Multicast groups of NETLINK_KOBJECT_UEVENT, as bits of nl_groups.

/** The kernel's own uevents. */
export const GROUP_KERNEL = 1
/** What udevd tells its clients. */
export const GROUP_UDEV = 2
