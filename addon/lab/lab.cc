// What src/demo/lab.ts describes: virtual devices for the demo, the tests and the benchmark.
#include <napi.h>
#include <time.h>

#include "injector.h"
#include "uinput.h"

namespace {

/** Microseconds of CLOCK_MONOTONIC. */
Napi::Value Monotonic(const Napi::CallbackInfo& info) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Napi::Number::New(info.Env(),
                           static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("openInjector", Napi::Function::New<OpenInjector>(env, "openInjector"));
  exports.Set("createUinput", Napi::Function::New<CreateUinput>(env, "createUinput"));
  exports.Set("monotonic", Napi::Function::New<Monotonic>(env, "monotonic"));
  return exports;
}

}  // namespace

NODE_API_MODULE(lab, Init)
