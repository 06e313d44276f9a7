#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>

#include "util.h"

void TouchFile(const std::string& path, mode_t mode) {
  UniqueFd(Check(open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode), "open", path));
}

void ReplaceFile(const std::string& temporary, const std::string& path, const std::string& text,
                 mode_t mode) {
  UniqueFd file(Check(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode),
                      "open", temporary));
  try {
    Check(fchmod(file.get(), mode), "fchmod", temporary);
    for (size_t written = 0; written < text.size();)
      written += Check(write(file.get(), text.data() + written, text.size() - written), "write", temporary);
    file.reset();
    Check(rename(temporary.c_str(), path.c_str()), "rename", path);
  } catch (const SystemError&) {
    unlink(temporary.c_str());
    throw;
  }
}
