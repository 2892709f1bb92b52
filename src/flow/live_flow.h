// SPDX-License-Identifier: Apache-2.0
// One flow of LiveFlows and its one or two halves. For live_*.cpp only.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "flow/live_flows.h"
#include "flow/live_member.h"

namespace weir::flow {

struct LiveFlows::Member : LiveMember {
  std::shared_ptr<Flow> flow;           // shared by the two halves; empty for a past one, which its flow owns
  std::optional<decode::LiveKey> wire;  // under which it stands in wires_
  bool sought = false;                  // looked for its other half
};

/// One flow: one entry, or two that are the same packets seen from two namespaces.
struct LiveFlows::Flow {
  Member* members[2] = {};          // the first names the flow's addresses
  std::unique_ptr<Member> past[2];  // those halves whose tuple was used again: as the kernel last knew them
  bool turned = false;              // members[1]'s address[0] is members[0]'s address[1]
  Totals reported[2];               // by members[0]'s index
  uint32_t parts = 0;
  uint64_t reported_ns = 0;
  int64_t start_wall_ns = 0;  // as first told: the wall clock may be set, or slewed, between two records

  /// The first half that still stands in the table; null: none.
  Member* living() const {
    for (size_t i = 0; i < 2; i++)
      if (members[i] && !past[i]) return members[i];
    return nullptr;
  }
  bool ended() const {
    return std::any_of(std::begin(members), std::end(members),
                       [](const Member* half) { return half && (half->entry.bits & FLOW_ENDED); });
  }
  size_t index_in(size_t member, size_t index) const { return member == 1 && turned ? index ^ 1 : index; }
  Totals totals(size_t from) const {
    Totals best;
    bool sent = false;
    for (size_t i = 0; i < 2 && members[i]; i++) {
      const size_t own = index_in(i, from);
      const bool sends = members[i]->has_sent(own);
      if (sent && !sends) continue;
      if (sends && !sent) best = Totals{};
      sent |= sends;
      if (sends)
        best.add(members[i]->totals(own));  // a packet is sent once, whichever half saw it
      else
        best.raise_to(members[i]->totals(own));
    }
    return best;
  }
};

}  // namespace weir::flow
