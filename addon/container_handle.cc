#include "container_handle.h"

#include <fcntl.h>

#include <optional>
#include <vector>

#include "container.h"
#include "inside.h"
#include "monitor.h"
#include "mount.h"
#include "netlink.h"
#include "poll.h"
#include "symlink.h"
#include "unix_sockets.h"
#include "util.h"

namespace {

using SharedContainer = std::shared_ptr<const Container>;

class ContainerHandle : public Napi::ObjectWrap<ContainerHandle>, public Openable {
 public:
  explicit ContainerHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    if (!info[0].IsExternal())
      throw Napi::TypeError::New(info.Env(), "openContainer makes a ContainerHandle");
    container_ = *info[0].As<Napi::External<SharedContainer>>().Data();
    gid_map_ = container_->gid_map;
    environment_ = Environment::Of(info.Env());
    const Napi::Object self = info.This().As<Napi::Object>();
    const auto define = [&](const char* name, Napi::Value value) {
      self.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
    };
    define("pid", Napi::Number::New(info.Env(), container_->pid));
    define("netns", Napi::String::New(info.Env(), container_->netns));
    define("mntns", Napi::String::New(info.Env(), container_->mntns));
    define("rootUid", Napi::Number::New(info.Env(), container_->root_uid));
    define("rootGid", Napi::Number::New(info.Env(), container_->root_gid));
    define("startedAt", Napi::Number::New(info.Env(), container_->started_at));
    environment_->Add(this);
  }

  ~ContainerHandle() override { Close(); }

  /** Jobs under way keep their descriptors until they are done. */
  void Close() override {
    if (container_ == nullptr) return;
    environment_->Remove(this);
    StopWatching();
    container_.reset();
  }

  void CloseHandle(const Napi::CallbackInfo&) { Close(); }

