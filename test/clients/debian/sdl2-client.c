// A game on SDL2, as far as pads are concerned: opens every game controller that SDL announces, and prints
// its path and its buttons.
#include <SDL2/SDL.h>
#include <stdio.h>

enum { PADS = 16 };

struct pad {
  SDL_GameController* controller;
  SDL_JoystickID id;
  char path[64];
};

static struct pad pads[PADS];

static struct pad* pad_of(SDL_JoystickID id) {
  for (int i = 0; i < PADS; i++)
    if (pads[i].controller != NULL && pads[i].id == id) return &pads[i];
  return NULL;
}

static void added(int index) {
  SDL_GameController* controller = SDL_GameControllerOpen(index);
  if (controller == NULL) {
    printf("failed %s\n", SDL_GetError());
    return;
  }
  struct pad* pad = pads;
  while (pad < pads + PADS - 1 && pad->controller != NULL) pad++;
  pad->controller = controller;
  pad->id = SDL_JoystickInstanceID(SDL_GameControllerGetJoystick(controller));
  const char* path = SDL_GameControllerPath(controller);
  SDL_strlcpy(pad->path, path == NULL ? "?" : path, sizeof(pad->path));
  printf("added %s\n", pad->path);
}

static void removed(struct pad* pad) {
  printf("removed %s\n", pad->path);
  SDL_GameControllerClose(pad->controller);
  pad->controller = NULL;
}

int main(void) {
  setlinebuf(stdout);
  SDL_SetHint(SDL_HINT_JOYSTICK_ALLOW_BACKGROUND_EVENTS, "1");
  if (SDL_Init(SDL_INIT_GAMECONTROLLER) < 0) {
    printf("failed %s\n", SDL_GetError());
    return 1;
  }
  puts("ready");
  for (;;) {
    SDL_Event event;
    if (SDL_WaitEventTimeout(&event, 100) == 0) continue;
    if (event.type == SDL_QUIT) return 0;
    if (event.type == SDL_CONTROLLERDEVICEADDED) added(event.cdevice.which);
    struct pad* pad = NULL;
    if (event.type == SDL_CONTROLLERDEVICEREMOVED && (pad = pad_of(event.cdevice.which)) != NULL)
      removed(pad);
    if (event.type == SDL_CONTROLLERBUTTONDOWN && (pad = pad_of(event.cbutton.which)) != NULL)
      printf("button %s %s\n", SDL_GameControllerGetStringForButton(event.cbutton.button), pad->path);
  }
}
