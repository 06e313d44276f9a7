// Plugs devices that no driver made: the kernel broadcasts what is sent to it.
#pragma once

#include <napi.h>

/** Lab.openInjector. */
Napi::Value OpenInjector(const Napi::CallbackInfo& info);
