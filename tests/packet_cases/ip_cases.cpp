// SPDX-License-Identifier: Apache-2.0
#include "tests/packet_cases.h"

namespace weir::tests {
namespace {

Expected refused(packet_result result, uint16_t ether_type) {
  return {.result = result, .ether_type = ether_type};
}

Expected fragment(Expected expected, uint8_t kind, uint32_t id) {
  expected.fragment = kind, expected.fragment_id = id;
  return expected;
}

/// tcp6 behind `bytes` of extension headers.
Expected extended(uint32_t bytes, uint32_t payload = 0) {
  return with(tcp6(14, payload), [&](Expected& e) { e.ip_bytes += bytes, e.l4_offset += bytes; });
}

/// An IPv6 packet of `bytes` that stopped in its extension headers at `l4`.
Expected stopped(packet_result result, uint8_t protocol, uint32_t bytes, uint32_t l4) {
  return with(without_l4(tcp6(14), result, protocol),
              [&](Expected& e) { e.ip_bytes = bytes, e.l4_offset = l4; });
}

void add_ipv4(std::vector<PacketCase>& cases) {
  auto add = [&](const char* name, const Frame& frame, Expected expected, size_t captured = SIZE_MAX) {
    cases.push_back({name, frame.first(captured), std::move(expected)});
  };
  const Expected plain = tcp4(14);
  auto longer = [](uint32_t options) {
    return with(tcp4(14), [&](Expected& e) { e.ip_bytes += options, e.l4_offset += options; });
  };
  add("a_cut_ipv4_header_is_truncated", Ethernet{} / IPv4{} / TCP{}, refused(PACKET_TRUNCATED_IP, 0x0800),
      33);
  add("an_ipv4_ethertype_over_version_6_is_a_bad_version", Ethernet{.type = 0x0800} / IPv6{} / TCP{},
      refused(PACKET_BAD_IP_VERSION, 0x0800));
  add("an_ihl_of_4_is_a_bad_header_and_not_ports_out_of_it", Ethernet{} / IPv4{.ihl = 4} / TCP{},
      refused(PACKET_BAD_IP_HEADER, 0x0800));
  add("an_ihl_of_0_is_a_bad_header", Ethernet{} / IPv4{.ihl = 0} / TCP{},
      refused(PACKET_BAD_IP_HEADER, 0x0800));
  add("a_total_length_of_19_is_a_bad_header", Ethernet{} / IPv4{.length = 19} / TCP{},
      refused(PACKET_BAD_IP_HEADER, 0x0800));
  add("a_total_length_inside_the_options_is_a_bad_header",
      Ethernet{} / IPv4{.options = Bytes(8, 1), .length = 27} / TCP{}, refused(PACKET_BAD_IP_HEADER, 0x0800));
  add("ports_come_after_4_bytes_of_options", Ethernet{} / IPv4{.options = Bytes(4, 1)} / TCP{}, longer(4));
  add("ports_come_after_40_bytes_of_options", Ethernet{} / IPv4{.options = Bytes(40, 1)} / TCP{}, longer(40));
  add("cut_ipv4_options_are_a_truncated_extension", Ethernet{} / IPv4{.options = Bytes(40, 1)} / TCP{},
      with(without_l4(longer(40), PACKET_TRUNCATED_EXTENSION, 6), [](Expected&) {}), 14 + 59);
  add("a_total_length_of_0_reaches_to_the_frames_end", Ethernet{} / IPv4{.length = 0} / TCP{} / Payload{9},
      tcp4(14, 9));
  add("ethernet_padding_is_not_payload", Ethernet{} / IPv4{.length = 40} / TCP{} / Payload{6, 0}, plain);
  add("ethernet_padding_is_not_a_transport_header", Ethernet{} / IPv4{.length = 39} / TCP{} / Payload{6, 0},
      with(without_l4(plain, PACKET_TRUNCATED_L4, 6), [](Expected& e) { e.ip_bytes = 39; }));
  add("a_total_length_beyond_the_frame_counts", Ethernet{} / IPv4{.length = 1500} / TCP{}, tcp4(14, 1460));

  add("dont_fragment_is_no_fragment", Ethernet{} / IPv4{.dont_fragment = true} / TCP{}, plain);
  add("a_first_fragment_has_ports",
      Ethernet{} / IPv4{.id = 0xabcd, .more_fragments = true} / TCP{} / Payload{16},
      fragment(tcp4(14, 16), PACKET_FIRST_FRAGMENT, 0xabcd));
  add("a_later_fragment_has_no_ports", Ethernet{} / IPv4{.id = 0xabcd, .fragment_offset = 185} / TCP{},
      fragment(without_l4(plain, PACKET_OK, 6), PACKET_LATER_FRAGMENT, 0xabcd));
  add("a_fragment_between_has_no_ports",
      Ethernet{} / IPv4{.id = 7, .fragment_offset = 1, .more_fragments = true} / TCP{},
      fragment(without_l4(plain, PACKET_OK, 6), PACKET_LATER_FRAGMENT, 7));
  add("a_first_fragment_that_cuts_the_transport_header_is_truncated",
      Ethernet{} / IPv4{.protocol = 6, .id = 9, .more_fragments = true} / Payload{8},
      fragment(with(without_l4(plain, PACKET_TRUNCATED_L4, 6), [](Expected& e) { e.ip_bytes = 28; }),
               PACKET_FIRST_FRAGMENT, 9));
}

void add_ipv6(std::vector<PacketCase>& cases) {
  auto add = [&](const char* name, const Frame& frame, Expected expected, size_t captured = SIZE_MAX) {
    cases.push_back({name, frame.first(captured), std::move(expected)});
  };
  const Frame front = Ethernet{} / IPv6{};
  add("a_cut_ipv6_header_is_truncated", front / TCP{}, refused(PACKET_TRUNCATED_IP, 0x86dd), 53);
  add("an_ipv6_ethertype_over_version_4_is_a_bad_version",
      Ethernet{.type = 0x86dd} / IPv6{.version = 4} / TCP{}, refused(PACKET_BAD_IP_VERSION, 0x86dd));
  add("a_payload_length_of_0_reaches_to_the_frames_end", Ethernet{} / IPv6{.length = 0} / TCP{} / Payload{9},
      tcp6(14, 9));
  add("a_payload_length_of_0_with_nothing_following_is_40_bytes",
      Ethernet{} / IPv6{.next_header = 59, .length = 0} / Payload{6, 0}, stopped(PACKET_OK, 59, 40, 54));
  add("ethernet_padding_is_not_ipv6_payload", Ethernet{} / IPv6{.length = 20} / TCP{} / Payload{6, 0},
      tcp6(14));
  add("ports_come_after_a_hop_by_hop_header", front / Extension{} / TCP{}, extended(8));
  add("an_extension_header_has_the_length_that_it_says", front / Extension{.kind = 60, .units = 5} / TCP{},
      extended(48));
  add("a_routing_header_is_passed", front / Extension{.kind = 43, .units = 2} / TCP{}, extended(24));
  add("an_authentication_header_counts_words_and_two_more", front / Extension{.kind = 51, .units = 4} / TCP{},
      extended(24));
  add("a_mobility_header_is_passed", front / Extension{.kind = 135, .units = 1, .next_header = 59},
      stopped(PACKET_OK, 59, 56, 70));
  add("eight_extension_headers_are_passed",
      front / Extension{} / Extension{.kind = 60} / Extension{.kind = 43} / Fragment6{} /
          Extension{.kind = 51, .units = 1} / Extension{.kind = 60} / Extension{.kind = 60} /
          Extension{.kind = 60} / TCP{} / Payload{3},
      extended(7 * 8 + 12, 3));
  add("nine_extension_headers_are_too_many",
      front / Extension{} / Extension{.kind = 60} / Extension{.kind = 60} / Extension{.kind = 60} /
          Extension{.kind = 60} / Extension{.kind = 60} / Extension{.kind = 60} / Extension{.kind = 60} /
          Extension{.kind = 60} / TCP{},
      stopped(PACKET_TOO_MANY_EXTENSIONS, 60, 40 + 72 + 20, 54 + 64));
  add("a_cut_extension_header_is_truncated", front / Extension{} / TCP{},
      stopped(PACKET_TRUNCATED_EXTENSION, 0, 68, 54), 61);
  add("an_extension_header_that_is_cut_later_is_truncated", front / Extension{.kind = 60, .units = 3} / TCP{},
      stopped(PACKET_TRUNCATED_EXTENSION, 60, 92, 54), 54 + 31);
  add("an_extension_header_beyond_the_payload_length_is_truncated",
      Ethernet{} / IPv6{.length = 20} / Extension{.units = 5} / TCP{},
      stopped(PACKET_TRUNCATED_EXTENSION, 0, 60, 54));
  add("padding_is_not_an_extension_header", Ethernet{} / IPv6{.length = 4} / Extension{} / TCP{},
      stopped(PACKET_TRUNCATED_EXTENSION, 0, 44, 54));
  add("esp_ends_the_chain", front / Payload{0} / Extension{.next_header = 50} / Payload{30},
      stopped(PACKET_OK, 253, 78, 54));
  add("esp_after_an_extension_header_is_a_protocol_without_ports",
      front / Extension{.next_header = 50} / Payload{30}, stopped(PACKET_OK, 50, 78, 62));

  add("an_ipv6_first_fragment_has_ports", front / Fragment6{.more = true} / TCP{} / Payload{8},
      fragment(extended(8, 8), PACKET_FIRST_FRAGMENT, 0x01020304));
  add("an_ipv6_later_fragment_has_no_ports", front / Fragment6{.offset = 181} / TCP{},
      fragment(stopped(PACKET_OK, 6, 68, 62), PACKET_LATER_FRAGMENT, 0x01020304));
  add("an_ipv6_later_fragment_is_not_searched_for_extension_headers",
      front / Fragment6{.offset = 1, .more = true, .next_header = 60} / TCP{},
      fragment(stopped(PACKET_OK, 60, 68, 62), PACKET_LATER_FRAGMENT, 0x01020304));
  add("an_atomic_fragment_is_no_fragment", front / Fragment6{} / TCP{}, extended(8));
  add("the_reserved_byte_of_a_fragment_header_is_no_length",
      front / Extension{} / Fragment6{.more = true} / Extension{.kind = 60} / TCP{},
      fragment(extended(24), PACKET_FIRST_FRAGMENT, 0x01020304));
}

}  // namespace

std::vector<PacketCase> ip_cases() {
  std::vector<PacketCase> cases;
  add_ipv4(cases);
  add_ipv6(cases);
  return cases;
}

}  // namespace weir::tests
