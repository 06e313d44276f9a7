#include "reopen.h"

#include <fcntl.h>

UniqueFd Reopen(const UniqueFd& found, int flags, const std::string& path) {
  const std::string self = "/proc/self/fd/" + std::to_string(found.get());
  // O_NONBLOCK: a lease that somebody holds on the file would hold this up too (F_SETLEASE of fcntl(2))
  return UniqueFd(Check(open(self.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), "open", path));
}
