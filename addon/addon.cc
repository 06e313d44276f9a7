// What src/native.ts describes.
#include <napi.h>

#include "absinfo.h"
#include "container_handle.h"
#include "datagram.h"
#include "environment.h"
#include "file.h"
#include "monitor.h"
#include "mount.h"
#include "node.h"
#include "remove.h"
#include "syscalls.h"
#include "unix_sockets.h"
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

void TouchFileAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  const mode_t mode = Uint32Of(info[1]);
  ThrowingErrors(info.Env(), [&] { TouchFile(path, mode); });
}

std::string ContentOf(Napi::Value value) {
  if (value.IsString()) return value.As<Napi::String>();
  const Bytes bytes = BytesOf(value);
  return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

void ReplaceFileAt(const Napi::CallbackInfo& info) {
  const std::string temporary = PathOf(info[0]);
  const std::string path = PathOf(info[1]);
  const std::string content = ContentOf(info[2]);
  const mode_t mode = Uint32Of(info[3]);
  ThrowingErrors(info.Env(), [&] { ReplaceFile(temporary, path, content, mode); });
}

void MountTmpfsAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  ThrowingErrors(info.Env(), [&] { MountTmpfs(path); });
}

void UnmountAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  ThrowingErrors(info.Env(), [&] { Unmount(path); });
}

void RemoveTreeAt(const Napi::CallbackInfo& info) {
  const std::string root = PathOf(info[0]);
  const std::string name = PathOf(info[1]);
  ThrowingErrors(info.Env(), [&] { RemoveTree(root, name); });
}

Napi::Value IsSocketBoundAt(const Napi::CallbackInfo& info) {
  const std::string path = PathOf(info[0]);
  return ThrowingErrors(info.Env(), [&] { return Napi::Boolean::New(info.Env(), IsSocketBound(path)); });
}

Napi::Value MissingCalls(const Napi::CallbackInfo& info) {
  const auto names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const std::string& name : MissingSystemCalls()) names.Set(count++, name);
  return names;
}

Napi::Value ReadAbsInfoOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) throw Napi::TypeError::New(env, "A DeviceNode was expected");
  const auto given = info[0].As<Napi::Object>();
  const DeviceNode node = {PathOf(given.Get("path")), Uint32Of(given.Get("major")),
                           Uint32Of(given.Get("minor"))};
  if (!info[1].IsArray()) throw Napi::TypeError::New(env, "axes must be an array");
  const auto listed = info[1].As<Napi::Array>();
  std::vector<unsigned> axes;
  for (uint32_t i = 0; i < listed.Length(); i++) {
    axes.push_back(Uint32Of(listed.Get(i)));
    // the number is part of the request, and a larger one makes another request of it
    if (axes.back() > ABS_MAX) throw Napi::TypeError::New(env, "An axis must be 0 to ABS_MAX");
  }

  const auto answers = Napi::Array::New(env, axes.size());
  uint32_t count = 0;
  for (const std::optional<input_absinfo>& answer : ReadAbsInfo(node, axes)) {
    if (!answer) {
      answers.Set(count++, env.Undefined());
      continue;
    }
    const auto object = Napi::Object::New(env);
    object.Set("value", answer->value);
    object.Set("minimum", answer->minimum);
    object.Set("maximum", answer->maximum);
    object.Set("fuzz", answer->fuzz);
    object.Set("flat", answer->flat);
    object.Set("resolution", answer->resolution);
    answers.Set(count++, object);
  }
  return answers;
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
  exports.Set("touchFile", Napi::Function::New<TouchFileAt>(env, "touchFile"));
  exports.Set("replaceFile", Napi::Function::New<ReplaceFileAt>(env, "replaceFile"));
  exports.Set("mountTmpfs", Napi::Function::New<MountTmpfsAt>(env, "mountTmpfs"));
  exports.Set("unmount", Napi::Function::New<UnmountAt>(env, "unmount"));
  exports.Set("removeTree", Napi::Function::New<RemoveTreeAt>(env, "removeTree"));
  exports.Set("isSocketBound", Napi::Function::New<IsSocketBoundAt>(env, "isSocketBound"));
  exports.Set("missingSystemCalls", Napi::Function::New<MissingCalls>(env, "missingSystemCalls"));
  exports.Set("readAbsInfo", Napi::Function::New<ReadAbsInfoOf>(env, "readAbsInfo"));
  exports.Set("sendDatagram", Napi::Function::New<SendDatagramTo>(env, "sendDatagram"));
  return exports;
}

}  // namespace

NODE_API_MODULE(udev_proxy, Init)
