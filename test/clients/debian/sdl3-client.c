// A game on SDL3, as far as pads are concerned: opens every gamepad that SDL announces, and prints its path
// and its buttons.
#include <SDL3/SDL.h>
#include <stdio.h>

enum { PADS = 16 };

struct pad {
  SDL_Gamepad* gamepad;
  SDL_JoystickID id;
  char path[64];
};

static struct pad pads[PADS];

static struct pad* pad_of(SDL_JoystickID id) {
  for (int i = 0; i < PADS; i++)
    if (pads[i].gamepad != NULL && pads[i].id == id) return &pads[i];
  return NULL;
}

static void added(SDL_JoystickID id) {
  SDL_Gamepad* gamepad = SDL_OpenGamepad(id);
  if (gamepad == NULL) {
    printf("failed %s\n", SDL_GetError());
    return;
  }
  struct pad* pad = pads;
  while (pad < pads + PADS - 1 && pad->gamepad != NULL) pad++;
  const char* path = SDL_GetGamepadPath(gamepad);
  *pad = (struct pad){.gamepad = gamepad, .id = id};
  SDL_strlcpy(pad->path, path == NULL ? "?" : path, sizeof(pad->path));
  printf("added %s\n", pad->path);
}

static void removed(struct pad* pad) {
  printf("removed %s\n", pad->path);
  SDL_CloseGamepad(pad->gamepad);
  pad->gamepad = NULL;
}

int main(void) {
  setlinebuf(stdout);
  SDL_SetHint(SDL_HINT_JOYSTICK_ALLOW_BACKGROUND_EVENTS, "1");
  if (!SDL_Init(SDL_INIT_GAMEPAD)) {
    printf("failed %s\n", SDL_GetError());
    return 1;
  }
  puts("ready");
  for (;;) {
    SDL_Event event;
    if (!SDL_WaitEventTimeout(&event, 100)) continue;
    if (event.type == SDL_EVENT_QUIT) return 0;
    if (event.type == SDL_EVENT_GAMEPAD_ADDED) added(event.gdevice.which);
    struct pad* pad = NULL;
    if (event.type == SDL_EVENT_GAMEPAD_REMOVED && (pad = pad_of(event.gdevice.which)) != NULL) removed(pad);
    if (event.type == SDL_EVENT_GAMEPAD_BUTTON_DOWN && (pad = pad_of(event.gbutton.which)) != NULL)
      printf("button %s %s\n", SDL_GetGamepadStringForButton((SDL_GamepadButton)event.gbutton.button),
             pad->path);
  }
}
