// What is held open of one live container.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "id_map.h"
#include "util.h"

struct Container {
  pid_t pid;
  UniqueFd pidfd;
  /** Its root directory, O_PATH. */
  UniqueFd root;
  UniqueFd mount_namespace;
  UniqueFd network_namespace;
  /** Lives in its network namespace; all containers there have it together. */
  std::shared_ptr<const UniqueFd> netlink;
  /** st_dev:st_ino of the namespaces. */
  std::string netns;
  std::string mntns;
  /** What 0 of its user namespace maps to. */
  uid_t root_uid;
  gid_t root_gid;
  IdMap gid_map;
  /** Microseconds of CLOCK_MONOTONIC. */
  double started_at;
};

/** What must be true of a process, as the addon's ProcessEvidence. */
struct Evidence {
  std::string cgroup;
  double start_ticks;
  std::string mntns;
};

/**
 * Opens the container whose first process is `pid`. The calling thread may enter its network namespace for
 * good. Throws ESRCH when the process has exited, and EAGAIN, before anything of it is opened, when
 * `evidence` is not true of it.
 */
Container OpenContainer(pid_t pid, const std::optional<Evidence>& evidence);

/** Whether the process of `pidfd` has exited. */
bool HasExited(int pidfd);

/** st_dev:st_ino in decimal. */
std::string IdentityOf(int fd);
