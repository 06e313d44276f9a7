#include "netlink.h"

#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstring>
#include <future>
#include <mutex>
#include <system_error>
#include <unordered_map>

UniqueFd OpenUeventSocket(unsigned groups) {
  UniqueFd fd(
      Check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT), "socket"));
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  Check(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  return fd;
}

namespace {

struct SharedSocket {
  std::weak_ptr<const UniqueFd> socket;
  uint32_t port;
};

/** By the identity of the network namespace. */
struct SharedSockets {
  std::mutex mutex;
  std::unordered_map<std::string, SharedSocket> all;
};

SharedSockets& Shared() {
  // Never destroyed: threads may come here while the process ends.
  static auto& shared = *new SharedSockets;
  return shared;
}

uint32_t PortOf(int socket) {
  sockaddr_nl address = {};
  socklen_t length = sizeof address;
  Check(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return address.nl_pid;
}

}  // namespace

std::shared_ptr<const UniqueFd> SharedUeventSocketIn(int netns, const std::string& identity) {
  // A socket keeps its namespace: as long as one is open, no other namespace has the identity.
  auto& [mutex, sockets] = Shared();
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto known = sockets.find(identity); known != sockets.end()) {
    if (auto socket = known->second.socket.lock()) return socket;
  }
  Check(setns(netns, CLONE_NEWNET), "setns");
  auto socket = std::make_shared<const UniqueFd>(OpenUeventSocket(0));
  for (auto entry = sockets.begin(); entry != sockets.end();)
    entry = entry->second.socket.expired() ? sockets.erase(entry) : std::next(entry);
  sockets[identity] = {socket, PortOf(socket->get())};
  return socket;
}

bool IsSharedUeventSocket(const std::string& identity, uint32_t port) {
  auto& [mutex, sockets] = Shared();
  const std::lock_guard<std::mutex> lock(mutex);
  // What one has sent that is closed by now may still be read.
  const auto known = sockets.find(identity);
  return known != sockets.end() && known->second.port == port;
}

UniqueFd OpenMonitorSocket(unsigned group, int receive_buffer) {
  // Buffer and credentials before the membership: nothing may arrive without them.
  UniqueFd fd = OpenUeventSocket(0);
  const int on = 1;
  Check(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer),
        "setsockopt");
  Check(setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on), "setsockopt");
  const int joined = __builtin_ctz(group) + 1;
  Check(setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &joined, sizeof joined), "setsockopt");
  return fd;
}

UniqueFd OpenMonitorSocketIn(int netns, unsigned group, int receive_buffer) {
  try {
    // Nobody inside can hold up setns or a socket, so the caller waits for the thread.
    return std::async(std::launch::async,
                      [=] {
                        Check(setns(netns, CLONE_NEWNET), "setns");
                        return OpenMonitorSocket(group, receive_buffer);
                      })
        .get();
  } catch (const std::system_error& error) {
    throw SystemError{error.code().value(), "clone", {}};
  }
}

void MulticastUevent(int socket, Bytes message, unsigned group, uid_t uid, gid_t gid) {
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = group;
  iovec data = {const_cast<uint8_t*>(message.data), message.size};

  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr header = {};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;

  cmsghdr* credentials = CMSG_FIRSTHDR(&header);
  credentials->cmsg_level = SOL_SOCKET;
  credentials->cmsg_type = SCM_CREDENTIALS;
  credentials->cmsg_len = CMSG_LEN(sizeof(ucred));
  const ucred sender = {getpid(), uid, gid};
  memcpy(CMSG_DATA(credentials), &sender, sizeof sender);

  ssize_t sent;
  do {
    sent = sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  // what libudev ignores too: kernels before 4.18 say it when the kernel itself does not listen on the
  // protocol
  if (sent < 0 && errno == ECONNREFUSED) return;
  Check(sent, "sendmsg");
}
