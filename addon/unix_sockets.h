// Unix sockets that somebody else listens at.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

/** Native.isSocketBound. */
bool IsSocketBound(const std::string& path);

/** ContainerHandle.listensAt, for the network namespace of the process `pid`. */
bool ListensAt(pid_t pid, const std::vector<std::string>& paths);
