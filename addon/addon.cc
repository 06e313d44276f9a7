// What src/native.ts describes.
#include <napi.h>

#include "container_handle.h"
#include "datagram.h"
#include "environment.h"
#include "file.h"
#include "monitor.h"
#include "mount.h"
#include "node.h"
#include "syscalls.h"
#include "util.h"

namespace {

void PlaceNodeOf(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "A NodeSpec was expected");
  const auto given = info[0].As<Napi::Object>();
  const NodeSpec spec = {PathOf(given.Get("scratch")), PathOf(given.Get("path")),
                         Uint32Of(given.Get("major")), Uint32Of(given.Get("minor")),
                         Uint32Of(given.Get("mode")),  Uint32Of(given.Get("uid")),
                         Uint32Of(given.Get("gid"))};
  if (spec.mode > 07777) throw Napi::TypeError::New(info.Env(), "mode must be permission bits");
  ThrowingErrors(info.Env(), [&] { PlaceNode(spec); });
}

void ReplaceFileAt(const Napi::CallbackInfo& info) {
  const std::string temporary = PathOf(info[0]);
  const std::string path = PathOf(info[1]);
  const std::string text = info[2].ToString();
  const mode_t mode = Uint32Of(info[3]);
  ThrowingErrors(info.Env(), [&] { ReplaceFile(temporary, path, text, mode); });
}

void MountTmpfsAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  ThrowingErrors(info.Env(), [&] { MountTmpfs(path); });
}

void UnmountAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  ThrowingErrors(info.Env(), [&] { Unmount(path); });
}

Napi::Value MissingCalls(const Napi::CallbackInfo& info) {
  const auto names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const std::string& name : MissingSystemCalls()) names.Set(count++, name);
  return names;
}

void SendDatagramTo(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  const Bytes payload = BytesOf(info[1]);
  const bool memfd = info[2].ToBoolean();
  ThrowingErrors(info.Env(), [&] { SendDatagram(path, payload, memfd); });
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ThrowingErrors(env, [&] { Environment::Start(env); });
  const auto environment = Environment::Of(env);
  DefineMonitorSocket(*environment);
  DefineContainerHandle(*environment);

  exports.Set("openMonitor", Napi::Function::New<OpenMonitor>(env, "openMonitor"));
  exports.Set("openContainer", Napi::Function::New<OpenContainerHandle>(env, "openContainer"));
  exports.Set("placeNode", Napi::Function::New<PlaceNodeOf>(env, "placeNode"));
  exports.Set("replaceFile", Napi::Function::New<ReplaceFileAt>(env, "replaceFile"));
  exports.Set("mountTmpfs", Napi::Function::New<MountTmpfsAt>(env, "mountTmpfs"));
  exports.Set("unmount", Napi::Function::New<UnmountAt>(env, "unmount"));
  exports.Set("missingSystemCalls", Napi::Function::New<MissingCalls>(env, "missingSystemCalls"));
  exports.Set("sendDatagram", Napi::Function::New<SendDatagramTo>(env, "sendDatagram"));
  return exports;
}

}  // namespace

NODE_API_MODULE(udev_proxy, Init)
