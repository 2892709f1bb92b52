// SPDX-License-Identifier: Apache-2.0
#include "tests/packet_cases.h"

namespace weir::tests {
namespace {

Expected refused(packet_result result, uint16_t ether_type = 0, uint8_t tags = 0) {
  return {.result = result, .ether_type = ether_type, .link_tags = tags};
}

Expected tagged(Expected expected, uint8_t tags) {
  expected.link_tags = tags;
  return expected;
}

const Frame kSegment = IPv4{} / TCP{} / Payload{5};
const Frame kSegment6 = IPv6{} / TCP{} / Payload{5};

}  // namespace

std::vector<PacketCase> link_cases() {
  std::vector<PacketCase> cases;
  auto add = [&](const char* name, const Frame& frame, Expected expected, int link = PACKET_LINK_ETHERNET,
                 size_t captured = SIZE_MAX) {
    cases.push_back({name, frame.first(captured), std::move(expected), link});
  };
  add("ethernet_then_ipv4", Ethernet{} / kSegment, tcp4(14, 5));
  add("ethernet_then_ipv6", Ethernet{} / kSegment6, tcp6(14, 5));
  add("an_empty_frame_is_a_truncated_link", Ethernet{}, refused(PACKET_TRUNCATED_LINK), PACKET_LINK_ETHERNET,
      0);
  add("a_frame_of_13_bytes_is_a_truncated_link", Ethernet{} / kSegment, refused(PACKET_TRUNCATED_LINK),
      PACKET_LINK_ETHERNET, 13);
  add("arp_is_not_ip", Ethernet{.type = 0x0806} / Payload{46}, refused(PACKET_NOT_IP, 0x0806));
  add("an_802_3_length_is_not_ip", Ethernet{.type = 46} / Payload{46}, refused(PACKET_NOT_IP, 46));
  add("pppoe_discovery_is_not_ip", Ethernet{.type = 0x8863} / Payload{46}, refused(PACKET_NOT_IP, 0x8863));

  add("the_header_follows_one_vlan_tag", Ethernet{} / Vlan{} / kSegment, tagged(tcp4(18, 5), 1));
  add("the_header_follows_two_vlan_tags", Ethernet{} / Vlan{.tag = 0x88a8} / Vlan{} / kSegment6,
      tagged(tcp6(22, 5), 2));
  add("the_header_follows_three_vlan_tags",
      Ethernet{} / Vlan{.tag = 0x9100} / Vlan{.tag = 0x88a8} / Vlan{} / kSegment, tagged(tcp4(26, 5), 3));
  add("a_fourth_vlan_tag_is_too_many", Ethernet{} / Vlan{} / Vlan{} / Vlan{} / Vlan{.tag = 0x88a8} / kSegment,
      refused(PACKET_TOO_MANY_TAGS, 0x88a8, 3));
  add("a_cut_vlan_tag_is_a_truncated_link", Ethernet{} / Vlan{} / kSegment,
      refused(PACKET_TRUNCATED_LINK, 0x8100), PACKET_LINK_ETHERNET, 17);
  add("a_cut_second_vlan_tag_is_a_truncated_link", Ethernet{} / Vlan{} / Vlan{} / kSegment,
      refused(PACKET_TRUNCATED_LINK, 0x8100, 1), PACKET_LINK_ETHERNET, 20);
  add("arp_under_a_vlan_tag_is_not_ip", Ethernet{} / Vlan{.type = 0x0806} / Payload{46},
      refused(PACKET_NOT_IP, 0x0806, 1));

  add("ipv4_follows_an_mpls_label", Ethernet{} / Mpls{} / kSegment, tagged(tcp4(18, 5, 0x8847), 1));
  add("ipv6_follows_three_mpls_labels",
      Ethernet{} / Mpls{.bottom = false} / Mpls{.bottom = false} / Mpls{} / kSegment6,
      tagged(tcp6(26, 5, 0x8847), 3));
  add("mpls_under_three_vlan_tags", Ethernet{} / Vlan{} / Vlan{} / Vlan{} / Mpls{} / kSegment,
      tagged(tcp4(30, 5, 0x8847), 4));
  add("multicast_mpls_is_mpls", Ethernet{.type = 0x8848} / Mpls{} / kSegment, tagged(tcp4(18, 5, 0x8848), 1));
  add("a_fourth_mpls_label_is_too_many",
      Ethernet{} / Mpls{.bottom = false} / Mpls{.bottom = false} / Mpls{.bottom = false} / Mpls{} / kSegment,
      refused(PACKET_TOO_MANY_TAGS, 0x8847, 3));
  add("a_pseudowire_under_mpls_is_not_ip", Ethernet{} / Mpls{} / Payload{30, 0},
      refused(PACKET_NOT_IP, 0x8847, 1));
  add("a_cut_mpls_label_is_a_truncated_link", Ethernet{} / Mpls{} / kSegment,
      refused(PACKET_TRUNCATED_LINK, 0x8847), PACKET_LINK_ETHERNET, 16);
  add("nothing_after_the_last_mpls_label_is_a_truncated_ip_header", Ethernet{} / Mpls{},
      refused(PACKET_TRUNCATED_IP, 0x8847, 1));

  add("ipv4_in_a_pppoe_session", Ethernet{} / Pppoe{} / Ppp{} / kSegment, tcp4(22, 5, 0x8864));
  add("ipv6_in_a_pppoe_session_under_a_vlan_tag", Ethernet{} / Vlan{} / Pppoe{} / Ppp{} / kSegment6,
      tagged(tcp6(26, 5, 0x8864), 1));
  add("a_compressed_ppp_protocol_has_one_byte", Ethernet{} / Pppoe{} / Ppp{.compressed = true} / kSegment,
      tcp4(21, 5, 0x8864));
  add("lcp_in_a_pppoe_session_is_not_ip", Ethernet{} / Pppoe{} / Ppp{} / Payload{20},
      refused(PACKET_NOT_IP, 0x8864));
  add("a_pppoe_code_other_than_0_is_not_ip", Ethernet{} / Pppoe{.code = 9} / Ppp{} / kSegment,
      refused(PACKET_NOT_IP, 0x8864));
  add("a_pppoe_version_other_than_1_is_not_ip", Ethernet{} / Pppoe{.version_type = 0x21} / Ppp{} / kSegment,
      refused(PACKET_NOT_IP, 0x8864));
  add("a_cut_pppoe_header_is_a_truncated_link", Ethernet{} / Pppoe{} / Ppp{} / kSegment,
      refused(PACKET_TRUNCATED_LINK, 0x8864), PACKET_LINK_ETHERNET, 19);
  add("a_cut_ppp_protocol_is_a_truncated_link", Ethernet{} / Pppoe{} / Ppp{} / kSegment,
      refused(PACKET_TRUNCATED_LINK, 0x8864), PACKET_LINK_ETHERNET, 21);

  add("raw_ipv4", kSegment, tcp4(0, 5, 0), PACKET_LINK_IP);
  add("raw_ipv6", kSegment6, tcp6(0, 5, 0), PACKET_LINK_IP);
  add("raw_ip_of_version_5_is_a_bad_version", IPv4{.version = 5} / TCP{}, refused(PACKET_BAD_IP_VERSION),
      PACKET_LINK_IP);
  add("raw_ipv6_of_39_bytes_is_truncated", kSegment6, refused(PACKET_TRUNCATED_IP), PACKET_LINK_IP, 39);
  add("raw_ip_of_19_bytes_is_truncated", kSegment, refused(PACKET_TRUNCATED_IP), PACKET_LINK_IP, 19);

  add("linux_cooked_v1", Sll{} / kSegment, tcp4(16, 5), PACKET_LINK_SLL);
  add("linux_cooked_v1_with_a_vlan_tag", Sll{} / Vlan{} / kSegment6, tagged(tcp6(20, 5), 1), PACKET_LINK_SLL);
  add("linux_cooked_v1_arp_is_not_ip", Sll{.type = 0x0806} / Payload{28}, refused(PACKET_NOT_IP, 0x0806),
      PACKET_LINK_SLL);
  add("a_cut_linux_cooked_v1_header_is_a_truncated_link", Sll{} / kSegment, refused(PACKET_TRUNCATED_LINK),
      PACKET_LINK_SLL, 15);
  add("linux_cooked_v2", Sll2{} / kSegment, tcp4(20, 5), PACKET_LINK_SLL2);
  add("linux_cooked_v2_ipv6", Sll2{} / kSegment6, tcp6(20, 5), PACKET_LINK_SLL2);
  add("a_cut_linux_cooked_v2_header_is_a_truncated_link", Sll2{} / kSegment, refused(PACKET_TRUNCATED_LINK),
      PACKET_LINK_SLL2, 19);

  add("bsd_loopback_of_a_little_endian_machine", Null{} / kSegment, tcp4(4, 5, 0), PACKET_LINK_NULL);
  add("bsd_loopback_of_a_big_endian_machine", Null{.big_endian = true} / kSegment, tcp4(4, 5, 0),
      PACKET_LINK_NULL);
  add("bsd_loopback_ipv6_of_linux", Null{.family = 10} / kSegment6, tcp6(4, 5, 0), PACKET_LINK_NULL);
  add("bsd_loopback_ipv6_of_netbsd", Null{.family = 24} / kSegment6, tcp6(4, 5, 0), PACKET_LINK_NULL);
  add("bsd_loopback_ipv6_of_freebsd", Null{.family = 28, .big_endian = true} / kSegment6, tcp6(4, 5, 0),
      PACKET_LINK_NULL);
  add("bsd_loopback_ipv6_of_macos", Null{.family = 30} / kSegment6, tcp6(4, 5, 0), PACKET_LINK_NULL);
  add("another_family_is_not_ip", Null{.family = 7} / kSegment, refused(PACKET_NOT_IP), PACKET_LINK_NULL);
  add("a_family_in_the_middle_bytes_is_not_ip", Null{.family = 0x200} / kSegment, refused(PACKET_NOT_IP),
      PACKET_LINK_NULL);
  add("a_family_in_both_end_bytes_is_not_ip", Null{.family = 0x02000002} / kSegment, refused(PACKET_NOT_IP),
      PACKET_LINK_NULL);
  add("a_family_that_names_the_other_version_is_a_bad_version", Null{.family = 2} / kSegment6,
      refused(PACKET_BAD_IP_VERSION), PACKET_LINK_NULL);
  add("a_cut_loopback_header_is_a_truncated_link", Null{} / kSegment, refused(PACKET_TRUNCATED_LINK),
      PACKET_LINK_NULL, 3);

  add("ppp_with_hdlc_framing", Ppp{.hdlc = true} / kSegment, tcp4(4, 5, 0), PACKET_LINK_PPP);
  add("ppp_without_framing", Ppp{} / kSegment6, tcp6(2, 5, 0), PACKET_LINK_PPP);
  add("ppp_with_a_compressed_protocol", Ppp{.hdlc = true, .compressed = true} / kSegment, tcp4(3, 5, 0),
      PACKET_LINK_PPP);
  add("ppp_with_mpls", Ppp{} / Mpls{} / kSegment, tagged(tcp4(6, 5, 0), 1), PACKET_LINK_PPP);
  add("ppp_lcp_is_not_ip", Ppp{.hdlc = true} / Payload{8}, refused(PACKET_NOT_IP), PACKET_LINK_PPP);
  add("cisco_hdlc_has_an_ethertype", CiscoHdlc{} / kSegment, tcp4(4, 5), PACKET_LINK_PPP);
  add("cisco_slarp_is_not_ip", CiscoHdlc{} / Payload{20}, refused(PACKET_NOT_IP, 0x8035), PACKET_LINK_PPP);
  add("a_cut_hdlc_header_is_a_truncated_link", Ppp{.hdlc = true} / kSegment, refused(PACKET_TRUNCATED_LINK),
      PACKET_LINK_PPP, 1);
  add("a_cut_ppp_protocol_after_framing_is_a_truncated_link", Ppp{.hdlc = true} / kSegment,
      refused(PACKET_TRUNCATED_LINK), PACKET_LINK_PPP, 3);
  add("pppoe_as_the_link", Pppoe{} / Ppp{} / kSegment6, tcp6(8, 5, 0), PACKET_LINK_PPPOE);
  add("lcp_with_pppoe_as_the_link_is_not_ip", Pppoe{} / Ppp{} / Payload{8}, refused(PACKET_NOT_IP),
      PACKET_LINK_PPPOE);
  add("an_unknown_link_is_said_to_be", kSegment, refused(PACKET_UNKNOWN_LINK), 99);
  return cases;
}

}  // namespace weir::tests
