// Files that are there complete, or not at all.
#pragma once

#include <sys/types.h>

#include <string>

/** Writes `text` to `temporary`, with exactly `mode`, and renames it to `path`. */
void ReplaceFile(const std::string& temporary, const std::string& path, const std::string& text, mode_t mode);
