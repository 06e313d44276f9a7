#include "netlink.h"

#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstring>

UniqueFd OpenUeventSocket(unsigned groups) {
  UniqueFd fd(
      Check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT), "socket"));
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  Check(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  return fd;
}

UniqueFd OpenUeventSocketIn(int netns) {
  Check(setns(netns, CLONE_NEWNET), "setns");
  return OpenUeventSocket(0);
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
