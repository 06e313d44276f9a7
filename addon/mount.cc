#include "mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "inside.h"
#include "syscalls.h"

namespace {

struct stat StatusOf(int fd) {
  struct stat status;
  Check(fstat(fd, &status), "fstat");
  return status;
}

/** A copy of the mount at `source`, which must be of `type` (S_IFMT): attached nowhere, and nothing in it can
 * be changed inside. */
UniqueFd CloneMount(const std::string& source, mode_t type) {
  UniqueFd tree(Check(OpenTree(AT_FDCWD, source.c_str(), kOpenTreeClone | O_CLOEXEC), "open_tree", source));
  // move_mount would only say EINVAL
  if ((StatusOf(tree.get()).st_mode & S_IFMT) != type) {
    throw SystemError{type == S_IFDIR ? ENOTDIR : ENODEV, "open_tree", source};
  }
  // Read-only is about files: a device on it can be written to. Private: what happens to it inside stays
  // there.
  const MountAttributes wanted = {kMountAttrReadOnly | kMountAttrNoSuid | kMountAttrNoExec, kMountAttrNoDev,
                                  MS_PRIVATE, 0};
  Check(MountSetattr(tree.get(), "", AT_EMPTY_PATH, wanted), "mount_setattr", source);
  return tree;
}

void EnterMountNamespace(const Container& container) {
  // the namespace that we hold open would take mounts that nobody sees
  if (HasExited(container.pidfd.get())) throw SystemError{ESRCH, "setns", {}};
  // A thread that shares its root and working directory with others may not change them (setns(2)). The umask
  // is in there too.
  Check(unshare(CLONE_FS), "unshare");
  Check(setns(container.mount_namespace.get(), CLONE_NEWNS), "setns");
  umask(022);
}

void Attach(const UniqueFd& tree, const UniqueFd& place, const std::string& target) {
  Check(MoveMount(tree.get(), place.get(), kMoveMountFromEmptyPath | kMoveMountToEmptyPath), "move_mount",
        target);
}

/** Whether this is the empty file without any permission that bindNode mounts over. */
bool IsPlaceholder(const struct stat& status) {
  return S_ISREG(status.st_mode) && (status.st_mode & 07777) == 0 && status.st_size == 0;
}

/** Whether `fd` is where a mount begins. */
bool IsMountPoint(int fd) {
  struct statx status;
  Check(statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status), "statx");
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/** What lies at `name` below all that is mounted there. */
struct stat StatusBelow(const UniqueFd& parent, const std::string& name, const std::string& target) {
  // a copy of the directory's mount has none of the mounts on it
  const UniqueFd bare(
      Check(OpenTree(parent.get(), "", kOpenTreeClone | O_CLOEXEC | AT_EMPTY_PATH), "open_tree", target));
  struct stat status;
  Check(fstatat(bare.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW), "fstatat", target);
  return status;
}

}  // namespace

void MountDirectory(const Container& container, const std::string& source, const std::string& target) {
  const UniqueFd tree = CloneMount(source, S_IFDIR);
  EnterMountNamespace(container);
  Attach(tree, MakeDirectoryInside(container, target), target);
}

void ReplaceMount(const Container& container, const std::string& source, const std::string& target,
                  uint64_t mount_id) {
  const UniqueFd tree = CloneMount(source, S_IFDIR);
  EnterMountNamespace(container);
  const UniqueFd old = FindInside(container.root.get(), target, O_PATH | O_DIRECTORY);
  if (!old || !IsMountPoint(old.get()) || MountIdOf(old.get()) != mount_id) {
    throw SystemError{EAGAIN, "move_mount", target};
  }
  // Beneath the old one, which then is taken off: who looks meanwhile finds one or the other. A kernel that
  // doesn't know how says EINVAL.
  const bool is_beneath = MoveMount(tree.get(), old.get(),
                                    kMoveMountFromEmptyPath | kMoveMountToEmptyPath | kMoveMountBeneath) == 0;
  Check(fchdir(old.get()), "fchdir", target);
  // by the working directory of this thread: the container's /proc doesn't show our descriptors
  const bool is_off = umount2(".", MNT_DETACH) == 0;
  if (is_beneath) {
    if (!is_off) throw SystemError{errno, "umount2", target};
    return;
  }
  // EINVAL: locked, as what a user namespace has inherited is (mount_namespaces(7)); it can be covered
  if (!is_off && errno != EINVAL) throw SystemError{errno, "umount2", target};
  if (is_off) {
    Attach(tree, MakeDirectoryInside(container, target), target);
  } else {
    Attach(tree, old, target);
  }
}

void BindNode(const Container& container, const std::string& source, const std::string& target) {
  const UniqueFd tree = CloneMount(source, S_IFCHR);
  EnterMountNamespace(container);
  const auto [directory, name] = Split(target);
  const UniqueFd parent = MakeDirectoryInside(container, directory);
  {
    const AsRootOf identity(container);
    // mknod, since open(O_CREAT) would follow a link or block on a FIFO that the container has put there
    Check(mknodat(parent.get(), name.c_str(), S_IFREG, 0), "mknodat", target);
  }
  try {
    const UniqueFd place(
        Check(openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), "openat", target));
    if (!IsPlaceholder(StatusOf(place.get()))) throw SystemError{EEXIST, "mknodat", target};
    Attach(tree, place, target);
  } catch (const SystemError&) {
    struct stat status;
    const int looked = fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
    if (looked == 0 && IsPlaceholder(status)) unlinkat(parent.get(), name.c_str(), 0);
    throw;
  }
}

void UnbindNode(const Container& container, const std::string& target) {
  if (HasExited(container.pidfd.get())) return;
  EnterMountNamespace(container);
  const auto [directory, name] = Split(target);
  const UniqueFd parent = FindInside(container.root.get(), directory, O_PATH | O_DIRECTORY);
  if (!parent) return;
  const UniqueFd node(openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!node && errno == ENOENT) return;
  Check(node.get(), "openat", target);

  // What the container, or its engine, has put there since is not ours to remove.
  const bool is_bound = IsMountPoint(node.get());
  if (!IsPlaceholder(is_bound ? StatusBelow(parent, name, target) : StatusOf(node.get()))) return;
  if (is_bound) {
    // by its name in the working directory of this thread: the container's /proc doesn't show our descriptors
    Check(fchdir(parent.get()), "fchdir", target);
    Check(umount2(name.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW), "umount2", target);
  }
  const int removed = unlinkat(parent.get(), name.c_str(), 0);
  if (removed < 0 && errno != ENOENT) throw SystemError{errno, "unlinkat", target};
}

void MountTmpfs(const std::string& path) {
  Check(mount("udev-proxy", path.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0700"), "mount", path);
}

void Unmount(const std::string& path) {
  Check(umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW), "umount2", path);
}
