// A game on GLFW, as far as joysticks are concerned: prints which are there, come and go, and which of their
// buttons is pressed.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <stdio.h>

enum { BUTTONS = 64 };

struct joystick {
  // GLFW has forgotten it when it tells that the joystick is gone.
  char name[128];
  unsigned char pressed[BUTTONS];
};

static struct joystick joysticks[GLFW_JOYSTICK_LAST + 1];

static void print_arrival(const char* what, int id) {
  struct joystick* joystick = &joysticks[id];
  snprintf(joystick->name, sizeof(joystick->name), "%s", glfwGetJoystickName(id));
  printf("%s %s\n", what, joystick->name);
}

static void on_joystick(int id, int event) {
  if (event == GLFW_CONNECTED)
    print_arrival("added", id);
  else
    printf("removed %s\n", joysticks[id].name);
}

static void print_presses(int id) {
  struct joystick* joystick = &joysticks[id];
  int count = 0;
  const unsigned char* buttons = glfwGetJoystickButtons(id, &count);
  for (int i = 0; i < count && i < BUTTONS; i++) {
    if (buttons[i] == GLFW_PRESS && joystick->pressed[i] != GLFW_PRESS)
      printf("button %d of %s\n", i, joystick->name);
    joystick->pressed[i] = buttons[i];
  }
}

int main(void) {
  setlinebuf(stdout);
  if (glfwInit() != GLFW_TRUE) {
    const char* why = NULL;
    glfwGetError(&why);
    printf("failed %s\n", why);
    return 1;
  }
  glfwSetJoystickCallback(on_joystick);
  for (int id = 0; id <= GLFW_JOYSTICK_LAST; id++)
    if (glfwJoystickPresent(id)) print_arrival("found", id);
  puts("ready");
  for (;;) {
    glfwWaitEventsTimeout(0.05);
    for (int id = 0; id <= GLFW_JOYSTICK_LAST; id++)
      if (glfwJoystickPresent(id)) print_presses(id);
  }
}
