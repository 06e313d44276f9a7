#include "node.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <atomic>

#include "util.h"

namespace {

/** mknod with exactly the mode of `spec`: the umask is back before this thread makes anything else. */
int MakeNode(const std::string& path, const NodeSpec& spec) {
  const mode_t before = umask(0);
  const int result = mknod(path.c_str(), S_IFCHR | spec.mode, makedev(spec.major, spec.minor));
  const int error = errno;
  umask(before);
  errno = error;
  return result;
}

/** A name that no other thread or process uses now; one of a process before us with our pid is overwritten.
 */
std::string MakeScratchNode(const NodeSpec& spec) {
  static std::atomic<uint64_t> last = 0;
  std::string name = spec.scratch + "/node-" + std::to_string(getpid()) + "-" + std::to_string(++last);
  int failure = MakeNode(name, spec);
  if (failure < 0 && errno == EEXIST && unlink(name.c_str()) == 0) failure = MakeNode(name, spec);
  Check(failure, "mknod", name);
  return name;
}

}  // namespace

void PlaceNode(const NodeSpec& spec) {
  // what root makes is root's: the node appears with its final mode and owner
  if (spec.uid == 0 && spec.gid == 0) {
    Check(MakeNode(spec.path, spec), "mknod", spec.path);
    return;
  }
  const std::string scratch = MakeScratchNode(spec);
  try {
    Check(lchown(scratch.c_str(), spec.uid, spec.gid), "lchown", scratch);
    // after chown, which clears bits
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
