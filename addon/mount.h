// Mounts: into a container, and the stage's own.
#pragma once

#include <cstdint>
#include <string>

#include "container.h"

// The calling thread enters the container's mount namespace for good.

/** ContainerHandle.mountDirectory. */
void MountDirectory(const Container& container, const std::string& source, const std::string& target);
/** ContainerHandle.replaceMount. */
void ReplaceMount(const Container& container, const std::string& source, const std::string& target,
                  uint64_t mount_id);
/** ContainerHandle.bindNode. */
void BindNode(const Container& container, const std::string& source, const std::string& target);
/** ContainerHandle.unbindNode. */
void UnbindNode(const Container& container, const std::string& target);

// In the daemon's own mount namespace.

/** Native.mountTmpfs. */
void MountTmpfs(const std::string& path);
/** Native.unmount. */
void Unmount(const std::string& path);
