// Symbolic links inside a container.
#pragma once

#include <string>

#include "container.h"

/** ContainerHandle.placeLink. The calling thread gets a umask of its own. */
void PlaceLink(const Container& container, const std::string& target, const std::string& path);

/** ContainerHandle.removeLink. */
void RemoveLink(const Container& container, const std::string& target, const std::string& path);
