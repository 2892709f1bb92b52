// SPDX-License-Identifier: Apache-2.0
#include "flow/slot_record.h"

#include <bit>

namespace weir::flow {
namespace {

void fill_end(const FlowSlot& flow, unsigned end, const OwnerTable& owners, FlowEnd& to) {
  const SlotDirection& sent = flow.direction(end);
  to.address = flow.key.version == 4 ? decode::IpAddress::v4(flow.key.address[end])
                                     : decode::IpAddress::v6(flow.key.address[end]);
  to.port = flow.key.ports == PortKind::ports ? network_to_host16(flow.key.port[end]) : 0;
  to.tcp_flags = sent.tcp_flags;
  to.packets = sent.packets;
  to.bytes = sent.bytes;
  to.retransmits = sent.retransmits;
  to.zero_windows = sent.zero_windows;
  to.resets = sent.resets;
  to.process = owners[sent.owner];
}

void begin_part(SlotDirection& direction) {
  direction.packets = 0;
  direction.bytes = 0;
  direction.retransmits = 0;
  direction.zero_windows = 0;
  direction.resets = 0;
}

}  // namespace

FlowState end_state(End end) {
  switch (end) {
    case End::closed:
      return FlowState::closed;
    case End::reset:
      return FlowState::reset;
    case End::rejected:
      return FlowState::rejected;
    case End::none:
      break;
  }
  return FlowState::open;
}

void fill_record(const FlowSlot& flow, FlowState state, std::span<const std::string> interface_names,
                 const OwnerTable& owners, FlowRecord& record) {
  fill_end(flow, flow.initiator, owners, record.source);
  fill_end(flow, flow.initiator ^ 1u, owners, record.destination);
  record.protocol = flow.key.protocol;
  record.has_ports = flow.key.ports == PortKind::ports;
  record.partial = flow.partial;
  record.icmp_error = flow.quoted != Quoted::none;
  record.icmp_id.reset();
  record.icmp_type.reset();
  record.icmp_code.reset();
  if (flow.key.ports == PortKind::echo_id) record.icmp_id = network_to_host16(flow.key.port[0]);
  if (flow.icmp_known) {
    record.icmp_type = flow.icmp_type;
    record.icmp_code = flow.icmp_code;
  }
  record.state = state;
  record.part = flow.part;
  record.start_ns = flow.start_ns;
  record.end_ns = flow.last_ns;
  record.handshake_ns.reset();
  if (flow.phase == Phase::established) record.handshake_ns = static_cast<uint64_t>(flow.handshake_ns);
  record.interfaces.clear();
  for (uint64_t rest = flow.interfaces; rest != 0; rest &= rest - 1) {
    const auto index = static_cast<size_t>(std::countr_zero(rest));
    if (index < interface_names.size() && !interface_names[index].empty())
      record.interfaces.push_back(interface_names[index]);
  }
}

void begin_part(FlowSlot& flow) {
  begin_part(flow.from_lower);
  begin_part(flow.from_upper);
  flow.split_ns = kNever;
  ++flow.part;
}

}  // namespace weir::flow
