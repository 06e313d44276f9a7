// The addon's ContainerHandle: a Container in the hands of JavaScript.
#pragma once

#include <napi.h>

#include "environment.h"

/** Native.openContainer. */
Napi::Value OpenContainerHandle(const Napi::CallbackInfo& info);

/** Defines the class ContainerHandle in `environment`. */
void DefineContainerHandle(Environment& environment);
