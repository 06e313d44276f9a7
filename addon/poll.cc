#include "poll.h"

#include "environment.h"
#include "util.h"

struct Poll::State {
  uv_poll_t handle;
  std::shared_ptr<Environment> environment;
  std::function<void()> ready;
  bool open = true;
};

Poll::Poll(std::shared_ptr<Environment> environment, int fd, std::function<void()> ready)
    : state_(new State{{}, std::move(environment), std::move(ready)}) {
  const int failure = uv_poll_init(state_->environment->loop(), &state_->handle, fd);
  if (failure != 0) {
    // libuv does not know the handle then: there is nothing to close
    delete state_;
    throw SystemError{-failure, "uv_poll_init", {}};
  }
  state_->handle.data = state_;
  uv_poll_start(&state_->handle, UV_READABLE, OnEvent);
}

Poll::~Poll() {
  state_->open = false;
  state_->environment->WillClose();
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle), [](uv_handle_t* handle) {
    auto* state = static_cast<State*>(handle->data);
    state->environment->HasClosed();
    delete state;
  });
}

void Poll::OnEvent(uv_poll_t* handle, int status, int) {
  // the state, and with it the function that runs, is deleted by libuv later than in this callback
  auto* state = static_cast<State*>(handle->data);
  state->ready();
  // libuv stops a poll when the kernel says POLLERR, as a netlink socket does once for an overrun
  // (uv__poll_io)
  if (status < 0 && state->open) uv_poll_start(handle, UV_READABLE, OnEvent);
}
