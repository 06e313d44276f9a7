#include "container.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#include <cmath>
#include <sstream>

#include "netlink.h"
#include "syscalls.h"

namespace {

std::string IdentityIn(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

/** /proc/PID as an O_PATH descriptor: what is opened through it is of one process, or fails. */
struct Process {
  std::string path;
  UniqueFd directory;

  UniqueFd Open(const char* name, int flags) const {
    return UniqueFd(Check(openat(directory.get(), name, flags | O_CLOEXEC), "openat", path + "/" + name));
  }

  std::string Read(const char* name) const {
    const UniqueFd fd = Open(name, O_RDONLY);
    std::string text;
    char part[4096];
    for (;;) {
      const ssize_t count = Check(read(fd.get(), part, sizeof part), "read", path + "/" + name);
      if (count == 0) return text;
      text.append(part, static_cast<size_t>(count));
    }
  }
};

Process OpenProcess(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid);
  return {path, UniqueFd(Check(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", path))};
}

/** What id 0 of a user namespace is on the host. */
uint32_t RootOf(const IdMap& map, const std::string& path) {
  const std::optional<uint32_t> root = OutsideOf(map, 0);
  // udev's clients believe root only, and here nobody can be root
  if (!root) throw SystemError{EOVERFLOW, "read", path + " (it has no root)"};
  return *root;
}

double Microseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/** When the process started, in clock ticks since the boot. */
unsigned long long StartTicksOf(const Process& process) {
  const std::string stat = process.Read("stat");
  // Field 22 of proc_pid_stat(5). The name, field 2, may itself hold spaces and parentheses.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 22; field++) fields >> skipped;
  unsigned long long ticks = 0;
  fields >> ticks;
  return ticks;
}

/** When the process started, in microseconds of CLOCK_MONOTONIC, rounded down. */
double StartOf(const Process& process) {
  const unsigned long long ticks = StartTicksOf(process);
  // The kernel counts it on CLOCK_BOOTTIME, which runs on while the machine sleeps. The clocks are read one
  // after the other: floor takes away what passed between, so that every look at a process says the same.
  const double monotonic = Microseconds(CLOCK_MONOTONIC);
  const double slept = std::floor(Microseconds(CLOCK_BOOTTIME) - monotonic);
  const double since_boot = static_cast<double>(ticks) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::floor(since_boot) - slept;
}

std::string IdentityAt(const Process& process, const char* name) {
  struct stat status;
  Check(fstatat(process.directory.get(), name, &status, 0), "fstatat", process.path + "/" + name);
  return IdentityIn(status);
}

/** Whether this is the process that was looked at. */
bool IsAsSeen(const Process& process, const Evidence& seen) {
  return static_cast<double>(StartTicksOf(process)) == seen.start_ticks &&
         IdentityAt(process, "ns/mnt") == seen.mntns && process.Read("cgroup") == seen.cgroup;
}

Container OpenThrough(pid_t pid, UniqueFd pidfd, const std::optional<Evidence>& evidence) {
  const Process process = OpenProcess(pid);
  if (evidence && !IsAsSeen(process, *evidence)) throw SystemError{EAGAIN, "openat", process.path};
  UniqueFd root = process.Open("root", O_PATH | O_DIRECTORY);
  UniqueFd mount_namespace = process.Open("ns/mnt", O_RDONLY);
  UniqueFd network_namespace = process.Open("ns/net", O_RDONLY);
  const uid_t root_uid = RootOf(ParseIdMap(process.Read("uid_map")), process.path + "/uid_map");
  IdMap gid_map = ParseIdMap(process.Read("gid_map"));
  const gid_t root_gid = RootOf(gid_map, process.path + "/gid_map");
  const double started_at = StartOf(process);

  // Only now is it certain that all this was the same process: its pid can't have been recycled before it
  // exited.
  if (HasExited(pidfd.get())) throw SystemError{ESRCH, "pidfd_open", process.path};

  std::string netns = IdentityOf(network_namespace.get());
  std::string mntns = IdentityOf(mount_namespace.get());
  std::shared_ptr<const UniqueFd> netlink = SharedUeventSocketIn(network_namespace.get(), netns);
  return {pid,
          std::move(pidfd),
          std::move(root),
          std::move(mount_namespace),
          std::move(network_namespace),
          std::move(netlink),
          std::move(netns),
          std::move(mntns),
          root_uid,
          root_gid,
          std::move(gid_map),
          started_at};
}

}  // namespace

Container OpenContainer(pid_t pid, const std::optional<Evidence>& evidence) {
  UniqueFd pidfd(Check(PidfdOpen(pid), "pidfd_open", "/proc/" + std::to_string(pid)));
  const UniqueFd watched(Check(fcntl(pidfd.get(), F_DUPFD_CLOEXEC, 0), "fcntl"));
  try {
    return OpenThrough(pid, std::move(pidfd), evidence);
  } catch (const SystemError& error) {
    // whatever /proc says of a process that has ended (ENOENT, ESRCH, EINVAL for a zombie's root), this is
    // why
    if (HasExited(watched.get())) throw SystemError{ESRCH, error.syscall, error.path};
    throw;
  }
}

bool HasExited(int pidfd) {
  pollfd polled = {pidfd, POLLIN, 0};
  return poll(&polled, 1, 0) > 0;
}

std::string IdentityOf(int fd) {
  struct stat status;
  Check(fstat(fd, &status), "fstat");
  return IdentityIn(status);
}
