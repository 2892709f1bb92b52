// SPDX-License-Identifier: Apache-2.0
// IGMP (RFC 2236, RFC 3376).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

void put_length(PacketPrint& print, std::string_view before, uint32_t length) {
  print.text.put(before);
  print.text.decimal(length);
  print.text.put(']');
}

void print_report3(PacketPrint& print, size_t at, uint32_t length) {
  if (length < 16 || (length & 3) != 0) return put_length(print, " [invalid len ", length);
  print_group_records(print, at, length, 4);
}

void print_query3(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  text.put(" v3");
  if (length < 12 || (length & 3) != 0) return put_length(print, " [invalid len ", length);
  const uint32_t code = print.u8(at + 1);
  if (code != 100) {
    const uint32_t tenths = code < 128 ? code : ((code & 0x0f) | 0x10) << ((code >> 4 & 7) + 3);
    text.put(" [max resp time ");
    if (tenths < 600) {
      text.decimal(tenths / 10);
      text.put('.');
      text.decimal(tenths % 10);
      text.put('s');
    } else {
      put_relative_time(text, tenths / 10);
    }
    text.put(']');
  }
  if (print.u32(at + 4) == 0) return;
  text.put(" [gaddr ");
  print.ipv4(at + 4);
  const uint32_t sources = print.u16(at + 10);
  if (sources > 0) {
    if (length < 12 + sources * 4)
      text.put(" [invalid number of sources]");
    else
      put_group_sources(print, at + 12, sources, 4);
  }
  text.put(']');
}

void print_query(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  text.put("igmp query");
  if (length >= 12) return print_query3(print, at, length);
  const uint8_t time = print.u8(at + 1);
  text.put(time != 0 ? std::string_view(" v2") : std::string_view(" v1"));
  if (time != 0 && time != 100) put_length(print, " [max resp time ", time);
  if (print.u32(at + 4) != 0) {
    text.put(" [gaddr ");
    print.ipv4(at + 4);
    text.put(']');
  }
  if (length != 8) put_length(print, " [len ", length);
}

void print_trace(PacketPrint& print, size_t at, uint32_t length, std::string_view name) {
  PacketWriter& text = print.text;
  if (length < 24) return put_length(print, " [invalid len ", length);
  text.put(name);
  text.decimal(print.u24(at + 21));
  text.put(": ");
  print.ipv4(at + 8);
  text.put(" to ");
  print.ipv4(at + 12);
  text.put(" reply-to ");
  print.ipv4(at + 16);
  if (print.u8(at + 16) >> 4 == 0xe) {
    text.put(" with-ttl ");
    text.decimal(print.u8(at + 20));
  }
}

}  // namespace

void print_igmp(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "igmp";
  PacketWriter& text = print.text;
  if (print.options.quiet) return text.put("igmp");
  const uint8_t type = print.u8(at);
  if (print.cut) return;
  switch (type) {
    case 0x11:
      print_query(print, at, length);
      break;
    case 0x12:
      if (!print.check(at + 4, 4)) return;
      text.put("igmp v1 report ");
      print.ipv4(at + 4);
      if (length != 8) put_length(print, " [len ", length);
      break;
    case 0x16:
      if (!print.check(at + 4, 4)) return;
      text.put("igmp v2 report ");
      print.ipv4(at + 4);
      break;
    case 0x17:
      if (!print.check(at + 4, 4)) return;
      text.put("igmp leave ");
      print.ipv4(at + 4);
      break;
    case 0x22:
      text.put("igmp v3 report");
      print_report3(print, at, length);
      break;
    case 0x13:
      text.put("igmp dvmrp");
      if (length < 8) put_length(print, " [len ", length);
      break;
    case 0x14:
      text.put("igmp pimv1");
      break;
    case 0x1e:
      print_trace(print, at, length, "mresp ");
      break;
    case 0x1f:
      print_trace(print, at, length, "mtrace ");
      break;
    default:
      text.put("igmp-");
      text.decimal(type);
      break;
  }
  if (print.options.verbosity > 0 && length >= 4 && print.has(at, length) &&
      print.checksum(at, length) != 0) {
    text.put(" bad igmp cksum ");
    text.hex(print.u16(at + 2));
    text.put('!');
  }
}

}  // namespace weir::sink
