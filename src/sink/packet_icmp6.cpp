// SPDX-License-Identifier: Apache-2.0
// ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861) without its options.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint8_t kUnreachable = 1, kTooBig = 2, kTimeExceeded = 3, kParameter = 4, kEchoRequest = 128,
                  kEchoReply = 129, kListenerQuery = 130, kListenerReport = 131, kListenerDone = 132,
                  kRouterSolicit = 133, kRouterAdvert = 134, kNeighborSolicit = 135, kNeighborAdvert = 136,
                  kRedirect = 137, kInverseSolicit = 141, kInverseAdvert = 142, kListenerReport2 = 143,
                  kHomeAgentRequest = 144, kHomeAgentReply = 145, kMobileSolicit = 146, kMobileAdvert = 147,
                  kRpl = 155;

constexpr NumberWord kTypes[] = {{1, "destination unreachable"},
                                 {2, "packet too big"},
                                 {3, "time exceeded in-transit"},
                                 {4, "parameter problem"},
                                 {128, "echo request"},
                                 {129, "echo reply"},
                                 {130, "multicast listener query"},
                                 {131, "multicast listener report"},
                                 {132, "multicast listener done"},
                                 {133, "router solicitation"},
                                 {134, "router advertisement"},
                                 {135, "neighbor solicitation"},
                                 {136, "neighbor advertisement"},
                                 {137, "redirect"},
                                 {138, "router renumbering"},
                                 {139, "who-are-you request"},
                                 {140, "who-are-you reply"},
                                 {141, "inverse neighbor solicitation"},
                                 {142, "inverse neighbor advertisement"},
                                 {143, "multicast listener report v2"},
                                 {144, "ha discovery request"},
                                 {145, "ha discovery reply"},
                                 {146, "mobile router solicitation"},
                                 {147, "mobile router advertisement"},
                                 {155, "RPL"},
                                 {200, "mtrace response"},
                                 {201, "mtrace message"}};

/// Where the quoted packet's transport header is, and what it is; 0 where it cannot be told.
size_t quoted_transport(PacketPrint& print, size_t ip_at, uint8_t& protocol) {
  if (!print.has(ip_at, 7)) return 0;
  protocol = print.u8(ip_at + 6);
  size_t at = ip_at + 40;
  while (print.has(at, 2)) {
    switch (protocol) {
      case 6:
      case 17:
        return print.has(at, 4) ? at : 0;
      case 0:
      case 43:
      case 60:
        protocol = print.u8(at);
        at += (print.u8(at + 1) + 1u) * 8;
        break;
      case 44:
        if (!print.has(at, 4) || (print.u16(at + 2) & 0xfff8) != 0) return 0;
        protocol = print.u8(at);
        at += 8;
        break;
      case 51: {
        const uint32_t words = print.u8(at + 1);
        protocol = print.u8(at);
        at += (words + 2) * 4;
        break;
      }
      default:
        return 0;
    }
  }
  return 0;
}

/// False where tcpdump ends the line here.
bool print_unreachable(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  constexpr NumberWord kCodes[] = {{0, "unreachable route"},
                                   {1, " unreachable prohibited"},
                                   {2, "beyond scope"},
                                   {3, "unreachable address"},
                                   {4, "unreachable port"}};
  const uint8_t code = print.u8(at + 1);
  const size_t quoted = at + 8;
  text.put(", ");
  if (const char* word = word_for(kCodes, code)) {
    text.put(std::string_view(word));
  } else {
    text.put("unknown unreach code (");
    text.decimal(code);
    text.put(')');
  }
  switch (code) {
    case 0:
    case 1:
    case 3:
      if (!print.check(quoted + 24, 16)) return false;
      text.put(' ');
      print.ipv6(quoted + 24);
      return true;
    case 2:
      if (!print.check(quoted + 8, 32)) return false;
      text.put(' ');
      print.ipv6(quoted + 24);
      text.put(", source address ");
      print.ipv6(quoted + 8);
      return true;
    case 4: {
      uint8_t protocol = 0;
      const size_t transport = quoted_transport(print, quoted, protocol);
      if (transport == 0) {
        print.truncated();
        return false;
      }
      text.put(", ");
      print.ipv6(quoted + 24);
      text.put(protocol == 6 ? std::string_view(" tcp port ") : std::string_view(" udp port "));
      text.decimal(print.u16(transport + 2));
      return true;
    }
    default:
      if (print.options.verbosity > 1) return true;
      dump_unknown(print, at, length, "\n\t");
      return false;
  }
}

