#include "node.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <atomic>

#include "util.h"

namespace {

/** A name that no other thread or process uses now; one of a process before us with our pid is overwritten.
 */
std::string MakeScratchNode(const NodeSpec& spec) {
  static std::atomic<uint64_t> last = 0;
  std::string name = spec.scratch + "/node-" + std::to_string(getpid()) + "-" + std::to_string(++last);
  const dev_t device = makedev(spec.major, spec.minor);
  int failure = mknod(name.c_str(), S_IFCHR | spec.mode, device);
  if (failure < 0 && errno == EEXIST && unlink(name.c_str()) == 0)
    failure = mknod(name.c_str(), S_IFCHR | spec.mode, device);
  Check(failure, "mknod", name);
  return name;
}

}  // namespace

void PlaceNode(const NodeSpec& spec) {
  const std::string scratch = MakeScratchNode(spec);
  try {
    // what root makes is root's
    if (spec.uid != 0 || spec.gid != 0) Check(lchown(scratch.c_str(), spec.uid, spec.gid), "lchown", scratch);
    // after chown, which clears bits; and mknod has applied the umask
    Check(chmod(scratch.c_str(), spec.mode), "chmod", scratch);
    // link and not rename: it makes the IN_CREATE that applications wait for, and does not replace what is
    // there
    Check(link(scratch.c_str(), spec.path.c_str()), "link", spec.path);
  } catch (const SystemError&) {
    unlink(scratch.c_str());
    throw;
  }
  unlink(scratch.c_str());
}
