// An application as far as libudev is concerned: it listens to the group "udev" and, at the moment of each
// event, looks at what an application would use next. Nothing of libudev is changed or replaced.
//
//   libudev-client [--subsystem NAME[/DEVTYPE]]... [--tag NAME]... [--property KEY=VALUE]... [options]
//     --count N      end after N events
//     --wait         wait for /run/udev/control first: without it libudev subscribes to nothing
//     --enumerate    list the devices that udev_enumerate finds instead of listening, then end; only this has
//                    a filter for properties
//     --read         keep event nodes open and report their input events
//     --usb          report what udev knows of the USB interface and the USB device above
//     --brief        receive and stat the node, nothing more: for measuring
//     --kernel       listen to the kernel's group in place of udevd's
//     --datagram     receive, and report the message with its bytes, nothing more: for comparing
//     --output FILE  write there instead of to stdout
//
// It writes one JSON object a line, each with one write(2):
//
//   {"ready":true}           the monitor is bound; what is announced from now on is seen
//   {"clock_us":N,           CLOCK_MONOTONIC when libudev had parsed the message
//    "checked_us":N,         the same after the node was looked at
//    "action":"add",
//    "devpath":"/devices/...",
//    "subsystem":"input",
//    "devnode":"/dev/input/event7"|null,
//    "node":{                null without devnode
//      "exists":true,
//      "devnum":"13:71",     what the message says
//      "rdev":"13:71"|null,  what the node is
//      "mode":"0660","uid":0,"gid":0,
//      "open_errno":0|null}, of open(O_RDWR | O_NONBLOCK): 0, or ENXIO or ENODEV when no driver stands behind
//                            it; null for other subsystems than input and hidraw: opening /dev/watchdog
//                            reboots a machine
//    "record":"I:...\nE:..."|null,   the content of /run/udev/data/<id>, null when there is none
//    "initialized":true,     udev_device_get_is_initialized of the message's device
//    "tags":["seat"],
//    "properties":{"ACTION":"add",...},
//    "sysfs":{"initialized":true,"properties":{...}}|null}
//                            what udev_device_new_from_syspath finds, with the record; null when sysfs has no
//                            such device
//    "usb":{"usb_interface":{"initialized":true,"properties":{...}}|null,"usb_device":...}}
//                            with --usb: what udev_device_get_parent_with_subsystem_devtype finds
//   {"input":{"devnode":"/dev/input/event7","type":1,"code":304,"value":1,"clock_us":N}}
//                            with --read; without SYN events
//   {"lost":true}            the socket has overflowed (ENOBUFS): announcements were missed
//   {"rejected":true}        a message has come that libudev did not accept
//   {"enumerated":N}         the end of --enumerate; devices have the form of an event with "action":null
//
// With --datagram an event has action, devpath, subsystem, devnode, tags, properties and datagram: the
// message in hex. With --brief an event has clock_us, checked_us, action, devpath, subsystem, devnode and
// node.exists only.
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <linux/input.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

enum { FILTERS = 16, READERS = 64, RECORD_BYTES = 64 * 1024, DATAGRAM_BYTES = 16 * 1024 };

struct options {
  const char* subsystems[FILTERS];
  int subsystem_count;
  const char* tags[FILTERS];
  int tag_count;
  const char* properties[FILTERS];
  int property_count;
  const char* output;
  long count;
  bool wait, enumerate, read, brief, datagram, kernel, usb;
};

struct reader {
  int fd;
  char devnode[256];
};

static struct options options;
static struct reader readers[READERS];
static int reader_count;
static FILE* out;

static void die(const char* what) {
  fprintf(stderr, "libudev-client: %s: %s\n", what, strerror(errno));
  exit(1);
}

static unsigned long long clock_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

static void print_string(const char* text) { json_string(out, text); }

static void print_properties(struct udev_device* device) {
  struct udev_list_entry* entry;
  const char* separator = "";
  fputs("{", out);
  udev_list_entry_foreach(entry, udev_device_get_properties_list_entry(device)) {
    fputs(separator, out);
    print_string(udev_list_entry_get_name(entry));
    fputs(":", out);
    const char* value = udev_list_entry_get_value(entry);
    print_string(value == NULL ? "" : value);
    separator = ",";
  }
  fputs("}", out);
}

