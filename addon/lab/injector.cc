#include "injector.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "../util.h"

namespace {

/** UEVENT_SEND of uevent_net_rcv_skb() in the kernel's lib/kobject_uevent.c, which appends SEQNUM and
 * multicasts to group 1. */
constexpr uint16_t kUeventSend = 16;

class Injector {
 public:
  Injector()
      : socket_(Check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT), "socket")) {}

  /** Returns when the kernel has sent it on. */
  void Send(Bytes body) {
    if (!socket_) throw SystemError{EBADF, "sendto", {}};
    std::vector<uint8_t> message(NLMSG_HDRLEN + body.size);
    nlmsghdr header = {};
    header.nlmsg_len = static_cast<uint32_t>(message.size());
    header.nlmsg_type = kUeventSend;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    memcpy(message.data(), &header, sizeof header);
    if (body.size > 0) memcpy(message.data() + NLMSG_HDRLEN, body.data, body.size);

    sockaddr_nl kernel = {};
    kernel.nl_family = AF_NETLINK;
    Check(sendto(socket_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
                 sizeof kernel),
          "sendto");
    ReadAck();
  }

  void Close() { socket_.reset(); }

 private:
  void ReadAck() {
    // followed by the message that it answers, of which the head is enough
    struct {
      nlmsghdr header;
      nlmsgerr error;
    } answer = {};
    ssize_t received;
    do {
      received = recv(socket_.get(), &answer, sizeof answer, 0);
    } while (received < 0 && errno == EINTR);
    Check(received, "recv");
    if (static_cast<size_t>(received) < sizeof answer || answer.header.nlmsg_type != NLMSG_ERROR) {
      throw SystemError{EPROTO, "recv", {}};
    }
    if (answer.error.error != 0) throw SystemError{-answer.error.error, "sendto", {}};
  }

  UniqueFd socket_;
};

}  // namespace

Napi::Value OpenInjector(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto injector = ThrowingErrors(env, [] { return std::make_shared<Injector>(); });
  const auto object = Napi::Object::New(env);
  object.Set("send", Napi::Function::New(env, [injector](const Napi::CallbackInfo& call) {
               const Bytes body = BytesOf(call[0]);
               ThrowingErrors(call.Env(), [&] { injector->Send(body); });
             }));
  object.Set("close", Napi::Function::New(env, [injector](const Napi::CallbackInfo&) { injector->Close(); }));
  return object;
}
