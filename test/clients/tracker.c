// A libudev client that keeps its own list of devices, the way SDL and libinput do: it opens its monitor,
// enumerates, and from then on believes what it hears.
//
//   tracker SOCKET    connects to this unix socket, says {"ready":true}, and answers each line with its state
//
// What is asked for:
//
//   list
//   {"devices":[{"devpath":"/devices/...","devnode":"/dev/input/event7"|null,"rdev":"13:71"|null,"announced":true}],
//            "violations":["..."],                      what no client should live to see, all so far
//            "suspicions":N,                            what may still turn out to be one
//            "adds":N,"removes":N,"others":N,"lost":N,  events heard so far; overflows of the socket
//            "input":["event7"],"data":["c13:71"],      what is really in /dev/input and /run/udev/data
//            "recent":["add event7"]}                   the last events, for people
//
//   count   {"count":N,"suspicions":N,"adds":N,"removes":N,"others":N,"lost":N}   the same, in short
//
// What was sent before the question has been heard before the answer. Violations are: a second add of a
// device that is in the list; an add whose node does not open or whose record is missing, unless its removal
// follows at once (then the client was late); a remove whose node, the same inode, is still there, unless an
// add of the device follows at once; a move of a device that is not in the list.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

enum { RECENT = 64, RECEIVE_BUFFER = 64 * 1024 * 1024, SUSPICIOUS_MS = 250 };

struct device {
  char* devpath;
  char* devnode;
  dev_t rdev;
  ino_t inode;
  // Whether it is here because of an add, and not of the enumeration alone.
  bool announced;
  // It has been removed; what is wrong with that, if an add does not make it good.
  bool gone;
  char* suspicion;
  long suspected_ms;
};

static struct device* devices;
static size_t device_count, device_room;
static char** violations;
static size_t violation_count;
static char* recent[RECENT];
static unsigned long adds, removes, others, lost;
static FILE* out;

static void die(const char* what) {
  fprintf(stderr, "tracker: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void* must(void* memory) {
  if (memory == NULL) die("memory");
  return memory;
}

static char* copy(const char* text) { return text == NULL ? NULL : must(strdup(text)); }

__attribute__((format(printf, 1, 2))) static char* text_of(const char* format, ...) {
  char* text;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) die("memory");
  va_end(arguments);
  return text;
}

static void note_violation(char* text) {
  violations = must(realloc(violations, (violation_count + 1) * sizeof(*violations)));
  violations[violation_count++] = text;
}

static void print_string(const char* text) { json_string(out, text); }

