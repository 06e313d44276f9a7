#include "syscalls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// Calls since Linux 5.1 have one number on all architectures but alpha.
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace {

struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

}  // namespace

int PidfdOpen(int pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

int Openat2(int directory, const char* path, uint64_t flags, uint64_t resolve) {
  const OpenHow how = {flags, 0, resolve};
  return static_cast<int>(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

int OpenTree(int directory, const char* path, unsigned flags) {
  return static_cast<int>(syscall(SYS_open_tree, directory, path, flags));
}

int MountSetattr(int directory, const char* path, unsigned flags, const MountAttributes& attributes) {
  return static_cast<int>(syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes));
}

int MoveMount(int from, int to, unsigned flags) {
  return static_cast<int>(syscall(SYS_move_mount, from, "", to, "", flags));
}

std::vector<std::string> MissingSystemCalls() {
  const struct {
    const char* name;
    long number;
  } calls[] = {{"open_tree", SYS_open_tree},
               {"mount_setattr", SYS_mount_setattr},
               {"move_mount", SYS_move_mount},
               {"openat2", SYS_openat2},
               {"pidfd_open", SYS_pidfd_open}};
  std::vector<std::string> missing;
  for (const auto& call : calls) {
    // descriptors, pids and sizes of -1 and addresses of 0 are refused by each of them, before anything is
    // done
    if (syscall(call.number, -1, nullptr, -1, nullptr, -1) < 0 && errno == ENOSYS)
      missing.push_back(call.name);
  }
  return missing;
}
