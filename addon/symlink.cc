#include "symlink.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "inside.h"

namespace {

/** Whether `name` is a link with exactly the content `target`. */
bool IsLinkTo(const UniqueFd& parent, const std::string& name, const std::string& target) {
  // one byte more shows that a content goes on
  std::string content(target.size() + 1, '\0');
  const ssize_t length = readlinkat(parent.get(), name.c_str(), content.data(), content.size());
  // nothing there, or something that is no link
  if (length < 0) return false;
  content.resize(static_cast<size_t>(length));
  return content == target;
}

}  // namespace

void PlaceLink(const Container& container, const std::string& target, const std::string& path) {
  // the root that we hold open would take a link that nobody sees
  if (HasExited(container.pidfd.get())) throw SystemError{ESRCH, "symlinkat", path};
  Check(unshare(CLONE_FS), "unshare");
  umask(022);
  const auto [directory, name] = Split(path);
  const UniqueFd parent = MakeDirectoryInside(container, directory);
  int failure;
  {
    const AsRootOf identity(container);
    failure = symlinkat(target.c_str(), parent.get(), name.c_str()) < 0 ? errno : 0;
  }
  if (failure == 0 || (failure == EEXIST && IsLinkTo(parent, name, target))) return;
  throw SystemError{failure, "symlinkat", path};
}

void RemoveLink(const Container& container, const std::string& target, const std::string& path) {
  if (HasExited(container.pidfd.get())) return;
  const auto [directory, name] = Split(path);
  const UniqueFd parent = FindReachable(container.root.get(), directory, O_PATH | O_DIRECTORY);
  if (!parent || !IsLinkTo(parent, name, target)) return;
  // What the container puts there in this moment is lost, but nothing that its own root could not remove.
  const AsRootOf identity(container);
  if (unlinkat(parent.get(), name.c_str(), 0) < 0 && errno != ENOENT) {
    throw SystemError{errno, "unlinkat", path};
  }
}
