// SPDX-License-Identifier: Apache-2.0
#include "sink/json_sink.h"

#include <netinet/in.h>

#include "flow/community_id.h"
#include "flow/flow_text.h"
#include "sink/json_text.h"
#include "sink/json_value.h"

namespace weir::sink {
namespace {

using flow::FlowEnd;
using flow::FlowRecord;

// All names, punctuation, numbers, addresses and times of one record, without free text.
constexpr size_t kFixedBytes = 3072;

char* write_end(char* to, const FlowEnd& end, bool has_ports, bool tcp) {
  to = write_raw(to, R"({"address":)");
  to = write_json_address(to, end.address);
  if (has_ports) {
    to = write_raw(to, R"(,"port":)");
    to = write_number(to, end.port);
  }
  to = write_raw(to, R"(,"packets":)");
  to = write_number(to, end.packets);
  to = write_raw(to, R"(,"bytes":)");
  to = write_number(to, end.bytes);
  if (tcp) {
    to = write_raw(to, R"(,"retransmits":)");
    to = write_number(to, end.retransmits);
  }
  if (end.nat_address) {
    to = write_raw(to, R"(,"nat":{"ip":)");
    to = write_json_address(to, *end.nat_address);
    if (has_ports) {
      to = write_raw(to, R"(,"port":)");
      to = write_number(to, end.nat_port);
    }
    *to++ = '}';
  }
  if (end.process) to = write_json_owner(to, *end.process);
  *to++ = '}';
  return to;
}

char* write_network(char* to, const FlowRecord& record) {
  to = write_raw(to, record.source.address.version == 6 ? R"(,"network":{"type":"ipv6")"
                                                        : R"(,"network":{"type":"ipv4")");
  if (const std::string_view transport = flow::transport_name(record.protocol); !transport.empty()) {
    to = write_raw(to, R"(,"transport":")");
    to = write_raw(to, transport);
    *to++ = '"';
  } else {
    to = write_raw(to, R"(,"iana_number":)");
    to = write_number(to, record.protocol);
  }
  to = write_raw(to, R"(,"community_id":")");
  flow::write_community_id(record, 0, to);
  to += flow::kCommunityIdBytes;
  *to++ = '"';
  if (!record.interfaces.empty()) {
    to = write_raw(to, R"(,"interface":{"name":)");
    const bool several = record.interfaces.size() > 1;
    if (several) *to++ = '[';
    for (const std::string& name : record.interfaces) {
      if (&name != &record.interfaces.front()) *to++ = ',';
      to = write_json_string(to, name);
    }
    if (several) *to++ = ']';
    *to++ = '}';
  }
  if (record.netns) {
    to = write_raw(to, R"(,"netns":)");
    to = write_number(to, *record.netns);
  }
  *to++ = '}';
  return to;
}

char* write_icmp(char* to, const FlowRecord& record) {
  if (!record.icmp_id && !record.icmp_type) return to;
  to = write_raw(to, R"(,"icmp":{)");
  if (record.icmp_id) {
    to = write_raw(to, R"("id":)");
    to = write_number(to, *record.icmp_id);
    if (record.icmp_type) *to++ = ',';
  }
  if (record.icmp_type) {
    to = write_raw(to, R"("type":)");
    to = write_number(to, *record.icmp_type);
  }
  if (record.icmp_type && record.icmp_code) {
    to = write_raw(to, R"(,"code":)");
    to = write_number(to, *record.icmp_code);
  }
  *to++ = '}';
  return to;
}

/// Nothing where both counts are 0.
char* write_both(char* to, std::string_view name, uint64_t source, uint64_t destination) {
  if (source == 0 && destination == 0) return to;
  to = write_raw(to, R"(,")");
  to = write_raw(to, name);
  to = write_raw(to, R"(":{"source":)");
  to = write_number(to, source);
  to = write_raw(to, R"(,"destination":)");
  to = write_number(to, destination);
  *to++ = '}';
  return to;
}

char* write_tcp(char* to, const FlowRecord& record) {
  to = write_raw(to, R"(,"tcp":{"flags":{)");
  if (record.source.tcp_flags != 0) {
    to = write_raw(to, R"("source":")");
    to = flow::write_tcp_flags(to, record.source.tcp_flags);
    *to++ = '"';
    if (record.destination.tcp_flags != 0) *to++ = ',';
  }
  if (record.destination.tcp_flags != 0) {
    to = write_raw(to, R"("destination":")");
    to = flow::write_tcp_flags(to, record.destination.tcp_flags);
    *to++ = '"';
  }
  *to++ = '}';
  if (record.handshake_ns) {
    to = write_raw(to, R"(,"handshake_ns":)");
    to = write_number(to, *record.handshake_ns);
  }
  if (record.srtt_ns) {
    to = write_raw(to, R"(,"srtt_ns":)");
    to = write_number(to, *record.srtt_ns);
  }
  to = write_both(to, "zero_windows", record.source.zero_windows, record.destination.zero_windows);
  to = write_both(to, "resets", record.source.resets, record.destination.resets);
  *to++ = '}';
  return to;
}

}  // namespace

void JsonSink::write(const FlowRecord& record) {
  size_t free_text =
      owner_text_bytes(record.source.process.get()) + owner_text_bytes(record.destination.process.get());
  for (const std::string& name : record.interfaces) free_text += name.size() + 1;
  char* to = output_.room(kFixedBytes + json_string_bound(free_text));
  const bool tcp = record.protocol == IPPROTO_TCP && record.has_ports;

  to = write_raw(to, R"({"type":"flow","time":)");
  const char* const time = to;
  to = write_json_time(to, record.end_ns);
  const std::string_view end_text(time, static_cast<size_t>(to - time));
  to = write_raw(to, R"(,"source":)");
  to = write_end(to, record.source, record.has_ports, tcp);
  to = write_raw(to, R"(,"destination":)");
  to = write_end(to, record.destination, record.has_ports, tcp);
  to = write_network(to, record);
  to = write_icmp(to, record);
  to = write_raw(to, R"(,"start":)");
  to = write_json_time(to, record.start_ns);
  to = write_raw(to, R"(,"end":)");
  to = write_raw(to, end_text);
  to = write_raw(to, R"(,"part":)");
  to = write_number(to, record.part);
  to = write_raw(to, R"(,"state":")");
  to = write_raw(to, flow::to_string(record.state));
  *to++ = '"';
  if (record.partial) to = write_raw(to, R"(,"partial":true)");
  if (record.icmp_error) to = write_raw(to, R"(,"icmp_error":true)");
  if (tcp) to = write_tcp(to, record);
  to = write_raw(to, "}\n");
  output_.advance_to(to);
}

void JsonSink::write(const flow::LossRecord& record) {
  char* to = output_.room(kFixedBytes + json_string_bound(record.stage.size() + record.unit.size()));
  to = write_raw(to, R"({"type":"loss","time":)");
  to = write_json_time(to, record.time_ns);
  to = write_raw(to, R"(,"stage":)");
  to = write_json_string(to, record.stage);
  to = write_raw(to, R"(,"unit":)");
  to = write_json_string(to, record.unit);
  to = write_raw(to, R"(,"count":)");
  to = write_number(to, record.count);
  to = write_raw(to, R"(,"total":)");
  to = write_number(to, record.total);
  to = write_raw(to, "}\n");
  output_.advance_to(to);
}

}  // namespace weir::sink
