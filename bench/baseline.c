// The least that can be done: a C daemon that knows one container, has no routes and keeps nothing in mind.
// For each uevent of an input device it makes the node, writes the record and announces it, as udev-proxy
// does; the rest of udev-proxy's time is its own.
//
//   baseline STAGE PID      STAGE has input/, udev/data/ and scratch/; PID is the container's first process
//
// It writes "ready" when it listens.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { GROUP_KERNEL = 1, GROUP_UDEV = 2, MESSAGE_BYTES = 8192, RECEIVE_BUFFER = 16 * 1024 * 1024 };

// struct monitor_netlink_header of systemd's sd-device/device-monitor.c; filters are big endian.
struct header {
  char prefix[8];
  uint32_t magic, header_size, properties_off, properties_len;
  uint32_t subsystem_hash, devtype_hash, tag_bloom_hi, tag_bloom_lo;
};

struct uevent {
  const char *action, *devpath, *subsystem, *devname;
  unsigned int major, minor;
};

struct message {
  struct header header;
  char properties[MESSAGE_BYTES];
};

static const char* const TAGS[] = {"seat", "uaccess"};
static const char RULES[] =
    "ID_INPUT=1\0ID_INPUT_JOYSTICK=1\0ID_BUS=usb\0TAGS=:seat:uaccess:\0CURRENT_TAGS=:seat:uaccess:";

static void die(const char* what) {
  fprintf(stderr, "baseline: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint32_t murmur2(const char* text) {
  const uint32_t m = 0x5bd1e995;
  size_t length = strlen(text);
  uint32_t hash = (uint32_t)length;
  for (; length >= 4; text += 4, length -= 4) {
    uint32_t word;
    memcpy(&word, text, 4);
    word *= m;
    word ^= word >> 24;
    hash = (hash * m) ^ (word * m);
  }
  uint32_t rest = 0;
  memcpy(&rest, text, length);
  if (length > 0) hash = (hash ^ rest) * m;
  hash = (hash ^ hash >> 13) * m;
  return hash ^ hash >> 15;
}

static uint64_t bloom(const char* tag) {
  uint32_t hash = murmur2(tag);
  uint64_t bits = 0;
  for (int shift = 0; shift < 24; shift += 6) bits |= 1ULL << (hash >> shift & 63);
  return bits;
}

static int open_kernel(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  int size = RECEIVE_BUFFER;
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) die("SO_RCVBUFFORCE");
  if (bind(fd, (struct sockaddr*)&address, sizeof(address)) < 0) die("bind");
  return fd;
}

/** A socket that lives in the network namespace of `pid`. */
static int open_container(const char* pid) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
  int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int theirs = open(path, O_RDONLY | O_CLOEXEC);
  if (own < 0 || theirs < 0 || setns(theirs, CLONE_NEWNET) < 0) die(path);
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  if (fd < 0 || setns(own, CLONE_NEWNET) < 0) die("setns");
  return fd;
}

/** The value of `pair` if its key is `key`, else `before`. */
static const char* value_of(const char* pair, const char* key, const char* before) {
  size_t length = strlen(key);
  return strncmp(pair, key, length) == 0 && pair[length] == '=' ? pair + length + 1 : before;
}

static struct uevent parse(const char* body, size_t length) {
  struct uevent uevent = {0};
  const char *major = "0", *minor = "0";
  for (const char* pair = body + strlen(body) + 1; pair < body + length; pair += strlen(pair) + 1) {
    uevent.action = value_of(pair, "ACTION", uevent.action);
    uevent.devpath = value_of(pair, "DEVPATH", uevent.devpath);
    uevent.subsystem = value_of(pair, "SUBSYSTEM", uevent.subsystem);
    uevent.devname = value_of(pair, "DEVNAME", uevent.devname);
    major = value_of(pair, "MAJOR", major);
    minor = value_of(pair, "MINOR", minor);
  }
  uevent.major = (unsigned int)strtoul(major, NULL, 10);
  uevent.minor = (unsigned int)strtoul(minor, NULL, 10);
  return uevent;
}

static void place_node(const struct uevent* uevent) {
  if (mknod("scratch/node", S_IFCHR | 0660, makedev(uevent->major, uevent->minor)) < 0) die("mknod");
  if (chown("scratch/node", 0, 0) < 0) die("chown");
  if (link("scratch/node", uevent->devname) < 0) die(uevent->devname);
  unlink("scratch/node");
}

