// Real kernel input devices, made through /dev/uinput.
#pragma once

#include <napi.h>

/** Lab.createUinput. */
Napi::Value CreateUinput(const Napi::CallbackInfo& info);
