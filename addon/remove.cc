#include "remove.h"

#include <dirent.h>
#include <fcntl.h>

#include <memory>
#include <vector>

#include "syscalls.h"
#include "util.h"

namespace {

/** Far deeper than a stage is. Each level costs a descriptor. */
constexpr int kDeepest = 64;

/** Opens the directory `name` of `parent`: that one itself, and nothing that is mounted there. */
UniqueFd OpenBeneath(int parent, const std::string& name, const std::string& path) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  return UniqueFd(
      Check(Openat2(parent, name.c_str(), flags, kResolveBeneath | kResolveNoSymlinks | kResolveNoXdev),
            "openat2", path));
}

std::vector<std::string> EntriesOf(int directory, const std::string& path) {
  const int copy = Check(fcntl(directory, F_DUPFD_CLOEXEC, 0), "fcntl", path);
  const auto close_stream = [](DIR* stream) { closedir(stream); };
  const std::unique_ptr<DIR, decltype(close_stream)> stream(fdopendir(copy), close_stream);
  if (stream == nullptr) {
    close(copy);
    throw SystemError{ENOMEM, "fdopendir", path};
  }
  std::vector<std::string> entries;
  while (const dirent* entry = readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(std::move(name));
  }
  return entries;
}

void RemoveAt(int parent, const std::string& name, const std::string& path, int depth) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR) throw SystemError{errno, "unlinkat", path};
  if (depth > kDeepest) throw SystemError{ENAMETOOLONG, "openat2", path};
  {
    const UniqueFd directory = OpenBeneath(parent, name, path);
    for (const std::string& entry : EntriesOf(directory.get(), path)) {
      RemoveAt(directory.get(), entry, path + "/" + entry, depth + 1);
    }
  }
  const int removed = unlinkat(parent, name.c_str(), AT_REMOVEDIR);
  if (removed < 0 && errno != ENOENT) throw SystemError{errno, "unlinkat", path};
}

}  // namespace

void RemoveTree(const std::string& root, const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    throw SystemError{EINVAL, "unlinkat", root + "/" + name};
  }
  const UniqueFd parent(Check(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", root));
  RemoveAt(parent.get(), name, root + "/" + name, 0);
}
