// An application of libgudev: prints the input devices that are there ("found"), then what becomes of them
// ("add", "remove").
#define G_UDEV_API_IS_SUBJECT_TO_CHANGE
#include <gudev/gudev.h>
#include <stdio.h>

static void print(const char* what, GUdevDevice* device) {
  const char* devnode = g_udev_device_get_device_file(device);
  printf("%s %s %s joystick=%d\n", what, g_udev_device_get_name(device), devnode == NULL ? "-" : devnode,
         g_udev_device_get_property_as_boolean(device, "ID_INPUT_JOYSTICK"));
}

static void on_uevent(GUdevClient* client, const char* action, GUdevDevice* device) {
  (void)client;
  print(action, device);
}

int main(void) {
  setlinebuf(stdout);
  const char* subsystems[] = {"input", NULL};
  GUdevClient* client = g_udev_client_new(subsystems);
  g_signal_connect(client, "uevent", G_CALLBACK(on_uevent), NULL);
  GList* devices = g_udev_client_query_by_subsystem(client, "input");
  for (GList* device = devices; device != NULL; device = device->next) print("found", device->data);
  g_list_free_full(devices, g_object_unref);
  puts("ready");
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
  return 0;
}
