// SPDX-License-Identifier: Apache-2.0
// For each interface of the captures: how its frames are parsed and filtered, and what was refused.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "decode/capture_options.h"
#include "decode/packet.h"
#include "filter/expression.h"
#include "flow/packet_flows.h"
#include "sink/run_summary.h"
#include "source/capture_file.h"

namespace weir::app {

class CaptureLinks {
 public:
  CaptureLinks(std::string expression, bool decapsulate)
      : expressions_(std::move(expression)), decapsulate_(decapsulate) {}

  /// Takes in what is new in `interfaces`, before their packets are parsed. Fails with bad_input where the
  /// expression cannot be compiled for a link type, and where no interface so far has a link type that we
  /// read.
  base::Result<> learn(const std::vector<source::CaptureInterface>& interfaces, flow::PacketFlows& flows);

  /// True: `to` is a packet for the flow table. False: refused or not wanted, and counted so.
  bool parse(const source::CapturedPacket& packet, flow::FlowPacket& to);

  /// The counts by their names.
  void add_to(sink::RunSummary& summary) const;

 private:
  struct Link {
    std::string name;                                // of the link type, for messages
    std::optional<int> kind;                         // PACKET_LINK_*; empty: not read
    const filter::Expression* expression = nullptr;  // null: every packet is wanted
    uint64_t unread_packets = 0;
  };

  void find_owner(const source::CapturedPacket& packet, flow::FlowPacket& to);

  filter::ExpressionSet expressions_;
  bool decapsulate_;
  std::vector<Link> links_;
  std::array<uint64_t, PACKET_RESULTS> results_{};
  std::unordered_map<uint16_t, uint64_t> ether_types_;  // of those that are not IP
  uint64_t filtered_out_ = 0;
  decode::CaptureOptions options_;
  uint64_t owners_without_direction_ = 0;
};

}  // namespace weir::app
