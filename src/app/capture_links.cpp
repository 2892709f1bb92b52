// SPDX-License-Identifier: Apache-2.0
#include "app/capture_links.h"

#include <algorithm>
#include <cstdio>

namespace weir::app {
namespace {

constexpr size_t kNamedEtherTypes = 5;
constexpr uint16_t kFirstEtherType = 0x0600;  // below: a length, IEEE 802.3

std::string ether_type_name(uint16_t ether_type) {
  if (ether_type < kFirstEtherType) return "802.3";
  switch (ether_type) {
    case 0x0806:
      return "ARP";
    case 0x8035:
      return "RARP";
    case 0x8863:
      return "PPPoE discovery";
    case 0x888e:
      return "EAPOL";
    case 0x88cc:
      return "LLDP";
    case 0x8809:
      return "LACP";
    case 0x88f7:
      return "PTP";
    case 0x9000:
      return "loopback test";
    default:
      break;
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", ether_type);
  return text.data();
}

/// " (ARP 8, LLDP 2)"
std::string listed(const std::unordered_map<uint16_t, uint64_t>& ether_types) {
  std::unordered_map<std::string, uint64_t> by_name;
  for (const auto& [ether_type, count] : ether_types) by_name[ether_type_name(ether_type)] += count;
  std::vector<std::pair<std::string, uint64_t>> sorted(by_name.begin(), by_name.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string text;
  for (size_t i = 0; i < sorted.size() && i < kNamedEtherTypes; ++i)
    text += (i == 0 ? "" : ", ") + sorted[i].first + ' ' + std::to_string(sorted[i].second);
  if (sorted.size() > kNamedEtherTypes) text += ", ...";
  return text.empty() ? "" : " (" + text + ")";
}

}  // namespace

base::Result<> CaptureLinks::learn(const std::vector<source::CaptureInterface>& interfaces,
                                   flow::PacketFlows& flows) {
  if (links_.size() == interfaces.size()) return {};
  while (links_.size() < interfaces.size()) {
    const source::CaptureInterface& interface = interfaces[links_.size()];
    Link link;
    link.name = decode::link_type_name(interface.link_type);
    link.kind = decode::packet_link(interface.link_type);
    if (link.kind) {
      auto expression = expressions_.of(interface.link_type);
      if (!expression) return tl::unexpected<base::Error>(std::move(expression.error()));
      if (!(*expression)->matches_all()) link.expression = *expression;
    }
    if (!interface.name.empty()) flows.name_interface(static_cast<uint32_t>(links_.size()), interface.name);
    links_.push_back(std::move(link));
  }
  if (std::none_of(links_.begin(), links_.end(), [](const Link& link) { return link.kind.has_value(); }))
    return base::fail(base::ErrorKind::bad_input,
                      interfaces.front().file + ": link type " + links_.front().name +
                          " is not read; Ethernet, Linux cooked, raw IP, BSD loopback, PPP and PPPoE are");
  return {};
}

bool CaptureLinks::parse(const source::CapturedPacket& packet, flow::FlowPacket& to) {
  Link& link = links_[packet.interface];
  if (!link.kind) {
    ++link.unread_packets;
    return false;
  }
  if (link.expression && !link.expression->matches(packet.data, packet.captured_bytes, packet.wire_bytes)) {
    ++filtered_out_;
    return false;
  }
  const packet_result result = decode::parse_packet(*link.kind, packet.data, packet.captured_bytes,
                                                    packet.wire_bytes, decapsulate_, to.info);
  ++results_[result];
  if (!PACKET_HAS_IP(result)) {
    if (result == PACKET_NOT_IP) ++ether_types_[to.info.ether_type];
    return false;
  }
  to.time_ns = packet.time_ns;
  to.data = packet.data;
  to.captured_bytes = packet.captured_bytes;
  to.interface = packet.interface;
  to.owner.reset();
  if (packet.options_bytes != 0) find_owner(packet, to);
  return true;
}

void CaptureLinks::find_owner(const source::CapturedPacket& packet, flow::FlowPacket& to) {
  const decode::PacketOwner owner = options_.read_owner_only(packet.options(), packet.swapped);
  if (owner.process == nullptr) return;
  if (owner.direction == decode::PacketDirection::unknown) {
    ++owners_without_direction_;
    return;
  }
  to.owner = *owner.process;
  to.owner_sends = owner.direction == decode::PacketDirection::outbound;
}

void CaptureLinks::add_to(sink::RunSummary& summary) const {
  summary.filtered_out = filtered_out_;
  for (int value = PACKET_OK + 1; value < PACKET_RESULTS; ++value) {
    const auto result = static_cast<packet_result>(value);
    std::string name = decode::to_string(result);
    if (result == PACKET_NOT_IP) name += listed(ether_types_);
    auto& counts = PACKET_HAS_IP(result) ? summary.without_ports : summary.not_counted;
    counts.push_back({std::move(name), results_[static_cast<size_t>(value)]});
  }
  summary.notes.push_back(
      {"packets with a process but no direction: counted, the process left out", owners_without_direction_});
  summary.notes.push_back(
      {"packets with options that end early or have wrong lengths", options_.malformed()});
  for (const Link& link : links_)
    summary.not_counted.push_back({"of link type " + link.name + ", which is not read", link.unread_packets});
}

}  // namespace weir::app
