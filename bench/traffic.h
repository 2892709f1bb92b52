// SPDX-License-Identifier: Apache-2.0
// Made traffic for measurements: the same packets for the same numbers, as many flows at once as on a busy
// node.
#pragma once

#include <cstdint>
#include <queue>
#include <random>
#include <span>
#include <vector>

namespace weir::bench {

struct TrafficShape {
  uint32_t packets = 3'000'000;
  uint32_t flows = 150'000;
  uint32_t seconds = 60;  // over which flows begin
  uint32_t seed = 1;
};

struct Frame {
  std::span<const uint8_t> headers;  // Ethernet to TCP or UDP, valid until the next frame
  uint32_t wire_bytes = 0;           // of the whole frame
  int64_t time_ns = 0;               // since 1970
};

/// Of twenty flows thirteen are whole TCP connections (one data segment in a hundred is sent again), one is a
/// refused one, five are a DNS question and its answer, one is QUIC; one of five is IPv6. The lengths of TCP
/// and QUIC are heavy-tailed. Frames come in the order of time.
class Traffic {
 public:
  explicit Traffic(const TrafficShape& shape);
  /// False when all packets were given.
  bool next(Frame& frame);

 private:
  enum class Kind : uint8_t { tcp, refused, dns, quic };
  struct Flow {
    uint32_t client = 0;
    uint32_t server = 0;
    uint16_t client_port = 0;
    uint16_t server_port = 0;
    uint32_t packets = 0;  // in all
    uint32_t sent = 0;
    uint32_t sequence[2] = {};  // next of client, of server
    uint32_t gap_ns = 0;        // between two packets
    Kind kind = Kind::tcp;
    bool six = false;
  };
  struct Due {
    int64_t time_ns;
    uint32_t flow;
    bool operator>(const Due& other) const { return time_ns > other.time_ns; }
  };

  static bool is_tcp(Kind kind) { return kind == Kind::tcp || kind == Kind::refused; }
  Flow make_flow(uint32_t number, Kind kind, uint32_t packets);
  void fill(Flow& flow, Frame& frame);
  uint32_t write_ip(const Flow& flow, bool from_client, uint32_t l4_bytes);

  std::mt19937 random_;
  std::vector<Flow> flows_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  uint8_t frame_[128] = {};
};

}  // namespace weir::bench
