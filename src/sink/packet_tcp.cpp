// SPDX-License-Identifier: Apache-2.0
// TCP (RFC 9293): flags, sequence numbers relative to the connection's first, window; then what the payload
// is.
#include <cstring>

#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kHeaderBytes = 20;
constexpr uint8_t kFin = 1, kSyn = 2, kReset = 4, kAck = 16, kUrgent = 32;
constexpr char kFlagLetters[] = "FSRP.UEW";  // from bit 0 on

struct Numbers {
  uint32_t sequence;
  uint32_t acknowledgment;
  uint32_t acknowledged_base;  // to take off SACK blocks
};

Numbers relative_numbers(PacketPrint& print, const IpPlace& ip, size_t at, uint8_t flags) {
  Numbers numbers{print.u32(at + 4), print.u32(at + 8), 0};
  if (print.options.absolute_sequences || (flags & kAck) == 0) return numbers;
  const uint16_t source_port = print.u16(at);
  const uint16_t destination_port = print.u16(at + 2);
  const size_t bytes = ip.version == 4 ? 4 : 16;
  const uint8_t* source = print.data + ip.at + (ip.version == 4 ? 12 : 8);
  const uint8_t* destination = source + bytes;
  const bool reversed = source_port > destination_port ||
                        (source_port == destination_port && std::memcmp(source, destination, bytes) > 0);
  ConnectionKey key;
  std::memcpy(key.low_address.data(), reversed ? destination : source, bytes);
  std::memcpy(key.high_address.data(), reversed ? source : destination, bytes);
  key.low_port = reversed ? destination_port : source_port;
  key.high_port = reversed ? source_port : destination_port;
  key.version = ip.version;
  const PacketSequences::Found found = print.sequences.find(key);
  uint32_t& own = reversed ? found.sequences->high : found.sequences->low;
  uint32_t& other = reversed ? found.sequences->low : found.sequences->high;
  if (!found.known || (flags & kSyn) != 0) {
    own = numbers.sequence;
    other = numbers.acknowledgment - 1;
  } else {
    numbers.sequence -= own;
    numbers.acknowledgment -= other;
  }
  numbers.acknowledged_base = other;
  return numbers;
}

void print_checksum(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip) {
  if (!print.has(at, length)) return;
  const uint32_t pseudo = pseudo_header_sum(print, ip, length, 6);
  const uint16_t field = print.u16(at + 16);
  print.text.put(", cksum 0x");
  print.text.hex(field, 4);
  const uint16_t sum = print.checksum(at, length, pseudo);
  if (sum == 0) {
    print.text.put(" (correct)");
  } else if (print.partial_checksum(field, pseudo)) {
    print.text.put(" (partial)");
  } else {
    print.text.put(" (incorrect -> 0x");
    print.text.hex(right_checksum(field, sum), 4);
    print.text.put(')');
  }
}

void print_reset_data(PacketPrint& print, size_t at, uint32_t length) {
  constexpr uint32_t kShown = 30;
  print.text.put(print.has(at, length) ? std::string_view(" [RST") : std::string_view(" [!RST"));
  if (length > kShown) print.text.put('+');
  print.text.put(' ');
  print.safe(at, std::min(length, kShown));
  print.text.put(']');
}

/// The version exchange alone is text (RFC 4253 4.2).
void print_ssh(PacketPrint& print, size_t at, uint32_t length) {
  const size_t there = std::min<size_t>(length, print.available(at));
  for (size_t i = 0; i < there; ++i) {
    const uint8_t c = print.data[at + i];
    if (c == '\n' || (c == '\r' && i + 1 < there && print.data[at + i + 1] == '\n')) break;
    if (c < 0x20 || c >= 0x7f) return;
  }
  print_text_protocol(print, at, length, TextProtocol::ssh);
}