static const char* name_of(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static struct device* find(const char* devpath) {
  // From the last one: what was added last is removed first.
  for (size_t i = device_count; i-- > 0;)
    if (strcmp(devices[i].devpath, devpath) == 0) return &devices[i];
  return NULL;
}

static void forget(struct device* device) {
  free(device->devpath);
  free(device->devnode);
  free(device->suspicion);
  *device = devices[--device_count];
}

/** Opens a node as an application would; no driver may stand behind it (ENXIO, ENODEV). Returns the errno. */
static int try_open(const char* devnode) {
  int fd = open(devnode, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENXIO || errno == ENODEV ? 0 : errno;
  close(fd);
  return 0;
}

/** What an application would find wrong with a device that it has just heard of; NULL when nothing is. */
static char* flaw_of(struct udev_device* device) {
  const char* devnode = udev_device_get_devnode(device);
  if (devnode == NULL) return NULL;
  dev_t devnum = udev_device_get_devnum(device);
  struct stat seen;
  if (stat(devnode, &seen) < 0) return text_of("add of %s without its node: %s", devnode, strerror(errno));
  if (seen.st_rdev != devnum)
    return text_of("add of %s as %u:%u, but the node is %u:%u", devnode, major(devnum), minor(devnum),
                   major(seen.st_rdev), minor(seen.st_rdev));
  int error = try_open(devnode);
  if (error != 0) return text_of("add of %s, which does not open: %s", devnode, strerror(error));
  char record[64];
  snprintf(record, sizeof(record), "/run/udev/data/c%u:%u", major(devnum), minor(devnum));
  if (access(record, R_OK) < 0) return text_of("add of %s without its record: %s", devnode, strerror(errno));
  return NULL;
}

static ino_t inode_of(const char* devnode) {
  struct stat seen;
  return devnode != NULL && stat(devnode, &seen) == 0 ? seen.st_ino : 0;
}

static struct device* insert(struct udev_device* device) {
  if (device_count == device_room) {
    device_room = device_room == 0 ? 64 : 2 * device_room;
    devices = must(realloc(devices, device_room * sizeof(*devices)));
  }
  const char* devnode = udev_device_get_devnode(device);
  struct device* entry = &devices[device_count++];
  *entry = (struct device){.devpath = copy(udev_device_get_devpath(device)),
                           .devnode = copy(devnode),
                           .rdev = udev_device_get_devnum(device),
                           .inode = inode_of(devnode)};
  return entry;
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void suspect(struct device* device, char* suspicion) {
  free(device->suspicion);
  device->suspicion = suspicion;
  device->suspected_ms = now_ms();
}

static void hear_add(struct udev_device* device) {
  const char* devpath = udev_device_get_devpath(device);
  struct device* known = find(devpath);
  if (known != NULL && !known->gone) {
    // What the enumeration has found may have been announced since the monitor was opened: that one is no
    // news, a further one is.
    if (known->announced) note_violation(text_of("second add of %s", devpath));
    known->announced = true;
    return;
  }
  if (known != NULL) forget(known);
  struct device* entry = insert(device);
  entry->announced = true;
  suspect(entry, flaw_of(device));
}

static void hear_remove(struct udev_device* device) {
  struct device* known = find(udev_device_get_devpath(device));
  if (known == NULL || known->gone) return;
  bool same = known->devnode != NULL && known->inode != 0 && inode_of(known->devnode) == known->inode;
  if (!same) {
    forget(known);
    return;
  }
  known->gone = true;
  suspect(known, text_of("remove of %s, whose node is still there", known->devnode));
}

/** What is below a device that was moved has moved along, and nobody tells of that. */
static void hear_move(struct udev_device* device) {
  const char* to = udev_device_get_devpath(device);
  const char* from = udev_device_get_property_value(device, "DEVPATH_OLD");
  // One that a person has asked for.
  if (from == NULL) return;
  if (find(from) == NULL) note_violation(text_of("move of %s, which is unknown", from));
  size_t length = strlen(from);
  for (size_t i = 0; i < device_count; i++) {
    char* devpath = devices[i].devpath;
    if (strncmp(devpath, from, length) != 0 || (devpath[length] != '/' && devpath[length] != 0)) continue;
    devices[i].devpath = text_of("%s%s", to, devpath + length);
    free(devpath);
  }
}

static void hear(struct udev_device* device) {
  static size_t next;
  const char* action = udev_device_get_action(device);
  if (action == NULL) return;
  free(recent[next]);
  recent[next] = text_of("%s %s", action, name_of(udev_device_get_devpath(device)));
  next = (next + 1) % RECENT;
  if (strcmp(action, "add") == 0) {
    adds++;
    hear_add(device);
  } else if (strcmp(action, "remove") == 0) {
    removes++;
    hear_remove(device);
  } else {
    others++;
    if (strcmp(action, "move") == 0) hear_move(device);
  }
}

/** Takes everything off the socket. */
static void drain(struct udev_monitor* monitor) {
  for (;;) {
    struct pollfd readable = {.fd = udev_monitor_get_fd(monitor), .events = POLLIN};
    if (poll(&readable, 1, 0) <= 0) return;
    errno = 0;
    struct udev_device* device = udev_monitor_receive_device(monitor);
    if (device != NULL) {
      hear(device);
      udev_device_unref(device);
    } else if (errno == ENOBUFS)
      lost++;
  }
}

static void enumerate(struct udev* udev) {
  struct udev_enumerate* all = udev_enumerate_new(udev);
  for (size_t i = 0; i < 3; i++)
    udev_enumerate_add_match_subsystem(all, (const char*[]){"input", "hidraw", "hid"}[i]);
  if (udev_enumerate_scan_devices(all) < 0) die("udev_enumerate_scan_devices");
  struct udev_list_entry* entry;
  udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all)) {
    struct udev_device* device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
    if (device == NULL) continue;
    // As libinput does: what udev has not finished is announced when it has.
    if (udev_device_get_is_initialized(device)) insert(device);
    udev_device_unref(device);
  }
  udev_enumerate_unref(all);
}

static int by_name(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static void print_directory(const char* path) {
  char* names[8192];
  size_t count = 0;
  DIR* directory = opendir(path);
  for (struct dirent* entry; directory != NULL && count < 8192 && (entry = readdir(directory)) != NULL;)
    if (entry->d_name[0] != '.') names[count++] = copy(entry->d_name);
  if (directory != NULL) closedir(directory);
  qsort(names, count, sizeof(names[0]), by_name);
  fputc('[', out);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) fputc(',', out);
    print_string(names[i]);
    free(names[i]);
  }
  fputc(']', out);
}

