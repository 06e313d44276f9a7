#include "datagram.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace {

struct Address {
  sockaddr_un address = {};
  socklen_t length = 0;
};

Address AddressOf(const std::string& path) {
  Address result;
  result.address.sun_family = AF_UNIX;
  const bool is_abstract = !path.empty() && path[0] == '@';
  // a path has its NUL, an abstract name must not: there every byte counts (unix(7))
  const size_t length = path.size() + (is_abstract ? 0 : 1);
  if (length > sizeof result.address.sun_path) throw SystemError{ENAMETOOLONG, "sendmsg", path};
  memcpy(result.address.sun_path, path.data(), path.size());
  if (is_abstract) result.address.sun_path[0] = '\0';
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  return result;
}

/** `payload` in a memory file that nobody can change any more; journald takes no other (systemd's
 * JOURNAL_NATIVE_PROTOCOL). */
UniqueFd SealedMemory(Bytes payload) {
  UniqueFd fd(Check(memfd_create("udev-proxy", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create"));
  for (size_t done = 0; done < payload.size;) {
    done += static_cast<size_t>(Check(write(fd.get(), payload.data + done, payload.size - done), "write"));
  }
  Check(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL), "fcntl");
  return fd;
}

ssize_t Send(int socket, msghdr& header) {
  for (;;) {
    const ssize_t sent = sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != EINTR) return sent;
  }
}

}  // namespace

void SendDatagram(const std::string& path, Bytes payload, bool memfd) {
  Address to = AddressOf(path);
  const UniqueFd socket(Check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  iovec data = {const_cast<uint8_t*>(payload.data), payload.size};
  msghdr header = {};
  header.msg_name = &to.address;
  header.msg_namelen = to.length;
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (Send(socket.get(), header) >= 0) return;
  if (!memfd || (errno != EMSGSIZE && errno != ENOBUFS)) throw SystemError{errno, "sendmsg", path};

  const UniqueFd memory = SealedMemory(payload);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  header.msg_iov = nullptr;
  header.msg_iovlen = 0;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = memory.get();
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  Check(Send(socket.get(), header), "sendmsg", path);
}
