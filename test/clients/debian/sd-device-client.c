// An application of sd-device: prints the input devices that are there ("found"), then what becomes of them
// ("add", "remove").
#include <stdio.h>
#include <systemd/sd-device.h>
#include <systemd/sd-event.h>

static void print(const char* what, sd_device* device) {
  const char *sysname = "?", *devname = "-", *joystick = "0";
  sd_device_get_sysname(device, &sysname);
  sd_device_get_devname(device, &devname);
  sd_device_get_property_value(device, "ID_INPUT_JOYSTICK", &joystick);
  printf("%s %s %s joystick=%s\n", what, sysname, devname, joystick);
}

static int on_uevent(sd_device_monitor* monitor, sd_device* device, void* userdata) {
  (void)monitor, (void)userdata;
  const char* action = "?";
  sd_device_get_property_value(device, "ACTION", &action);
  print(action, device);
  return 0;
}

int main(void) {
  setlinebuf(stdout);
  sd_device_monitor* monitor = NULL;
  sd_device_enumerator* devices = NULL;
  if (sd_device_monitor_new(&monitor) < 0 ||
      sd_device_monitor_filter_add_match_subsystem_devtype(monitor, "input", NULL) < 0 ||
      sd_device_monitor_attach_event(monitor, NULL) < 0 ||
      sd_device_monitor_start(monitor, on_uevent, NULL) < 0 || sd_device_enumerator_new(&devices) < 0 ||
      sd_device_enumerator_add_match_subsystem(devices, "input", 1) < 0 ||
      sd_device_enumerator_add_match_property(devices, "ID_INPUT_JOYSTICK", "1") < 0)
    return 1;
  sd_device* device = sd_device_enumerator_get_device_first(devices);
  for (; device != NULL; device = sd_device_enumerator_get_device_next(devices)) print("found", device);
  puts("ready");
  return sd_event_loop(sd_device_monitor_get_event(monitor)) < 0;
}