static void print_tags(struct udev_device* device) {
  struct udev_list_entry* entry;
  const char* separator = "";
  fputs("[", out);
  udev_list_entry_foreach(entry, udev_device_get_tags_list_entry(device)) {
    fputs(separator, out);
    print_string(udev_list_entry_get_name(entry));
    separator = ",";
  }
  fputs("]", out);
}

// The record's file name is that of sd-device (device_get_device_id), which libudev doesn't export.
static void print_record(struct udev_device* device) {
  static char content[RECORD_BYTES];
  char path[512];
  dev_t devnum = udev_device_get_devnum(device);
  if (major(devnum) > 0)
    snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(devnum), minor(devnum));
  else
    snprintf(path, sizeof(path), "/run/udev/data/+%s:%s", udev_device_get_subsystem(device),
             udev_device_get_sysname(device));
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fputs("null", out);
    return;
  }
  ssize_t length = read(fd, content, sizeof(content) - 1);
  close(fd);
  content[length < 0 ? 0 : length] = 0;
  print_string(content);
}

static void print_sysfs(struct udev_device* device) {
  struct udev_device* found =
      udev_device_new_from_syspath(udev_device_get_udev(device), udev_device_get_syspath(device));
  if (found == NULL) {
    fputs("null", out);
    return;
  }
  fprintf(out,
          "{\"initialized\":%s,\"properties\":", udev_device_get_is_initialized(found) ? "true" : "false");
  print_properties(found);
  fputs("}", out);
  udev_device_unref(found);
}

static void print_parent(struct udev_device* device, const char* devtype) {
  struct udev_device* parent = udev_device_get_parent_with_subsystem_devtype(device, "usb", devtype);
  fprintf(out, "\"%s\":", devtype);
  if (parent == NULL) {
    fputs("null", out);
    return;
  }
  fprintf(out,
          "{\"initialized\":%s,\"properties\":", udev_device_get_is_initialized(parent) ? "true" : "false");
  print_properties(parent);
  fputs("}", out);
}

static void keep_open(int fd, const char* devnode) {
  if (reader_count == READERS) {
    close(fd);
    return;
  }
  readers[reader_count].fd = fd;
  snprintf(readers[reader_count].devnode, sizeof(readers[reader_count].devnode), "%s", devnode);
  reader_count++;
}

