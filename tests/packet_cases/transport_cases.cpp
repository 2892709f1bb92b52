// SPDX-License-Identifier: Apache-2.0
#include "tests/packet_cases.h"

namespace weir::tests {

std::vector<PacketCase> transport_cases() {
  std::vector<PacketCase> cases;
  auto add = [&](const std::string& name, const Frame& frame, Expected expected, size_t captured = SIZE_MAX) {
    cases.push_back({name, frame.first(captured), std::move(expected)});
  };
  const Frame front = Ethernet{} / IPv4{};
  const Expected plain = tcp4(14);
  auto sized = [&](Expected expected, uint32_t ip_bytes) {
    expected.ip_bytes = ip_bytes;
    return expected;
  };
  auto cut = [&](uint8_t protocol, uint32_t ip_bytes) {
    return sized(without_l4(plain, PACKET_TRUNCATED_L4, protocol), ip_bytes);
  };
  auto bad = [&](uint8_t protocol, uint32_t ip_bytes) {
    return sized(without_l4(plain, PACKET_BAD_L4_HEADER, protocol), ip_bytes);
  };

  const struct {
    const char* name;
    uint8_t flags;
  } kFlags[] = {{"fin", kFin},
                {"syn", kSyn},
                {"rst", kRst},
                {"psh", kPsh},
                {"ack", kAck},
                {"urg", kUrg},
                {"ece", kEce},
                {"cwr", kCwr},
                {"no_flag", 0},
                {"psh_ack", kPsh | kAck},
                {"syn_ack", kSyn | kAck},
                {"all_flags", 0xff}};
  for (const auto& [name, flags] : kFlags)
    add(std::string("tcp_flags_are_the_whole_byte_") + name, front / TCP{.flags = flags},
        with(plain, [f = flags](Expected& e) { e.tcp_flags = f; }));
  add("tcp_options_are_not_payload", front / TCP{.options = Bytes(12, 1)} / Payload{100},
      sized(tcp4(14, 100), 20 + 32 + 100));
  add("tcp_options_that_the_capture_cut_do_not_matter", front / TCP{.options = Bytes(40, 1)} / Payload{7},
      sized(tcp4(14, 7), 87), 54);
  add("a_tcp_data_offset_of_4_is_a_bad_header", front / TCP{.data_offset = 4}, bad(6, 40));
  add("a_tcp_data_offset_of_0_is_a_bad_header", front / TCP{.data_offset = 0} / Payload{10}, bad(6, 50));
  add("a_tcp_data_offset_past_the_packet_is_a_bad_header", front / TCP{.data_offset = 6} / Payload{3},
      bad(6, 43));
  add("a_tcp_data_offset_past_the_packet_but_in_the_padding_is_a_bad_header",
      Ethernet{} / IPv4{.length = 40} / TCP{.data_offset = 6} / Payload{6}, bad(6, 40));
  add("a_tcp_data_offset_to_the_packets_end_is_good", front / TCP{.data_offset = 6} / Payload{4},
      sized(tcp4(14), 44));
  add("a_tcp_header_of_19_captured_bytes_is_truncated", front / TCP{}, cut(6, 40), 53);
  add("no_tcp_header_at_all_is_truncated", Ethernet{} / IPv4{.protocol = 6}, cut(6, 20));
  add("a_tcp_header_of_8_bytes_has_no_ports", Ethernet{} / IPv4{.protocol = 6} / Payload{8}, cut(6, 28));

  const Expected udp = with(without_l4(plain, PACKET_OK, 17), [](Expected& e) {
    e.source_port = 40000, e.destination_port = 53, e.has_ports = e.has_l4 = true, e.ip_bytes = 28;
  });
  add("udp", front / UDP{} / Payload{12}, with(sized(udp, 40), [](Expected& e) { e.payload_bytes = 12; }));
  add("udp_without_payload", front / UDP{}, udp);
  add("a_udp_length_of_7_is_a_bad_header", front / UDP{.length = 7} / Payload{4}, bad(17, 32));
  add("a_udp_length_of_0_is_a_bad_header_outside_a_jumbogram", front / UDP{.length = 0} / Payload{4},
      bad(17, 32));
  add("a_udp_header_of_7_captured_bytes_is_truncated", front / UDP{}, cut(17, 28), 41);
  add("a_udp_header_beyond_the_total_length_is_truncated",
      Ethernet{} / IPv4{.length = 27} / UDP{} / Payload{18}, cut(17, 27));
  add("the_length_of_a_first_fragments_datagram_may_lie_beyond_it",
      Ethernet{} / IPv4{.more_fragments = true} / UDP{.length = 3000} / Payload{8},
      with(sized(udp, 36), [](Expected& e) {
        e.payload_bytes = 8, e.fragment = PACKET_FIRST_FRAGMENT, e.fragment_id = 0x1234;
      }));

  auto icmp = [&](uint8_t type, uint8_t code, uint16_t id, uint32_t payload) {
    return with(without_l4(plain, PACKET_OK, 1), [&](Expected& e) {
      e.icmp_type = type, e.icmp_code = code, e.icmp_id = id, e.payload_bytes = payload, e.has_l4 = true;
      e.ip_bytes = 28 + payload;
    });
  };
  auto icmp6 = [&](uint8_t type, uint8_t code, uint16_t id, uint32_t payload) {
    return with(icmp(type, code, id, payload), [&](Expected& e) {
      e.source = "2001:db8::7", e.destination = "2001:db8::9", e.protocol = 58, e.ether_type = 0x86dd;
      e.ip_bytes += 20, e.l4_offset += 20;
    });
  };
  add("an_icmp_echo_request_has_an_id", front / ICMP{} / Payload{56}, icmp(8, 0, 0xbeef, 56));
  add("an_icmp_echo_reply_has_an_id", front / ICMP{.type = 0}, icmp(0, 0, 0xbeef, 0));
  add("an_icmp_error_has_no_id", front / ICMP{.type = 3, .code = 3} / IPv4{} / UDP{}, icmp(3, 3, 0, 28));
  add("an_icmp_type_128_is_no_echo", front / ICMP{.type = 128}, icmp(128, 0, 0, 0));
  add("a_cut_icmp_header_is_truncated", front / ICMP{}, cut(1, 28), 41);
  add("an_icmpv6_echo_request_has_an_id", Ethernet{} / IPv6{} / ICMPv6() / Payload{8},
      icmp6(128, 0, 0xbeef, 8));
  add("an_icmpv6_echo_reply_has_an_id", Ethernet{} / IPv6{} / ICMPv6(129), icmp6(129, 0, 0xbeef, 0));
  add("an_icmpv6_error_has_no_id", Ethernet{} / IPv6{} / ICMPv6(1, 4) / Payload{48}, icmp6(1, 4, 0, 48));
  add("an_icmpv6_type_8_is_no_echo", Ethernet{} / IPv6{} / ICMPv6(8), icmp6(8, 0, 0, 0));

  add("sctp_has_ports", front / SCTP{} / Payload{16},
      with(without_l4(plain, PACKET_OK, 132), [](Expected& e) {
        e.source_port = 2905, e.destination_port = 2906, e.has_ports = e.has_l4 = true;
        e.ip_bytes = 48, e.payload_bytes = 16;
      }));
  add("a_cut_sctp_header_is_truncated", front / SCTP{}, cut(132, 32), 45);
  for (uint8_t protocol : {2, 47, 50, 89, 255})  // IGMP, GRE, ESP, OSPF, reserved
    add("another_protocol_is_ok_without_ports_" + std::to_string(protocol),
        Ethernet{} / IPv4{.protocol = protocol} / Payload{20}, without_l4(plain, PACKET_OK, protocol));
  return cases;
}

}  // namespace weir::tests