static void record_path(const struct uevent* uevent, char* path, size_t size) {
  if (uevent->major > 0)
    snprintf(path, size, "udev/data/c%u:%u", uevent->major, uevent->minor);
  else
    snprintf(path, size, "udev/data/+input:%s", strrchr(uevent->devpath, '/') + 1);
}

static void write_record(const char* path, unsigned long long initialized) {
  char text[512];
  int length = snprintf(text, sizeof(text),
                        "I:%llu\nE:ID_INPUT=1\nE:ID_INPUT_JOYSTICK=1\nE:ID_BUS=usb\nG:seat\nG:uaccess\n"
                        "Q:seat\nQ:uaccess\nV:1\n",
                        initialized);
  int fd = open("udev/data/.#record", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text, (size_t)length) != length) die("record");
  close(fd);
  if (rename("udev/data/.#record", path) < 0) die(path);
}

static void append(struct message* message, const char* pair) {
  size_t size = strlen(pair) + 1;
  if (message->header.properties_len + size > MESSAGE_BYTES) die("message");
  memcpy(message->properties + message->header.properties_len, pair, size);
  message->header.properties_len += (uint32_t)size;
}

static void announce(int fd, const char* body, size_t length, unsigned long long initialized) {
  uint64_t tags = bloom(TAGS[0]) | bloom(TAGS[1]);
  struct message message;
  message.header = (struct header){.prefix = "libudev",
                                   .magic = htonl(0xfeedcafe),
                                   .header_size = sizeof(struct header),
                                   .properties_off = sizeof(struct header),
                                   .subsystem_hash = htonl(murmur2("input")),
                                   .tag_bloom_hi = htonl((uint32_t)(tags >> 32)),
                                   .tag_bloom_lo = htonl((uint32_t)tags)};
  char pair[256];
  append(&message, "UDEV_DATABASE_VERSION=1");
  for (const char* key = body + strlen(body) + 1; key < body + length; key += strlen(key) + 1) {
    if (strncmp(key, "DEVNAME=", 8) == 0) {
      snprintf(pair, sizeof(pair), "DEVNAME=/dev/%s", key + 8);
      append(&message, pair);
    } else {
      append(&message, key);
    }
  }
  snprintf(pair, sizeof(pair), "USEC_INITIALIZED=%llu", initialized);
  append(&message, pair);
  for (const char* rule = RULES; rule < RULES + sizeof(RULES); rule += strlen(rule) + 1)
    append(&message, rule);
  struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = GROUP_UDEV};
  size_t size = sizeof(struct header) + message.header.properties_len;
  if (sendto(fd, &message, size, 0, (struct sockaddr*)&to, sizeof(to)) < 0) die("sendto");
}

static void handle(int container, const char* body, size_t length) {
  struct uevent uevent = parse(body, length);
  if (uevent.action == NULL || uevent.devpath == NULL || uevent.subsystem == NULL) return;
  if (strcmp(uevent.subsystem, "input") != 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  unsigned long long initialized =
      (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
  char record[256];
  record_path(&uevent, record, sizeof(record));
  if (strcmp(uevent.action, "add") == 0) {
    if (uevent.devname != NULL) place_node(&uevent);
    write_record(record, initialized);
  } else {
    unlink(record);
    if (uevent.devname != NULL) unlink(uevent.devname);
  }
  announce(container, body, length, initialized);
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  umask(0);
  if (chdir(argv[1]) < 0) die(argv[1]);
  int kernel = open_kernel();
  int container = open_container(argv[2]);
  puts("ready");
  fflush(stdout);
  char body[MESSAGE_BYTES + 1];
  for (;;) {
    struct sockaddr_nl from;
    socklen_t from_size = sizeof(from);
    ssize_t length = recvfrom(kernel, body, MESSAGE_BYTES, 0, (struct sockaddr*)&from, &from_size);
    if (length < 0) die("recvfrom");
    if (from.nl_pid != 0 || from.nl_groups != GROUP_KERNEL) continue;
    body[length] = 0;
    handle(container, body, (size_t)length);
  }
}
