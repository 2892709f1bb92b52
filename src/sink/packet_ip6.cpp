// SPDX-License-Identifier: Apache-2.0
// IPv6 (RFC 8200) and its extension headers, segment routing (RFC 8754) and jumbograms (RFC 2675) too.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kHeaderBytes = 40;
constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60, kMobilityOld = 62,
                  kMobility = 135;

/// The jumbo option's length; 0 without one.
uint32_t print_options(PacketPrint& print, size_t at, uint32_t length, bool shown, bool checked) {
  PacketWriter& text = print.text;
  uint32_t jumbo = 0;
  for (uint32_t i = 0; i < length && !print.cut;) {
    const uint8_t type = print.u8(at + i);
    uint32_t bytes = 1;
    if (type != 0) {
      bytes = i + 1 < length ? print.u8(at + i + 1) + 2u : length + 1;
      if (i + bytes > length) {
        if (checked) print.cut_here();
        return jumbo;
      }
    }
    if (!print.check(at + i, bytes)) return jumbo;
    const bool seen = jumbo != 0;
    if (type == 0xc2 && bytes == 6 && !seen) jumbo = print.u32(at + i + 2);
    if (shown) {
      if (type == 0) {
        text.put("(pad1)");
      } else if (type == 1) {
        text.put("(padn)");
      } else if (type == 5) {
        if (bytes == 4) {
          text.put("(rtalert: 0x");
          text.hex(print.u16(at + i + 2), 4);
          text.put(") ");
        } else {
          text.put("(rtalert: invalid len ");
          text.decimal(bytes - 2);
          text.put(')');
        }
      } else if (type == 0xc2) {
        if (bytes == 6) {
          text.put("(jumbo: ");
          text.decimal(print.u32(at + i + 2));
          if (seen) text.put(" - already seen");
          text.put(") ");
        } else {
          text.put("(jumbo: invalid len ");
          text.decimal(bytes - 2);
          text.put(')');
        }
      } else if (type == 0xc9 && bytes >= 18) {
        text.put("(homeaddr: ");
        print.ipv6(at + i + 2);
        text.put(')');
      } else {
        text.put("(opt_type 0x");
        text.hex_byte(type);
        text.put(": len=");
        text.decimal(bytes - 2);
        text.put(')');
      }
    }
    i += bytes;
  }
  if (shown) text.put(' ');
  return jumbo;
}

/// Returns the header's bytes; 0 where it is malformed, and said so.
uint32_t print_routing(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  print.protocol = "rt6";
  text.put("RT6");
  if (!print.check(at, 4)) return 0;
  const uint32_t units = print.u8(at + 1);
  const uint8_t type = print.u8(at + 2);
  text.put(" (len=");
  text.decimal(units);
  text.put(", type=");
  text.decimal(type);
  if (type == 0) text.put(" [Deprecated]");
  text.put(", segleft=");
  text.decimal(print.u8(at + 3));
  const auto bad_length = [&] {
    text.put(" (invalid length ");
    text.decimal(units);
    text.put(')');
    print.invalid();
    return 0u;
  };
  const auto put_addresses_from = [&](uint32_t count) {
    for (uint32_t i = 0; i < count && print.check(at + 8 + size_t{i} * 16, 16); ++i) {
      text.put(", [");
      text.decimal(i);
      text.put(']');
      print.ipv6(at + 8 + size_t{i} * 16);
    }
  };
  if (type == 0 || type == 2) {
    const uint32_t reserved = print.u32(at + 4);
    if (reserved != 0 || print.options.verbosity > 0) {
      text.put(", rsv=0x");
      text.hex(reserved);
    }
    if (units % 2 == 1) return bad_length();
    put_addresses_from(units / 2);
    text.put(") ");
  } else if (type == 4) {
    const uint32_t last = print.u8(at + 4);
    text.put(", last-entry=");
    text.decimal(last);
    if (const uint8_t flags = print.u8(at + 5); flags != 0 || print.options.verbosity > 0) {
      text.put(", flags=0x");
      text.hex(flags);
    }
    text.put(", tag=");
    text.hex(print.u16(at + 6));
    const uint32_t segments_units = (last + 1) * 2;
    if (units % 2 == 1 || units < segments_units) return bad_length();
    put_addresses_from(last + 1);
    text.put(") ");
  } else {
    text.put(" (unknown type)");
    text.put(") ");
  }
  return (units + 1) * 8;
}

