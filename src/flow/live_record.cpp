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
  if (primary.key.tuple.protocol == IPPROTO_TCP) {
    for (size_t i = 0; i < 2; i++)
      if (listening_.contains(
              uint64_t{primary.key.tuple.netns ? primary.key.tuple.netns : details.owner[i].netns} << 16 |
              primary.key.port(i)) &&
          details.owner[i].pid)
        return i ^ 1;
    if (!details.first_sender) return details.owner[0].pid ? 0 : 1;  // listed: nobody has sent yet
  }
  return details.first_sender ? details.first_sender - 1u : 0;
}

/// What both halves say of the flow, by the first one's index.
struct LiveFlows::Sum {
  Sum(const Flow& flow, uint64_t jiffies) {
    for (size_t m = 0; m < 2 && flow.members[m]; m++) {
      const Member& half = *flow.members[m];
      bits |= m == 0 ? half.entry.bits
                     : half.entry.bits & (FLOW_ENDED | FLOW_CLOSED | FLOW_REFUSED | FLOW_ICMP_ERROR);
      start_ns = std::min<uint64_t>(start_ns, half.details.start_ns);
      if (half.listed_ns) start_ns = std::min(start_ns, half.listed_ns);
      end_ns = std::max<uint64_t>(end_ns, half.details.end_ns);
      for (size_t i = 0; i < 2; i++) flags[i] |= half.entry.tcp_flags[flow.index_in(m, i)];
      if (const auto idle = half.idle_jiffies(jiffies))
        idle_jiffies = std::min(*idle, idle_jiffies.value_or(*idle));
      const flow_details& details = half.details;
      if (!handshake_ns && details.established_ns && details.syn_ns &&
          details.established_ns >= details.syn_ns)
        handshake_ns = details.established_ns - details.syn_ns;
    }
    end_ns = std::max(end_ns, flow.members[0]->overflow_ns);
    for (size_t i = 0; i < 2; i++) totals[i] = flow.totals(i);
    answered = (totals[0].packets && totals[1].packets) || flow.members[0]->listed_ns;
  }

  uint8_t bits = 0;
  uint8_t flags[2] = {};
  Totals totals[2];
  bool answered = false;
  std::optional<uint32_t> idle_jiffies;
  std::optional<uint64_t> handshake_ns;
  uint64_t start_ns = UINT64_MAX;
  uint64_t end_ns = 0;
};

FlowRecord LiveFlows::record_of(const Flow& flow, Moment moment) const {
  const Member& primary = *flow.members[0];
  const flow_details& details = primary.details;
  const uint8_t protocol = primary.key.tuple.protocol;
  const size_t source = source_index(primary);
  const Sum sum(flow, clock_.jiffies);
  FlowRecord record;
  record.protocol = protocol;
  record.has_ports = has_port_numbers(protocol) && (primary.key.tuple.port[0] || primary.key.tuple.port[1]);
  if (is_icmp(protocol)) {
    record.icmp_type = details.icmp_type;
    record.icmp_code = details.icmp_code;
    if (is_echo(protocol, details.icmp_type)) record.icmp_id = primary.key.port(source);
  }
  put_end(flow, sum, source, record, record.source);
  put_end(flow, sum, source ^ 1, record, record.destination);
  record.handshake_ns = sum.handshake_ns;
  record.partial = (sum.bits & FLOW_PARTIAL) && !(sum.bits & FLOW_REFUSED);
  record.icmp_error = sum.bits & FLOW_ICMP_ERROR;
  put_times(flow, sum, record);
  if (primary.key.tuple.netns) record.netns = primary.key.tuple.netns;
  for (const uint32_t ifindex : details.interfaces)
    if (ifindex) record.interfaces.push_back(name_interface_(ifindex));
  record.state = state_of(sum, moment);
  return record;
}

/// The end whose address is the first half's `index`; the source comes first.
void LiveFlows::put_end(const Flow& flow, const Sum& sum, size_t index, FlowRecord& record,
                        FlowEnd& end) const {
  const Member& primary = *flow.members[0];
  end.address = primary.key.address(index);
  end.port = record.has_ports ? primary.key.port(index) : 0;
  end.tcp_flags = sum.flags[index];
  end.packets = sum.totals[index].packets;
  end.bytes = sum.totals[index].bytes;
  end.retransmits = sum.totals[index].retransmits;
  end.zero_windows = sum.totals[index].zero_windows;
  end.resets = sum.totals[index].resets;
  if (primary.wire_address(index) != primary.key.address(index) ||
      primary.wire_port(index) != primary.key.tuple.port[index]) {
    end.nat_address = primary.wire_address(index);
    end.nat_port = ntohs(primary.wire_port(index));
  }
  for (size_t m = 0; m < 2 && flow.members[m]; m++) {
    const size_t own = flow.index_in(m, index);
    const Member& half = *flow.members[m];
    if (!end.process && half.details.owner[own].pid) end.process = resolve_(half.details.owner[own]);
    // The initiator's socket knows the path best: it measures from the handshake on.
    if (half.entry.srtt_us[own] && (!record.srtt_ns || &end == &record.source))
      record.srtt_ns = uint64_t{half.entry.srtt_us[own]} * 1000;
  }
}

void LiveFlows::put_times(const Flow& flow, const Sum& sum, FlowRecord& record) const {
  record.start_ns =
      flow.start_wall_ns ? flow.start_wall_ns : static_cast<int64_t>(sum.start_ns) + clock_.wall_offset_ns;
  uint64_t end_ns = sum.end_ns;
  if (sum.idle_jiffies) {
    const uint64_t ago = *sum.idle_jiffies * clock_.jiffy_ns;
    const uint64_t last = clock_.monotonic_ns > ago ? clock_.monotonic_ns - ago : 0;
    // A FIN or RST is exact; jiffies say only whether something came much later.
    if (!end_ns || last > end_ns + 2 * clock_.jiffy_ns) end_ns = last;
  }
  record.end_ns =
      std::max(record.start_ns, static_cast<int64_t>(std::max(end_ns, sum.start_ns)) + clock_.wall_offset_ns);
}

FlowState LiveFlows::state_of(const Sum& sum, Moment moment) {
  if ((sum.bits & FLOW_ICMP_ERROR) && !sum.answered) return FlowState::rejected;
  if (moment != Moment::ended) {
    if (!sum.answered) return FlowState::fresh;
    return moment == Moment::part ? FlowState::established : FlowState::open;
  }
  if (sum.bits & FLOW_REFUSED) return FlowState::rejected;
  if (!(sum.bits & FLOW_ENDED)) return FlowState::timeout;
  if (sum.flags[0] & sum.flags[1] & kFin) return FlowState::closed;
  if ((sum.flags[0] | sum.flags[1]) & kRst) return FlowState::reset;
  return sum.answered ? FlowState::closed : FlowState::timeout;
}

}  // namespace weir::flow
