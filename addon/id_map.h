// The uid_map and gid_map of a user namespace (user_namespaces(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/** `count` ids that begin with `inside` in the namespace, and with `outside` here. */
struct IdExtent {
  uint32_t inside;
  uint32_t outside;
  uint32_t count;
};
using IdMap = std::vector<IdExtent>;

/** The lines of /proc/PID/uid_map or gid_map. */
IdMap ParseIdMap(const std::string& text);

/** What `id` of the namespace is here; nothing when it is unmapped. */
std::optional<uint32_t> OutsideOf(const IdMap& map, uint32_t id);
