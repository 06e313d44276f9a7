#include "absinfo.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "reopen.h"
#include "util.h"

namespace {

/** Empty when the node is gone, is another device's by now, or does not open. */
UniqueFd OpenNode(const DeviceNode& node) {
  const UniqueFd found(open(node.path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!found || fstat(found.get(), &status) < 0) return UniqueFd();
  if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(node.major, node.minor)) return UniqueFd();
  try {
    return Reopen(found, O_RDONLY, node.path);
  } catch (const SystemError&) {
    // ENXIO, ENODEV: unplugged since
    return UniqueFd();
  }
}

}  // namespace

std::vector<std::optional<input_absinfo>> ReadAbsInfo(const DeviceNode& node,
                                                      const std::vector<unsigned>& axes) {
  const UniqueFd device = OpenNode(node);
  std::vector<std::optional<input_absinfo>> answers;
  for (const unsigned axis : axes) {
    input_absinfo answer = {};
    const bool answered = device && ioctl(device.get(), EVIOCGABS(axis), &answer) >= 0;
    answers.push_back(answered ? std::optional(answer) : std::nullopt);
  }
  return answers;
}
