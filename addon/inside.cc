#include "inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <memory>

#include "reopen.h"
#include "syscalls.h"

namespace {

/** So many races with renames and mounts elsewhere are taken for bad luck. */
constexpr int kAttempts = 128;
/** What a person needs to see of what is in the way. */
constexpr size_t kEntries = 16;
/** More than a container's devices have: what a container has put there itself ends here. */
constexpr size_t kFiles = 4096;
constexpr size_t kFilesSize = 8 << 20;

const char* KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "directory";
  if (S_ISREG(mode)) return "file";
  if (S_ISSOCK(mode)) return "socket";
  if (S_ISCHR(mode)) return "character";
  return "other";
}

std::vector<std::string> EntriesOf(int directory, size_t limit) {
  // through the directory itself: an O_PATH descriptor can't be listed
  const int fd =
      Check(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC), "openat", ".");
  const auto close_stream = [](DIR* stream) { closedir(stream); };
  const std::unique_ptr<DIR, decltype(close_stream)> stream(fdopendir(fd), close_stream);
  if (stream == nullptr) {
    close(fd);
    throw SystemError{ENOMEM, "fdopendir", {}};
  }
  std::vector<std::string> entries;
  while (entries.size() < limit) {
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(std::move(name));
  }
  return entries;
}

/** The first `limit` bytes of the regular file that the O_PATH descriptor `found` stands for; nothing of
 * another kind. */
std::optional<std::vector<uint8_t>> ContentOf(const UniqueFd& found, const std::string& path, size_t limit) {
  struct stat status;
  Check(fstat(found.get(), &status), "fstat", path);
  if (!S_ISREG(status.st_mode)) return std::nullopt;

  std::vector<uint8_t> content;
  // Empty, or made up while it is read: a read of /proc/kmsg takes what it reads from others.
  if (status.st_size == 0) return content;
  const UniqueFd file = Reopen(found, O_RDONLY, path);
  while (content.size() < limit) {
    const size_t before = content.size();
    content.resize(before + std::min<size_t>(limit - before, 4096));
    const ssize_t count =
        Check(read(file.get(), content.data() + before, content.size() - before), "read", path);
    content.resize(before + static_cast<size_t>(count));
    if (count == 0) break;
  }
  return content;
}

}  // namespace

UniqueFd FindInside(int root, const std::string& path, int flags) {
  for (int attempt = 1;; attempt++) {
    const int fd = Openat2(root, path.c_str(), static_cast<uint64_t>(flags | O_CLOEXEC),
                           kResolveInRoot | kResolveNoMagicLinks);
    if (fd >= 0) return UniqueFd(fd);
    if (errno == ENOENT) return UniqueFd();
    // EAGAIN: something was renamed or mounted while a `..` was looked up (openat2(2))
    if ((errno != EAGAIN && errno != EINTR) || attempt == kAttempts)
      throw SystemError{errno, "openat2", path};
  }
}

UniqueFd FindReachable(int root, const std::string& path, int flags) {
  try {
    return FindInside(root, path, flags);
  } catch (const SystemError& error) {
    // ELOOP: a circle, or a magic link of /proc
    if (error.number == ENOTDIR || error.number == ELOOP) return UniqueFd();
    throw;
  }
}

std::optional<std::vector<uint8_t>> ReadInside(int root, const std::string& path, size_t limit) {
  const UniqueFd found = FindReachable(root, path, O_PATH);
  if (!found) return std::nullopt;
  return ContentOf(found, path, limit);
}

std::vector<NamedFile> ReadDirectoryInside(int root, const std::string& path, size_t limit) {
  const UniqueFd directory = FindReachable(root, path, O_PATH | O_DIRECTORY);
  if (!directory) return {};
  // A file system of the container's own may never answer.
  struct statfs file_system;
  Check(fstatfs(directory.get(), &file_system), "fstatfs", path);
  if (file_system.f_type != TMPFS_MAGIC) return {};

  std::vector<NamedFile> files;
  size_t size = 0;
  for (std::string& name : EntriesOf(directory.get(), kFiles)) {
    // nor may what is mounted on a file
    const UniqueFd found(Openat2(directory.get(), name.c_str(), O_PATH | O_CLOEXEC,
                                 kResolveBeneath | kResolveNoSymlinks | kResolveNoXdev));
    if (!found) continue;
    auto content = ContentOf(found, path + "/" + name, limit);
    if (!content) continue;
    size += content->size();
    if (size > kFilesSize) break;
    files.push_back({std::move(name), std::move(*content)});
  }
  return files;
}

PathInside LookAt(int fd) {
  struct stat status;
  Check(fstat(fd, &status), "fstat");
  PathInside found = {
      KindOf(status.st_mode), IdentityOf(fd), std::to_string(status.st_dev), {}, MountIdOf(fd), {}};
  if (S_ISDIR(status.st_mode)) found.entries = EntriesOf(fd, kEntries);
  if (S_ISCHR(status.st_mode)) {
    found.number = std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev));
  }
  return found;
}

uint64_t MountIdOf(int fd) {
  struct statx status;
  Check(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status), "statx");
  return status.stx_mnt_id;
}

UniqueFd MakeDirectoryInside(const Container& container, const std::string& path) {
  const int flags = O_PATH | O_DIRECTORY;
  UniqueFd found = FindInside(container.root.get(), path, flags);
  if (found) return found;

  const auto [parent, name] = Split(path);
  // the root itself exists: a path that has no more parts can't be made
  if (name.empty()) throw SystemError{ENOENT, "openat2", path};
  const UniqueFd directory = MakeDirectoryInside(container, parent);
  {
    const AsRootOf identity(container);
    // EEXIST: somebody inside was faster, or it is a link that leads nowhere, which the next look tells
    if (mkdirat(directory.get(), name.c_str(), 0755) < 0 && errno != EEXIST) {
      throw SystemError{errno, "mkdirat", path};
    }
  }
  found = FindInside(container.root.get(), path, flags);
  if (!found) throw SystemError{ENOENT, "openat2", path};
  return found;
}

SplitPath Split(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return {"/", ""};
  const size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return {"/", path.substr(0, end + 1)};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1, end - slash)};
}

// They change this thread alone (nptl(7) spreads the other set*id calls to all), and take CAP_DAC_OVERRIDE
// from it until it is the daemon's user again: a directory that the container's root may not write is none of
// ours.
AsRootOf::AsRootOf(const Container& container) {
  setfsgid(container.root_gid);
  setfsuid(container.root_uid);
}

AsRootOf::~AsRootOf() {
  setfsuid(geteuid());
  setfsgid(getegid());
}