/** What has been suspicious for long is wrong for good; returns how much may still be made good. */
static size_t judge(void) {
  size_t suspicions = 0;
  for (size_t i = device_count; i-- > 0;) {
    if (devices[i].suspicion == NULL) continue;
    if (now_ms() - devices[i].suspected_ms < SUSPICIOUS_MS) {
      suspicions++;
      continue;
    }
    note_violation(devices[i].suspicion);
    devices[i].suspicion = NULL;
    if (devices[i].gone) forget(&devices[i]);
  }
  return suspicions;
}

static void print_counts(size_t suspicions) {
  fprintf(out, "\"suspicions\":%zu,\"adds\":%lu,\"removes\":%lu,\"others\":%lu,\"lost\":%lu", suspicions,
          adds, removes, others, lost);
}

static void print_summary(void) {
  size_t suspicions = judge();
  size_t count = 0;
  for (size_t i = 0; i < device_count; i++)
    if (!devices[i].gone) count++;
  fprintf(out, "{\"count\":%zu,", count);
  print_counts(suspicions);
  fputs("}\n", out);
  fflush(out);
}

static void print_state(void) {
  size_t suspicions = judge();
  fputs("{\"devices\":[", out);
  bool first_device = true;
  for (size_t i = 0; i < device_count; i++) {
    if (devices[i].gone) continue;
    fputs(first_device ? "{\"devpath\":" : ",{\"devpath\":", out);
    first_device = false;
    print_string(devices[i].devpath);
    fputs(",\"devnode\":", out);
    print_string(devices[i].devnode);
    if (devices[i].devnode == NULL)
      fputs(",\"rdev\":null", out);
    else
      fprintf(out, ",\"rdev\":\"%u:%u\"", major(devices[i].rdev), minor(devices[i].rdev));
    fprintf(out, ",\"announced\":%s}", devices[i].announced ? "true" : "false");
  }
  fputs("],\"violations\":[", out);
  for (size_t i = 0; i < violation_count; i++) {
    if (i > 0) fputc(',', out);
    print_string(violations[i]);
  }
  fputs("],", out);
  print_counts(suspicions);
  fputs(",\"input\":", out);
  print_directory("/dev/input");
  fputs(",\"data\":", out);
  print_directory("/run/udev/data");
  fputs(",\"recent\":[", out);
  size_t total = adds + removes + others;
  for (size_t i = total > RECENT ? total - RECENT : 0, first = i; i < total; i++) {
    if (i > first) fputc(',', out);
    print_string(recent[i % RECENT]);
  }
  fputs("]}\n", out);
  fflush(out);
}

static int connect_to(const char* path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof(address)) < 0) die(path);
  return fd;
}

static struct udev_monitor* open_monitor(struct udev* udev) {
  // libudev subscribes to nothing without it; it is there when the stage is.
  struct timespec pause = {0, 2 * 1000 * 1000};
  while (access("/run/udev/control", F_OK) < 0) nanosleep(&pause, NULL);
  struct udev_monitor* monitor = udev_monitor_new_from_netlink(udev, "udev");
  if (monitor == NULL) die("udev_monitor_new_from_netlink");
  // A lost announcement must be the daemon's fault.
  if (udev_monitor_set_receive_buffer_size(monitor, RECEIVE_BUFFER) < 0)
    die("the receive buffer: CAP_NET_ADMIN");
  if (udev_monitor_enable_receiving(monitor) < 0) die("udev_monitor_enable_receiving");
  return monitor;
}

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  // The sysfs of the tests is none.
  setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1);
  int control = connect_to(argv[1]);
  out = must(fdopen(control, "r+"));
  setvbuf(out, NULL, _IOFBF, 1024 * 1024);
  struct udev* udev = must(udev_new());
  struct udev_monitor* monitor = open_monitor(udev);
  enumerate(udev);
  fputs("{\"ready\":true}\n", out);
  fflush(out);
  for (;;) {
    struct pollfd fds[] = {{.fd = udev_monitor_get_fd(monitor), .events = POLLIN},
                           {.fd = control, .events = POLLIN}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) die("poll");
    drain(monitor);
    if (fds[1].revents == 0) continue;
    char line[64];
    ssize_t length = read(control, line, sizeof(line));
    if (length <= 0) return 0;
    drain(monitor);
    if (line[0] == 'c')
      print_summary();
    else
      print_state();
  }
}
