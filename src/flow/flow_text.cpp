// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_text.h"

#include <array>

namespace weir::flow {

// https://www.iana.org/assignments/protocol-numbers
std::string_view transport_name(uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "icmp";
    case 2:
      return "igmp";
    case 4:
      return "ipv4";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 33:
      return "dccp";
    case 41:
      return "ipv6";
    case 46:
      return "rsvp";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case 51:
      return "ah";
    case 58:
      return "ipv6-icmp";
    case 59:
      return "ipv6-nonxt";
    case 88:
      return "eigrp";
    case 89:
      return "ospf";
    case 103:
      return "pim";
    case 112:
      return "vrrp";
    case 115:
      return "l2tp";
    case 132:
      return "sctp";
    case 136:
      return "udplite";
    default:
      return {};
  }
}

char* write_tcp_flags(char* to, uint8_t flags) {
  struct Letter {
    uint8_t flag;
    char letter;
  };
  constexpr std::array<Letter, kTcpFlagsBytes> kLetters = {
      {{2, 'S'}, {8, 'P'}, {16, 'A'}, {32, 'U'}, {64, 'E'}, {128, 'W'}, {1, 'F'}, {4, 'R'}}};
  for (const Letter& each : kLetters)
    if (flags & each.flag) *to++ = each.letter;
  return to;
}

}  // namespace weir::flow
