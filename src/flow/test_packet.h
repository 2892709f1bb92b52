// SPDX-License-Identifier: Apache-2.0
// Packets for the tests of this room, as the parser would give them.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "flow/packet_flows.h"

namespace weir::flow::test {

inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kStart = 1'700'000'000 * kSecond;

/// One packet: `packet(client, server).tcp("S", 100).at(0.5)`.
struct Packet : FlowPacket {
  Packet(const char* source, const char* destination) : FlowPacket() {
    info.version = std::strchr(source, ':') ? 6 : 4;
    const int family = info.version == 6 ? AF_INET6 : AF_INET;
    inet_pton(family, source, &info.source);
    inet_pton(family, destination, &info.destination);
    info.ip_bytes = 40;
    info.l4_offset = info.version == 6 ? 40 : 20;
    time_ns = kStart;
  }

  Packet& ports(uint8_t protocol, uint16_t source, uint16_t destination) {
    info.protocol = protocol;
    info.source_port = htons(source);
    info.destination_port = htons(destination);
    info.has_ports = info.has_l4 = 1;
    return *this;
  }
  Packet& udp(uint16_t source, uint16_t destination) { return ports(17, source, destination); }
  /// `flags`: letters of FSRPA. Ports are set by `ports` or `between`.
  Packet& tcp(const std::string& flags, uint32_t sequence, uint32_t payload_bytes = 0) {
    info.protocol = 6;
    for (const char letter : flags)
      info.tcp_flags |= static_cast<uint8_t>(1u << std::string("FSRPA").find(letter));
    info.tcp_sequence = sequence;
    info.tcp_window = 1000;
    info.payload_bytes = payload_bytes;
    info.ip_bytes = 40 + payload_bytes;
    return *this;
  }
  Packet& window(uint16_t window) {
    info.tcp_window = window;
    return *this;
  }
  Packet& icmp(uint8_t type, uint8_t code = 0, uint16_t id = 0) {
    info.protocol = info.version == 6 ? 58 : 1;
    info.icmp_type = type;
    info.icmp_code = code;
    info.icmp_id = htons(id);
    info.has_l4 = 1;
    return *this;
  }
  Packet& protocol(uint8_t protocol) {
    info.protocol = protocol;
    return *this;
  }
  Packet& fragment(uint8_t which, uint32_t id) {
    info.fragment = which;
    info.fragment_id = id;
    return *this;
  }
  Packet& bytes(uint32_t ip_bytes) {
    info.ip_bytes = ip_bytes;
    return *this;
  }
  /// Seconds after kStart.
  Packet& at(double seconds) {
    time_ns = kStart + static_cast<int64_t>(seconds * 1e9);
    return *this;
  }
  Packet& on(uint32_t index) {
    interface = index;
    return *this;
  }
  /// An ICMP error's payload: the IPv4 or IPv6 header of a packet, then `transport`.
  Packet& quoting(const char* from, const char* to, uint8_t quoted_protocol,
                  const std::vector<uint8_t>& transport) {
    auto frame = std::make_shared<std::vector<uint8_t>>(info.l4_offset + 8);
    std::vector<uint8_t> header(info.version == 6 ? 40 : 20);
    if (info.version == 4) {
      header[0] = 0x45;
      header[2] = 4;  // 1024 octets: most of them are not quoted
      header[8] = 64;
      header[9] = quoted_protocol;
      inet_pton(AF_INET, from, &header[12]);
      inet_pton(AF_INET, to, &header[16]);
    } else {
      header[0] = 0x60;
      header[4] = 4;
      header[6] = quoted_protocol;
      inet_pton(AF_INET6, from, &header[8]);
      inet_pton(AF_INET6, to, &header[24]);
    }
    frame->insert(frame->end(), header.begin(), header.end());
    frame->insert(frame->end(), transport.begin(), transport.end());
    data = frame->data();
    captured_bytes = static_cast<uint32_t>(frame->size());
    frame_ = std::move(frame);
    return *this;
  }

 private:
  std::shared_ptr<std::vector<uint8_t>> frame_;
};

/// The first eight octets of a UDP or TCP header with these ports.
inline std::vector<uint8_t> eight_octets(uint16_t source, uint16_t destination) {
  return {static_cast<uint8_t>(source >> 8),
          static_cast<uint8_t>(source),
          static_cast<uint8_t>(destination >> 8),
          static_cast<uint8_t>(destination),
          0,
          0,
          0,
          1};
}

inline const char* const kClient = "10.0.0.7";
inline const char* const kServer = "10.0.0.1";  // lower than the client's: its key index is 0
inline constexpr uint16_t kClientPort = 51514;
inline constexpr uint16_t kServerPort = 80;

inline Packet request(const std::string& flags, uint32_t sequence, uint32_t payload_bytes = 0) {
  return Packet(kClient, kServer).ports(6, kClientPort, kServerPort).tcp(flags, sequence, payload_bytes);
}
inline Packet response(const std::string& flags, uint32_t sequence, uint32_t payload_bytes = 0) {
  return Packet(kServer, kClient).ports(6, kServerPort, kClientPort).tcp(flags, sequence, payload_bytes);
}

/// A table whose records are kept.
struct Table {
  explicit Table(const PacketFlowsOptions& options = {})
      : flows(
            *PacketFlows::create(options, [this](const FlowRecord& record) { records.push_back(record); })) {}
  Table(const Table&) = delete;

  void add(std::initializer_list<Packet> packets) {
    for (const Packet& packet : packets) flows.add(packet);
  }
  /// All records, those of `finish` included.
  const std::vector<FlowRecord>& finish() {
    flows.finish();
    return records;
  }

  std::vector<FlowRecord> records;
  PacketFlows flows;
};

}  // namespace weir::flow::test
