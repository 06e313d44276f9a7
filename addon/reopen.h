// A file is looked at before it is opened: opening a FIFO waits, opening a device may do something.
#pragma once

#include <string>

#include "util.h"

/** Opens what the O_PATH descriptor `found` stands for, whatever is at its `path` by now. */
UniqueFd Reopen(const UniqueFd& found, int flags, const std::string& path);
