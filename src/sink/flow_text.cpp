// SPDX-License-Identifier: Apache-2.0
#include "sink/flow_text.h"

#include <array>
#include <utility>

namespace weir::sink {

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
  constexpr std::array<std::pair<uint8_t, char>, 8> kLetters = {{{0x02, 'S'},
                                                                 {0x08, 'P'},
                                                                 {0x10, 'A'},
                                                                 {0x20, 'U'},
                                                                 {0x40, 'E'},
                                                                 {0x80, 'W'},
                                                                 {0x01, 'F'},
                                                                 {0x04, 'R'}}};
  for (const auto& [flag, letter] : kLetters)
    if (flags & flag) *to++ = letter;
  return to;
}

}  // namespace weir::sink
