// Removal of directories that somebody else may have written to.
#pragma once

#include <string>

/** Native.removeTree. */
void RemoveTree(const std::string& root, const std::string& name);
