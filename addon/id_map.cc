#include "id_map.h"

#include <sstream>

IdMap ParseIdMap(const std::string& text) {
  IdMap map;
  std::istringstream lines(text);
  IdExtent extent;
  while (lines >> extent.inside >> extent.outside >> extent.count) map.push_back(extent);
  return map;
}

std::optional<uint32_t> OutsideOf(const IdMap& map, uint32_t id) {
  for (const IdExtent& extent : map) {
    // the difference wraps for an id before the extent, and is too large then too
    if (id - extent.inside >= extent.count) continue;
    // what is itself unmapped in the reader's namespace is shown as 4294967295 (uid_m_show in the kernel)
    if (extent.outside == UINT32_MAX) return std::nullopt;
    return extent.outside + (id - extent.inside);
  }
  return std::nullopt;
}
