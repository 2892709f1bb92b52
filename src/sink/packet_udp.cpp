// SPDX-License-Identifier: Apache-2.0
// UDP (RFC 768), and by port what it carries where there is a printer for it.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kHeaderBytes = 8;

void print_checksum(PacketPrint& print, size_t at, uint32_t bytes, const IpPlace& ip) {
  const uint16_t field = print.u16(at + 6);
  if (ip.version == 4) {
    if (print.options.verbosity < 2) return;
    if (field == 0) return print.text.put("[no cksum] ");
  }
  if (!print.has(at, bytes)) return;
  const uint32_t pseudo = pseudo_header_sum(print, ip, bytes, 17);
  const uint16_t sum = print.checksum(at, bytes, pseudo);
  if (sum == 0) return print.text.put("[udp sum ok] ");
  if (print.partial_checksum(field, pseudo)) return print.text.put("[udp cksum partial] ");
  print.text.put("[bad udp cksum 0x");
  print.text.hex(field, 4);
  print.text.put(" -> 0x");
  print.text.hex(right_checksum(field, sum), 4);
  print.text.put("!] ");
}

bool print_payload(PacketPrint& print, size_t at, uint32_t length, uint16_t source, uint16_t destination) {
  const auto either = [&](uint16_t port) { return source == port || destination == port; };
  if (either(53)) {
    print_dns(print, at, length, false, false);
  } else if (either(5353)) {
    print_dns(print, at, length, false, true);
  } else if (either(5060)) {
    print_text_protocol(print, at, length, TextProtocol::sip);
  } else if (either(4789)) {
    print_vxlan(print, at, length);
  } else if (destination == 6081) {
    print_geneve(print, at, length);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void print_udp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip) {
  print.protocol = "udp";
  PacketWriter& text = print.text;
  if (!print.has(at, 4)) {
    if (print.u8(ip.at + (ip.version == 4 ? 9 : 6)) == 17) {
      put_addresses(print, ip);
      text.put(": ");
    }
    print.truncated();
    return;
  }
  const uint16_t source = print.u16(at);
  const uint16_t destination = print.u16(at + 2);
  put_ports(print, ip, 17, source, destination);
  if (length < kHeaderBytes) {
    text.put("truncated-udp ");
    text.decimal(length);
    return;
  }
  uint32_t bytes = print.u16(at + 4);
  if (print.cut) return;
  if (bytes == 0 && length > 65535) bytes = length;  // a jumbogram (RFC 2675)
  if (bytes < kHeaderBytes) {
    text.put("truncated-udplength ");
    text.decimal(bytes);
    return;
  }
  const uint32_t said = bytes - kHeaderBytes;
  length = std::min(said, length - kHeaderBytes);
  if (!print.check(at, kHeaderBytes)) return;
  if (print.options.verbosity > 0 && print.options.verify_checksums && !ip.fragment)
    print_checksum(print, at, length + kHeaderBytes, ip);
  if (!print.options.quiet && print_payload(print, at + kHeaderBytes, length, source, destination)) return;
  if (said > length && !ip.fragment) {
    text.put("UDP, bad length ");
    text.decimal(said);
    text.put(" > ");
    text.decimal(length);
  } else {
    text.put("UDP, length ");
    text.decimal(said);
  }
}

}  // namespace weir::sink
