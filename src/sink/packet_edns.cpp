// SPDX-License-Identifier: Apache-2.0
// EDNS options (RFC 6891 and IANA's registry of option codes).
#include "sink/packet_dns.h"
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kOptions[] = {{1, "LLQ"},      {2, "UL"},          {3, "NSID"},       {5, "DAU"},
                                   {6, "DHU"},      {7, "N3U"},         {8, "ECS"},        {9, "EXPIRE"},
                                   {10, "COOKIE"},  {11, "KEEPALIVE"},  {12, "PADDING"},   {13, "CHAIN"},
                                   {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"}};
constexpr NumberWord kAlgorithms[] = {{0, "DELETE"},
                                      {1, "RSAMD5"},
                                      {2, "DH"},
                                      {3, "DS"},
                                      {5, "RSASHA1"},
                                      {6, "DSA-NSEC3-SHA1"},
                                      {7, "RSASHA1-NSEC3-SHA1"},
                                      {8, "RSASHA256"},
                                      {10, "RSASHA512"},
                                      {12, "ECC-GOST"},
                                      {13, "ECDSAP256SHA256"},
                                      {14, "ECDSAP384SHA384"},
                                      {15, "ED25519"},
                                      {16, "ED448"},
                                      {252, "INDIRECT"},
                                      {253, "PRIVATEDNS"},
                                      {254, "PRIVATEOID"}};
constexpr NumberWord kDigests[] = {{1, "SHA-1"}, {2, "SHA-256"}, {3, "GOST_R_34.11-94"}, {4, "SHA-384"}};
constexpr NumberWord kHashes[] = {{1, "SHA-1"}};

void print_client_subnet(PacketPrint& print, size_t at, uint32_t bytes) {
  if (bytes < 4) return print.invalid();
  const uint16_t family = print.u16(at);
  const uint32_t source = print.u8(at + 2);
  const uint32_t scope = print.u8(at + 3);
  const uint32_t bits = family == 1 ? 32 : family == 2 ? 128 : 0;
  if (bits == 0 || bytes - 4 > bits / 8 || source > bits || scope > bits || (source + 7) / 8 != bytes - 4)
    return print.invalid();
  uint8_t address[16] = {};
  for (uint32_t i = 0; i < bytes - 4; ++i) address[i] = print.u8(at + 4 + i);
  if (family == 1)
    print.text.ipv4(address);
  else
    print.text.ipv6(address);
  print.text.put('/');
  print.text.decimal(source);
  print.text.put('/');
  print.text.decimal(scope);
}

template <size_t N>
void print_algorithms(PacketPrint& print, size_t at, uint32_t bytes, const NumberWord (&words)[N]) {
  for (uint32_t i = 0; i < bytes; ++i) {
    if (i > 0) print.text.put(' ');
    const uint8_t number = print.u8(at + i);
    if (const char* word = word_for(words, number)) {
      print.text.put(std::string_view(word));
    } else {
      print.text.put("Alg_");
      print.text.decimal(number);
    }
  }
}

void print_data(PacketPrint& print, uint16_t option, size_t at, uint32_t bytes) {
  PacketWriter& text = print.text;
  switch (option) {
    case 5:
      return print_algorithms(print, at, bytes, kAlgorithms);
    case 6:
      return print_algorithms(print, at, bytes, kDigests);
    case 7:
      return print_algorithms(print, at, bytes, kHashes);
    case 8:
      return print_client_subnet(print, at, bytes);
    case 9:
      if (bytes != 4) return print.invalid();
      text.decimal(print.u32(at));
      return text.put(" sec");
    case 10:
      if (bytes < 8 || (bytes > 8 && bytes < 16) || bytes > 40) return print.invalid();
      print.hex_bytes(at, 8);
      if (bytes > 8) text.put(' ');
      return print.hex_bytes(at + 8, bytes - 8);
    case 11:
      if (bytes != 2) return print.invalid();
      text.decimal(print.u16(at) / 10);
      text.put('.');
      text.decimal(print.u16(at) % 10);
      return text.put(" sec");
    case 12:
      text.put('(');
      text.decimal(bytes);
      return text.put(')');
    case 13:
      print_domain_name(print, at, at);
      return;
    case 14:
      if (bytes % 2 != 0) return print.invalid();
      for (uint32_t i = 0; i < bytes; i += 2) {
        if (i > 0) text.put(' ');
        text.decimal(print.u16(at + i));
      }
      return;
    default:
      return print.hex_bytes(at, bytes);
  }
}

}  // namespace

bool print_edns_options(PacketPrint& print, size_t at, size_t stop) {
  PacketWriter& text = print.text;
  while (at < stop) {
    if (!print.has(at, 2)) return false;
    const uint16_t option = print.u16(at);
    if (const char* word = word_for(kOptions, option)) {
      text.put(std::string_view(word));
    } else {
      text.put("Opt");
      text.decimal(option);
    }
    if (!print.has(at + 2, 2)) return false;
    const uint32_t bytes = print.u16(at + 2);
    if (!print.has(at + 4, bytes)) return false;
    if (bytes > 0) {
      text.put(' ');
      print_data(print, option, at + 4, bytes);
    }
    at += 4 + bytes;
    if (at < stop) text.put(',');
  }
  return true;
}

}  // namespace weir::sink