static void print_node(struct udev_device* device, const char* action, const struct stat* seen, bool exists) {
  const char* devnode = udev_device_get_devnode(device);
  if (devnode == NULL) {
    fputs("null", out);
    return;
  }
  dev_t devnum = udev_device_get_devnum(device);
  fprintf(out, "{\"exists\":%s,\"devnum\":\"%u:%u\"", exists ? "true" : "false", major(devnum),
          minor(devnum));
  if (exists && S_ISCHR(seen->st_mode))
    fprintf(out, ",\"rdev\":\"%u:%u\"", major(seen->st_rdev), minor(seen->st_rdev));
  else
    fputs(",\"rdev\":null", out);
  if (exists)
    fprintf(out, ",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u", seen->st_mode & 07777, seen->st_uid,
            seen->st_gid);
  const char* subsystem = udev_device_get_subsystem(device);
  if (strcmp(subsystem, "input") != 0 && strcmp(subsystem, "hidraw") != 0) {
    fputs(",\"open_errno\":null}", out);
    return;
  }
  int fd = open(devnode, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  fprintf(out, ",\"open_errno\":%d}", fd < 0 ? errno : 0);
  if (fd < 0) return;
  bool added = action != NULL && strcmp(action, "add") == 0;
  if (options.read && added && strstr(devnode, "/event") != NULL)
    keep_open(fd, devnode);
  else
    close(fd);
}

static void report(struct udev_device* device, const char* action) {
  unsigned long long received = clock_us();
  const char* devnode = udev_device_get_devnode(device);
  struct stat seen;
  bool exists = devnode != NULL && lstat(devnode, &seen) == 0;
  unsigned long long checked = clock_us();

  fprintf(out, "{\"clock_us\":%llu,\"checked_us\":%llu,\"action\":", received, checked);
  print_string(action);
  fputs(",\"devpath\":", out);
  print_string(udev_device_get_devpath(device));
  fputs(",\"subsystem\":", out);
  print_string(udev_device_get_subsystem(device));
  fputs(",\"devnode\":", out);
  print_string(devnode);
  fputs(",\"node\":", out);
  if (options.brief) {
    if (devnode == NULL)
      fputs("null}\n", out);
    else
      fprintf(out, "{\"exists\":%s}}\n", exists ? "true" : "false");
    fflush(out);
    return;
  }
  print_node(device, action, &seen, exists);
  fputs(",\"record\":", out);
  print_record(device);
  fprintf(out, ",\"initialized\":%s,\"tags\":", udev_device_get_is_initialized(device) ? "true" : "false");
  print_tags(device);
  fputs(",\"properties\":", out);
  print_properties(device);
  fputs(",\"sysfs\":", out);
  print_sysfs(device);
  if (options.usb) {
    fputs(",\"usb\":{", out);
    print_parent(device, "usb_interface");
    fputs(",", out);
    print_parent(device, "usb_device");
    fputs("}", out);
  }
  fputs("}\n", out);
  fflush(out);
}

static void report_datagram(struct udev_device* device, const unsigned char* bytes, ssize_t length) {
  fputs("{\"action\":", out);
  print_string(udev_device_get_action(device));
  fputs(",\"devpath\":", out);
  print_string(udev_device_get_devpath(device));
  fputs(",\"subsystem\":", out);
  print_string(udev_device_get_subsystem(device));
  fputs(",\"devnode\":", out);
  print_string(udev_device_get_devnode(device));
  fputs(",\"tags\":", out);
  print_tags(device);
  fputs(",\"properties\":", out);
  print_properties(device);
  fputs(",\"datagram\":\"", out);
  for (ssize_t i = 0; i < length; i++) fprintf(out, "%02x", bytes[i]);
  fputs("\"}\n", out);
  fflush(out);
}

static void read_input(struct reader* reader) {
  struct input_event events[64];
  ssize_t length = read(reader->fd, events, sizeof(events));
  if (length <= 0) {
    if (length < 0 && errno == EAGAIN) return;
    // ENODEV: unplugged.
    close(reader->fd);
    *reader = readers[--reader_count];
    return;
  }
  for (size_t i = 0; i < (size_t)length / sizeof(events[0]); i++) {
    if (events[i].type == EV_SYN) continue;
    fputs("{\"input\":{\"devnode\":", out);
    print_string(reader->devnode);
    fprintf(out, ",\"type\":%u,\"code\":%u,\"value\":%d,\"clock_us\":%llu}}\n", events[i].type,
            events[i].code, events[i].value, clock_us());
  }
  fflush(out);
}

static void enumerate(struct udev* udev) {
  struct udev_enumerate* all = udev_enumerate_new(udev);
  for (int i = 0; i < options.subsystem_count; i++)
    udev_enumerate_add_match_subsystem(all, options.subsystems[i]);
  for (int i = 0; i < options.tag_count; i++) udev_enumerate_add_match_tag(all, options.tags[i]);
  for (int i = 0; i < options.property_count; i++) {
    char property[256];
    snprintf(property, sizeof(property), "%s", options.properties[i]);
    char* value = strchr(property, '=');
    if (value != NULL) *value++ = 0;
    udev_enumerate_add_match_property(all, property, value);
  }
  if (udev_enumerate_scan_devices(all) < 0) die("udev_enumerate_scan_devices");
  struct udev_list_entry* entry;
  long found = 0;
  udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all)) {
    struct udev_device* device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
    if (device == NULL) continue;
    report(device, NULL);
    udev_device_unref(device);
    found++;
  }
  udev_enumerate_unref(all);
  fprintf(out, "{\"enumerated\":%ld}\n", found);
  fflush(out);
}

static struct udev_monitor* open_monitor(struct udev* udev) {
  struct timespec pause = {0, 2 * 1000 * 1000};
  while (options.wait && access("/run/udev/control", F_OK) < 0) nanosleep(&pause, NULL);
  struct udev_monitor* monitor = udev_monitor_new_from_netlink(udev, options.kernel ? "kernel" : "udev");
  if (monitor == NULL) die("udev_monitor_new_from_netlink");
  for (int i = 0; i < options.subsystem_count; i++) {
    char subsystem[256];
    snprintf(subsystem, sizeof(subsystem), "%s", options.subsystems[i]);
    char* devtype = strchr(subsystem, '/');
    if (devtype != NULL) *devtype++ = 0;
    udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, devtype);
  }
  for (int i = 0; i < options.tag_count; i++) udev_monitor_filter_add_match_tag(monitor, options.tags[i]);
  if (udev_monitor_enable_receiving(monitor) < 0) die("udev_monitor_enable_receiving");
  return monitor;
}

