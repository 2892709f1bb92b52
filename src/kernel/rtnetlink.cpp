// SPDX-License-Identifier: Apache-2.0
#include "kernel/rtnetlink.h"

#include <libmnl/libmnl.h>

#include <string>
#include <vector>

namespace weir::kernel {
namespace {

constexpr size_t kReceiveBytes = 32768;  // what iproute2 takes: a dump's messages are no larger

/// The kernel's sentence in an NLMSG_ERROR (extended acknowledgment), or nothing.
std::string kernel_sentence(const nlmsghdr& message, const nlmsgerr& error) {
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return "";
  size_t offset = sizeof(nlmsgerr);
  if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) {
    if (error.msg.nlmsg_len < sizeof(nlmsghdr)) return "";
    offset += error.msg.nlmsg_len - sizeof(nlmsghdr);
  }
  if (mnl_nlmsg_get_payload_len(&message) < offset) return "";
  std::string sentence;
  each_attribute(message, static_cast<unsigned>(offset), [&sentence](const nlattr& attribute) {
    if (mnl_attr_get_type(&attribute) == NLMSGERR_ATTR_MSG &&
        mnl_attr_validate(&attribute, MNL_TYPE_NUL_STRING) == 0)
      sentence = mnl_attr_get_str(&attribute);
  });
  return sentence;
}

using Visitor = std::function<void(const nlattr&)>;

int visit(const nlattr* attribute, void* visitor) noexcept {
  (*static_cast<const Visitor*>(visitor))(*attribute);
  return MNL_CB_OK;
}

}  // namespace

void each_attribute(const nlmsghdr& message, unsigned offset, const Visitor& each) {
  mnl_attr_parse(&message, offset, visit, const_cast<Visitor*>(&each));
}

void each_attribute(const nlattr& nest, const Visitor& each) {
  mnl_attr_parse_nested(&nest, visit, const_cast<Visitor*>(&each));
}

void Rtnetlink::CloseSocket::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

base::Result<Rtnetlink> Rtnetlink::open() {
  Rtnetlink self(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!self.socket_) return base::fail_errno(errno, "opening rtnetlink");
  const int on = 1;
  // Sentences and short acknowledgments are a comfort: older kernels go without.
  mnl_socket_setsockopt(self.socket_.get(), NETLINK_EXT_ACK, const_cast<int*>(&on), sizeof on);
  mnl_socket_setsockopt(self.socket_.get(), NETLINK_CAP_ACK, const_cast<int*>(&on), sizeof on);
  if (mnl_socket_bind(self.socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0)
    return base::fail_errno(errno, "binding rtnetlink");
  return self;
}

base::Result<> Rtnetlink::acknowledge(nlmsghdr* request) {
  request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  return exchange(request, nullptr);
}

base::Result<> Rtnetlink::dump(nlmsghdr* request, const std::function<void(const nlmsghdr&)>& each) {
  request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
  return exchange(request, &each);
}

base::Result<> Rtnetlink::exchange(nlmsghdr* request, const std::function<void(const nlmsghdr&)>* each) {
  request->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0)
    return base::fail_errno(errno, "sending to rtnetlink");
  std::vector<char> buffer(kReceiveBytes);
  for (;;) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return base::fail_errno(errno, "receiving from rtnetlink");
    int left = static_cast<int>(size);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto& error = *static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
        if (error.error == 0) return {};
        return base::fail_errno(-error.error, "rtnetlink: " + kernel_sentence(*message, error));
      }
      if (each != nullptr) (*each)(*message);
    }
  }
}

}  // namespace weir::kernel