void print_parameter_problem(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  if (!print.check(at + 32, 16)) return;
  constexpr NumberWord kCodes[] = {{0, ", erroneous - octet "},
                                   {1, ", next header - octet "},
                                   {2, ", option - octet "},
                                   {3, ", incomplete header chain - octet "}};
  const uint8_t code = print.u8(at + 1);
  if (const char* word = word_for(kCodes, code)) {
    text.put(std::string_view(word));
    text.decimal(print.u32(at + 4));
  } else {
    text.put(", code-#");
    text.decimal(code);
  }
}

void print_router_advertisement(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  constexpr NumberWord kFlags[] = {
      {0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}};
  constexpr std::string_view kPreferences[] = {"medium", "high", "rsv", "low"};
  const uint8_t flags = print.u8(at + 5);
  if (!print.check(at, 16)) return;
  text.put("\n\thop limit ");
  text.decimal(print.u8(at + 4));
  text.put(", Flags [");
  put_bit_words(text, kFlags, flags, "none");
  text.put("], pref ");
  text.put(kPreferences[flags >> 3 & 3]);
  text.put(", router lifetime ");
  text.decimal(print.u16(at + 6));
  text.put("s, reachable time ");
  text.decimal(print.u32(at + 8));
  text.put("ms, retrans timer ");
  text.decimal(print.u32(at + 12));
  text.put("ms");
  print_icmp6_options(print, at + 16, length - std::min(length, 16u));
}

void print_neighbor_advertisement(PacketPrint& print, size_t at, uint32_t length, bool verbose) {
  PacketWriter& text = print.text;
  constexpr NumberWord kFlags[] = {
      {0x80000000, "router"}, {0x40000000, "solicited"}, {0x20000000, "override"}};
  if (!print.check(at + 8, 16)) return;
  text.put(", tgt is ");
  print.ipv6(at + 8);
  if (!verbose) return;
  text.put(", Flags [");
  put_bit_words(text, kFlags, print.u32(at + 4), "none");
  text.put(']');
  print_icmp6_options(print, at + 24, length - std::min(length, 24u));
}

void print_rpl(PacketPrint& print, uint8_t code) {
  PacketWriter& text = print.text;
  if ((code & 0x80) != 0) return text.put(", (SEC) [worktodo]");
  constexpr NumberWord kCodes[] = {{0, "DODAG Information Solicitation"},
                                   {1, "DODAG Information Object"},
                                   {2, "Destination Advertisement Object"},
                                   {3, "Destination Advertisement Object Ack"}};
  text.put(", (CLR)");
  if (const char* word = word_for(kCodes, code)) return text.put(std::string_view(word));
  text.put("RPL message, unknown code ");
  text.decimal(code);
}

void print_home_agents(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  text.put(", id 0x");
  text.hex(print.u16(at + 4), 4);
  const size_t stop = std::min(at + length, print.end);
  for (size_t address = at + 8; address < stop && !print.cut; address += 16) {
    text.put(", ");
    print.ipv6(address);
  }
}

void print_mobile_prefix(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  text.put(", id 0x");
  text.hex(print.u16(at + 4), 4);
  const uint16_t flags = print.u16(at + 6);
  if ((flags & 0xc000) != 0) text.put(' ');
  if ((flags & 0x8000) != 0) text.put('M');
  if ((flags & 0x4000) != 0) text.put('O');
  print_icmp6_options(print, at + 8, length - std::min(length, 8u));
}

