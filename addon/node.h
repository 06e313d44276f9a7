// Device nodes of the stage.
#pragma once

#include <sys/types.h>

#include <string>

struct NodeSpec {
  std::string scratch;
  std::string path;
  unsigned major;
  unsigned minor;
  mode_t mode;
  uid_t uid;
  gid_t gid;
};

/** Native.placeNode. */
void PlaceNode(const NodeSpec& spec);