  void OnExit(const Napi::CallbackInfo& info) {
    if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "A listener was expected");
    if (container_ == nullptr) return;
    if (exit_poll_ == nullptr) {
      ThrowingErrors(info.Env(), [&] {
        exit_poll_ = std::make_unique<Poll>(environment_, container_->pidfd.get(), [this] { Exited(); });
      });
      // a handle that has listeners is not garbage
      Ref();
    }
    exit_listeners_.push_back(Napi::Persistent(info[0].As<Napi::Function>()));
  }

  void Send(const Napi::CallbackInfo& info) {
    const Bytes message = BytesOf(info[0]);
    const uint32_t group = Uint32Of(info[1]);
    ThrowingErrors(info.Env(), [&] {
      if (container_ == nullptr) throw SystemError{EBADF, "sendmsg", {}};
      MulticastUevent(container_->netlink->get(), message, group, container_->root_uid, container_->root_gid);
    });
  }

  Napi::Value OpenMonitorInside(const Napi::CallbackInfo& info) {
    const MonitorRequest request = MonitorRequestOf(info);
    return ThrowingErrors(info.Env(), [&] {
      if (container_ == nullptr) throw SystemError{EBADF, "setns", {}};
      if (HasExited(container_->pidfd.get())) throw SystemError{ESRCH, "setns", {}};
      UniqueFd socket =
          OpenMonitorSocketIn(container_->network_namespace.get(), request.group, request.receive_buffer);
      return StartMonitor(info.Env(), request, std::move(socket), container_->root_uid);
    });
  }

  /** Known for good, as the properties are: a closed handle answers too. */
  Napi::Value HostGid(const Napi::CallbackInfo& info) {
    const std::optional<uint32_t> gid = OutsideOf(gid_map_, Uint32Of(info[0]));
    return gid ? Napi::Number::New(info.Env(), *gid) : info.Env().Undefined();
  }

  Napi::Value Look(const Napi::CallbackInfo& info) {
    return Run([path = PathOf(info[0])](const Container& container) -> Environment::Outcome {
      const UniqueFd fd = FindInside(container.root.get(), path, O_PATH);
      if (!fd) return Undefined;
      return [found = LookAt(fd.get())](Napi::Env env) -> Napi::Value {
        const auto result = Napi::Object::New(env);
        result.Set("kind", found.kind);
        result.Set("identity", found.identity);
        result.Set("device", found.device);
        const auto entries = Napi::Array::New(env, found.entries.size());
        for (uint32_t i = 0; i < found.entries.size(); i++) entries.Set(i, found.entries[i]);
        result.Set("entries", entries);
        result.Set("mount", static_cast<double>(found.mount_id));
        if (!found.number.empty()) result.Set("number", found.number);
        return result;
      };
    });
  }

  Napi::Value ReadFile(const Napi::CallbackInfo& info) {
    return Run([path = PathOf(info[0]),
                limit = Uint32Of(info[1])](const Container& container) -> Environment::Outcome {
      auto content = ReadInside(container.root.get(), path, limit);
      if (!content) return Undefined;
      return [content = std::move(*content)](Napi::Env env) -> Napi::Value {
        return Napi::Buffer<uint8_t>::Copy(env, content.data(), content.size());
      };
    });
  }

  Napi::Value ReadDirectory(const Napi::CallbackInfo& info) {
    return Run([path = PathOf(info[0]),
                limit = Uint32Of(info[1])](const Container& container) -> Environment::Outcome {
      auto files = ReadDirectoryInside(container.root.get(), path, limit);
      return [files = std::move(files)](Napi::Env env) -> Napi::Value {
        const auto result = Napi::Array::New(env, files.size());
        for (uint32_t i = 0; i < files.size(); i++) {
          const auto pair = Napi::Array::New(env, 2);
          pair.Set(0U, files[i].name);
          pair.Set(1U, Napi::Buffer<uint8_t>::Copy(env, files[i].content.data(), files[i].content.size()));
          result.Set(i, pair);
        }
        return result;
      };
    });
  }

  Napi::Value ReplaceMountAt(const Napi::CallbackInfo& info) {
    return Run([source = PathOf(info[0]), target = PathOf(info[1]),
                mount_id = Uint32Of(info[2])](const Container& container) {
      ReplaceMount(container, source, target, mount_id);
      return Undefined;
    });
  }

  Napi::Value ListensAtPaths(const Napi::CallbackInfo& info) {
    if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "Paths must be an array");
    const auto given = info[0].As<Napi::Array>();
    std::vector<std::string> paths;
    for (uint32_t i = 0; i < given.Length(); i++) paths.push_back(PathOf(given.Get(i)));
    return Run([paths = std::move(paths)](const Container& container) -> Environment::Outcome {
      const bool found = ListensAt(container.pid, paths);
      // until now the pid was nobody else's
      if (HasExited(container.pidfd.get())) throw SystemError{ESRCH, "open", {}};
      return [found](Napi::Env env) -> Napi::Value { return Napi::Boolean::New(env, found); };
    });
  }

  Napi::Value MountDirectoryAt(const Napi::CallbackInfo& info) {
    return Run([source = PathOf(info[0]), target = PathOf(info[1])](const Container& container) {
      MountDirectory(container, source, target);
      return Undefined;
    });
  }

  Napi::Value BindNodeAt(const Napi::CallbackInfo& info) {
    return Run([source = PathOf(info[0]), target = PathOf(info[1])](const Container& container) {
      BindNode(container, source, target);
      return Undefined;
    });
  }

  Napi::Value UnbindNodeAt(const Napi::CallbackInfo& info) {
    return Run([target = PathOf(info[0])](const Container& container) {
      UnbindNode(container, target);
      return Undefined;
    });
  }

  Napi::Value PlaceLinkAt(const Napi::CallbackInfo& info) {
    return Run([target = PathOf(info[0]), path = PathOf(info[1])](const Container& container) {
      PlaceLink(container, target, path);
      return Undefined;
    });
  }

  Napi::Value RemoveLinkAt(const Napi::CallbackInfo& info) {
    return Run([target = PathOf(info[0]), path = PathOf(info[1])](const Container& container) {
      RemoveLink(container, target, path);
      return Undefined;
    });
  }

 private:
  static Napi::Value Undefined(Napi::Env env) { return env.Undefined(); }

  /** Runs `job` on a thread of its own, with the container held open. */
  template <typename Job>
  Napi::Value Run(Job job) {
    return environment_->Run([container = container_, job = std::move(job)]() -> Environment::Outcome {
      if (container == nullptr) throw SystemError{EBADF, "openat2", {}};
      try {
        return job(*container);
      } catch (const SystemError& error) {
        // a container that has ended is gone, however its remains fail
        if (HasExited(container->pidfd.get())) throw SystemError{ESRCH, error.syscall, error.path};
        throw;
      }
    });
  }

  void Exited() {
    const std::vector<Napi::FunctionReference> listeners = std::move(exit_listeners_);
    const std::shared_ptr<Environment> environment = environment_;
    environment->Guard([&] {
      const Napi::ObjectReference self = Napi::Persistent(Value());
      StopWatching();
      for (const auto& listener : listeners) {
        // a listener before it may have closed the handle
        if (container_ != nullptr) environment->Call(self, listener, {});
      }
    });
  }

  void StopWatching() {
    exit_listeners_.clear();
    if (exit_poll_ == nullptr) return;
    exit_poll_.reset();
    Unref();
  }

  std::shared_ptr<Environment> environment_;
  SharedContainer container_;
  IdMap gid_map_;
  std::unique_ptr<Poll> exit_poll_;
  std::vector<Napi::FunctionReference> exit_listeners_;
};

