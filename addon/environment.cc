#include "environment.h"

#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

struct Environment::Mailbox {
  std::mutex mutex;
  std::vector<Finished> finished;
  /** Null when the environment has ended; then results are dropped. */
  uv_async_t* async = nullptr;

  void Post(Finished result) {
    const std::lock_guard lock(mutex);
    if (async == nullptr) return;
    finished.push_back(std::move(result));
    uv_async_send(async);
  }
};

void Environment::Start(Napi::Env env) {
  auto environment = std::make_shared<Environment>(env);
  uv_async_t* async = environment->mailbox_->async;
  async->data = environment.get();
  env.SetInstanceData(new std::shared_ptr<Environment>(std::move(environment)));
}

std::shared_ptr<Environment> Environment::Of(Napi::Env env) {
  return *env.GetInstanceData<std::shared_ptr<Environment>>();
}

Environment::Environment(Napi::Env env) : env_(env), mailbox_(std::make_shared<Mailbox>()) {
  // a worker has a loop of its own: never uv_default_loop
  napi_get_uv_event_loop(env, &loop_);
  context_.emplace(env, "udev-proxy");
  auto* async = new uv_async_t;
  const int failure = uv_async_init(
      loop_, async, [](uv_async_t* handle) { static_cast<Environment*>(handle->data)->Settle(); });
  if (failure != 0) {
    delete async;
    throw SystemError{-failure, "uv_async_init", {}};
  }
  // only a job under way keeps the loop alive
  uv_unref(reinterpret_cast<uv_handle_t*>(async));
  mailbox_->async = async;
  napi_add_async_cleanup_hook(env, OnEnd, this, &hook_);
}

Environment::~Environment() = default;

void Environment::OnEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* self = static_cast<Environment*>(data);
  self->ended_ = true;
  while (!self->openables_.empty()) (*self->openables_.begin())->Close();

  const Napi::HandleScope scope(self->env_);
  self->promises_.clear();
  self->context_.reset();
  self->monitor_socket.Reset();
  self->container_handle.Reset();

  uv_async_t* async = nullptr;
  {
    const std::lock_guard lock(self->mailbox_->mutex);
    async = std::exchange(self->mailbox_->async, nullptr);
    self->mailbox_->finished.clear();
  }
  self->WillClose();
  uv_close(reinterpret_cast<uv_handle_t*>(async), [](uv_handle_t* handle) {
    auto* environment = static_cast<Environment*>(handle->data);
    delete reinterpret_cast<uv_async_t*>(handle);
    environment->HasClosed();
  });
}

void Environment::HasClosed() {
  closing_--;
  // the environment waits for this hook, so that libuv's last callbacks find it
  if (ended_ && closing_ == 0 && hook_ != nullptr) {
    napi_remove_async_cleanup_hook(std::exchange(hook_, nullptr));
  }
}

void Environment::Call(const Napi::ObjectReference& receiver, const Napi::FunctionReference& function,
                       const std::vector<napi_value>& arguments) {
  if (ended_) return;
  Guard([&] { function.Value().MakeCallback(receiver.Value(), arguments, *context_); });
}

void Environment::Guard(const std::function<void()>& body) {
  const Napi::HandleScope scope(env_);
  try {
    body();
  } catch (const Napi::Error& error) {
    // an environment that is being torn down refuses; there is nobody left to tell then
    try {
      napi_fatal_exception(env_, error.Value());
    } catch (const Napi::Error&) {
    }
  }
}

Napi::Promise Environment::Run(Job job) {
  const auto deferred = Napi::Promise::Deferred::New(env_);
  const uint64_t id = ++last_id_;
  try {
    std::thread([mailbox = mailbox_, id, job = std::move(job)]() mutable {
      Finished finished = {id, nullptr, std::nullopt};
      try {
        finished.outcome = job();
      } catch (const SystemError& error) {
        finished.error = error;
      } catch (const std::bad_alloc&) {
        finished.error = SystemError{ENOMEM, "malloc", {}};
      }
      // what the job holds open is closed before its promise settles
      job = nullptr;
      mailbox->Post(std::move(finished));
    }).detach();
  } catch (const std::system_error& error) {
    deferred.Reject(SystemError{error.code().value(), "clone", {}}.ToError(env_).Value());
    return deferred.Promise();
  }
  promises_.emplace(id, deferred);
  uv_ref(reinterpret_cast<uv_handle_t*>(mailbox_->async));
  return deferred.Promise();
}

void Environment::Settle() {
  std::vector<Finished> finished;
  {
    const std::lock_guard lock(mailbox_->mutex);
    finished.swap(mailbox_->finished);
  }
  for (Finished& result : finished) {
    Guard([&] {
      if (ended_) return;
      // leaving this scope runs what awaits the promise
      const Napi::CallbackScope callbacks(env_, *context_);
      Settle(result);
    });
  }
  if (!ended_ && promises_.empty()) uv_unref(reinterpret_cast<uv_handle_t*>(mailbox_->async));
}

void Environment::Settle(Finished& finished) {
  const auto found = promises_.find(finished.id);
  const Napi::Promise::Deferred deferred = found->second;
  promises_.erase(found);
  if (finished.error) {
    deferred.Reject(finished.error->ToError(env_).Value());
    return;
  }
  deferred.Resolve(finished.outcome(env_));
}
