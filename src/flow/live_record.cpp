// SPDX-License-Identifier: Apache-2.0
// A live flow's halves -> its record: who is the source, what state it is in.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "flow/live_flow.h"

namespace weir::flow {
namespace {

constexpr uint8_t kFin = 1;
constexpr uint8_t kRst = 4;

bool is_icmp(uint8_t protocol) {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

bool is_echo(uint8_t protocol, uint8_t type) {
  return protocol == IPPROTO_ICMP ? type == 0 || type == 8 : type == 128 || type == 129;
}

}  // namespace

/// Which address of the first member is the source.
size_t LiveFlows::source_index(const Member& primary) const {
  const flow_details& details = primary.details;
  if (primary.entry.initiator) return primary.entry.initiator - 1u;
  if (primary.key.wire.protocol == IPPROTO_TCP) {
    for (size_t i = 0; i < 2; i++)
      if (listening_.contains(
              uint64_t{primary.key.wire.netns ? primary.key.wire.netns : details.owner[i].netns} << 16 |
              primary.key.port(i)) &&
          details.owner[i].pid)
        return i ^ 1;
    if (!details.first_sender) return details.owner[0].pid ? 0 : 1;  // listed: nobody has sent yet
  }
  return details.first_sender ? details.first_sender - 1u : 0;
}

FlowRecord LiveFlows::record_of(const Flow& flow, Moment moment) const {
  const Member& primary = *flow.members[0];
  const flow_entry& entry = primary.entry;
  const flow_details& details = primary.details;
  const uint8_t protocol = primary.key.wire.protocol;
  const size_t source = source_index(primary);
  FlowRecord record;
  record.protocol = protocol;
  record.has_ports = has_port_numbers(protocol) && (primary.key.wire.port[0] || primary.key.wire.port[1]);
  if (is_icmp(protocol)) {
    record.icmp_type = details.icmp_type;
    record.icmp_code = details.icmp_code;
    if (is_echo(protocol, details.icmp_type)) record.icmp_id = primary.key.port(source);
  }
  uint8_t bits = entry.bits;
  uint8_t flags[2] = {};
  std::optional<uint32_t> idle_jiffies;
  uint64_t end_ns = std::max<uint64_t>(details.end_ns, primary.overflow_ns);
  uint64_t start_ns = details.start_ns;
  Totals totals[2] = {flow.totals(0), flow.totals(1)};
  for (size_t m = 0; m < 2 && flow.members[m]; m++) {
    const Member& half = *flow.members[m];
    if (m == 1) bits |= half.entry.bits & (FLOW_ENDED | FLOW_CLOSED | FLOW_REFUSED | FLOW_ICMP_ERROR);
    start_ns = std::min<uint64_t>(start_ns, half.details.start_ns);
    if (half.listed_ns) start_ns = std::min(start_ns, half.listed_ns);
    end_ns = std::max<uint64_t>(end_ns, half.details.end_ns);
    for (size_t i = 0; i < 2; i++) flags[i] |= half.entry.tcp_flags[flow.index_in(m, i)];
    if (const auto idle = half.idle_jiffies(clock_.jiffies))
      idle_jiffies = std::min(*idle, idle_jiffies.value_or(*idle));
  }
  FlowEnd* ends[2] = {&record.source, &record.destination};
  for (size_t e = 0; e < 2; e++) {
    const size_t i = e == 0 ? source : source ^ 1;
    FlowEnd& end = *ends[e];
    end.address = primary.key.address(i);
    end.port = record.has_ports ? primary.key.port(i) : 0;
    end.tcp_flags = flags[i];
    end.packets = totals[i].packets;
    end.bytes = totals[i].bytes;
    end.retransmits = totals[i].retransmits;
    end.zero_windows = totals[i].zero_windows;
    end.resets = totals[i].resets;
    if (primary.wire_address(i) != primary.key.address(i) ||
        primary.wire_port(i) != primary.key.wire.port[i]) {
      end.nat_address = primary.wire_address(i);
      end.nat_port = ntohs(primary.wire_port(i));
    }
    for (size_t m = 0; m < 2 && flow.members[m]; m++) {
      const size_t own = flow.index_in(m, i);
      const flow_details& half = flow.members[m]->details;
      if (!end.process && half.owner[own].pid) end.process = resolve_(half.owner[own]);
      // The initiator's socket knows the path best: it measures from the handshake on.
      if (half.srtt_us[own] && (!record.srtt_ns || e == 0))
        record.srtt_ns = uint64_t{half.srtt_us[own]} * 1000;
    }
  }
  if (details.established_ns && details.syn_ns && details.established_ns >= details.syn_ns)
    record.handshake_ns = details.established_ns - details.syn_ns;
  else if (flow.members[1]) {
    const flow_details& half = flow.members[1]->details;
    if (half.established_ns && half.syn_ns && half.established_ns >= half.syn_ns)
      record.handshake_ns = half.established_ns - half.syn_ns;
  }
  record.partial = (bits & FLOW_PARTIAL) && !(bits & FLOW_REFUSED);
  record.icmp_error = bits & FLOW_ICMP_ERROR;
  record.start_ns =
      flow.start_wall_ns ? flow.start_wall_ns : static_cast<int64_t>(start_ns) + clock_.wall_offset_ns;
  if (idle_jiffies) {
    const uint64_t ago = *idle_jiffies * clock_.jiffy_ns;
    const uint64_t last = clock_.monotonic_ns > ago ? clock_.monotonic_ns - ago : 0;
    // A FIN or RST is exact; jiffies say only whether something came much later.
    if (!end_ns || last > end_ns + 2 * clock_.jiffy_ns) end_ns = last;
  }
  record.end_ns =
      std::max(record.start_ns, static_cast<int64_t>(std::max(end_ns, start_ns)) + clock_.wall_offset_ns);
  if (primary.key.wire.netns) record.netns = primary.key.wire.netns;
  for (const uint32_t ifindex : details.interfaces)
    if (ifindex) record.interfaces.push_back(name_interface_(ifindex));

  const bool answered = (totals[0].packets && totals[1].packets) || primary.listed_ns;
  if (record.icmp_error && !answered) {
    record.state = FlowState::rejected;
  } else if (moment != Moment::ended) {
    const FlowState alive = moment == Moment::part ? FlowState::established : FlowState::open;
    record.state = answered ? alive : FlowState::fresh;
  } else if (bits & FLOW_REFUSED) {
    record.state = FlowState::rejected;
  } else if (!(bits & FLOW_ENDED)) {
    record.state = FlowState::timeout;
  } else if (flags[0] & flags[1] & kFin) {
    record.state = FlowState::closed;
  } else if ((flags[0] | flags[1]) & kRst) {
    record.state = FlowState::reset;
  } else {
    record.state = answered ? FlowState::closed : FlowState::timeout;
  }
  return record;
}

}  // namespace weir::flow