void print_payload(PacketPrint& print, size_t at, uint32_t length, uint16_t source, uint16_t destination) {
  const auto either = [&](uint16_t port) { return source == port || destination == port; };
  if (either(25)) return print_text_protocol(print, at, length, TextProtocol::smtp);
  if (either(22)) return print_ssh(print, at, length);
  if (either(43)) return print_text_protocol(print, at, length, TextProtocol::whois);
  if (either(21)) return print_text_protocol(print, at, length, TextProtocol::ftp);
  if (either(80) || either(8080)) return print_text_protocol(print, at, length, TextProtocol::http);
  if (either(554) || either(8554)) return print_text_protocol(print, at, length, TextProtocol::rtsp);
  if (either(53)) return print_dns(print, at, length, true, false);
}

}  // namespace

void print_tcp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip) {
  print.protocol = "tcp";
  PacketWriter& text = print.text;
  if (!print.has(at, 4)) {
    put_addresses(print, ip);
    text.put(':');
    print.truncated();
    return;
  }
  const uint16_t source = print.u16(at);
  const uint16_t destination = print.u16(at + 2);
  put_ports(print, ip, 6, source, destination);
  if (!print.check(at, kHeaderBytes)) return;
  const uint32_t header_bytes = (print.u8(at + 12) >> 4) * 4u;
  if (header_bytes < kHeaderBytes) {
    text.put(" tcp ");
    text.decimal(length - header_bytes);
    text.put(" [bad hdr length ");
    text.decimal(header_bytes);
    text.put(" - too short, < 20]");
    return;
  }
  const auto too_long = [&] {
    text.put(" [bad hdr length ");
    text.decimal(header_bytes);
    text.put(" - too long, > ");
    text.decimal(length);
    text.put(']');
  };
  if (print.options.quiet) {
    text.put("tcp ");
    text.decimal(length - header_bytes);
    if (header_bytes > length) too_long();
    return;
  }
  const uint8_t flags = print.u8(at + 13);
  text.put("Flags [");
  if (flags == 0) text.put("none");
  for (int bit = 0; bit < 8; ++bit)
    if ((flags >> bit & 1) != 0) text.put(kFlagLetters[bit]);
  text.put(']');
  const Numbers numbers = relative_numbers(print, ip, at, flags);
  if (header_bytes > length) return too_long();
  if (print.options.verbosity > 0 && print.options.verify_checksums && !ip.fragment)
    print_checksum(print, at, length, ip);
  const uint32_t payload_bytes = length - header_bytes;
  if (print.options.verbosity > 1 || payload_bytes > 0 || (flags & (kSyn | kFin | kReset)) != 0) {
    text.put(", seq ");
    text.decimal(numbers.sequence);
    if (payload_bytes > 0) {
      text.put(':');
      text.decimal(static_cast<uint32_t>(numbers.sequence + payload_bytes));
    }
  }
  if ((flags & kAck) != 0) {
    text.put(", ack ");
    text.decimal(numbers.acknowledgment);
  }
  text.put(", win ");
  text.decimal(print.u16(at + 14));
  if ((flags & kUrgent) != 0) {
    text.put(", urg ");
    text.decimal(print.u16(at + 18));
  }
  if (header_bytes > kHeaderBytes &&
      !print_tcp_options(print, at + kHeaderBytes, header_bytes - kHeaderBytes, numbers.acknowledged_base))
    return;
  text.put(", length ");
  text.decimal(payload_bytes);
  if (payload_bytes == 0) return;
  if (!print.has(at, header_bytes)) {
    text.put(" [remaining caplen(");
    text.decimal(print.available(at));
    text.put(") < header length(");
    text.decimal(header_bytes);
    text.put(")]");
    print.cut_here();
    return;
  }
  if ((flags & kReset) != 0 && print.options.verbosity > 0)
    return print_reset_data(print, at + header_bytes, payload_bytes);
  print_payload(print, at + header_bytes, payload_bytes, source, destination);
}

}  // namespace weir::sink
