// SPDX-License-Identifier: Apache-2.0
// A packet's bytes as -x, -X and -A show them.
#include "sink/packet_dump.h"

#include <algorithm>

#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr size_t kLineBytes = 16;
constexpr size_t kHexWidth = 40;  // " 0000" for each pair of a line

bool is_graphic(uint8_t byte) {
  return byte > 0x20 && byte < 0x7f;
}

}  // namespace

void put_hex_lines(PacketWriter& text, std::span<const uint8_t> bytes, std::string_view indent, bool ascii) {
  for (size_t line = 0; line < bytes.size(); line += kLineBytes) {
    const std::span<const uint8_t> row = bytes.subspan(line, std::min(kLineBytes, bytes.size() - line));
    text.put(indent);
    text.put("0x");
    text.hex(line, 4);
    text.put(": ");
    const size_t start = text.used();
    for (size_t i = 0; i < row.size(); ++i) {
      if (i % 2 == 0) text.put(' ');
      text.hex_byte(row[i]);
    }
    if (!ascii) continue;
    text.pad_to(start, kHexWidth);
    text.put("  ");
    for (const uint8_t byte : row) text.put(is_graphic(byte) ? static_cast<char>(byte) : '.');
  }
}

void put_ascii(PacketWriter& text, std::span<const uint8_t> bytes) {
  text.put('\n');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint8_t byte = bytes[i];
    if (byte == '\r') {  // nothing before a line's end; the last two bytes as tcpdump has them
      if (i + 2 < bytes.size() && bytes[i + 1] != '\n') text.put('.');
    } else if (is_graphic(byte) || byte == '\t' || byte == ' ' || byte == '\n') {
      text.put(static_cast<char>(byte));
    } else {
      text.put('.');
    }
  }
}

void dump_payload(PacketPrint& print, size_t at, uint32_t length) {
  const PacketDump dump = print.options.dump;
  const bool dumped_anyway =
      dump != PacketDump::none && dump != PacketDump::ascii && dump != PacketDump::ascii_with_link;
  if (!dumped_anyway && !print.options.quiet) dump_always(print, at, length);
}

void dump_always(PacketPrint& print, size_t at, uint32_t length) {
  if (print.cut) return;
  const size_t there = std::min<size_t>(length, print.available(at));
  put_hex_lines(print.text, {print.data + std::min(at, print.end), there}, "\n\t", true);
}

void dump_unknown(PacketPrint& print, size_t at, uint32_t length, std::string_view indent) {
  if (print.cut) return;
  const size_t there = std::min<size_t>(length, print.available(at));
  put_hex_lines(print.text, {print.data + std::min(at, print.end), there}, indent, false);
}

void put_relative_time(PacketWriter& text, uint32_t seconds) {
  constexpr struct {
    uint32_t seconds;
    char letter;
  } kUnits[] = {{365 * 86400, 'y'}, {7 * 86400, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
  if (seconds == 0) return text.put("0s");
  for (const auto& unit : kUnits) {
    if (seconds < unit.seconds) continue;
    text.decimal(seconds / unit.seconds);
    text.put(unit.letter);
    seconds %= unit.seconds;
  }
}

}  // namespace weir::sink
