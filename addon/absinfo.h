// What an input device says of its absolute axes.
#pragma once

#include <linux/input.h>

#include <optional>
#include <string>
#include <vector>

/** Where a device's node is, and which device it must be. */
struct DeviceNode {
  std::string path;
  unsigned major;
  unsigned minor;
};

/** Native.readAbsInfo. */
std::vector<std::optional<input_absinfo>> ReadAbsInfo(const DeviceNode& node,
                                                      const std::vector<unsigned>& axes);
