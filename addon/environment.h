// What belongs to one JavaScript environment (the main thread's, or a worker's): what is open, and the jobs
// under way.
#pragma once

#include <napi.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "util.h"

/** Something that is open until it is closed, at the latest when its environment ends. */
class Openable {
 public:
  virtual ~Openable() = default;
  virtual void Close() = 0;
};

class Environment : public std::enable_shared_from_this<Environment> {
 public:
  /** Makes the value that a job's promise resolves to, on the event loop. */
  using Outcome = std::function<Napi::Value(Napi::Env)>;
  /** Runs on a thread of its own, may block and enter namespaces; throws SystemError. */
  using Job = std::function<Outcome()>;

  /** Makes `env` an environment of the addon. */
  static void Start(Napi::Env env);
  /** The environment of `env`, which has been started. */
  static std::shared_ptr<Environment> Of(Napi::Env env);

  explicit Environment(Napi::Env env);
  ~Environment();

  uv_loop_t* loop() const { return loop_; }
  Napi::Env env() const { return env_; }

  /** Constructors of the classes that the addon gives out. */
  Napi::FunctionReference monitor_socket;
  Napi::FunctionReference container_handle;

  /** Remembers to close `openable` when the environment ends. */
  void Add(Openable* openable) { openables_.insert(openable); }
  void Remove(Openable* openable) { openables_.erase(openable); }

  /** A handle of the loop is being closed; the environment stays until it has been. */
  void WillClose() { closing_++; }
  void HasClosed();

  /**
   * Calls `function` of `receiver` from the event loop, then what its promises have queued. What it throws
   * becomes an uncaughtException, as from any callback.
   */
  void Call(const Napi::ObjectReference& receiver, const Napi::FunctionReference& function,
            const std::vector<napi_value>& arguments);
  /** Runs what the event loop has called, in a handle scope; what it throws becomes an uncaughtException. */
  void Guard(const std::function<void()>& body);

  /** Runs `job` on a fresh thread; its promise keeps the loop alive. */
  Napi::Promise Run(Job job);

 private:
  struct Finished {
    uint64_t id;
    Outcome outcome;
    std::optional<SystemError> error;
  };
  struct Mailbox;

  static void OnEnd(napi_async_cleanup_hook_handle hook, void* environment);
  void Settle();
  void Settle(Finished& finished);

  Napi::Env env_;
  uv_loop_t* loop_ = nullptr;
  std::optional<Napi::AsyncContext> context_;
  std::set<Openable*> openables_;
  std::map<uint64_t, Napi::Promise::Deferred> promises_;
  uint64_t last_id_ = 0;
  /** Where jobs leave their results; it outlives the environment when a job does. */
  std::shared_ptr<Mailbox> mailbox_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  unsigned closing_ = 0;
  bool ended_ = false;
};
