// Multicast groups of NETLINK_KOBJECT_UEVENT, as bits of nl_groups.

/** The kernel's own uevents. */
export const GROUP_KERNEL = 1
/** What udevd tells its clients. */
export const GROUP_UDEV = 2
/** What libudev-zero listens to: udev's messages without their header. */
export const GROUP_LIBUDEV_ZERO = 4
