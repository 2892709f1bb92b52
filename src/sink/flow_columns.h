// SPDX-License-Identifier: Apache-2.0
// The columns of a table of flows: the final table's and the screen's.
#pragma once

#include <string_view>
#include <vector>

#include "flow/flow_record.h"
#include "sink/text_table.h"

namespace weir::sink {

struct FlowColumn {
  Column column;
  Cell (*cell)(const flow::FlowRecord& record);
};

/// The normal columns, or with `wide` all: times, flags, losses, containers, NAT, interfaces, Community ID.
/// Always with the one that rows are ordered by.
std::vector<FlowColumn> flow_columns(bool wide, std::string_view sort);

/// By what rows are ordered, the largest first: "bytes", "packets", "rate" (bytes a second), "rtt",
/// "retransmits", "start" (the latest first); anything else is "bytes".
double flow_sort_value(const flow::FlowRecord& record, std::string_view key);

/// The time of day with milliseconds (UTC); lines and JSON have the date.
std::string start_text(int64_t unix_ns);
/// The round trip to show: the kernel's smoothed one, else the handshake's; "" where neither is known.
std::string round_trip_text(const flow::FlowRecord& record);
Style state_style(flow::FlowState state);

}  // namespace weir::sink
