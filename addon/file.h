// Files that are there complete, or not at all.
#pragma once

#include <sys/types.h>

#include <string>

/** Makes an empty file, unless there is a file. */
void TouchFile(const std::string& path, mode_t mode);

/** Writes `text` to `temporary`, with exactly `mode`, and renames it to `path`. */
void ReplaceFile(const std::string& temporary, const std::string& path, const std::string& text, mode_t mode);
