// SPDX-License-Identifier: Apache-2.0
#include "source/capture_kind.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace weir::source {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view magic;
  std::string_view name;
};

constexpr std::string_view kConvert = "; convert it first (editcap FILE new.pcapng)";

constexpr Kind kCaptures[] = {
    {"snoop\0\0\0"sv, "a snoop capture (Solaris)"},
    {"btsnoop\0"sv, "a btsnoop capture (Bluetooth)"},
    {"GMBU"sv, "a Microsoft Network Monitor capture"},
    {"RTSS"sv, "a Microsoft Network Monitor 1 capture"},
    {"TRSNIFF data"sv, "a Sniffer capture"},
    {"XCP\0"sv, "a NetXRay capture"},
    {"iptrace "sv, "an iptrace capture (AIX)"},
    {"\x54\x52\x00\x64\x00"sv, "a Network Instruments Observer capture"},
    {"ObserverPktBuffe"sv, "a Network Instruments Observer capture"},
    {"\xa1\xb2\x34\xcd"sv, "a pcap variant that no tool reads any more"},
    {"\xcd\x34\xb2\xa1"sv, "a pcap variant that no tool reads any more"},
};

constexpr Kind kPacked[] = {
    {"\x28\xb5\x2f\xfd"sv, "zstd data; unpack it first (zstd -dc FILE | weir … -r -)"},
    {"\xfd"
     "7zXZ\0"sv,
     "xz data; unpack it first (xz -dc FILE | weir … -r -)"},
    {"BZh"sv, "bzip2 data; unpack it first (bzip2 -dc FILE | weir … -r -)"},
    {"\x04\x22\x4d\x18"sv, "lz4 data; unpack it first (lz4 -dc FILE | weir … -r -)"},
    {"\x1f\x9d"sv, "compress data; unpack it first (zcat FILE | weir … -r -)"},
    {"\x1f\x8b"sv, "a gzip in a gzip; unpack it first (zcat FILE | weir … -r -)"},
    {"PK\x03\x04"sv, "a zip archive; unpack it first"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it first"},
};

constexpr Kind kOthers[] = {
    {"\x7f"
     "ELF"sv,
     "a program (ELF)"},
    {"%PDF-"sv, "a PDF"},
    {"\x89PNG"sv, "a PNG picture"},
    {"SQLite format 3"sv, "an SQLite database"},
};

uint16_t big_endian_16(const uint8_t* at) {
  return static_cast<uint16_t>(at[0] << 8 | at[1]);
}

/// ERF has no magic number: a first record of plausible time (1990-2058), type and lengths.
bool looks_like_erf(std::span<const uint8_t> first) {
  if (first.size() < 16) return false;
  const uint64_t seconds =
      uint64_t{first[4]} | uint64_t{first[5]} << 8 | uint64_t{first[6]} << 16 | uint64_t{first[7]} << 24;
  const uint8_t type = first[8] & 0x7f;
  const uint16_t record_bytes = big_endian_16(&first[10]);
  const uint16_t wire_bytes = big_endian_16(&first[14]);
  return seconds > 631'152'000 && seconds < 2'777'000'000 && type >= 1 && type <= 27 && record_bytes >= 24 &&
         wire_bytes > 0 && wire_bytes < 20'000 && first[9] < 0x10;
}

bool is_text(std::span<const uint8_t> first) {
  return std::all_of(first.begin(), first.end(), [](uint8_t byte) {
    return std::isprint(byte) != 0 || std::isspace(byte) != 0 || byte >= 0x80;
  });
}

}  // namespace

std::string describe_bytes(std::span<const uint8_t> first) {
  if (first.empty()) return "nothing: it is empty";
  const std::string_view bytes(reinterpret_cast<const char*>(first.data()), first.size());
  for (const Kind& kind : kCaptures) {
    if (bytes.starts_with(kind.magic)) return std::string(kind.name).append(kConvert);
  }
  for (const Kind& kind : kPacked) {
    if (bytes.starts_with(kind.magic)) return std::string(kind.name);
  }
  for (const Kind& kind : kOthers) {
    if (bytes.starts_with(kind.magic)) return std::string(kind.name);
  }
  if (is_text(first)) return "text";
  if (looks_like_erf(first)) return std::string("an ERF capture (Endace)").append(kConvert);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : first.first(std::min<size_t>(first.size(), 4))) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return "data that begins with " + hex;
}

}  // namespace weir::source
