#include "monitor.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "container.h"
#include "netlink.h"

namespace {

/** So many datagrams a wake-up, then the loop gets its turn. */
constexpr int kBatch = 64;
/** The longest message that libudev takes before systemd 252 (sd-device's device-monitor.c). */
constexpr size_t kMessage = 8192;

}  // namespace

struct Monitor::Batch {
  mmsghdr headers[kBatch];
  iovec data[kBatch];
  sockaddr_nl senders[kBatch];
  alignas(cmsghdr) char control[kBatch][CMSG_SPACE(sizeof(ucred))];
  uint8_t bytes[kBatch][kMessage];

  /** Makes the first `count` slots ready for the next read, which overwrites their lengths. */
  void Reset(int count) {
    for (int i = 0; i < count; i++) {
      data[i] = {bytes[i], kMessage};
      headers[i].msg_hdr = {&senders[i], sizeof senders[i], &data[i], 1, control[i], sizeof control[i], 0};
    }
  }
};

std::shared_ptr<Monitor> Monitor::Start(std::shared_ptr<Environment> environment, unsigned group,
                                        uid_t root_uid, std::string own_netns, UniqueFd socket,
                                        Napi::Object listener) {
  auto monitor = std::make_shared<Monitor>(std::move(environment), group, root_uid, std::move(own_netns),
                                           std::move(socket), listener);
  monitor->poll_ = std::make_unique<Poll>(monitor->environment_, monitor->socket_.get(),
                                          [raw = monitor.get()] { raw->OnReadable(); });
  monitor->self_ = monitor;
  monitor->environment_->Add(monitor.get());
  return monitor;
}

Monitor::Monitor(std::shared_ptr<Environment> environment, unsigned group, uid_t root_uid,
                 std::string own_netns, UniqueFd socket, Napi::Object listener)
    : environment_(std::move(environment)),
      group_(group),
      root_uid_(root_uid),
      own_netns_(std::move(own_netns)),
      socket_(std::move(socket)),
      listener_(Napi::Persistent(listener)),
      on_messages_(Napi::Persistent(MethodOf(listener, "onMessages"))),
      on_overrun_(Napi::Persistent(MethodOf(listener, "onOverrun"))),
      on_error_(Napi::Persistent(MethodOf(listener, "onError"))),
      // not value-initialized: 512 KiB of which a quiet socket touches one page
      batch_(new Batch) {
  batch_->Reset(kBatch);
  socklen_t length = sizeof receive_buffer_;
  Check(getsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_, &length), "getsockopt");
}

Monitor::~Monitor() = default;

void Monitor::Close() {
  const std::shared_ptr<Monitor> last = std::move(self_);
  if (poll_ == nullptr) return;
  environment_->Remove(this);
  poll_.reset();
  socket_.reset();
  listener_.Reset();
  on_messages_.Reset();
  on_overrun_.Reset();
  on_error_.Reset();
  batch_.reset();
}

void Monitor::OnReadable() {
  // A listener may close the monitor, and every call below has to find it.
  const std::shared_ptr<Monitor> self = shared_from_this();
  try {
    const int received = Receive();
    if (received > 0) Deliver(received);
    if (poll_ == nullptr || !overrun_ || HasMore()) return;
    overrun_ = false;
    environment_->Call(listener_, on_overrun_, {});
  } catch (const SystemError& error) {
    Fail(error);
  }
}

/** How many datagrams are in the batch. */
int Monitor::Receive() {
  for (;;) {
    const int received = recvmmsg(socket_.get(), batch_->headers, kBatch, MSG_DONTWAIT, nullptr);
    if (received >= 0) return received;
    if (errno == EAGAIN) return 0;
    // An overrun is told once, before what was queued until then; until that is read everything more is lost
    // (NETLINK_S_CONGESTED).
    if (errno == ENOBUFS) overrun_ = true;
    if (errno != ENOBUFS && errno != EINTR) throw SystemError{errno, "recvmmsg", {}};
  }
}

