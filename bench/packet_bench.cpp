// SPDX-License-Identifier: Apache-2.0
// Nanoseconds that the native parser takes for one frame, by what is in it.
#include <benchmark/benchmark.h>

#include "decode/packet.h"
#include "packet/link.h"
#include "tests/packet_builder.h"

namespace {

using namespace weir;
using namespace weir::tests;

void parse(benchmark::State& state, const Frame& frame, int link, bool decapsulate) {
  const Bytes bytes = frame.bytes();
  const auto size = static_cast<uint32_t>(bytes.size());
  packet_info info;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode::parse_packet(link, bytes.data(), size, size, decapsulate, info));
    benchmark::DoNotOptimize(info);
  }
}

const Frame kSegment = IPv4{} / TCP{} / Payload{100};

BENCHMARK_CAPTURE(parse, ipv4_tcp, Ethernet{} / kSegment, PACKET_LINK_ETHERNET, false);
BENCHMARK_CAPTURE(parse, ipv4_tcp_decapsulating, Ethernet{} / kSegment, PACKET_LINK_ETHERNET, true);
BENCHMARK_CAPTURE(parse, ipv4_udp, Ethernet{} / IPv4{} / UDP{} / Payload{100}, PACKET_LINK_ETHERNET, false);
BENCHMARK_CAPTURE(parse, ipv6_tcp, Ethernet{} / IPv6{} / TCP{}, PACKET_LINK_ETHERNET, false);
BENCHMARK_CAPTURE(parse, ipv6_three_extensions,
                  Ethernet{} / IPv6{} / Extension{} / Extension{.kind = 60} / Fragment6{} / TCP{},
                  PACKET_LINK_ETHERNET, false);
BENCHMARK_CAPTURE(parse, two_vlan_tags, Ethernet{} / Vlan{.tag = 0x88a8} / Vlan{} / kSegment,
                  PACKET_LINK_ETHERNET, false);
BENCHMARK_CAPTURE(parse, vxlan, Ethernet{} / IPv4{} / UDP{} / VXLAN{} / Ethernet{} / kSegment,
                  PACKET_LINK_ETHERNET, true);
BENCHMARK_CAPTURE(parse, linux_cooked, Sll2{} / kSegment, PACKET_LINK_SLL2, false);

}  // namespace

BENCHMARK_MAIN();
