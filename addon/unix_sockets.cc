#include "unix_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "util.h"

namespace {

/** A namespace that has a longer table is not read to its end. */
constexpr size_t kLongestTable = 64 * 1024 * 1024;

/** Whether a line of net/unix/af_unix.c: unix_seq_show is of a socket that listens at one of `paths`. */
bool IsListening(const std::string& line, const std::vector<std::string>& paths) {
  // Num RefCount Protocol Flags Type St Inode Path: __SO_ACCEPTCON is the flag of one that listens
  char flags[16];
  int end = 0;
  if (sscanf(line.c_str(), "%*s %*s %*s %15s %*s %*s %*s%n", flags, &end) != 1 || end == 0) return false;
  if (strcmp(flags, "00010000") != 0) return false;
  const auto size = static_cast<size_t>(end);
  if (line.size() <= size + 1) return false;
  return std::find(paths.begin(), paths.end(), line.substr(size + 1)) != paths.end();
}

}  // namespace

bool IsSocketBound(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SystemError{ENAMETOOLONG, "connect", path};
  memcpy(address.sun_path, path.data(), path.size());
  // Of a type that it can't have, so that whoever listens notices nothing: the kernel looks for a socket that
  // is bound there first (net/unix/af_unix.c: unix_find_bsd).
  const UniqueFd probe(Check(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno == EPROTOTYPE) return true;
  if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTDIR) return false;
  throw SystemError{errno, "connect", path};
}

bool ListensAt(pid_t pid, const std::vector<std::string>& paths) {
  const std::string path = "/proc/" + std::to_string(pid) + "/net/unix";
  const UniqueFd table(Check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
  std::string line;
  char part[32768];
  for (size_t size = 0; size < kLongestTable;) {
    const ssize_t count = Check(read(table.get(), part, sizeof part), "read", path);
    if (count == 0) return IsListening(line, paths);
    size += static_cast<size_t>(count);
    for (const char* at = part; at < part + count;) {
      const auto* newline =
          static_cast<const char*>(memchr(at, '\n', static_cast<size_t>(part + count - at)));
      line.append(at, newline == nullptr ? part + count : newline);
      if (newline == nullptr) break;
      if (IsListening(line, paths)) return true;
      line.clear();
      at = newline + 1;
    }
  }
  return false;
}