/// False where nothing can follow: a later fragment.
bool print_fragment(PacketPrint& print, size_t at, size_t ip_at) {
  PacketWriter& text = print.text;
  print.protocol = "frag6";
  if (!print.check(at, print.options.verbosity > 0 ? 8 : 4)) return false;
  const uint32_t offset = print.u16(at + 2) & 0xfff8u;
  text.put("frag (");
  if (print.options.verbosity > 0) {
    text.put("0x");
    text.hex(print.u32(at + 4), 8);
    text.put(':');
  }
  text.decimal(offset);
  text.put('|');
  // As tcpdump counts: may wrap for a payload length that ends before this header.
  text.decimal(static_cast<uint64_t>(kHeaderBytes) + print.u16(ip_at + 4) - (at - ip_at) - 8);
  text.put(')');
  if (offset != 0) return false;
  text.put(' ');
  return true;
}

void print_header_fields(PacketPrint& print, size_t at, uint8_t next, uint32_t payload_bytes) {
  PacketWriter& text = print.text;
  const uint32_t flow = print.u32(at);
  text.put('(');
  if ((flow & 0x0ff00000) != 0) {
    text.put("class 0x");
    text.hex((flow & 0x0ff00000) >> 20, 2);
    text.put(", ");
  }
  if ((flow & 0x000fffff) != 0) {
    text.put("flowlabel 0x");
    text.hex(flow & 0x000fffff, 5);
    text.put(", ");
  }
  text.put("hlim ");
  text.decimal(print.u8(at + 7));
  text.put(", next-header ");
  const char* name = ip_protocol_name(next);
  text.put(std::string_view(name != nullptr ? name : "unknown"));
  text.put(" (");
  text.decimal(next);
  text.put(") payload length: ");
  text.decimal(payload_bytes);
  text.put(") ");
}

void put_missing(PacketPrint& print, uint32_t bytes) {
  print.text.put("truncated-ip6 - ");
  print.text.decimal(bytes);
  print.text.put(" bytes missing!");
}

struct Extensions {
  size_t at;        // of the header to print next
  uint32_t length;  // from there to the packet's end
  uint8_t next;     // its kind
  uint32_t jumbo = 0;
  bool any = false;
  bool hop_by_hop = false;
  bool fragment = false;
};

/// Prints the one at `place.at`. False where the packet ends with it.
bool print_extension(PacketPrint& print, Extensions& place, size_t ip_at, uint32_t payload_bytes) {
  PacketWriter& text = print.text;
  uint32_t bytes = 0;
  const bool verbose = print.options.verbosity > 0;
  switch (place.next) {
    case kHopByHop:
      if (place.hop_by_hop || place.any) {
        text.put(place.hop_by_hop
                     ? std::string_view("[The Hop-by-Hop Options header was already found]")
                     : std::string_view("[The Hop-by-Hop Options header don't follow the IPv6 header]"));
        print.invalid();
        return false;
      }
      place.hop_by_hop = true;
      [[fallthrough]];
    case kDestination: {
      const bool hop_by_hop = place.next == kHopByHop;
      print.protocol = hop_by_hop ? "hbhopt" : "dstopt";
      bytes = (print.u8(place.at + 1) + 1u) * 8;
      if (!print.check(place.at, bytes)) return false;
      if (hop_by_hop)
        text.put("HBH ");
      else
        text.put("DSTOPT ");
      const uint32_t jumbo = print_options(print, place.at + 2, bytes - 2, verbose, verbose || hop_by_hop);
      if (hop_by_hop && payload_bytes == 0) {
        place.jumbo = jumbo;
        if (jumbo == 0 && !print.cut) {
          text.put("[No valid Jumbo Payload Hop-by-Hop option found]");
          print.invalid();
          return false;
        }
      }
      break;
    }
    case kRouting:
      bytes = print_routing(print, place.at);
      if (bytes == 0) return false;
      break;
    case kFragment:
      if (!print_fragment(print, place.at, ip_at)) return false;
      place.fragment = true;
      bytes = 8;
      break;
    default:
      return false;
  }
  if (print.cut) return false;
  place.any = true;
  place.next = print.u8(place.at);
  print.protocol = "ip6";
  if (place.length < bytes) {
    print.truncated();
    return false;
  }
  place.at += bytes;
  place.length -= bytes;
  return !print.cut;
}

