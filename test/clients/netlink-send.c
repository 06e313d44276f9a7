// Sends datagrams to NETLINK_KOBJECT_UEVENT: each line of stdin is one, in hex.
//
//   netlink-send kernel      as UEVENT_SEND: the kernel itself broadcasts the body, with a SEQNUM (needs
//   CAP_SYS_ADMIN) netlink-send forged N    from user space to the groups N, so that receivers see a nl_pid
//   that is not 0 (needs CAP_NET_ADMIN)
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// lib/kobject_uevent.c hands every message type from NLMSG_MIN_TYPE on to uevent_net_rcv_skb; systemd's and
// LXD's name for it.
enum { UEVENT_SEND = 16, BODY_BYTES = 64 * 1024 };

static unsigned int nibble(char digit) {
  return digit <= '9' ? (unsigned int)(digit - '0') : (unsigned int)(digit - 'a' + 10);
}

/** Decodes lower-case hex up to the end of the line. */
static size_t decode(const char* hex, unsigned char* body) {
  size_t length = 0;
  for (; hex[0] > ' ' && hex[1] > ' ' && length < BODY_BYTES; hex += 2)
    body[length++] = (unsigned char)(nibble(hex[0]) << 4 | nibble(hex[1]));
  return length;
}

static unsigned long long clock_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  int kernel = strcmp(argv[1], "kernel") == 0;
  unsigned int groups = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 0) : 0;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = kernel ? 0 : groups};

  static char line[2 * BODY_BYTES + 2];
  static unsigned char body[NLMSG_HDRLEN + BODY_BYTES];
  while (fgets(line, sizeof(line), stdin) != NULL) {
    struct nlmsghdr* header = (struct nlmsghdr*)body;
    unsigned char* start = kernel ? body + NLMSG_HDRLEN : body;
    size_t length = decode(line, start);
    if (kernel) {
      length += NLMSG_HDRLEN;
      *header = (struct nlmsghdr){
          .nlmsg_len = (unsigned int)length, .nlmsg_type = UEVENT_SEND, .nlmsg_flags = NLM_F_REQUEST};
    }
    unsigned long long before = clock_us();
    ssize_t sent = sendto(fd, body, length, 0, (struct sockaddr*)&to, sizeof(to));
    printf("%llu %s\n", before, sent < 0 ? strerror(errno) : "sent");
    fflush(stdout);
  }
  return 0;
}
