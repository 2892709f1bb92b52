// SPDX-License-Identifier: Apache-2.0
// What IGMPv3 (RFC 3376 4) and MLDv2 (RFC 3810 5) have in common: group records and lists of sources.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

void put_address(PacketPrint& print, size_t at, uint32_t address_bytes) {
  if (address_bytes == 4)
    print.ipv4(at);
  else
    print.ipv6(at);
}

}  // namespace

void put_group_sources(PacketPrint& print, size_t at, uint32_t count, uint32_t address_bytes) {
  PacketWriter& text = print.text;
  if (print.options.verbosity <= 1) {
    text.put(", ");
    text.decimal(count);
    text.put(" source(s)");
    return;
  }
  text.put(" {");
  for (uint32_t i = 0; i < count && print.check(at + size_t{i} * address_bytes, address_bytes); ++i) {
    text.put(' ');
    put_address(print, at + size_t{i} * address_bytes, address_bytes);
  }
  text.put(" }");
}

void print_group_records(PacketPrint& print, size_t at, uint32_t length, uint32_t address_bytes) {
  PacketWriter& text = print.text;
  const uint32_t groups = print.u16(at + 6);
  text.put(", ");
  text.decimal(groups);
  text.put(" group record(s)");
  if (print.options.verbosity == 0) return;
  constexpr NumberWord kTypes[] = {{1, "is_in"}, {2, "is_ex"}, {3, "to_in"},
                                   {4, "to_ex"}, {5, "allow"}, {6, "block"}};
  const uint32_t header_bytes = 4 + address_bytes;
  uint32_t group = 8;
  for (uint32_t i = 0; i < groups && !print.cut; ++i) {
    if (length < group + header_bytes) return text.put(" [invalid number of groups]");
    if (!print.check(at + group + 4, address_bytes)) return;
    text.put(" [gaddr ");
    put_address(print, at + group + 4, address_bytes);
    text.put(' ');
    const uint8_t type = print.u8(at + group);
    if (const char* word = word_for(kTypes, type)) {
      text.put(std::string_view(word));
    } else {
      text.put(std::string_view(address_bytes == 4 ? " [v3-report-#" : " [v2-report-#"));
      text.decimal(type);
      text.put(']');
    }
    const uint32_t sources = print.u16(at + group + 2);
    if (length < group + header_bytes + sources * address_bytes) {
      text.put(" [invalid number of sources ");
      text.decimal(sources);
      return text.put(']');
    }
    put_group_sources(print, at + group + header_bytes, sources, address_bytes);
    group += header_bytes + sources * address_bytes;
    text.put(']');
  }
}

}  // namespace weir::sink
