// SPDX-License-Identifier: Apache-2.0
#include "sink/flow_columns.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "flow/community_id.h"
#include "flow/flow_text.h"
#include "sink/human_text.h"

namespace weir::sink {
namespace {

using flow::FlowEnd;
using flow::FlowRecord;
using flow::FlowState;

constexpr uint64_t kLeastRateNs = 1'000'000;

uint64_t duration_ns(const FlowRecord& record) {
  return record.end_ns > record.start_ns ? static_cast<uint64_t>(record.end_ns - record.start_ns) : 0;
}

std::string flags_text(uint8_t flags) {
  std::array<char, flow::kTcpFlagsBytes> letters{};
  return {letters.data(), flow::write_tcp_flags(letters.data(), flags)};
}

std::string count_unless_zero(uint64_t count) {
  return count == 0 ? "" : human_count(count);
}

std::string container_text(const FlowEnd& end) {
  return end.process ? printable(end.process->container_id).substr(0, 12) : "";
}

std::string nat_text(const FlowRecord& record) {
  std::string text;
  for (const FlowEnd* end : {&record.source, &record.destination}) {
    if (!end->nat_address) continue;
    FlowEnd on_wire;
    on_wire.address = *end->nat_address;
    on_wire.port = end->nat_port;
    if (!text.empty()) text += ' ';
    text += (end == &record.source ? "src=" : "dst=") + endpoint_text(on_wire, record.has_ports);
  }
  return text;
}

std::string interfaces_text(const FlowRecord& record) {
  std::string text;
  for (const std::string& name : record.interfaces) {
    if (!text.empty()) text += ',';
    text += printable(name);
  }
  return text;
}

Cell state_cell(const FlowRecord& record) {
  std::string text = flow::to_string(record.state);
  if (record.partial) text += '~';
  return {text, state_style(record.state)};
}

Cell protocol_cell(const FlowRecord& record) {
  return {protocol_text(record.protocol)};
}
Cell source_cell(const FlowRecord& record) {
  return {endpoint_text(record.source, record.has_ports)};
}
Cell destination_cell(const FlowRecord& record) {
  return {endpoint_text(record.destination, record.has_ports)};
}
Cell source_owner_cell(const FlowRecord& record) {
  return {owner_text(record.source)};
}
Cell destination_owner_cell(const FlowRecord& record) {
  return {owner_text(record.destination)};
}
Cell source_packets_cell(const FlowRecord& record) {
  return {human_count(record.source.packets)};
}
Cell source_bytes_cell(const FlowRecord& record) {
  return {human_bytes(record.source.bytes)};
}
Cell destination_packets_cell(const FlowRecord& record) {
  return {human_count(record.destination.packets)};
}
Cell destination_bytes_cell(const FlowRecord& record) {
  return {human_bytes(record.destination.bytes)};
}
Cell duration_cell(const FlowRecord& record) {
  return {human_duration(duration_ns(record))};
}
Cell rate_cell(const FlowRecord& record) {
  if (duration_ns(record) < kLeastRateNs) return {""};  // too short to tell
  return {human_bytes(static_cast<uint64_t>(flow_sort_value(record, "rate") * 1e9)) + "/s"};
}
Cell round_trip_cell(const FlowRecord& record) {
  return {round_trip_text(record)};
}
Cell retransmits_cell(const FlowRecord& record) {
  return {count_unless_zero(record.source.retransmits + record.destination.retransmits), Style::warning};
}
Cell start_cell(const FlowRecord& record) {
  return {start_text(record.start_ns)};
}
Cell source_flags_cell(const FlowRecord& record) {
  return {flags_text(record.source.tcp_flags)};
}
Cell destination_flags_cell(const FlowRecord& record) {
  return {flags_text(record.destination.tcp_flags)};
}
Cell zero_windows_cell(const FlowRecord& record) {
  return {count_unless_zero(record.source.zero_windows + record.destination.zero_windows), Style::warning};
}
Cell resets_cell(const FlowRecord& record) {
  return {count_unless_zero(record.source.resets + record.destination.resets), Style::alarm};
}
Cell source_container_cell(const FlowRecord& record) {
  return {container_text(record.source)};
}
Cell destination_container_cell(const FlowRecord& record) {
  return {container_text(record.destination)};
}
Cell nat_cell(const FlowRecord& record) {
  return {nat_text(record)};
}
Cell interfaces_cell(const FlowRecord& record) {
  return {interfaces_text(record)};
}
Cell community_id_cell(const FlowRecord& record) {
  return {flow::community_id(record)};
}

}  // namespace

Style state_style(FlowState state) {
  switch (state) {
    case FlowState::reset:
    case FlowState::rejected:
      return Style::alarm;
    case FlowState::evicted:
    case FlowState::timeout:
      return Style::warning;
    case FlowState::closed:
      return Style::dim;
    case FlowState::open:
    case FlowState::fresh:
    case FlowState::established:
      return Style::plain;
  }
  return Style::plain;
}

std::string start_text(int64_t unix_ns) {
  std::array<char, base::kRfc3339Bytes> text{};
  base::write_rfc3339(unix_ns, text.data());
  return {text.data() + 11, 12};
}

std::string round_trip_text(const FlowRecord& record) {
  if (record.srtt_ns) return human_duration(*record.srtt_ns);
  return record.handshake_ns ? human_duration(*record.handshake_ns) : "";
}

double flow_sort_value(const FlowRecord& record, std::string_view key) {
  const auto bytes = static_cast<double>(record.source.bytes + record.destination.bytes);
  if (key == "packets") return static_cast<double>(record.source.packets + record.destination.packets);
  if (key == "rate")
    return bytes / static_cast<double>(std::max<uint64_t>(duration_ns(record), kLeastRateNs));
  if (key == "rtt") return static_cast<double>(record.srtt_ns.value_or(record.handshake_ns.value_or(0)));
  if (key == "retransmits")
    return static_cast<double>(record.source.retransmits + record.destination.retransmits);
  if (key == "start") return static_cast<double>(record.start_ns);
  return bytes;
}

std::vector<FlowColumn> flow_columns(bool wide, std::string_view sort) {
  std::vector<FlowColumn> columns = {
      {{"PROTO"}, protocol_cell},
      {{"SOURCE"}, source_cell},
      {{"OWNER"}, source_owner_cell},
      {{"DESTINATION"}, destination_cell},
      {{"OWNER"}, destination_owner_cell},
      {{"PKTS ->", true}, source_packets_cell},
      {{"BYTES ->", true}, source_bytes_cell},
      {{"<- PKTS", true}, destination_packets_cell},
      {{"<- BYTES", true}, destination_bytes_cell},
      {{"RTT", true}, round_trip_cell},
      {{"RETR", true}, retransmits_cell},
      {{"TIME", true}, duration_cell},
      {{"STATE"}, state_cell},
  };
  if (sort == "rate") columns.insert(columns.end() - 1, {{"RATE", true}, rate_cell});
  if (wide || sort == "start") columns.insert(columns.begin(), {{"START"}, start_cell});
  if (wide)
    columns.insert(columns.end(), {{{"FLAGS ->"}, source_flags_cell},
                                   {{"<- FLAGS"}, destination_flags_cell},
                                   {{"ZEROWIN", true}, zero_windows_cell},
                                   {{"RSTS", true}, resets_cell},
                                   {{"CONTAINER ->"}, source_container_cell},
                                   {{"<- CONTAINER"}, destination_container_cell},
                                   {{"NAT"}, nat_cell},
                                   {{"INTERFACE"}, interfaces_cell},
                                   {{"COMMUNITY ID"}, community_id_cell}});
  return columns;
}

}  // namespace weir::sink