/// False where tcpdump ends the line without the length.
bool print_message(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  const bool verbose = print.options.verbosity > 0;
  const uint8_t type = print.u8(at);
  const uint8_t code = print.u8(at + 1);
  switch (type) {
    case kUnreachable:
      return print_unreachable(print, at, length);
    case kTooBig:
      if (!print.check(at + 4, 4)) return false;
      text.put(", mtu ");
      text.decimal(print.u32(at + 4));
      break;
    case kTimeExceeded:
      if (code == 0) {
        if (!print.check(at + 32, 16)) return false;
        text.put(" for ");
        print.ipv6(at + 32);
      } else if (code == 1) {
        text.put(" (reassembly)");
      } else {
        text.put(", unknown code (");
        text.decimal(code);
        text.put(')');
      }
      break;
    case kParameter:
      print_parameter_problem(print, at);
      break;
    case kEchoRequest:
    case kEchoReply:
      if (!print.check(at + 4, 4)) return false;
      text.put(", id ");
      text.decimal(print.u16(at + 4));
      text.put(", seq ");
      text.decimal(print.u16(at + 6));
      break;
    case kListenerQuery:
    case kListenerReport:
    case kListenerDone:
    case kListenerReport2:
      print_mld(print, at, length, type);
      break;
    case kRouterSolicit:
      if (verbose) print_icmp6_options(print, at + 8, length - std::min(length, 8u));
      break;
    case kRouterAdvert:
      if (verbose) print_router_advertisement(print, at, length);
      break;
    case kNeighborSolicit:
      if (!print.check(at + 8, 16)) return false;
      text.put(", who has ");
      print.ipv6(at + 8);
      if (verbose) print_icmp6_options(print, at + 24, length - std::min(length, 24u));
      break;
    case kNeighborAdvert:
      print_neighbor_advertisement(print, at, length, verbose);
      break;
    case kRedirect:
      if (!print.check(at + 24, 16)) return false;
      text.put(", ");
      print.ipv6(at + 24);
      text.put(" to ");
      print.ipv6(at + 8);
      if (verbose) print_icmp6_options(print, at + 40, length - std::min(length, 40u));
      break;
    case kMobileSolicit:
    case kHomeAgentRequest:
      text.put(", id 0x");
      text.hex(print.u16(at + 4), 4);
      break;
    case kHomeAgentReply:
      if (verbose) print_home_agents(print, at, length);
      break;
    case kMobileAdvert:
      if (verbose) print_mobile_prefix(print, at, length);
      break;
    case kRpl:
      print_rpl(print, code);
      break;
    case kInverseSolicit:
    case kInverseAdvert:
    case 138:
    case 139:
    case 140:
      break;
    default:
      text.put(", length ");
      text.decimal(length);
      if (print.options.verbosity < 2) dump_unknown(print, at, length, "\n\t");
      return false;
  }
  return true;
}

}  // namespace

void print_icmp6(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip) {
  print.protocol = "icmp6";
  PacketWriter& text = print.text;
  if (length == 0) {
    text.put("ICMP6, length 0");
    print.invalid();
    return;
  }
  if (print.options.verbosity > 0 && print.options.verify_checksums && !ip.fragment &&
      print.has(at, length)) {
    const uint16_t sum = print.checksum(at, length, pseudo_header_sum(print, ip, length, 58));
    if (sum == 0) {
      text.put("[icmp6 sum ok] ");
    } else {
      const uint16_t field = print.u16(at + 2);
      text.put("[bad icmp6 cksum 0x");
      text.hex(field, 4);
      text.put(" -> 0x");
      text.hex(right_checksum(field, sum), 4);
      text.put("!] ");
    }
  }
  const uint8_t type = print.u8(at);
  if (print.cut) return;
  text.put("ICMP6, ");
  if (const char* word = word_for(kTypes, type)) {
    text.put(std::string_view(word));
  } else {
    text.put("unknown icmp6 type (");
    text.decimal(type);
    text.put(')');
  }
  const bool length_first =
      (type >= kRouterSolicit && type <= kRedirect) || type == kHomeAgentReply || type == kMobileAdvert;
  if (print.options.verbosity > 0 && length_first) {
    text.put(", length ");
    text.decimal(length);
  }
  if (!print.check(at, 2)) return;
  if (print_message(print, at, length) && print.options.verbosity == 0) {
    text.put(", length ");
    text.decimal(length);
  }
}

}  // namespace weir::sink
