// SPDX-License-Identifier: Apache-2.0
#include "app/hook_filter.h"

#include <linux/in.h>

#include <array>
#include <cstring>

#include "decode/flow_snapshot.h"
#include "filter/ebpf_filter.h"

namespace weir::app {
namespace {

using filter::Direction;
using filter::FirstHeader;
using kernel::FilterPlace;

filter::Hook hook_of(FilterPlace place) {
  switch (place) {
    case FilterPlace::cgroup:
      return filter::Hook::cgroup_skb;
    case FilterPlace::tc:
      return filter::Hook::tc_ethernet;
    case FilterPlace::tc_layer3:
      return filter::Hook::tc_raw;
    case FilterPlace::xdp:
      return filter::Hook::xdp;
    case FilterPlace::socket:
      return filter::Hook::socket;
  }
  return filter::Hook::tc_ethernet;
}

Direction direction_of(const kernel::FilterRequest& request) {
  if (request.place == FilterPlace::socket) return Direction::of_packet;
  return request.traffic == kernel::Traffic::ingress ? Direction::ingress : Direction::egress;
}

constexpr size_t kIpv4Bytes = 20, kIpv6Bytes = 40, kTcpBytes = 20;
constexpr uint8_t kHops = 64, kAck = 0x10;

/// One end of a connection; the port in network byte order.
struct End {
  decode::IpAddress address;
  __be16 port;
};

/// The segment that tells nothing but who speaks to whom: headers alone, and ACK.
class BareSegment {
 public:
  BareSegment(const End& source, const End& destination) {
    uint8_t* ip = bytes_.data();
    const bool four = source.address.version == 4;
    size_ = (four ? kIpv4Bytes : kIpv6Bytes) + kTcpBytes;
    if (four) {
      ip[0] = 0x45;
      ip[3] = static_cast<uint8_t>(size_);
      ip[8] = kHops;
      ip[9] = IPPROTO_TCP;
      std::memcpy(ip + 12, source.address.bytes.data(), 4);
      std::memcpy(ip + 16, destination.address.bytes.data(), 4);
    } else {
      ip[0] = 0x60;
      ip[5] = kTcpBytes;
      ip[6] = IPPROTO_TCP;
      ip[7] = kHops;
      std::memcpy(ip + 8, source.address.bytes.data(), 16);
      std::memcpy(ip + 24, destination.address.bytes.data(), 16);
    }
    uint8_t* tcp = ip + size_ - kTcpBytes;
    std::memcpy(tcp, &source.port, 2);
    std::memcpy(tcp + 2, &destination.port, 2);
    tcp[12] = kTcpBytes / 4 << 4;
    tcp[13] = kAck;
  }

  bool matches(const filter::Expression& expression) const {
    return expression.matches(bytes_.data(), size_, size_);
  }

 private:
  std::array<uint8_t, kIpv6Bytes + kTcpBytes> bytes_{};
  uint32_t size_;
};

}  // namespace

FirstHeader first_header(FilterPlace place) {
  return filter::has_ethernet_header(hook_of(place)) ? FirstHeader::ethernet : FirstHeader::ip;
}

base::Result<std::vector<bpf_insn>> hook_instructions(filter::ClassicSpan program,
                                                      const kernel::FilterRequest& request,
                                                      bool vlan_transparent) {
  filter::EbpfTarget target;
  target.hook = hook_of(request.place);
  target.direction = direction_of(request);
  target.vlan_transparent = vlan_transparent;
  target.xdp_load_bytes = request.xdp_load_bytes;
  target.direct_access = request.direct_access;
  target.accept = filter::accept_by_tail_call(target.hook, request.prog_array_fd);
  target.reject = filter::pass_value(target.hook);
  return filter::translate_to_ebpf(program, target);
}

base::Result<> HookFilter::compile(FirstHeader first) {
  auto& compiled = first == FirstHeader::ip ? ip_ : ethernet_;
  if (text_.empty() || compiled) return {};
  auto expression = filter::Expression::compile_for_hook(text_, first);
  if (!expression) return tl::unexpected(std::move(expression).error());
  compiled.emplace(std::move(*expression));
  if (first == FirstHeader::ip) {
    ip_outbound_.emplace(ip_->for_direction(Direction::egress));
    ip_inbound_.emplace(ip_->for_direction(Direction::ingress));
  }
  return {};
}

kernel::FilterMaker HookFilter::maker() const {
  const bool asks = (ethernet_ && !ethernet_->matches_all()) || (ip_ && !ip_->matches_all());
  if (!asks) return {};
  return [this](const kernel::FilterRequest& request) { return instructions(request); };
}

base::Result<std::vector<bpf_insn>> HookFilter::instructions(const kernel::FilterRequest& request) const {
  const bool ip = first_header(request.place) == FirstHeader::ip;
  const auto& expression = ip ? ip_ : ethernet_;
  if (!expression)
    return base::fail(base::ErrorKind::internal,
                      std::string("the filter was not compiled for packets that begin with the ") +
                          (ip ? "IP" : "Ethernet") + " header");
  auto made = hook_instructions(expression->classic(), request);
  if (!made) return base::fail_within(made.error(), "filter " + filter::quoted(text_));
  return made;
}

bool HookFilter::matches(const socket_listing& connection) const {
  if (!ip_) return true;
  const End local{decode::local_address(connection), connection.local_port};
  const End remote{decode::remote_address(connection), connection.remote_port};
  return BareSegment(local, remote).matches(*ip_outbound_) ||
         BareSegment(remote, local).matches(*ip_inbound_);
}

}  // namespace weir::app
