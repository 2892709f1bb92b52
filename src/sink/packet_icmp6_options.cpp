// SPDX-License-Identifier: Apache-2.0
// Options of neighbour discovery (RFC 4861, 4191, 8106, 6275) and multicast listener discovery (RFC 2710,
// 3810).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kOptions[] = {{1, "source link-address"},
                                   {2, "destination link-address"},
                                   {3, "prefix info"},
                                   {4, "redirected header"},
                                   {5, "mtu"},
                                   {7, "advertisement interval"},
                                   {8, "homeagent information"},
                                   {24, "route info"},
                                   {25, "rdnss"},
                                   {31, "dnssl"}};

void put_lifetime(PacketWriter& text, uint32_t seconds) {
  if (seconds == UINT32_MAX) return text.put("infinity");
  text.decimal(seconds);
  text.put('s');
}

void print_prefix(PacketPrint& print, size_t at, uint32_t units) {
  PacketWriter& text = print.text;
  constexpr NumberWord kFlags[] = {{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}};
  print.ipv6(at + 16);
  text.put('/');
  text.decimal(print.u8(at + 2));
  if (units != 4) text.put("badlen");
  text.put(", Flags [");
  put_bit_words(text, kFlags, print.u8(at + 3), "none");
  text.put("], valid time ");
  put_lifetime(text, print.u32(at + 4));
  text.put(", pref. time ");
  put_lifetime(text, print.u32(at + 8));
}

/// False where it is malformed.
bool print_route(PacketPrint& print, size_t at, uint32_t units) {
  PacketWriter& text = print.text;
  if (units > 3 || !print.has(at, 8)) return false;
  uint8_t prefix[16] = {};
  if (!print.check(at, size_t{units} * 8)) return false;
  for (uint32_t i = 0; i < (units - 1) * 8; ++i) prefix[i] = print.u8(at + 8 + i);
  constexpr std::string_view kPreferences[] = {"medium", "high", "rsv", "low"};
  text.put(' ');
  text.ipv6(prefix);
  text.put('/');
  text.decimal(print.u8(at + 2));
  text.put(", pref=");
  text.put(kPreferences[print.u8(at + 3) >> 3 & 3]);
  text.put(", lifetime=");
  put_lifetime(text, print.u32(at + 4));
  return true;
}

/// False where it is malformed.
bool print_search_list(PacketPrint& print, size_t at, size_t stop, size_t message) {
  print.text.put(" lifetime ");
  print.text.decimal(print.u32(at + 4));
  print.text.put("s, domain(s):");
  size_t name = at + 8;
  while (name < stop && !print.cut && print.u8(name) != 0) {
    print.text.put(' ');
    name = print_domain_name(print, name, message);
    if (name == 0) return false;
  }
  return true;
}

enum class Next : uint8_t { go_on, stop, malformed };

Next print_option(PacketPrint& print, size_t at, uint8_t type, uint32_t units, size_t options_at) {
  PacketWriter& text = print.text;
  const uint32_t bytes = units * 8;
  switch (type) {
    case 1:
    case 2:
      text.colon_hex(print.data + at + 2, bytes - 2);
      break;
    case 3:
      print_prefix(print, at, units);
      break;
    case 4:
      dump_unknown(print, options_at, bytes, "\n\t    ");
      break;
    case 5:
      text.put(' ');
      text.decimal(print.u32(at + 4));
      if (units != 1) text.put("bad option length");
      break;
    case 7:
      text.put(' ');
      text.decimal(print.u32(at + 4));
      text.put("ms");
      break;
    case 8:
      text.put(" preference ");
      text.decimal(print.u16(at + 4));
      text.put(", lifetime ");
      text.decimal(print.u16(at + 6));
      break;
    case 24:
      if (!print_route(print, at, units)) return Next::malformed;
      break;
    case 25:
      text.put(" lifetime ");
      text.decimal(print.u32(at + 4));
      text.put("s,");
      for (uint32_t i = 0; i < (units - 1) / 2 && !print.cut; ++i) {
        text.put(" addr: ");
        print.ipv6(at + 8 + size_t{i} * 16);
      }
      break;
    case 31:
      if (!print_search_list(print, at, at + bytes, options_at)) return Next::malformed;
      break;
    default:
      if (print.options.verbosity <= 1) {
        dump_unknown(print, at + 2, bytes - 2, "\n\t  ");
        return Next::stop;
      }
      break;
  }
  if (print.options.verbosity > 1) dump_unknown(print, at + 2, bytes - 2, "\n\t    ");
  return Next::go_on;
}

void print_report(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  if (length < 8) {
    text.put(" [invalid len ");
    text.decimal(length);
    text.put(']');
    return;
  }
  print_group_records(print, at, length, 16);
}

void print_query(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  const uint32_t code = print.u16(at + 4);
  const bool verbose = print.options.verbosity > 0;
  if (verbose) {
    text.put(" [max resp delay=");
    text.decimal(code < 32768 ? code : ((code & 0x0fff) | 0x1000) << ((code >> 12 & 7) + 3));
    text.put(']');
  }
  if (!print.check(at + 8, 16)) return;
  text.put(" [gaddr ");
  print.ipv6(at + 8);
  if (verbose) {
    const uint8_t flags = print.u8(at + 24);
    if ((flags & 8) != 0) text.put(" sflag");
    if ((flags & 7) != 0) {
      text.put(" robustness=");
      text.decimal(flags & 7);
    }
    const uint32_t interval = print.u8(at + 25);
    text.put(" qqi=");
    text.decimal(interval < 128 ? interval : ((interval & 0x0f) | 0x10) << ((interval >> 4 & 7) + 3));
  }
  const uint32_t sources = print.u16(at + 26);
  if (sources > 0) {
    if (length < 28 + sources * 16)
      text.put(" [invalid number of sources]");
    else
      put_group_sources(print, at + 28, sources, 16);
  }
  text.put(']');
}

}  // namespace

void print_icmp6_options(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  const size_t options_at = at;
  while (at < print.end && length > 0) {
    if (!print.has(at, 2)) return print.truncated();
    const uint8_t type = print.u8(at);
    const uint32_t units = print.u8(at + 1);
    if (units == 0 || !print.has(at, units * 8)) return print.truncated();
    text.put("\n\t  ");
    const char* name = word_for(kOptions, type);
    text.put(std::string_view(name != nullptr ? name : "unknown"));
    text.put(" option (");
    text.decimal(type);
    text.put("), length ");
    text.decimal(units * 8);
    text.put(" (");
    text.decimal(units);
    text.put("): ");
    const Next next = print_option(print, at, type, units, options_at);
    if (next == Next::malformed) return print.truncated();
    if (next == Next::stop || print.cut) return;
    at += units * 8;
    length -= std::min(length, units * 8);
  }
}

void print_mld(PacketPrint& print, size_t at, uint32_t length, uint8_t type) {
  PacketWriter& text = print.text;
  if (type == 143) return print_report(print, at, length);
  if (type == 130 && length != 24) {
    if (length >= 28) {
      text.put(" v2");
      return print_query(print, at, length);
    }
    text.put(" unknown-version (len ");
    text.decimal(length);
    return text.put(") ");
  }
  if (!print.has(at, 24)) return;
  text.put("max resp delay: ");
  text.decimal(print.u16(at + 4));
  text.put(" addr: ");
  print.ipv6(at + 8);
}

}  // namespace weir::sink
