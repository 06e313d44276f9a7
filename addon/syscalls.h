// The newer system calls by their numbers: the C library may be older than the kernel, and so may its
// headers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/** include/uapi/linux/openat2.h */
constexpr uint64_t kResolveNoXdev = 0x01;
constexpr uint64_t kResolveNoMagicLinks = 0x02;
constexpr uint64_t kResolveNoSymlinks = 0x04;
constexpr uint64_t kResolveBeneath = 0x08;
constexpr uint64_t kResolveInRoot = 0x10;

/** include/uapi/linux/mount.h */
constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kMoveMountFromEmptyPath = 0x04;
constexpr unsigned kMoveMountToEmptyPath = 0x40;
/** Since Linux 6.5. */
constexpr unsigned kMoveMountBeneath = 0x200;
constexpr uint64_t kMountAttrReadOnly = 0x01;
constexpr uint64_t kMountAttrNoSuid = 0x02;
constexpr uint64_t kMountAttrNoDev = 0x04;
constexpr uint64_t kMountAttrNoExec = 0x08;

/** struct mount_attr, its first version (32 bytes). */
struct MountAttributes {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t user_namespace_fd;
};

// All return -1 and set errno, as the C library's wrappers do.
int PidfdOpen(int pid);
int Openat2(int directory, const char* path, uint64_t flags, uint64_t resolve);
int OpenTree(int directory, const char* path, unsigned flags);
int MountSetattr(int directory, const char* path, unsigned flags, const MountAttributes& attributes);
int MoveMount(int from, int to, unsigned flags);

/** Which of them this kernel lacks. */
std::vector<std::string> MissingSystemCalls();
