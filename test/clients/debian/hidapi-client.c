// An application of hidapi: enumerates once in a while, which is all that hidapi has for hot-plug, opens each
// device of the vendor in argv[1] (hexadecimal) and prints its reports until it is gone.
#include <hidapi/hidapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PAUSE = 100 };

static hid_device* pad;
static char path[64];

static void look_for(unsigned short vendor) {
  struct hid_device_info* found = hid_enumerate(vendor, 0);
  if (found != NULL && (pad = hid_open_path(found->path)) != NULL) {
    snprintf(path, sizeof(path), "%s", found->path);
    printf("added %s %04hx:%04hx %ls\n", path, found->vendor_id, found->product_id, found->product_string);
  }
  hid_free_enumeration(found);
}

static void read_report(void) {
  unsigned char report[64];
  int length = hid_read_timeout(pad, report, sizeof(report), PAUSE);
  if (length > 0) printf("report %s %02x\n", path, report[0]);
  if (length >= 0) return;
  printf("removed %s\n", path);
  hid_close(pad);
  pad = NULL;
}

int main(int argc, char** argv) {
  if (argc < 2 || hid_init() < 0) return 1;
  setlinebuf(stdout);
  unsigned short vendor = (unsigned short)strtoul(argv[1], NULL, 16);
  look_for(vendor);
  puts("ready");
  for (;;) {
    if (pad != NULL) {
      read_report();
      continue;
    }
    struct timespec pause = {0, PAUSE * 1000 * 1000};
    nanosleep(&pause, NULL);
    look_for(vendor);
  }
}