void Monitor::Deliver(int received) {
  environment_->Guard([&] {
    const Napi::Env env = environment_->env();
    const Napi::Array messages = Napi::Array::New(env);
    uint32_t count = 0;
    for (int i = 0; i < received; i++) {
      const mmsghdr& header = batch_->headers[i];
      if (IsOwn(i)) continue;
      if (!IsTrusted(i)) {
        foreign_++;
      } else if ((header.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        truncated_++;
      } else {
        messages.Set(count++, Napi::Buffer<uint8_t>::Copy(env, batch_->bytes[i], header.msg_len));
      }
    }
    batch_->Reset(received);
    if (count > 0) environment_->Call(listener_, on_messages_, {messages});
  });
}

/** Whether this process has sent it, into the network namespace where it does not want to hear that. */
bool Monitor::IsOwn(int index) const {
  return !own_netns_.empty() && IsSharedUeventSocket(own_netns_, batch_->senders[index].nl_pid);
}

/** Port 0 is the kernel's own and can't be taken. What udev sends comes from a process, which has to be
 * root's: here, or in the user namespace that the monitor is for. */
bool Monitor::IsTrusted(int index) const {
  const sockaddr_nl& sender = batch_->senders[index];
  if (sender.nl_groups != group_) return false;
  if (group_ == kGroupKernel) return sender.nl_pid == 0;

  msghdr& header = batch_->headers[index].msg_hdr;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
    ucred credentials;
    memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
    return credentials.uid == 0 || credentials.uid == root_uid_;
  }
  return false;
}

/** Whether something is queued. */
bool Monitor::HasMore() {
  for (;;) {
    if (recv(socket_.get(), nullptr, 0, MSG_PEEK | MSG_DONTWAIT) >= 0) return true;
    if (errno == EAGAIN) return false;
    if (errno != ENOBUFS && errno != EINTR) throw SystemError{errno, "recv", {}};
  }
}

void Monitor::Fail(const SystemError& error) {
  environment_->Guard([&] {
    const Napi::Env env = environment_->env();
    const Napi::ObjectReference listener = Napi::Persistent(listener_.Value());
    const Napi::FunctionReference on_error = Napi::Persistent(on_error_.Value());
    Close();
    environment_->Call(listener, on_error, {error.ToError(env).Value()});
  });
}

namespace {

class MonitorSocket : public Napi::ObjectWrap<MonitorSocket> {
 public:
  explicit MonitorSocket(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "openMonitor makes a MonitorSocket");
    monitor_ = *info[0].As<Napi::External<std::shared_ptr<Monitor>>>().Data();
  }

  void CloseMonitor(const Napi::CallbackInfo&) { monitor_->Close(); }

  Napi::Value Dropped(const Napi::CallbackInfo& info) {
    const auto dropped = Napi::Object::New(info.Env());
    dropped.Set("foreign", monitor_->foreign());
    dropped.Set("truncated", monitor_->truncated());
    return dropped;
  }

  Napi::Value ReceiveBuffer(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), monitor_->receive_buffer());
  }

 private:
  std::shared_ptr<Monitor> monitor_;
};

}  // namespace

MonitorRequest MonitorRequestOf(const Napi::CallbackInfo& info) {
  const uint32_t group = Uint32Of(info[0]);
  const uint32_t receive_buffer = Uint32Of(info[1]);
  if (group != kGroupKernel && group != kGroupUdev && group != kGroupLibudevZero) {
    throw Napi::TypeError::New(info.Env(), "group must be GROUP_KERNEL, GROUP_UDEV or GROUP_LIBUDEV_ZERO");
  }
  if (!info[2].IsObject()) throw Napi::TypeError::New(info.Env(), "A listener was expected");
  return {group, static_cast<int>(std::min<uint32_t>(receive_buffer, INT_MAX)), info[2].As<Napi::Object>()};
}

Napi::Value StartMonitor(Napi::Env env, const MonitorRequest& request, UniqueFd socket, uid_t root_uid,
                         std::string own_netns) {
  const auto environment = Environment::Of(env);
  auto monitor = Monitor::Start(environment, request.group, root_uid, std::move(own_netns), std::move(socket),
                                request.listener);
  return environment->monitor_socket.New({Napi::External<std::shared_ptr<Monitor>>::New(env, &monitor)});
}

Napi::Value OpenMonitor(const Napi::CallbackInfo& info) {
  const MonitorRequest request = MonitorRequestOf(info);
  return ThrowingErrors(info.Env(), [&] {
    std::string own_netns;
    if (request.listener.Get("withoutOwn").ToBoolean()) {
      // The main thread never leaves it.
      const char* path = "/proc/self/ns/net";
      own_netns = IdentityOf(UniqueFd(Check(open(path, O_RDONLY | O_CLOEXEC), "open", path)).get());
    }
    return StartMonitor(info.Env(), request, OpenMonitorSocket(request.group, request.receive_buffer), 0,
                        std::move(own_netns));
  });
}

void DefineMonitorSocket(Environment& environment) {
  environment.monitor_socket = Napi::Persistent(MonitorSocket::DefineClass(
      environment.env(), "MonitorSocket",
      {MonitorSocket::InstanceMethod<&MonitorSocket::CloseMonitor>("close"),
       MonitorSocket::InstanceMethod<&MonitorSocket::Dropped>("dropped"),
       MonitorSocket::InstanceAccessor<&MonitorSocket::ReceiveBuffer>("receiveBuffer")}));
}
