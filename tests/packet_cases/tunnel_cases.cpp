// SPDX-License-Identifier: Apache-2.0
#include "tests/packet_cases.h"

namespace weir::tests {
namespace {

const IPv4 kOuter{.source = "192.0.2.1", .destination = "192.0.2.2"};
const IPv6 kOuter6{.source = "fd00::1", .destination = "fd00::2"};
const Frame kSegment = IPv4{} / TCP{} / Payload{5};
const Frame kSegment6 = IPv6{} / TCP{} / Payload{5};

Expected inside(Expected expected, uint8_t tunnels = 1) {
  expected.tunnels = tunnels;
  return expected;
}

/// The packet around a tunnel that stayed shut.
Expected shut(uint8_t protocol, uint32_t ip_bytes) {
  return {.source = "192.0.2.1",
          .destination = "192.0.2.2",
          .ip_bytes = ip_bytes,
          .l3_offset = 14,
          .l4_offset = 34,
          .protocol = protocol,
          .ether_type = 0x0800};
}

Expected shut_udp(uint16_t port, uint32_t ip_bytes) {
  return with(shut(17, ip_bytes), [&](Expected& e) {
    e.source_port = 40000, e.destination_port = port, e.has_ports = e.has_l4 = true,
    e.payload_bytes = ip_bytes - 28;
  });
}

}  // namespace

std::vector<PacketCase> tunnel_cases() {
  std::vector<PacketCase> cases;
  auto add = [&](const char* name, const Frame& frame, Expected expected, size_t captured = SIZE_MAX) {
    cases.push_back({name, frame.first(captured), std::move(expected), PACKET_LINK_ETHERNET, true});
  };
  const Frame front = Ethernet{} / kOuter;
  cases.push_back({"a_tunnel_stays_shut_without_decapsulation", (front / kSegment).bytes(), shut(4, 65)});
  add("ipv4_in_ipv4", front / kSegment, inside(tcp4(34, 5)));
  add("ipv6_in_ipv4", front / kSegment6, inside(tcp6(34, 5, 0x0800)));
  add("ipv4_in_ipv6", Ethernet{} / kOuter6 / kSegment, inside(tcp4(54, 5, 0x86dd)));
  add("ipv6_in_ipv6", Ethernet{} / kOuter6 / kSegment6, inside(tcp6(54, 5)));
  add("ipv4_in_ipv6_behind_an_extension_header", Ethernet{} / kOuter6 / Extension{.kind = 60} / kSegment,
      inside(tcp4(62, 5, 0x86dd)));
  add("without_a_tunnel_decapsulation_changes_nothing", Ethernet{} / kSegment, tcp4(14, 5));
  add("two_tunnels_are_opened", front / kOuter / kSegment, inside(tcp4(54, 5), 2));
  add("a_third_tunnel_stays_shut", front / kOuter / kOuter / kSegment,
      with(shut(4, 65), [](Expected& e) { e.tunnels = 2, e.l3_offset = 54, e.l4_offset = 74; }));
  add("an_inner_version_that_is_not_announced_leaves_the_tunnel_shut",
      Ethernet{} / IPv4{kOuter.source, kOuter.destination, 4} / kSegment6, shut(4, 85));
  add("an_inner_header_that_is_cut_leaves_the_tunnel_shut", front / kSegment, shut(4, 65), 34 + 19);
  add("an_inner_header_beyond_the_outer_length_leaves_the_tunnel_shut",
      Ethernet{} / IPv4{.source = "192.0.2.1", .destination = "192.0.2.2", .length = 39} / kSegment,
      shut(4, 39));
  add("an_inner_header_with_an_ihl_of_4_leaves_the_tunnel_shut", front / IPv4{.ihl = 4} / TCP{}, shut(4, 60));
  add("a_cut_inner_transport_header_is_the_inner_packets", front / kSegment,
      inside(without_l4(tcp4(34, 5), PACKET_TRUNCATED_L4, 6)), 34 + 39);
  add("an_inner_length_of_0_reaches_to_the_outer_end",
      Ethernet{} / IPv4{.source = "192.0.2.1", .destination = "192.0.2.2", .length = 62} / IPv4{.length = 0} /
          TCP{} / Payload{9},
      inside(tcp4(34, 2)));
  add("a_fragment_of_a_tunnel_stays_shut",
      Ethernet{} / IPv4{.source = "192.0.2.1", .destination = "192.0.2.2", .more_fragments = true} / kSegment,
      with(shut(4, 65), [](Expected& e) { e.fragment = PACKET_FIRST_FRAGMENT, e.fragment_id = 0x1234; }));
  add("an_inner_later_fragment_has_no_ports", front / IPv4{.fragment_offset = 3} / TCP{},
      inside(with(without_l4(tcp4(34), PACKET_OK, 6),
                  [](Expected& e) { e.fragment = PACKET_LATER_FRAGMENT, e.fragment_id = 0x1234; })));

  add("gre", front / GRE{} / kSegment, inside(tcp4(38, 5)));
  add("gre_with_checksum_key_and_sequence", front / GRE{.flags = 0xb000} / kSegment6, inside(tcp6(50, 5)));
  add("gre_with_key", front / GRE{.flags = 0x2000} / kSegment, inside(tcp4(42, 5)));
  add("gre_with_ethernet_inside", front / GRE{} / Ethernet{} / Vlan{} / kSegment,
      with(inside(tcp4(56, 5)), [](Expected& e) { e.link_tags = 1; }));
  add("gre_with_mpls_inside", front / GRE{} / Mpls{} / kSegment,
      with(inside(tcp4(42, 5, 0x8847)), [](Expected& e) { e.link_tags = 1; }));
  add("gre_over_ipv6", Ethernet{} / kOuter6 / GRE{} / kSegment6, inside(tcp6(58, 5)));
  add("gre_of_version_1_stays_shut", front / GRE{.flags = 0x2001, .type = 0x880b} / Payload{30},
      shut(47, 58));
  add("gre_with_source_routes_stays_shut", front / GRE{.flags = 0x4000} / kSegment, shut(47, 69));
  add("gre_with_something_else_stays_shut", front / GRE{.type = 0x88be} / Payload{60}, shut(47, 84));
  add("a_cut_gre_header_stays_shut", front / GRE{} / kSegment, shut(47, 69), 37);

  add("vxlan", front / UDP{} / VXLAN{} / Ethernet{} / kSegment, inside(tcp4(64, 5)));
  add("vxlan_over_ipv6_with_a_tag_inside",
      Ethernet{} / Vlan{} / kOuter6 / UDP{} / VXLAN{} / Ethernet{} / Vlan{} / kSegment6,
      with(inside(tcp6(92, 5)), [](Expected& e) { e.link_tags = 2; }));
  add("vxlan_without_a_vni_stays_shut", front / UDP{} / VXLAN{.flags = 0} / Ethernet{} / kSegment,
      shut_udp(4789, 95));
  add("vxlan_with_arp_inside_stays_shut", front / UDP{} / VXLAN{} / Ethernet{.type = 0x0806} / Payload{28},
      shut_udp(4789, 78));
  add("a_source_port_of_4789_is_no_tunnel",
      front / UDP{.source = 4789, .destination = 53} / VXLAN{} / Ethernet{} / kSegment,
      with(shut_udp(53, 95), [](Expected& e) { e.source_port = 4789; }));
  add("vxlan_in_ipip", front / kOuter / UDP{} / VXLAN{} / Ethernet{} / kSegment, inside(tcp4(84, 5), 2));
  add("another_port_is_no_tunnel", front / UDP{.destination = 4788} / VXLAN{} / Ethernet{} / kSegment,
      shut_udp(4788, 95));

  add("geneve", front / UDP{} / Geneve{} / Ethernet{} / kSegment, inside(tcp4(64, 5)));
  add("geneve_with_options", front / UDP{} / Geneve{.option_words = 63} / Ethernet{} / kSegment6,
      inside(tcp6(64 + 252, 5)));
  add("geneve_with_ip_inside", front / UDP{} / Geneve{.type = 0x0800} / kSegment, inside(tcp4(50, 5)));
  add("geneve_of_another_version_stays_shut", front / UDP{} / Geneve{.version = 1} / Ethernet{} / kSegment,
      shut_udp(6081, 95));
  add("a_geneve_control_message_stays_shut", front / UDP{} / Geneve{.flags = 0x80} / Ethernet{} / kSegment,
      shut_udp(6081, 95));
  add("a_cut_geneve_header_stays_shut", front / UDP{} / Geneve{} / Ethernet{} / kSegment, shut_udp(6081, 95),
      45);
  return cases;
}

}  // namespace weir::tests