std::optional<Evidence> EvidenceOf(Napi::Value value) {
  if (value.IsUndefined()) return std::nullopt;
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "ProcessEvidence was expected");
  const auto given = value.As<Napi::Object>();
  const Bytes cgroup = BytesOf(given.Get("cgroup"));
  return Evidence{std::string(reinterpret_cast<const char*>(cgroup.data), cgroup.size),
                  given.Get("startTicks").ToNumber().DoubleValue(), given.Get("mntns").ToString()};
}

}  // namespace

Napi::Value OpenContainerHandle(const Napi::CallbackInfo& info) {
  const auto pid = static_cast<pid_t>(Uint32Of(info[0]));
  return Environment::Of(info.Env())->Run([pid, evidence = EvidenceOf(info[1])]() -> Environment::Outcome {
    // a function object has to be copyable, a Container is not
    auto container = std::make_shared<const Container>(OpenContainer(pid, evidence));
    return [container = std::move(container)](Napi::Env env) mutable {
      return Environment::Of(env)->container_handle.New(
          {Napi::External<SharedContainer>::New(env, &container)});
    };
  });
}

void DefineContainerHandle(Environment& environment) {
  using Handle = ContainerHandle;
  environment.container_handle = Napi::Persistent(Handle::DefineClass(
      environment.env(), "ContainerHandle",
      {Handle::InstanceMethod<&Handle::OnExit>("onExit"), Handle::InstanceMethod<&Handle::Send>("send"),
       Handle::InstanceMethod<&Handle::OpenMonitorInside>("openMonitor"),
       Handle::InstanceMethod<&Handle::HostGid>("hostGid"), Handle::InstanceMethod<&Handle::Look>("look"),
       Handle::InstanceMethod<&Handle::ReadFile>("readFile"),
       Handle::InstanceMethod<&Handle::ReadDirectory>("readDirectory"),
       Handle::InstanceMethod<&Handle::ListensAtPaths>("listensAt"),
       Handle::InstanceMethod<&Handle::MountDirectoryAt>("mountDirectory"),
       Handle::InstanceMethod<&Handle::ReplaceMountAt>("replaceMount"),
       Handle::InstanceMethod<&Handle::BindNodeAt>("bindNode"),
       Handle::InstanceMethod<&Handle::UnbindNodeAt>("unbindNode"),
       Handle::InstanceMethod<&Handle::PlaceLinkAt>("placeLink"),
       Handle::InstanceMethod<&Handle::RemoveLinkAt>("removeLink"),
       Handle::InstanceMethod<&Handle::CloseHandle>("close")}));
}