/** Takes one message off the socket; returns true when it was an event. */
static bool receive(struct udev_monitor* monitor) {
  static unsigned char bytes[DATAGRAM_BYTES];
  ssize_t length = 0;
  if (options.datagram)
    length = recv(udev_monitor_get_fd(monitor), bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
  errno = 0;
  struct udev_device* device = udev_monitor_receive_device(monitor);
  if (device == NULL) {
    // EAGAIN is a message that the socket's filter or libudev's own one dropped after the wake-up: not for
    // us.
    if (errno == ENOBUFS)
      fputs("{\"lost\":true}\n", out);
    else if (errno != EAGAIN && errno != EINTR)
      fputs("{\"rejected\":true}\n", out);
    fflush(out);
    return false;
  }
  if (options.datagram)
    report_datagram(device, bytes, length);
  else
    report(device, udev_device_get_action(device));
  udev_device_unref(device);
  return true;
}

static void listen_for_events(struct udev* udev) {
  struct udev_monitor* monitor = open_monitor(udev);
  fputs("{\"ready\":true}\n", out);
  fflush(out);
  for (long events = 0; options.count == 0 || events < options.count;) {
    struct pollfd fds[1 + READERS] = {{.fd = udev_monitor_get_fd(monitor), .events = POLLIN}};
    for (int i = 0; i < reader_count; i++)
      fds[1 + i] = (struct pollfd){.fd = readers[i].fd, .events = POLLIN};
    int polled = reader_count;
    if (poll(fds, (nfds_t)(1 + polled), -1) < 0 && errno != EINTR) die("poll");
    // From the last to the first: a reader that ends is replaced by the last one.
    for (int i = polled - 1; i >= 0; i--)
      if (fds[1 + i].revents != 0) read_input(&readers[i]);
    if (fds[0].revents != 0 && receive(monitor)) events++;
  }
  udev_monitor_unref(monitor);
}

static void parse(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    const char* name = argv[i];
    bool last = i + 1 == argc;
    if (strcmp(name, "--wait") == 0)
      options.wait = true;
    else if (strcmp(name, "--enumerate") == 0)
      options.enumerate = true;
    else if (strcmp(name, "--read") == 0)
      options.read = true;
    else if (strcmp(name, "--usb") == 0)
      options.usb = true;
    else if (strcmp(name, "--brief") == 0)
      options.brief = true;
    else if (strcmp(name, "--kernel") == 0)
      options.kernel = true;
    else if (strcmp(name, "--datagram") == 0)
      options.datagram = true;
    else if (strcmp(name, "--count") == 0 && !last)
      options.count = strtol(argv[++i], NULL, 10);
    else if (strcmp(name, "--output") == 0 && !last)
      options.output = argv[++i];
    else if (strcmp(name, "--subsystem") == 0 && !last && options.subsystem_count < FILTERS)
      options.subsystems[options.subsystem_count++] = argv[++i];
    else if (strcmp(name, "--tag") == 0 && !last && options.tag_count < FILTERS)
      options.tags[options.tag_count++] = argv[++i];
    else if (strcmp(name, "--property") == 0 && !last && options.property_count < FILTERS)
      options.properties[options.property_count++] = argv[++i];
    else {
      fprintf(stderr, "libudev-client: what is %s?\n", name);
      exit(64);
    }
  }
}

int main(int argc, char** argv) {
  parse(argc, argv);
  out = options.output == NULL ? stdout : fopen(options.output, "we");
  if (out == NULL) die(options.output);
  // A whole event is larger than the default buffer would hold; it is flushed at the end of each line.
  setvbuf(out, NULL, _IOFBF, 256 * 1024);
  struct udev* udev = udev_new();
  if (udev == NULL) die("udev_new");
  if (options.enumerate)
    enumerate(udev);
  else
    listen_for_events(udev);
  udev_unref(udev);
  return 0;
}
