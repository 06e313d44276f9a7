// A netlink socket that the event loop reads: uevents of the kernel, or announcements of udev.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "environment.h"
#include "poll.h"
#include "util.h"

class Monitor : public Openable, public std::enable_shared_from_this<Monitor> {
 public:
  /** Starts to read `socket`, a member of `group`. Throws SystemError. */
  static std::shared_ptr<Monitor> Start(std::shared_ptr<Environment> environment, unsigned group,
                                        uid_t root_uid, std::string own_netns, UniqueFd socket,
                                        Napi::Object listener);

  Monitor(std::shared_ptr<Environment> environment, unsigned group, uid_t root_uid, std::string own_netns,
          UniqueFd socket, Napi::Object listener);
  ~Monitor() override;
  void Close() override;

  double foreign() const { return static_cast<double>(foreign_); }
  double truncated() const { return static_cast<double>(truncated_); }
  int receive_buffer() const { return receive_buffer_; }

 private:
  struct Batch;

  void OnReadable();
  int Receive();
  void Deliver(int received);
  bool IsOwn(int index) const;
  bool IsTrusted(int index) const;
  bool HasMore();
  void Fail(const SystemError& error);

  std::shared_ptr<Environment> environment_;
  const unsigned group_;
  const uid_t root_uid_;
  /** st_dev:st_ino of the network namespace in which what this process itself has sent is dropped; or empty.
   */
  const std::string own_netns_;
  UniqueFd socket_;
  std::unique_ptr<Poll> poll_;
  /** An open monitor belongs to the loop, whether or not JavaScript still knows it. */
  std::shared_ptr<Monitor> self_;
  Napi::ObjectReference listener_;
  Napi::FunctionReference on_messages_;
  Napi::FunctionReference on_overrun_;
  Napi::FunctionReference on_error_;
  std::unique_ptr<Batch> batch_;
  uint64_t foreign_ = 0;
  uint64_t truncated_ = 0;
  int receive_buffer_ = 0;
  bool overrun_ = false;
};

/** The arguments of openMonitor. */
struct MonitorRequest {
  unsigned group;
  int receive_buffer;
  Napi::Object listener;
};

/** Throws a TypeError for what is none. */
MonitorRequest MonitorRequestOf(const Napi::CallbackInfo& info);

/** A MonitorSocket that reads `socket`. What udev sends is believed from root, and from `root_uid`; what this
 * process has sent in the network namespace `own_netns` is dropped, if one is given. */
Napi::Value StartMonitor(Napi::Env env, const MonitorRequest& request, UniqueFd socket, uid_t root_uid,
                         std::string own_netns = {});

/** Native.openMonitor. */
Napi::Value OpenMonitor(const Napi::CallbackInfo& info);

/** Defines the class MonitorSocket in `environment`. */
void DefineMonitorSocket(Environment& environment);
