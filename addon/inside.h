// Paths inside a container, found as its own root would find them: no link leads out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "container.h"
#include "util.h"

/** Opens `path` below `root` with `flags`; an empty descriptor when it does not exist. */
UniqueFd FindInside(int root, const std::string& path, int flags);

/** The same, and empty too when a file is in the way, or a link that leads nowhere, in a circle or out. */
UniqueFd FindReachable(int root, const std::string& path, int flags);

/** The first `limit` bytes of the regular file at `path`; nothing when there is none. */
std::optional<std::vector<uint8_t>> ReadInside(int root, const std::string& path, size_t limit);

/** A file by its name in its directory. */
struct NamedFile {
  std::string name;
  std::vector<uint8_t> content;
};

/** The first `limit` bytes of each regular file of the directory `path`, if it is on a tmpfs. */
std::vector<NamedFile> ReadDirectoryInside(int root, const std::string& path, size_t limit);

/** A path inside, as the addon's ContainerPath. */
struct PathInside {
  const char* kind;
  std::string identity;
  std::string device;
  std::vector<std::string> entries;
  /** The mount that it is on, as in mountinfo. */
  uint64_t mount_id;
  /** Of a character device: MAJOR:MINOR. */
  std::string number;
};

/** Looks at an O_PATH descriptor. */
PathInside LookAt(int fd);

/**
 * Opens the directory `path` below the container's root, O_PATH, and makes what is missing of it, as the
 * container's root with mode 0755. The calling thread must have its own umask (CLONE_FS).
 */
UniqueFd MakeDirectoryInside(const Container& container, const std::string& path);

/** The id of the mount that `fd` is on, as in mountinfo. */
uint64_t MountIdOf(int fd);

/** `path` split at its last slash. */
struct SplitPath {
  std::string parent;
  std::string name;
};
SplitPath Split(const std::string& path);

/**
 * While it lives, files that this thread makes belong to the container's root. Without it a file system that
 * belongs to a user namespace refuses: EOVERFLOW, the host's root has no name there.
 */
class AsRootOf {
 public:
  explicit AsRootOf(const Container& container);
  ~AsRootOf();
  AsRootOf(const AsRootOf&) = delete;
  AsRootOf& operator=(const AsRootOf&) = delete;
};
