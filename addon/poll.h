// A descriptor that the event loop watches for reading.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>

class Environment;

class Poll {
 public:
  /** Calls `ready` from the event loop whenever `fd` is readable or has an error. Throws SystemError. */
  Poll(std::shared_ptr<Environment> environment, int fd, std::function<void()> ready);
  /** Nothing is called any more; `fd` may be closed after it. `ready` itself may destroy its Poll. */
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

 private:
  struct State;
  static void OnEvent(uv_poll_t* handle, int status, int events);

  /** Lives until libuv has let go of the handle. */
  State* state_;
};
