// SPDX-License-Identifier: Apache-2.0
// Spanning tree (IEEE 802.1D, 802.1w, the fixed part of 802.1s).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kProtocols[] = {{0, "802.1d"}, {2, "802.1w"}, {3, "802.1s"}, {4, "802.1aq"}};
constexpr NumberWord kTypes[] = {{0x00, "Config"}, {0x02, "Rapid STP"}, {0x80, "Topology Change"}};
constexpr NumberWord kFlags[] = {{0x01, "Topology change"}, {0x02, "Proposal"},
                                 {0x10, "Learn"},           {0x20, "Forward"},
                                 {0x40, "Agreement"},       {0x80, "Topology change ACK"}};
constexpr NumberWord kRoles[] = {{0, "Unknown"}, {1, "Alternate"}, {2, "Root"}, {3, "Designated"}};

void put_bridge(PacketPrint& print, size_t at) {
  print.text.hex(print.u16(at), 4);
  print.text.put('.');
  print.mac(at + 2);
}

/// 1/256 seconds with two decimals, rounded as printf rounds: half to even.
void put_seconds(PacketWriter& text, uint32_t ticks) {
  const uint32_t exact = ticks * 100;
  uint32_t hundredths = exact / 256;
  const uint32_t rest = exact % 256;
  if (rest > 128 || (rest == 128 && (hundredths & 1) != 0)) ++hundredths;
  text.decimal(hundredths / 100);
  text.put('.');
  text.padded_decimal(hundredths % 100, 2);
  text.put('s');
}

void print_times(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  if (!print.check(at + 27, 8)) return;
  text.put("\n\tmessage-age ");
  put_seconds(text, print.u16(at + 27));
  text.put(", max-age ");
  put_seconds(text, print.u16(at + 29));
  text.put(", hello-time ");
  put_seconds(text, print.u16(at + 31));
  text.put(", forwarding-delay ");
  put_seconds(text, print.u16(at + 33));
}

void print_configuration(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  const uint8_t flags = print.u8(at + 4);
  text.put(", Flags [");
  put_bit_words(text, kFlags, flags, "none");
  text.put(']');
  if (!print.check(at + 17, 10)) return;
  text.put(", bridge-id ");
  put_bridge(print, at + 17);
  text.put('.');
  text.hex(print.u16(at + 25), 4);
  text.put(", length ");
  text.decimal(length);
  if (print.options.verbosity == 0) return;
  print_times(print, at);
  text.put("\n\troot-id ");
  put_bridge(print, at + 5);
  text.put(", root-pathcost ");
  text.decimal(print.u32(at + 13));
  if (print.u8(at + 2) == 2) {
    text.put(", port-role ");
    text.put(std::string_view(word_for(kRoles, flags >> 2 & 3u)));
  }
}

void print_multiple(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  const uint8_t flags = print.u8(at + 4);
  text.put(", CIST Flags [");
  put_bit_words(text, kFlags, flags, "none");
  text.put("], length ");
  text.decimal(length);
  if (print.options.verbosity == 0) return;
  text.put("\n\tport-role ");
  text.put(std::string_view(word_for(kRoles, flags >> 2 & 3u)));
  text.put(", CIST root-id ");
  put_bridge(print, at + 5);
  text.put(", CIST ext-pathcost ");
  text.decimal(print.u32(at + 13));
  text.put("\n\tCIST regional-root-id ");
  put_bridge(print, at + 17);
  text.put(", CIST port-id ");
  text.hex(print.u16(at + 25), 4);
  text.put(',');
  print_times(print, at);
}

}  // namespace

void print_stp(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "stp";
  PacketWriter& text = print.text;
  if (length < 4) return print.invalid();
  if (print.u16(at) != 0) {
    text.put("unknown STP version, length ");
    return text.decimal(length);
  }
  const uint8_t version = print.u8(at + 2);
  if (print.cut) return;
  text.put("STP ");
  const char* name = word_for(kProtocols, version);
  if (name == nullptr) {
    text.put("Unknown STP protocol (0x");
    text.hex(version, 2);
    return text.put(')');
  }
  text.put(std::string_view(name));
  const uint8_t type = print.u8(at + 3);
  text.put(", ");
  if (const char* word = word_for(kTypes, type)) {
    text.put(std::string_view(word));
  } else {
    text.put("Unknown BPDU Type (0x");
    text.hex(type, 2);
    text.put(')');
  }
  if (type == 0) {
    if (length < 35) return print.invalid();
    print_configuration(print, at, length);
  } else if (type == 2 && version == 2) {
    if (length < 36) return print.invalid();
    print_configuration(print, at, length);
  } else if (type == 2 && version >= 3) {
    if (length < 102 || print.u8(at + 35) != 0) return print.invalid();
    if (length < 36u + print.u16(at + 36) + 2u) return print.invalid();
    print_multiple(print, at, length);
  }
}

}  // namespace weir::sink
