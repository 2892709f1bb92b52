// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_json.h"

#include <netinet/in.h>

#include <utility>

#include "decode/packet.h"
#include "flow/community_id.h"
#include "flow/flow_text.h"
#include "sink/json_text.h"
#include "sink/json_value.h"
#include "sink/packet_path.h"

namespace weir::sink {
namespace {

using decode::PacketDirection;
using decode::PacketRecord;

// All names, punctuation, numbers, addresses and times of one record, without free text.
constexpr size_t kFixedBytes = 2048;
constexpr size_t kCommentBytes = 4;  // quotes and comma of each

PacketTextOptions message_options(PacketTextOptions options) {
  options.time = PacketTime::none;
  options.number = false;
  options.interfaces = false;
  options.owner = false;
  options.path = false;
  options.dump = PacketDump::none;
  return options;
}

/// What the packet says of itself, as far as it was read.
struct Headers {
  packet_info info{};
  packet_result result = PACKET_UNKNOWN_LINK;
  bool has_ip() const { return PACKET_HAS_IP(result); }
  bool is(uint8_t protocol) const { return has_ip() && info.has_l4 != 0 && info.protocol == protocol; }
};

Headers read_headers(const PacketRecord& packet) {
  Headers headers;
  if (const auto link = decode::packet_link(packet.interface->link_type))
    headers.result =
        decode::parse_packet(*link, packet.data.data(), static_cast<uint32_t>(packet.data.size()),
                             packet.wire_bytes, false, headers.info);
  return headers;
}

decode::IpAddress address_of(const packet_address& address, uint8_t version) {
  return version == 6 ? decode::IpAddress::v6(address.v6) : decode::IpAddress::v4(&address.v4);
}

bool is_icmp(uint8_t protocol) {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

void set_tuple(const packet_info& info, flow::FlowRecord& tuple) {
  tuple.source.address = address_of(info.source, info.version);
  tuple.destination.address = address_of(info.destination, info.version);
  tuple.source.port = ntohs(info.source_port);
  tuple.destination.port = ntohs(info.destination_port);
  tuple.protocol = info.protocol;
  tuple.has_ports = info.has_ports != 0;
  const bool icmp = is_icmp(info.protocol) && info.has_l4 != 0;
  tuple.icmp_type = icmp ? std::optional(info.icmp_type) : std::nullopt;
  tuple.icmp_code = icmp ? std::optional(info.icmp_code) : std::nullopt;
}

struct Owner {
  const decode::Process* process;  // null: unknown
  std::optional<uint32_t> thread_id;
};

char* write_end(char* to, const flow::FlowEnd& end, bool has_port, const Owner& owner) {
  to = write_raw(to, R"({"address":)");
  to = write_json_address(to, end.address);
  if (has_port) {
    to = write_raw(to, R"(,"port":)");
    to = write_number(to, end.port);
  }
  if (owner.process != nullptr) to = write_json_owner(to, *owner.process, owner.thread_id);
  *to++ = '}';
  return to;
}

char* write_ends(char* to, const flow::FlowRecord& tuple, const PacketRecord& packet) {
  Owner sender{packet.process.get(), packet.thread_id};
  Owner receiver{packet.other_end.get(), std::nullopt};
  if (packet.direction == PacketDirection::inbound) std::swap(sender, receiver);
  if (packet.direction == PacketDirection::unknown) sender = receiver = {};
  to = write_raw(to, R"(,"source":)");
  to = write_end(to, tuple.source, tuple.has_ports, sender);
  to = write_raw(to, R"(,"destination":)");
  return write_end(to, tuple.destination, tuple.has_ports, receiver);
}

/// `,"network":{...}`, nothing where there is nothing to say.
char* write_network(char* to, const Headers& headers, const flow::FlowRecord& tuple,
                    const PacketRecord& packet) {
  char* const start = to;
  to = write_raw(to, R"(,"network":{)");
  char* const first = to;
  const auto comma = [&] {
    if (to != first) *to++ = ',';
  };
  if (headers.has_ip()) {
    to = write_raw(to, headers.info.version == 6 ? R"("type":"ipv6")" : R"("type":"ipv4")");
    if (const std::string_view transport = flow::transport_name(headers.info.protocol); !transport.empty()) {
      to = write_raw(to, R"(,"transport":")");
      to = write_raw(to, transport);
      *to++ = '"';
    } else {
      to = write_raw(to, R"(,"iana_number":)");
      to = write_number(to, headers.info.protocol);
    }
    to = write_raw(to, R"(,"community_id":")");
    flow::write_community_id(tuple, 0, to);
    to += flow::kCommunityIdBytes;
    *to++ = '"';
  }
  if (packet.direction != PacketDirection::unknown) {
    comma();
    to = write_raw(to, packet.direction == PacketDirection::inbound ? R"("direction":"ingress")"
                                                                    : R"("direction":"egress")");
  }
  if (!packet.interface->name.empty()) {
    comma();
    to = write_raw(to, R"("interface":{"name":)");
    to = write_json_string(to, packet.interface->name);
    *to++ = '}';
  }
  if (to == first) return start;
  *to++ = '}';
  return to;
}

char* write_optional(char* to, std::string_view name, const std::optional<uint64_t>& number) {
  if (!number) return to;
  to = write_raw(to, name);
  return write_number(to, *number);
}

char* write_hex(char* to, std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  *to++ = '"';
  for (const uint8_t byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  *to++ = '"';
  return to;
}

char* write_packet(char* to, const Headers& headers, const PacketRecord& packet, bool with_data) {
  to = write_raw(to, R"(,"packet":{"bytes":)");
  to = write_number(to, packet.wire_bytes);
  to = write_raw(to, R"(,"captured_bytes":)");
  to = write_number(to, packet.data.size());
  if (headers.is(IPPROTO_TCP) || headers.is(IPPROTO_UDP)) {
    to = write_raw(to, R"(,"payload_bytes":)");
    to = write_number(to, headers.info.payload_bytes);
  }
  if (headers.has_ip() && headers.info.fragment != PACKET_NOT_FRAGMENT)
    to = write_raw(to, headers.info.fragment == PACKET_FIRST_FRAGMENT ? R"(,"fragment":"first")"
                                                                      : R"(,"fragment":"later")");
  to = write_optional(to, R"(,"id":)", packet.packet_id);
  if (packet.point != decode::CapturePoint::file) {
    to = write_raw(to, R"(,"point":")");
    to = write_raw(to, decode::to_string(packet.point));
    *to++ = '"';
  }
  if (packet.hop) to = write_json_hop(to, *packet.hop);
  to = write_json_path(to, packet.path);
  to = write_optional(to, R"(,"dropped_before":)", packet.dropped_before);
  if (packet.verdict) {
    to = write_raw(to, packet.verdict->kind == decode::PacketVerdict::Kind::xdp
                           ? R"(,"verdict":{"hook":"xdp","code":)"
                           : R"(,"verdict":{"hook":"tc","code":)");
    to = write_number(to, packet.verdict->code);
    *to++ = '}';
  }
  if (with_data) {
    to = write_raw(to, R"(,"data":)");
    to = write_hex(to, packet.data);
  }
  *to++ = '}';
  return to;
}

char* write_tcp(char* to, const packet_info& info) {
  to = write_raw(to, R"(,"tcp":{"flags":")");
  to = flow::write_tcp_flags(to, info.tcp_flags);
  to = write_raw(to, R"(","sequence":)");
  to = write_number(to, info.tcp_sequence);
  to = write_raw(to, R"(,"acknowledgment":)");
  to = write_number(to, info.tcp_acknowledgment);
  to = write_raw(to, R"(,"window":)");
  to = write_number(to, info.tcp_window);
  *to++ = '}';
  return to;
}

char* write_icmp(char* to, const packet_info& info) {
  to = write_raw(to, R"(,"icmp":{"type":)");
  to = write_number(to, info.icmp_type);
  to = write_raw(to, R"(,"code":)");
  to = write_number(to, info.icmp_code);
  *to++ = '}';
  return to;
}

char* write_comments(char* to, const std::vector<std::string>& comments) {
  if (comments.empty()) return to;
  to = write_raw(to, R"(,"comments":[)");
  for (const std::string& comment : comments) {
    if (&comment != &comments.front()) *to++ = ',';
    to = write_json_string(to, comment);
  }
  *to++ = ']';
  return to;
}

}  // namespace

PacketJson::PacketJson(OutputBuffer& output, PacketTextOptions options)
    : output_(output),
      with_data_(options.dump != PacketDump::none),
      text_(message_options(std::move(options))) {}

void PacketJson::write(const PacketRecord& packet) {
  std::string_view message = text_.line(packet);
  if (message.ends_with('\n')) message.remove_suffix(1);
  size_t free_text = owner_text_bytes(packet.process.get()) + owner_text_bytes(packet.other_end.get()) +
                     packet.interface->name.size() + message.size();
  for (const std::string& comment : packet.comments) free_text += comment.size() + kCommentBytes;
  const size_t data_bytes = with_data_ ? 2 * packet.data.size() : 0;
  size_t way_bytes = packet.hop ? kJsonHopBytes : 0;
  if (!packet.path.empty()) way_bytes += json_path_bound(packet.path);
  char* to = output_.room(kFixedBytes + json_string_bound(free_text) + data_bytes + way_bytes);

  const Headers headers = read_headers(packet);
  to = write_raw(to, R"({"type":"packet","time":)");
  to = write_json_time(to, packet.time_ns);
  if (headers.has_ip()) {
    set_tuple(headers.info, tuple_);
    to = write_ends(to, tuple_, packet);
  }
  if (packet.process && (!headers.has_ip() || packet.direction == PacketDirection::unknown))
    to = write_json_owner(to, *packet.process, packet.thread_id);
  to = write_network(to, headers, tuple_, packet);
  to = write_packet(to, headers, packet, with_data_);
  if (headers.is(IPPROTO_TCP)) to = write_tcp(to, headers.info);
  if (headers.is(IPPROTO_ICMP) || headers.is(IPPROTO_ICMPV6)) to = write_icmp(to, headers.info);
  to = write_comments(to, packet.comments);
  to = write_raw(to, R"(,"message":)");
  to = write_json_string(to, message);
  to = write_raw(to, "}\n");
  output_.advance_to(to);
}

}  // namespace weir::sink