bool is_extension(uint8_t next) {
  return next == kHopByHop || next == kDestination || next == kRouting || next == kFragment;
}

}  // namespace

size_t ip6_final_destination(PacketPrint& print, size_t at) {
  uint8_t next = print.u8(at + 6);
  size_t header = at + kHeaderBytes;
  while (print.has(header, 8) && (is_extension(next) || next == kMobility || next == kMobilityOld)) {
    if (next == kRouting) {
      const uint32_t units = print.u8(header + 1);
      const uint8_t type = print.u8(header + 2);
      if (units % 2 == 1 || units == 0) break;
      const size_t last = type == 4 ? header + 8 : header + 8 + size_t{units / 2 - 1} * 16;
      if ((type == 0 || type == 2 || type == 4) && print.has(last, 16)) return last;
      break;
    }
    next = print.u8(header);
    header += next == kFragment ? 8 : (print.u8(header + 1) + 1u) * 8;
  }
  return at + 24;
}

void print_ip6(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "ip6";
  PacketWriter& text = print.text;
  if (!print.check(at, kHeaderBytes)) return;
  if (length < kHeaderBytes) {
    text.put("truncated-ip6 ");
    text.decimal(length);
    return;
  }
  if (!print.options.link_header) text.put("IP6 ");
  if (print.u8(at) >> 4 != 6) {
    text.put("version error: ");
    text.decimal(print.u8(at) >> 4);
    text.put(" != 6");
    return;
  }
  const uint32_t payload_bytes = print.u16(at + 4);
  uint32_t total = length;
  if (payload_bytes != 0) {
    total = payload_bytes + kHeaderBytes;
    if (length < total) put_missing(print, total - length);
  }
  Extensions place{at + kHeaderBytes, total - kHeaderBytes, print.u8(at + 6)};
  if (print.options.verbosity > 0) print_header_fields(print, at, place.next, payload_bytes);
  IpPlace ip;
  ip.at = at;
  ip.version = 6;
  const EndLimit limit(print, at + total);
  if (place.next != 6 && place.next != 17 && place.next != 33 && place.next != 132) {
    put_addresses(print, ip);
    text.put(": ");
  }
  while (is_extension(place.next)) {
    if (place.any && place.at >= print.end) return;
    if (!print_extension(print, place, at, payload_bytes)) return;
    if (place.fragment && place.at >= print.end) return;
  }
  if (place.next == kMobility || place.next == kMobilityOld) {
    text.put("mobility");
    return;
  }
  if (place.jumbo != 0) {
    const uint64_t jumbo_total = uint64_t{place.jumbo} + kHeaderBytes;
    const uint64_t passed = place.at - at;
    if (jumbo_total < passed) return print.truncated();
    if (length < jumbo_total) put_missing(print, static_cast<uint32_t>(jumbo_total - length));
    place.length = static_cast<uint32_t>(std::min<uint64_t>(jumbo_total - passed, UINT32_MAX));
  } else if (payload_bytes == 0) {
    if (place.any) return print.truncated();
    place.length = 0;
    print.end = std::min(print.end, at + kHeaderBytes);  // `limit` puts it back
  }
  ip.fragment = place.fragment;
  print_ip_payload(print, place.at, place.length, ip, place.next);
}

}  // namespace weir::sink
